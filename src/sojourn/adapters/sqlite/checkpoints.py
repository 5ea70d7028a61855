"""Checkpoints of a WAL in a thread and on a connection of their own, out of the way of commits."""

import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path
from threading import Event, Thread
from typing import Final

from sojourn.adapters.sqlite.connection import connect

_PAGE_BYTES: Final = 4_096
_RESTART_FACTOR: Final = 16
_RESTART_PATIENCE_MS: Final = 20


class Checkpointer:
    """Copies the WAL into the file after every so many bytes written; the thread starts with the first of them and costs nothing while nothing is to do.

    `writing` is the lock of those who write to the file from this process.
    """

    def __init__(self, path: Path, writing: AbstractContextManager[object], every_bytes: int = 4 << 20) -> None:
        self._path = path
        self._every_bytes = every_bytes
        self._writing = writing
        self._bytes = 0
        self._wanted = Event()
        self._closing = False
        self._thread: Thread | None = None

    def wrote(self, size: int) -> None:
        """Tell that about so many bytes were committed."""
        self._bytes += size + _PAGE_BYTES
        if self._bytes >= self._every_bytes:
            self._bytes = 0
            if self._thread is None:
                self._thread = Thread(target=self._run, name="checkpoints", daemon=True)
                self._thread.start()
            self._wanted.set()

    def close(self) -> None:
        """Stop the thread."""
        if self._thread is not None:
            self._closing = True
            self._wanted.set()
            self._thread.join()

    def _run(self) -> None:
        while self._wanted.wait() and not self._closing:
            self._wanted.clear()
            try:
                with closing(connect(self._path, checkpoints=False)) as connection:
                    self._checkpoint(connection)
            except sqlite3.Error:
                continue  # the disk is full or busy: commits tell the senders, and the next bytes ask again

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        if pages * _PAGE_BYTES > _RESTART_FACTOR * self._every_bytes:
            # Under constant load a passive checkpoint never reaches the end of the WAL, and it grows. Few pages are left by now, so this holds writers up
            # only briefly; where a reader still needs the old ones, the next checkpoint tries again.
            connection.execute(f"PRAGMA busy_timeout = {_RESTART_PATIENCE_MS}")
            with self._writing:
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
