"""One at a time: a loop works only while it holds its lock file, so that a second `work` on the same data stands by instead of interfering."""

import os
import threading
from pathlib import Path
from typing import Final

import structlog

try:
    import fcntl
except ImportError:  # Windows has no flock; there the stores' own checks (position, epoch) keep a second loop from doing harm
    fcntl = None  # type: ignore[assignment]

log = structlog.get_logger("work")

LOOK_AGAIN_SECONDS: Final = 0.3


def hold(folder: Path, name: str, stop: threading.Event) -> int | None:
    """Wait until the lock `name` is ours and return its file descriptor; None where `stop` was set first.

    The system lets go of it when the process ends, however it ends.
    """
    folder.mkdir(exist_ok=True)
    handle = os.open(folder / f"{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
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
