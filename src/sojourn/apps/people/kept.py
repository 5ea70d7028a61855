"""Figures that take long to count are kept for a while, and say of when they are."""

from collections.abc import Callable
from dataclasses import dataclass
from time import thread_time
from typing import Generic, TypeVar

from django.core.cache import cache

from sojourn.terms.time import Millis

T = TypeVar("T")

FRESH_SECONDS = 0.02
"""What takes no more CPU than this is counted each time it is asked."""

SHARE = 0.01
"""What takes longer is kept until counting it again takes this share of the time: 50 ms of CPU every 5 s."""

LONGEST_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A figure, and when it was counted, milliseconds since 1970."""

    value: T
    as_of: Millis


def kept(key: str, now: Millis, count: Callable[[], T]) -> Kept[T]:
    """The figure under `key`, which must name the workspace and all it was asked with; counted now where that is quick, else at most a minute old."""
    stored: Kept[T] | None = cache.get(key)
    if stored is not None and stored.as_of <= now:
        return stored
    began = thread_time()
    made = Kept(count(), now)
    spent = thread_time() - began
    if spent > FRESH_SECONDS:
        cache.set(key, made, min(LONGEST_SECONDS, spent / SHARE))
    return made
