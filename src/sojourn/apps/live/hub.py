"""The hub: one thread for each process that looks at the database while somebody listens, and tells the listeners what has changed."""

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from django.db import Error as DatabaseError
from django.db import connections

from sojourn.apps.live.look import Changes, Looker, signed_in
from sojourn.apps.live.topics import MOVING, PERSON, TICKING, is_written, person_of

log = structlog.get_logger("live")

LOOK_SECONDS: Final = 0.05
"""How often to look. A look at a database in which nothing was written costs some 40 µs."""
PERSON_SECONDS: Final = 0.1
PAGE_SECONDS: Final = 1.0
"""A topic is hinted at most so often to one listener."""
SESSIONS_SECONDS: Final = 10.0
"""How often to see whether the listeners are still signed in."""
TROUBLE_SECONDS: Final = 1.0
MOST_LISTENERS: Final = 500
MOST_OF_ONE: Final = 20
"""Streams of one process, and of one user."""


class Full(Exception):
    """There are as many listeners as there may be."""


class Listener:
    """One open stream. Its methods but `tell` and `end` belong to the event loop it was made in."""

    def __init__(self, workspace: int, user: int, session: str, topics: frozenset[str], first: frozenset[str] = frozenset()) -> None:
        self.workspace = workspace
        self.topics = topics
        self.first = first  # hinted as soon as the hub watches, because something may have been missed until then
        self.who = (session, user, workspace)
        self.people = frozenset(person for topic in topics if (person := person_of(topic)) is not None)
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._woken = asyncio.Event()
        self._pending: set[str] = set()
        self._told: dict[str, float] = {}

    def tell(self, topics: frozenset[str]) -> None:
        """From any thread: something changed under these topics."""
        self._from_elsewhere(lambda: self.add(topics))

    def end(self) -> None:
        """From any thread: the stream is over."""
        self._from_elsewhere(self._end)

    def add(self, topics: frozenset[str]) -> None:
        """Note what changed."""
        self._pending |= topics
        self._woken.set()

    async def next(self, patience_seconds: float) -> list[str]:
        """The topics to hint now, each no oftener than it may be; empty when the patience is over or the stream has ended."""
        until = self._loop.time() + patience_seconds
        while not self.ended:
            now = self._loop.time()
            ready = sorted(topic for topic in self._pending if self._may_at(topic) <= now)
            if ready or now >= until:
                self._pending.difference_update(ready)
                self._told.update(dict.fromkeys(ready, now))
                return ready
            self._woken.clear()
            wake = min([until, *(self._may_at(topic) for topic in self._pending)])
            try:
                await asyncio.wait_for(self._woken.wait(), max(0.001, wake - now))
            except TimeoutError:
                continue
        return []

    def _may_at(self, topic: str) -> float:
        told = self._told.get(topic)
        return 0.0 if told is None else told + (PERSON_SECONDS if topic.startswith(PERSON) else PAGE_SECONDS)

    def _end(self) -> None:
        self.ended = True
        self._woken.set()

    def _from_elsewhere(self, call: Callable[[], None]) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(call)


class Hub:
    """All listeners of a process. The thread and its database connection exist only while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()
        self._thread: threading.Thread | None = None
        self._closed = threading.Event()

    def __len__(self) -> int:
        return len(self._listeners)

    def add(self, listener: Listener) -> None:
        """Begin to tell this one. Errors: Full."""
        with self._lock:
            mine = sum(1 for other in self._listeners if other.who[1] == listener.who[1])
            if self._closed.is_set() or len(self._listeners) >= MOST_LISTENERS or mine >= MOST_OF_ONE:
                raise Full
            self._listeners.add(listener)
            if self._thread is None:
                self._thread = threading.Thread(target=self._watch, name="live", daemon=True)
                self._thread.start()

    def remove(self, listener: Listener) -> None:
        """Tell it no more."""
        with self._lock:
            self._listeners.discard(listener)

    def close(self) -> None:
        """End all streams; there will be no more."""
        self._closed.set()
        for listener in self._present():
            listener.end()

    def _present(self) -> list[Listener]:
        with self._lock:
            return list(self._listeners)

    def _watch(self) -> None:
        round_of_looks = _Round(afresh=False)
        try:
            while not self._closed.wait(LOOK_SECONDS):
                with self._lock:
                    if not self._listeners:
                        self._thread = None
                        return
                    listeners = list(self._listeners)
                try:
                    round_of_looks.look(listeners)
                except DatabaseError as error:
                    log.warning("the database cannot be looked at; live pages wait", error=str(error))
                    connections.close_all()
                    round_of_looks = _Round(afresh=True)
                    self._closed.wait(TROUBLE_SECONDS)
        finally:
            connections.close_all()


class _Round:
    """What the thread keeps from one look to the next."""

    def __init__(self, *, afresh: bool) -> None:
        self._looker = Looker()
        self._afresh = afresh  # after trouble: what the listeners missed meanwhile, nobody knows
        self._watched: set[Listener] = set()
        self._checked = time.monotonic()
        self._ticked = dict.fromkeys(TICKING, time.monotonic())

    def look(self, listeners: list[Listener]) -> None:
        """Look once and tell everybody what concerns them."""
        watched: dict[int, set[int]] = {}
        for listener in listeners:
            if listener.people:
                watched.setdefault(listener.workspace, set()).update(listener.people)
        changes = self._looker.look(watched)
        ticked = self._ticks()
        for listener in listeners:
            topics = frozenset(topic for topic in listener.topics if topic in ticked or _concerns(topic, listener.workspace, changes))
            if listener not in self._watched:
                # Only now: what changes after this look is seen by the next.
                topics |= listener.topics if self._afresh else listener.first
            if topics:
                listener.tell(topics)
        self._watched = set(listeners)
        self._afresh = False
        self._see_who_is_in(listeners)

    def _ticks(self) -> set[str]:
        now = time.monotonic()
        due = {topic for topic, every in TICKING.items() if now - self._ticked[topic] >= every}
        self._ticked |= dict.fromkeys(due, now)
        return due

    def _see_who_is_in(self, listeners: list[Listener]) -> None:
        if time.monotonic() - self._checked < SESSIONS_SECONDS:
            return
        self._checked = time.monotonic()
        still = signed_in(listener.who for listener in listeners)
        for listener in listeners:
            if listener.who not in still:
                listener.end()


def _concerns(topic: str, workspace: int, changes: Changes) -> bool:
    person = person_of(topic)
    if person is not None:
        return (workspace, person) in changes.people
    if is_written(topic):
        return changes.written
    return topic in MOVING and changes.touches(workspace)
