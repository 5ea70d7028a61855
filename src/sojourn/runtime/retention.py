"""Retention: the log lets go of what the engine has folded and the lake has taken in, once it is old enough."""

from sojourn.ports.clock import Clock
from sojourn.ports.log import Log
from sojourn.ports.state import State
from sojourn.terms.time import DAY, HOUR, Millis

LOOK_EVERY: Millis = HOUR


class Retention:
    """Trims a log from time to time; `days` is how long records stay at least."""

    def __init__(self, log: Log, state: State, clock: Clock, days: int) -> None:
        self._log = log
        self._state = state
        self._clock = clock
        self._keep = days * DAY
        self._looked_at: Millis = 0

    def run_once(self) -> int:
        """Trim where the last look is an hour old; how many records went. Nothing goes that waits for the lake or the engine."""
        now = self._clock.now()
        if 0 <= now - self._looked_at < LOOK_EVERY:
            return 0
        self._looked_at = now
        folded = self._state.progress().position
        if not folded or self._state.handovers(0, 1):
            return 0
        return self._log.trim(min(folded, self._first_since(now - self._keep)))

    def _first_since(self, moment: Millis) -> int:
        """The first position whose record is not older than `moment`; record times never run backwards, so halving finds it."""
        first = self._log.read(0, 1)
        if not first or first[0].at >= moment:
            return 0
        low, high = first[0].position, self._log.head() + 1
        while low + 1 < high:
            middle = (low + high) // 2
            record = self._log.read(middle - 1, 1)
            if record and record[0].at < moment:
                low = middle
            else:
                high = middle
        return high
