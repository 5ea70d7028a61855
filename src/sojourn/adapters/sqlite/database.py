"""One connection to the database file, shared by the threads of a process; driver errors end here."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any, Final

from sojourn.adapters.sqlite.checkpoints import Checkpointer
from sojourn.adapters.sqlite.connection import connect, writing
from sojourn.ports.state import Unavailable

_BULK_CACHE_KIB: Final = 32_768
"""A batch of 5,000 people touches some 20 MiB of pages. With SQLite's usual 2 MiB they are written out and read in again half-way: 1.7 times the CPU."""

_BULK_CHECKPOINT_BYTES: Final = 16 << 20
"""People are written again and again: the rarer the checkpoint, the fewer times a page is copied."""


class Database:
    """The file with Django's schema. `bulk` is for the one who writes much: a larger page cache, and checkpoints in a thread of their own."""

    def __init__(self, path: Path, *, bulk: bool = False) -> None:
        self._path = path
        self._lock = RLock()
        self._checkpointer = Checkpointer(path, self._lock, _BULK_CHECKPOINT_BYTES) if bulk else None
        self._broken = False
        with self._translated():
            self._connection = self._open()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One durable transaction. Errors: Unavailable; then nothing was written and the connection is opened anew."""
        with self._lock, self._translated(), writing(self._sound()) as connection:
            yield connection

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """All rows of a question. Errors: Unavailable."""
        with self._lock, self._translated():
            return self._sound().execute(sql, parameters).fetchall()

    def wrote(self, size: int) -> None:
        """Tell that about so many bytes were committed."""
        if self._checkpointer is not None:
            self._checkpointer.wrote(size)

    def close(self) -> None:
        """Let go of the file."""
        if self._checkpointer is not None:
            self._checkpointer.close()
        with self._lock:
            self._connection.close()

    def _sound(self) -> sqlite3.Connection:
        """The connection; a new one after a failure, because after a failed sync the cached pages cannot be trusted."""
        if self._broken:
            self._connection.close()
            self._connection = self._open()
            self._broken = False
        return self._connection

    def _open(self) -> sqlite3.Connection:
        connection = connect(self._path, checkpoints=self._checkpointer is None)
        if self._checkpointer is not None:
            connection.execute(f"PRAGMA cache_size = -{_BULK_CACHE_KIB}")
        return connection

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError | sqlite3.InternalError):
                raise  # a mistake of ours, not trouble with the file
            self._broken = True
            raise Unavailable(f"the database at {self._path.name} cannot be used now: {error}") from error
