"""Where a process may die: every call that crosses a wall, before and after it took effect."""

from collections.abc import Callable
from random import Random
from typing import Any, Final

from sojourn.ports.channel import Envelope, HandedOver


class Crash(BaseException):
    """The process is gone. Not an Exception, so that no handler of the code under test can survive it."""


class Fuse:
    """Decides at each seam whether the process dies there, and whether time goes on a little. `calm` stops all dying."""

    def __init__(self, rng: Random, chance: float) -> None:
        self._rng = rng
        self._chance = chance
        self.calm = False
        self.blown: dict[str, int] = {}

    def at(self, seam: str) -> None:
        """Pass a seam. Errors: Crash."""
        if not self.calm and self._rng.random() < self._chance:
            self.blown[seam] = self.blown.get(seam, 0) + 1
            raise Crash(seam)


class Fused:
    """A port whose named calls may crash before or after they took effect; everything else goes straight through."""

    def __init__(self, inner: Any, fuse: Fuse, name: str, calls: frozenset[str]) -> None:
        self.inner = inner
        self._fuse = fuse
        self._name = name
        self._calls = calls

    def __getattr__(self, call: str) -> Any:
        target = getattr(self.inner, call)
        if call not in self._calls:
            return target

        def fused(*args: Any, **kwargs: Any) -> Any:
            self._fuse.at(f"before {self._name}.{call}")
            done = target(*args, **kwargs)
            self._fuse.at(f"after {self._name}.{call}")
            return done

        return fused


LOG_CALLS: Final = frozenset({"append", "tick"})
STATE_CALLS: Final = frozenset({"commit", "release"})
INTENTS_CALLS: Final = frozenset({"start_epoch", "claim", "begin", "settle", "relayed"})


class Server:
    """A mail server that is sometimes busy, sometimes refuses, and whose answer is sometimes lost. `taken` is the truth about what it has."""

    name = "email"

    def __init__(self, rng: Random, fuse: Fuse, look: Callable[[Envelope], None]) -> None:
        self._rng = rng
        self._fuse = fuse
        self._look = look
        self.calm = False
        self.taken: list[Envelope] = []

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Take a message, or not."""
        self._fuse.at("before channel.hand_over")
        draw = 1.0 if self.calm else self._rng.random()
        if draw < 0.10:
            return HandedOver("retry", 451, "4.3.0", "busy")
        if draw < 0.13:
            return HandedOver("failed", 550, "5.7.1", "refused")
        self._look(envelope)
        self.taken.append(envelope)
        self._fuse.at("after channel.hand_over")
        return HandedOver("unknown", detail="the answer was lost") if draw < 0.18 else HandedOver("accepted", 250, queue_id=envelope.intent[:8])
