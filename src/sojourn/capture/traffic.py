"""Giving way: work that takes long pauses while short requests are under way, whether it runs in slices on the event loop or in another thread.

Both need the interpreter, of which there is one. A short request asks for it some forty times on its way to the disk and back; if long work had a turn
before each, the short request would take three times as long.

Source: docs/adr/0116-bad-requests-wait-for-their-answers.md
"""

import time
from collections.abc import Callable
from contextvars import ContextVar
from typing import Final

TURN_SECONDS: Final = 0.001
"""What takes long works at least so long between two pauses in which it lets short requests by."""
PAUSE_SECONDS: Final = 0.005
"""How long it pauses at most, however many short requests there are: a sixth of the time is always its own."""
NAP_SECONDS: Final = 0.0005
"""How often it looks whether the short requests are through."""
LET_BY_SECONDS: Final = 0.001
"""How long one pause on the event loop is; uvloop counts in whole milliseconds, and less than half of one is none."""


class Traffic:
    """How many short requests are under way: read, and not yet answered. One per event loop."""

    __slots__ = ("short",)

    def __init__(self) -> None:
        self.short = 0


class Pace:
    """Of one piece of long work in another thread: when it last paused."""

    def __init__(self, traffic: Traffic, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], None] = time.sleep) -> None:
        self._traffic = traffic
        self._clock = clock
        self._sleep = sleep
        self._went_on = clock()

    def pause(self) -> None:
        """Wait until no short request is under way, `PAUSE_SECONDS` at most; not before `TURN_SECONDS` of work, so that the work always gets on."""
        traffic = self._traffic
        if not traffic.short or self._clock() - self._went_on < TURN_SECONDS:
            return
        until = self._clock() + PAUSE_SECONDS
        while traffic.short and self._clock() < until:
            self._sleep(NAP_SECONDS)
        self._went_on = self._clock()


_pace: ContextVar[Pace | None] = ContextVar("pace", default=None)


def give_way() -> None:
    """Call it between small parts of work that may be long; without effect outside a pace, as on the event loop, which must never sleep."""
    pace = _pace.get()
    if pace is not None:
        pace.pause()


def keep(pace: Pace) -> None:
    """From here on `give_way` follows this pace. For a thread that runs in a context of its own, such as those of `asyncio.to_thread`."""
    _pace.set(pace)
