"""Checkpoints of a WAL in a thread and on a connection of their own, out of the way of commits."""

import sqlite3
from contextlib import AbstractContextManager, closing
from pathlib import Path
from threading import Event, Thread
from typing import Final

from sojourn.adapters.sqlite.connection import connect

_EVERY_BYTES: Final = 4 << 20
_RESTART_BYTES: Final = 64 << 20


class Checkpointer:
    """Copies the WAL into the file after every 4 MiB written; the thread starts with the first of them and uses nothing while there is nothing to do."""

    def __init__(self, path: Path, writing: AbstractContextManager[object]) -> None:
        self._path = path
        self._writing = writing
        self._bytes = 0
        self._wanted = Event()
        self._closing = False
        self._thread: Thread | None = None

    def wrote(self, size: int) -> None:
        """Tell that about so many bytes were committed."""
        self._bytes += size + 4_096
        if self._bytes >= _EVERY_BYTES:
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
                continue  # the disk is full or busy: commits tell the senders, and the next 4 MiB ask again

    def _checkpoint(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        wal = self._path.with_name(self._path.name + "-wal")
        if wal.exists() and wal.stat().st_size > _RESTART_BYTES:
            # Under constant load a passive checkpoint never reaches the end of the WAL. Few pages are left by now, so this holds writers up only briefly.
            with self._writing:
                connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()
