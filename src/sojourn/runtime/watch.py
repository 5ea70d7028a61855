"""One at a time: a loop works only while it holds its lock file, so that a second `work` on the same data stands by instead of interfering.

The file is the loop's pulse as well: it is touched with each turn, at most once a second, and holds why the loop failed while it does.
"""

import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog

from sojourn.terms.time import Millis

try:
    import fcntl
except ImportError:  # Windows has no flock; there the stores' own checks (position, epoch) keep a second loop from doing harm
    fcntl = None  # type: ignore[assignment]

log = structlog.get_logger("work")

LOOPS: Final = ("engine", "lake", "courier")
LOOK_AGAIN_SECONDS: Final = 0.3
BEAT_SECONDS: Final = 1.0
_LONGEST_WORD: Final = 500


def hold(folder: Path, name: str, stop: threading.Event) -> int | None:
    """Wait until the lock `name` is ours and return its file descriptor; None where `stop` was set first.

    The system lets go of it when the process ends, however it ends.
    """
    folder.mkdir(exist_ok=True)
    handle = os.open(_path(folder, name), os.O_RDWR | os.O_CREAT, 0o600)
    told = False
    while not stop.is_set():
        if fcntl is None:
            return handle
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if not told:
                log.warning("another process works here already; standing by", loop=name)
                told = True
            stop.wait(LOOK_AGAIN_SECONDS)
        else:
            return handle
    os.close(handle)
    return None


class Pulse:
    """Tells through a lock file that we hold how the loop is. A disk that takes no more writes does not stop the loop here."""

    def __init__(self, handle: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._handle = handle
        self._clock = clock
        self._next = 0.0
        self._failing = True  # what a predecessor left behind is wiped with the first beat

    def beat(self) -> None:
        """One turn is done."""
        now = self._clock()
        if now < self._next and not self._failing:
            return
        self._next = now + BEAT_SECONDS
        try:
            if self._failing:
                os.ftruncate(self._handle, 0)
                self._failing = False
            os.utime(self._handle)
        except OSError as error:
            log.warning("the pulse cannot be told", error=str(error))

    def failed(self, error: Exception) -> None:
        """A turn ended in this error. The time of the last good turn stays."""
        self._failing = True
        word = f"{type(error).__name__}: {error}".encode()[:_LONGEST_WORD]
        try:
            turned = os.fstat(self._handle).st_mtime_ns
            os.ftruncate(self._handle, 0)
            os.pwrite(self._handle, word, 0)
            os.utime(self._handle, ns=(turned, turned))
        except OSError as trouble:
            log.warning("the pulse cannot be told", error=str(trouble))


@dataclass(frozen=True, slots=True)
class Felt:
    """What a lock file tells. `held` is None where the system does not say; `turned_at` is 0 where no loop ever ran."""

    held: bool | None
    turned_at: Millis
    trouble: str


def feel(folder: Path, name: str) -> Felt:
    """How the loop `name` is, seen from any process. It is not held up by being looked at, but for an instant while it begins."""
    try:
        handle = os.open(_path(folder, name), os.O_RDONLY)
    except FileNotFoundError:
        return Felt(False, 0, "")
    try:
        word = os.pread(handle, _LONGEST_WORD, 0).decode("utf-8", "replace")
        return Felt(_held(handle), os.fstat(handle).st_mtime_ns // 1_000_000, word)
    finally:
        os.close(handle)


def _held(handle: int) -> bool | None:
    if fcntl is None:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(handle, fcntl.LOCK_UN)
    return False


def _path(folder: Path, name: str) -> Path:
    return folder / f"{name}.lock"
