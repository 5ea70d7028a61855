"""Figures that take long to count are kept for a while, say of when they are, and are counted anew beside the requests."""

import logging
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from dataclasses import dataclass
from threading import Lock
from time import thread_time
from typing import Any, Generic, TypeVar

from django.db import connections

from sojourn.terms.time import SECOND, Millis

T = TypeVar("T")
_log = logging.getLogger(__name__)

FRESH_SECONDS = 0.02
"""What takes no more CPU than this is counted each time it is asked."""

SHARE = 0.01
"""What takes longer is kept until counting it again takes this share of the time: 50 ms of CPU every 5 s."""

LONGEST_SECONDS = 60
STALE_SECONDS = 300
"""A figure that was kept long enough is still shown, with its time, while it is counted anew; one older than this is waited for."""

MOST = 512
"""Figures kept in one process; the longest unused go first."""


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """A figure, and when it was counted, milliseconds since 1970. Whoever gets it must not change it."""

    value: T
    as_of: Millis


@dataclass(frozen=True, slots=True)
class _Entry:
    made: Kept[Any]
    fresh: Millis  # how long it is shown without being counted anew
    stale: Millis  # how long it is shown while it is


class Keeper:
    """What one process keeps."""

    def __init__(self, *, beside: bool = True) -> None:
        """`beside`: count stale figures anew in a thread of their own; else in the request that finds them stale."""
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._lock = Lock()
        self._counting: set[str] = set()
        self._thread = ThreadPoolExecutor(1, "figures") if beside else None

    def ask(self, key: str, now: Millis, count: Callable[[], T], at_least: float) -> Kept[T]:
        """See `kept`."""
        with self._lock:
            entry = self._entries.get(key)
            if entry is not None:
                self._entries.move_to_end(key)
        age = now - entry.made.as_of if entry is not None else -1
        if entry is None or not 0 <= age < max(entry.fresh, entry.stale):
            return self._count(key, now, count, at_least)
        if age >= entry.fresh:
            if self._thread is None:
                return self._count(key, now, count, at_least)
            self._count_beside(self._thread, key, now, count, at_least)
        return entry.made

    def forget(self) -> None:
        """Count everything anew from here on."""
        with self._lock:
            self._entries.clear()

    def _count(self, key: str, now: Millis, count: Callable[[], T], at_least: float) -> Kept[T]:
        began = thread_time()
        made = Kept(count(), now)
        spent = thread_time() - began
        slow = spent > FRESH_SECONDS
        seconds = max(at_least, min(LONGEST_SECONDS, spent / SHARE) if slow else 0.0)
        with self._lock:
            self._entries.pop(key, None)
            if seconds:
                self._entries[key] = _Entry(made, round(seconds * SECOND), STALE_SECONDS * SECOND if slow else 0)
                while len(self._entries) > MOST:
                    self._entries.popitem(last=False)
        return made

    def _count_beside(self, thread: ThreadPoolExecutor, key: str, now: Millis, count: Callable[[], Any], at_least: float) -> None:
        with self._lock:
            if key in self._counting:
                return
            self._counting.add(key)

        def work() -> None:
            try:
                self._count(key, now, count, at_least)
            except Exception:  # noqa: BLE001  # whoever asked has their answer; the next who finds it too old counts again and sees the error
                _log.exception("figure %s was not counted anew", key)
            finally:
                connections.close_all()
                with self._lock:
                    self._counting.discard(key)

        # A context of its own: the connections of a request belong to the request.
        thread.submit(Context().run, work)


_keeper: Keeper | None = Keeper()
"""None in tests: nothing is kept."""


def forget() -> None:
    """Count everything anew from here on, in this process."""
    if _keeper is not None:
        _keeper.forget()


def kept(key: str, now: Millis, count: Callable[[], T], at_least: float = 0.0) -> Kept[T]:
    """The figure under `key`, which must name the workspace and all it was asked with, and be used for one kind of figure only.

    Counted now where that is quick, else up to a minute old, or up to five for whoever looks first after a while. `at_least`: seconds for which also a quick
    one is kept. Source: docs/adr/0076-figures-that-take-long-are-kept-as-long-as-they-took.md
    """
    return _keeper.ask(key, now, count, at_least) if _keeper is not None else Kept(count(), now)
