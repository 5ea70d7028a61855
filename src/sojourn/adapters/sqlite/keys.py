"""Deduplication keys in memory: a hash table of 64-bit words, because a dict of ints takes five times the room."""

from array import array
from typing import Final

from sojourn.ports.log import DEDUPLICATION_WINDOW
from sojourn.terms.time import DAY, Millis

_SHARD_BITS: Final = 12
_SHARDS: Final = 1 << _SHARD_BITS
_FIRST_SLOTS: Final = 7
_FULLEST: Final = 0.8
_GROWTH: Final = 1.4
_WINDOW_DAYS: Final = DEDUPLICATION_WINDOW // DAY
_TAG_BITS: Final = 10
_TAG: Final = (1 << _TAG_BITS) - 1
_WORD: Final = (1 << 64) - 1
_MIX: Final = 0x9E3779B97F4A7C15


def synthetic_key(key: int, content: int) -> int:
    """The key under which content is kept whose own key was taken by other content, so that its retries are known too."""
    return (key ^ content * _MIX) & _WORD or 1


class SeenKeys:
    """Which keys were appended in the last 28 days, counted in whole UTC days of record time, and with what content.

    Open addressing in 4,096 shards of interleaved words (key, content with the day in its low 10 bits). A shard is rehashed alone, so that growing never
    stops the caller for more than some milliseconds, and leaves expired keys behind on that occasion. The lowest 10 bits of a content are not looked at.
    Memory: 20 to 29 bytes a key. Source: docs/adr/0016-deduplication-keys-in-flat-arrays.md
    """

    def __init__(self) -> None:
        self._shards = [array("Q", bytes(16 * _FIRST_SLOTS)) for _ in range(_SHARDS)]
        self._used = [0] * _SHARDS

    def put(self, key: int, content: int, at: Millis) -> int | None:
        """Note a key and give None, or give the content (low 10 bits 0) that it was noted with inside the window, and change nothing.

        `key` and `content` are unsigned 64-bit words.
        """
        key = key or 1
        number = key & (_SHARDS - 1)
        words = self._shards[number]
        slots = len(words) >> 1
        place = (key >> _SHARD_BITS) % slots * 2
        here = words[place]
        while here:
            if here == key:
                return self._renew(words, place + 1, content, at)
            place += 2
            if place >= len(words):
                place = 0
            here = words[place]
        words[place] = key
        words[place + 1] = content & ~_TAG | at // DAY % _TAG + 1
        self._used[number] += 1
        if self._used[number] > slots * _FULLEST:
            self._rehash(number, at)
        return None

    def get(self, key: int, at: Millis) -> int | None:
        """The content (low 10 bits 0) of a key inside the window, or None."""
        place = self._find(key or 1)
        if place is None:
            return None
        noted = self._shards[(key or 1) & (_SHARDS - 1)][place + 1]
        return noted & ~_TAG if _alive(noted, at) else None

    def forget(self, key: int) -> None:
        """Take back a key whose append came to nothing."""
        key = key or 1
        place = self._find(key)
        if place is not None:
            self._shards[key & (_SHARDS - 1)][place + 1] = 0

    def memory_bytes(self) -> int:
        """What the table takes up."""
        return sum(len(words) * 8 for words in self._shards)

    def __len__(self) -> int:
        return sum(self._used)

    @staticmethod
    def same(noted: int, content: int) -> bool:
        """Whether a noted content is that content, as far as it was kept."""
        return noted == content & ~_TAG

    def _renew(self, words: "array[int]", place: int, content: int, at: Millis) -> int | None:
        noted = words[place]
        if _alive(noted, at):
            return noted & ~_TAG
        words[place] = content & ~_TAG | at // DAY % _TAG + 1
        return None

    def _find(self, key: int) -> int | None:
        words = self._shards[key & (_SHARDS - 1)]
        place = (key >> _SHARD_BITS) % (len(words) >> 1) * 2
        while words[place]:
            if words[place] == key:
                return place
            place = (place + 2) % len(words)
        return None

    def _rehash(self, number: int, at: Millis) -> None:
        old = self._shards[number]
        alive = [(old[place], old[place + 1]) for place in range(0, len(old), 2) if old[place] and _alive(old[place + 1], at)]
        slots = max(_FIRST_SLOTS, int(len(alive) / _FULLEST * _GROWTH) | 1)
        words = array("Q", bytes(16 * slots))
        for key, noted in alive:
            place = (key >> _SHARD_BITS) % slots * 2
            while words[place]:
                place = (place + 2) % (2 * slots)
            words[place] = key
            words[place + 1] = noted
        self._shards[number] = words
        self._used[number] = len(alive)


def _alive(noted: int, at: Millis) -> bool:
    """Whether a noted content's day is at most 28 days before `at`; a forgotten one (day 0) never is."""
    tag = noted & _TAG
    return tag != 0 and (at // DAY % _TAG + 1 - tag) % _TAG <= _WINDOW_DAYS
