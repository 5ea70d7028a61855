"""Posts of social networks, as their servers tell them."""

import msgspec

from sojourn.terms.time import Millis


class Post(msgspec.Struct, frozen=True):
    """One public post. `author` is the network's lasting name of whoever wrote it (`ann@mastodon.example`, `did:plc:…`); `at` may be 0 where it is not said."""

    network: str
    id: str
    author: str
    text: str
    url: str
    at: Millis = 0
    language: str = ""
    handle: str = ""  # as people write it, where that is not `author`
    name: str = ""  # as it is displayed
    followers: int | None = None
    reply: bool = False
    tags: tuple[str, ...] = ()
