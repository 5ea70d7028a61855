"""Deduplication keys in memory: short runs of bytes that are searched whole, because a dict of ints takes six times the room."""

from typing import Final

from sojourn.ports.log import DEDUPLICATION_WINDOW
from sojourn.terms.time import DAY, Millis

_RUN_BITS: Final = 16
_RUNS: Final = (1 << _RUN_BITS) - 1
_ENTRY: Final = 16
_WINDOW_DAYS: Final = DEDUPLICATION_WINDOW // DAY
_TAG: Final = (1 << 10) - 1
_WORD: Final = (1 << 64) - 1
_MIX: Final = 0x9E3779B97F4A7C15


def synthetic_key(key: int, content: int) -> int:
    """The key under which content is kept whose own key was taken by other content, so that its retries are known too."""
    return key ^ content * _MIX & _WORD


class SeenKeys:
    """Which keys were appended in the last 28 days, counted in whole UTC days of record time, and with what content.

    65,536 runs of entries of 16 bytes: the key, then the content with the day in its low 10 bits (which of the content are not looked at). A run is in the
    order of time, so what has expired is its beginning; it is cut off when the day changes. Times given must not run backwards.
    Source: docs/adr/0016-deduplication-keys-are-runs-of-bytes.md
    """

    def __init__(self) -> None:
        self._runs = [bytearray() for _ in range(_RUNS + 1)]
        self._day = 0

    def put(self, key: int, content: int, at: Millis) -> int | None:
        """Note a key and give None, or give the content (low 10 bits 0) that it was noted with inside the window, and change nothing.

        `key` and `content` are unsigned 64-bit words.
        """
        day = at // DAY
        if day != self._day:
            self._begin(day)
        run = self._runs[key & _RUNS]
        wanted = key.to_bytes(8, "little")
        place = run.find(wanted)
        while place >= 0:
            if not place & 15:
                return int.from_bytes(run[place + 8 : place + 16], "little") & ~_TAG
            place = run.find(wanted, place + 1)
        run += wanted
        run += (content & ~_TAG | day & _TAG).to_bytes(8, "little")
        return None

    def forget(self, key: int) -> None:
        """Take back a key whose append came to nothing."""
        run = self._runs[key & _RUNS]
        wanted = key.to_bytes(8, "little")
        place = run.find(wanted)
        while place >= 0:
            if not place & 15:
                del run[place : place + _ENTRY]
                return
            place = run.find(wanted, place + 1)

    def memory_bytes(self) -> int:
        """What the runs take up."""
        return sum(run.__sizeof__() + 8 for run in self._runs)

    def __len__(self) -> int:
        return sum(map(len, self._runs)) // _ENTRY

    @staticmethod
    def same(noted: int, content: int) -> bool:
        """Whether a noted content is that content, as far as it was kept."""
        return noted == content & ~_TAG

    def _begin(self, day: int) -> None:
        """Cut off what expires with this day."""
        assert day > self._day, "record time runs backwards"
        self._day = day
        for run in self._runs:
            end = 0
            while end < len(run) and (day - int.from_bytes(run[end + 8 : end + 10], "little")) & _TAG > _WINDOW_DAYS:
                end += _ENTRY
            if end:
                del run[:end]
