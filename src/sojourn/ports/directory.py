"""The directory: which key belongs to which source."""

from typing import Final, Protocol

import msgspec

from sojourn.terms.hooks import Hook


class Policy(msgspec.Struct, frozen=True):
    """What a workspace wants kept away from its portraits, and how much a source may send. Times of `rate` are seconds."""

    bots: bool = False  # drop events whose user agent is a known crawler
    refused: bool = False  # drop events that say their visitor refused analytics
    rate: int = 0  # events a second in the long run; 0 is no limit
    burst: int = 0  # events at once
    contracts: dict[str, str] = {}  # event name -> JSON Schema (text) of its properties; what breaks it is set aside


NO_POLICY: Final = Policy()


class KeyHolder(msgspec.Struct, frozen=True):
    """A source and what its key may do."""

    workspace: int
    source: int
    name: str
    secret: bool = False  # a secret key: may read, is trusted, is refused with an Origin header
    enabled: bool = True
    consent_first: bool = False  # the browser snippet stores and sends nothing before the visitor has agreed
    policy: Policy = NO_POLICY


class Directory(Protocol):
    """Looks up keys by their hash; answers may be up to 10 seconds old. Errors of every method: ports.state.Unavailable."""

    def holder(self, key: str) -> KeyHolder | None:
        """Who holds this key, None where nobody does. Disabled and revoked keys come back with enabled=False."""
        ...

    def hook(self, token: str) -> "HookHolder | None":
        """The webhook whose address ends with this token, None where there is none. One that is off comes back with its holder's enabled=False."""
        ...


class HookHolder(msgspec.Struct, frozen=True):
    """A source that is a webhook, and how its calls are verified and read."""

    holder: KeyHolder
    hook: Hook
