"""How much a source may send: a bucket of events for each, filled at its rate, in this process's memory."""

from math import ceil
from typing import Final

from sojourn.capture.call import Refused
from sojourn.ports.directory import KeyHolder
from sojourn.terms.outcomes import Reason
from sojourn.terms.time import Millis

LONGEST_WAIT: Final = 300
"""Seconds a sender is asked to stay away at most."""
_MOST: Final = 10_000


class Rates:
    """The buckets. A batch goes through whole while anything is left, and what it takes too much must be earned back: so no batch is too large for ever."""

    def __init__(self) -> None:
        self._buckets: dict[int, tuple[float, Millis]] = {}

    def check(self, holder: KeyHolder, now: Millis) -> None:
        """Whether anything is left. Errors: Refused(429) where nothing is."""
        policy = holder.policy
        left = self._left(holder, now)
        if left <= 0:
            wait = min(LONGEST_WAIT, max(1, ceil((1 - left) / policy.rate)))
            message = f"this source may send {policy.rate} events a second and {policy.burst} at once; come back in {wait} s"
            raise Refused(429, Reason.RATE_LIMITED, message, retry_after=wait)

    def take(self, holder: KeyHolder, events: int, now: Millis) -> None:
        """Take out what comes. Errors: Refused(429) where nothing is left."""
        self.check(holder, now)
        self.charge(holder, events, now)

    def charge(self, holder: KeyHolder, events: int, now: Millis) -> None:
        """Take out what has cost something already, such as a body that could not be read."""
        left = self._left(holder, now)
        if len(self._buckets) >= _MOST and holder.source not in self._buckets:
            self._buckets.clear()
        self._buckets[holder.source] = (left - events, now)

    def _left(self, holder: KeyHolder, now: Millis) -> float:
        policy = holder.policy
        left, at = self._buckets.get(holder.source, (float(policy.burst), now))
        return min(float(policy.burst), left + max(0, now - at) * policy.rate / 1000)
