"""Being asked to end: SIGINT and SIGTERM, and the end of whoever started us."""

import os
import select
import signal
import socket
import sys
import threading
from typing import Final

_ASKING: Final = (signal.SIGINT, signal.SIGTERM)


class Asked:
    """From now on those signals are only noted. Make it in the main thread, once in a process.

    The system's own handler writes to a socket. A lock would do for neither side: Python runs its handlers in the main thread only, which is not woken where
    another thread got the signal or where it was just about to wait, and which may hold the very lock that the handler asks for.
    """

    def __init__(self) -> None:
        self._ear, self._mouth = socket.socketpair()
        self._mouth.setblocking(False)
        self._asked = False
        signal.set_wakeup_fd(self._mouth.fileno(), warn_on_full_buffer=False)
        for number in _ASKING:
            signal.signal(number, lambda *_: None)

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Until somebody asks or the time is over; whether somebody has."""
        if not self._asked and select.select([self._ear], [], [], timeout_seconds)[0]:
            self._asked = any(number in _ASKING for number in self._ear.recv(1_024))
        return self._asked


def end_with_supervisor() -> None:
    """Ask ourselves to end when the supervisor is no more, however it ended: it holds the other end of our standard input."""

    def watch() -> None:
        while os.read(sys.stdin.fileno(), 1_024):
            pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=watch, name="supervisor", daemon=True).start()
