"""Deduplication keys in memory: short runs of bytes that are searched whole, because a dict of ints takes six times the room."""

import struct
from collections.abc import Sequence
from typing import Final

from sojourn.ports.log import DEDUPLICATION_WINDOW
from sojourn.terms.facts import Item
from sojourn.terms.time import DAY, Millis

ENTRY: Final = 16
_PAIR: Final = struct.Struct("<QQ")
_WINDOW_DAYS: Final = DEDUPLICATION_WINDOW // DAY
_TAG: Final = (1 << 10) - 1
_WORD: Final = (1 << 64) - 1
_MIX: Final = 0x9E3779B97F4A7C15


def pack_entry(key: int, content: int, at: Millis) -> bytes:
    """16 bytes: the key, then the content with the day in its low 10 bits. Both are unsigned 64-bit words."""
    return _PAIR.pack(key, content & ~_TAG | at // DAY & _TAG)


def pack_entries(items: Sequence[Item], at: Millis) -> bytes:
    """The entries of all items, one after the other."""
    day = at // DAY & _TAG
    if len(items) == 1:
        return _PAIR.pack(items[0].key, items[0].content & ~_TAG | day)
    words: list[int] = []
    for item in items:
        words += (item.key, item.content & ~_TAG | day)
    return struct.pack(f"<{len(words)}Q", *words)


def synthetic_key(key: int, content: int) -> int:
    """The key under which content is kept whose own key was taken by other content, so that its retries are known too."""
    return key ^ content * _MIX & _WORD


class SeenKeys:
    """Which keys were appended in the last 28 days, counted in whole UTC days of record time, and with what content.

    65,536 runs of entries (see `pack_entry`) by the key's low 16 bits. A run is in the order of time, so what has expired is its beginning; it is cut off when
    the day changes. Source: docs/adr/0016-deduplication-keys-are-runs-of-bytes.md
    """

    def __init__(self) -> None:
        self._runs = [bytearray() for _ in range(1 << 16)]
        self._day = 0

    def note(self, entries: bytes, at: Millis) -> list[tuple[int, bool]]:
        """Note each entry whose key is not there yet; of the others the index, and whether the content is the same, but for its lowest 10 bits."""
        if at // DAY > self._day:
            self._be(at // DAY)
        runs = self._runs
        known: list[tuple[int, bool]] = []
        for start in range(0, len(entries), ENTRY):
            key = entries[start : start + 8]
            run = runs[key[0] | key[1] << 8]
            if key not in run or (place := _find(run, key)) is None:
                run += entries[start : start + ENTRY]
            else:
                known.append((start // ENTRY, _content(run, place) == _content(entries, start)))
        return known

    def load(self, entries: bytes, at: Millis) -> None:
        """Take in entries that are known not to be there yet."""
        self._be(at // DAY)
        runs = self._runs
        for start in range(0, len(entries), ENTRY):
            runs[entries[start] | entries[start + 1] << 8] += entries[start : start + ENTRY]

    def forget(self, entries: bytes) -> None:
        """Take back entries whose append came to nothing."""
        for start in range(0, len(entries), ENTRY):
            key = entries[start : start + 8]
            run = self._runs[key[0] | key[1] << 8]
            place = _find(run, key)
            if place is not None:
                del run[place : place + ENTRY]

    def memory_bytes(self) -> int:
        """What the runs take up."""
        return sum(run.__sizeof__() + 8 for run in self._runs)

    def __len__(self) -> int:
        return sum(map(len, self._runs)) // ENTRY

    def _be(self, day: int) -> None:
        """Cut off what expires when a day begins."""
        if day <= self._day:  # an append that failed may have seen a later day than the one that comes after it
            return
        self._day = day
        for run in self._runs:
            end = 0
            while end < len(run) and (day - int.from_bytes(run[end + 8 : end + 10], "little")) & _TAG > _WINDOW_DAYS:
                end += ENTRY
            if end:
                del run[:end]


def _find(run: bytearray, key: bytes) -> int | None:
    """Where an entry with that key begins; bytes that only look like it across two entries are passed over."""
    place = run.find(key)
    while place >= 0 and place % ENTRY:
        place = run.find(key, place + 1)
    return None if place < 0 else place


def _content(entries: bytes | bytearray, start: int) -> int:
    return int.from_bytes(entries[start + 8 : start + ENTRY], "little") & ~_TAG
