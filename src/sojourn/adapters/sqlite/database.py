"""One connection to the database file, shared by the threads of a process; driver errors end here."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import Any

from sojourn.adapters.sqlite.checkpoints import Checkpointer
from sojourn.adapters.sqlite.connection import connect, writing
from sojourn.ports.state import Unavailable


class Database:
    """The file with Django's schema. `background` leaves checkpoints to a thread: for those who write much."""

    def __init__(self, path: Path, *, background: bool = False) -> None:
        self._path = path
        self._lock = RLock()
        self._checkpointer = Checkpointer(path, self._lock) if background else None
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
        return connect(self._path, checkpoints=self._checkpointer is None)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError | sqlite3.DataError | sqlite3.InternalError):
                raise  # a mistake of ours, not trouble with the file
            self._broken = True
            raise Unavailable(f"the database at {self._path.name} cannot be used now: {error}") from error
