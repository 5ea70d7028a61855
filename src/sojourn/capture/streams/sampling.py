"""Which readings are worth a fact: the first, those that moved, those that cross a threshold; the others are counted."""

from collections import OrderedDict
from typing import Final

import msgspec

from sojourn.terms.streams import Threshold
from sojourn.terms.time import SECOND, Millis

KEYS: Final = 50_000
"""Metrics of devices that are remembered; of one that was forgotten the next reading is kept."""

Value = float | int | bool | str


class Kept(msgspec.Struct, frozen=True):
    """A reading that is kept. `crossed` says which threshold it crossed, and `fault` whether that is a fault of the device."""

    crossed: str = ""
    fault: bool = False
    limit: float | None = None


class _Last(msgspec.Struct):
    at: Millis
    value: Value
    zone: int


class Sampler:
    """Remembers of each device and metric what was kept last. Times are event times, so a replayed backlog is thinned out like a live one."""

    def __init__(self, every_seconds: float, at_least_seconds: float, dead_band: float, thresholds: tuple[Threshold, ...]) -> None:
        self._every = int(every_seconds * SECOND)
        self._at_least = int(max(at_least_seconds, every_seconds) * SECOND)
        self._band = dead_band
        self._thresholds = {threshold.metric: threshold for threshold in thresholds}
        self._last: OrderedDict[tuple[str, str], _Last] = OrderedDict()

    def judge(self, device: str, metric: str, value: Value, at: Millis) -> Kept | None:
        """Whether this reading is kept; None for one that says too little.

        Kept are the first of a metric, each that crosses a threshold, and those at least `every_seconds` after the last that moved by more than the dead
        band (a text: that changed), or did not move for `at_least_seconds`. Back within a threshold is only what lies within it by the dead band.
        """
        threshold = self._thresholds.get(metric)
        key = (device, metric)
        last = self._last.get(key)
        zone = self._zone(threshold, value, last.zone if last else 0)
        if last is None:
            self._put(key, _Last(at, value, zone))
            return _crossing(threshold, 0, zone)
        self._last.move_to_end(key)
        if zone == last.zone and not self._worth(last, value, abs(at - last.at)):
            return None
        before, last.zone, last.value = last.zone, zone, value
        last.at = max(last.at, at)
        return _crossing(threshold, before, zone)

    def forget(self) -> None:
        """Begin anew, where what was judged last did not reach the log."""
        self._last.clear()

    def _worth(self, last: _Last, value: Value, passed: Millis) -> bool:
        if passed < self._every:
            return False
        if passed >= self._at_least:
            return True
        if isinstance(value, str) or isinstance(last.value, str):
            return value != last.value
        # Without a dead band each reading counts that has waited long enough.
        return abs(value - last.value) > self._band if self._band else True

    def _zone(self, threshold: Threshold | None, value: Value, before: int) -> int:
        if threshold is None or isinstance(value, str):
            return 0
        if threshold.high is not None and value > threshold.high - (self._band if before == 1 else 0):
            return 1
        if threshold.low is not None and value < threshold.low + (self._band if before == -1 else 0):
            return -1
        return 0

    def _put(self, key: tuple[str, str], last: _Last) -> None:
        self._last[key] = last
        if len(self._last) > KEYS:
            self._last.popitem(last=False)


def _crossing(threshold: Threshold | None, before: int, zone: int) -> Kept:
    if threshold is None or before == zone:
        return Kept()
    if zone == 1:
        return Kept(f"above {threshold.high:g}", threshold.fault, threshold.high)
    if zone == -1:
        return Kept(f"below {threshold.low:g}", threshold.fault, threshold.low)
    return Kept("back in range")
