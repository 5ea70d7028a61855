"""The tarpit: answers to bad requests are held back, so that whoever sends them at full speed mostly waits.

Source: docs/adr/0116-bad-requests-wait-for-their-answers.md
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from sojourn.capture.limits import HELD_ANSWERS, HELD_SECONDS

COST_FACTOR: Final = 50
"""A refused request waits this many times the CPU time it took, and as long again for each other one that waits: all together get 2 % of a core."""
REQUEST_SECONDS: Final = 0.0005
"""What HTTP costs before and after a request's own work, CPU seconds."""


class Tarpit:
    """Holds back answers; good requests never come here. One per event loop."""

    def __init__(self, factor: float = COST_FACTOR, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        """`factor` 0 holds nothing back."""
        self._factor = factor
        self._sleep = sleep
        self.held = 0

    def wait(self, cpu_seconds: float) -> float:
        """How many seconds an answer is held back whose request took so much CPU time."""
        return min(HELD_SECONDS, self._factor * (REQUEST_SECONDS + cpu_seconds) * (1 + self.held))

    async def hold(self, cpu_seconds: float) -> bool:
        """Hold an answer back. False, at once, where too many are held already: then the connection is better closed."""
        if self.held >= HELD_ANSWERS:
            return False
        seconds = self.wait(cpu_seconds)
        if seconds > 0:
            self.held += 1
            try:
                await self._sleep(seconds)
            finally:
                self.held -= 1
        return True
