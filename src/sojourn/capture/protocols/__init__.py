"""Protocols: one file per vendor's way of sending events, each turning its requests into the calls of `capture.call`.

A protocol is a `Protocol` value. The receiver does everything else: keys, limits, CORS, encodings, durability, and the answer where the protocol has none
of its own.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import blake2b
from ipaddress import ip_address
from typing import Any

import msgspec

from sojourn.capture.call import Opened, Refused
from sojourn.terms.hooks import Hook


class Request(msgspec.Struct, frozen=True, gc=False):
    """What a protocol sees of a request. `body` is inflated; header names are lower case. `parameters` are what `Protocol.find` took from the path."""

    method: str
    path: str  # without a trailing slash
    query: bytes
    headers: dict[bytes, bytes]  # those the receiver itself reads; all of them where the route asks for `all_headers`
    body: bytes
    scheme: str = "http"
    client: str = ""  # the address the request came from
    salt: bytes = b""  # a secret of this installation, another one each UTC day
    parameters: tuple[str, ...] = ()
    hook: Hook | None = None  # where the path named one, with `now`
    now: int = 0  # ms


def visitor(request: Request, site: str, address: str = "", agent: str = "") -> str:
    """An anonymous id for clients that send none: the same for one browser on one site until midnight UTC, and meaningless afterwards.

    Made from address and user agent with the day's salt, as Plausible and Umami do; neither is kept. Servers that send for their visitors say both of these.
    """
    client = (address or request.client).encode("utf-8", "replace")
    browser = agent.encode("utf-8", "replace") or request.headers.get(b"user-agent", b"")
    said = b"\0".join((site.encode("utf-8", "replace"), client, browser))
    return "visitor-" + blake2b(said, key=request.salt[:64], digest_size=12).hexdigest()


def forwarded(request: Request) -> str:
    """The visitor's address as a server says it that sends or passes on for its visitors: the first of X-Forwarded-For; proxies add theirs behind it.

    Anybody may say anything there, so that nothing but the visitor's id of today may be made of it. Source: Plausible's Events API reference.
    """
    for one in request.headers.get(b"x-forwarded-for", b"")[:2_000].split(b","):
        try:
            return str(ip_address(one.strip().decode("ascii")))
        except ValueError:
            continue
    return ""


class Reply(msgspec.Struct, frozen=True):
    """An answer in a protocol's own form. `content` is JSON-encoded unless it is bytes."""

    content: Any
    media: bytes = b"application/json"
    status: int = 200
    headers: tuple[tuple[bytes, bytes], ...] = ()


Results = Sequence[Mapping[str, Any]]
"""What became of the calls that were not simply kept: `index` in `Opened.calls`, `outcome` (duplicate, dropped, quarantined …), `reason`, `message`."""


def _as_it_is(refused: Refused) -> Refused:
    return refused


class Route(msgspec.Struct, frozen=True):
    """A path that takes events.

    `open` turns a request into calls and raises Refused where it cannot be read at all; `kind` is what every call there is, where the path says it.
    `reply(note, results)` makes the answer to what was taken in, also to a request without any call; `note` is what `open` left in `Opened.note`.
    `refuse` turns a refusal into one that the protocol's clients understand, such as another status for what they would send again for ever.
    `visitors` fills in `Request.client` and `Request.salt`; `any_media` takes a body of any content type; `all_headers` passes on every header;
    `own_key` looks for no key in headers and query, only in `Opened.key`. `hook` is a webhook's token: the source is that webhook's, and `Request.hook` too.
    """

    open: Callable[[Request], Opened]
    kind: str = ""
    historical: bool = False
    methods: frozenset[str] = frozenset(("POST",))
    reply: Callable[[Any, Results], Reply] | None = None
    refuse: Callable[[Refused], Refused] = _as_it_is
    any_media: bool = False
    all_headers: bool = False
    own_key: bool = False
    visitors: bool = False
    hook: str = ""
    parameters: tuple[str, ...] = ()


class Document(msgspec.Struct, frozen=True):
    """Something a client fetches before it sends: whose key it asks for, and how the document is made (JSON, or a Reply). An empty key asks nobody's."""

    key: str
    make: Callable[[Request], Any]
    methods: frozenset[str] = frozenset(("GET",))


class Protocol(msgspec.Struct, frozen=True):
    """One vendor's way of sending events: fixed paths in `routes`, paths with parameters through `find`, documents through `document`."""

    name: str
    routes: Mapping[str, Route]
    document: Callable[[str], Document | None] = lambda _: None
    find: Callable[[str], Route | None] = lambda _: None
