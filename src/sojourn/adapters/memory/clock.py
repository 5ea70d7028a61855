"""A clock that stands still until it is set."""

from sojourn.terms.time import Millis


class SettableClock:
    """Wall time as a test says it is; may also be set back, as real clocks are."""

    def __init__(self, at: Millis = 1_767_225_600_000) -> None:
        self._at = at

    def now(self) -> Millis:
        """The instant last set; 2026-01-01T00:00:00Z at first."""
        return self._at

    def set(self, at: Millis) -> None:
        """Make it that instant."""
        self._at = at

    def advance(self, by: Millis) -> Millis:
        """Go on by so many milliseconds (back where negative); the new instant."""
        self._at += by
        return self._at
