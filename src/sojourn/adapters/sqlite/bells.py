"""Bells: who waits for the log is woken by whoever appends to it, also across processes, without polling."""

import os
import select
import socket
from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from types import TracebackType
from typing import Final, Self

_NUMBERS: Final = count()
_SAFETY_SECONDS: Final = 1.0
"""A poke can be lost (the waiter's buffer is full, the folder was emptied): look this often all the same."""
_POLL_SECONDS: Final = 0.05
"""How often to look where the system has no unix sockets."""
_LONGEST_PATH: Final = 100
"""A socket's address holds 104 bytes on macOS and 108 on Linux."""


class Bells:
    """A folder with one unix datagram socket for each waiter."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def ring(self) -> None:
        """Wake all waiters; remove the bells of those that died."""
        try:
            with os.scandir(self._folder) as found:
                names = [bell.name for bell in found]
        except OSError:
            return
        if not names or not hasattr(socket, "AF_UNIX"):
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as poker, _Address(self._folder) as address:
            poker.setblocking(False)
            for name in names:
                try:
                    poker.sendto(b"!", address.of(name))
                except ConnectionRefusedError:
                    with suppress(OSError):
                        (self._folder / name).unlink()
                except OSError:
                    continue  # gone in the meantime, or has more pokes waiting than it can hold: it will look anyway

    def wait(self, ready: Callable[[], bool], timeout_seconds: float) -> bool:
        """Block until `ready()` or the time is over; what `ready()` said last."""
        if ready():
            return True
        deadline = monotonic() + timeout_seconds
        with _Bell(self._folder) as bell:
            while not ready():  # looked at again after the bell hangs, so that no append falls between
                rest = deadline - monotonic()
                if rest <= 0:
                    return False
                bell.listen(rest)
        return True


class _Bell:
    """One waiter's socket; where there can be none, `listen` just rests a little."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._name = f"{os.getpid()}-{next(_NUMBERS)}"
        self._socket: socket.socket | None = None

    def __enter__(self) -> Self:
        if not hasattr(socket, "AF_UNIX"):
            return self
        bell = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            self._folder.mkdir(exist_ok=True)
            with suppress(FileNotFoundError):
                (self._folder / self._name).unlink()  # left by a dead process that had our id
            with _Address(self._folder) as address:
                bell.bind(address.of(self._name))
            bell.setblocking(False)
            self._socket = bell
        except OSError:  # a file system without sockets, or a full disk
            bell.close()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._socket is not None:
            self._socket.close()
            with suppress(OSError):
                (self._folder / self._name).unlink()

    def listen(self, seconds: float) -> None:
        if self._socket is None:
            sleep(min(seconds, _POLL_SECONDS))
            return
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        if poller.poll(min(seconds, _SAFETY_SECONDS) * 1000):
            with suppress(BlockingIOError):
                while self._socket.recv(16):
                    pass


class _Address:
    """Addresses of sockets in a folder; a long path is shortened by way of the folder's descriptor where the system allows it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._descriptor: int | None = None

    def __enter__(self) -> Self:
        if len(os.fsencode(self._folder)) + 24 > _LONGEST_PATH:
            self._descriptor = os.open(self._folder, os.O_RDONLY)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)

    def of(self, name: str) -> str:
        return f"{self._folder}/{name}" if self._descriptor is None else f"/proc/self/fd/{self._descriptor}/{name}"
