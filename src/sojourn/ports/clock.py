"""The clock: what time it is, for the rooms that may ask."""

from typing import Protocol

from sojourn.terms.time import Millis


class Clock(Protocol):
    """Wall time in milliseconds since 1970, UTC."""

    def now(self) -> Millis:
        """The present instant."""
        ...
