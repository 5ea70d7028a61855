"""The directory: which key belongs to which source."""

from typing import Protocol

import msgspec


class KeyHolder(msgspec.Struct, frozen=True):
    """A source and what its key may do."""

    workspace: int
    source: int
    name: str
    secret: bool = False  # a secret key: may read, is trusted, is refused with an Origin header
    enabled: bool = True
    consent_first: bool = False  # the browser snippet stores and sends nothing before the visitor has agreed


class Directory(Protocol):
    """Looks up keys by their hash; answers may be up to 10 seconds old."""

    def holder(self, key: str) -> KeyHolder | None:
        """Who holds this key, None where nobody does. Disabled and revoked keys come back with enabled=False."""
        ...
