"""Connections to SQLite files: always WAL and synchronous=FULL; every writing transaction is BEGIN IMMEDIATE."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_PRIMARY = 0xFF
"""The part of an extended error code that names the kind of error."""

BUSY_SECONDS = 10.0
"""How long a statement waits for another process's short transaction."""


def connect(path: Path, *, checkpoints: bool = True) -> sqlite3.Connection:
    """Open a file, made where it is missing. Transactions are explicit (see `writing`).

    `checkpoints=False`: commits on this connection never copy the WAL into the file; somebody else must (checkpoint in the commit thread is the p99).
    Errors: sqlite3.Error.
    """
    connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False, cached_statements=256)
    try:
        _use_wal(connection)
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA fullfsync=ON")  # macOS: a plain fsync does not reach the disk there
        connection.execute("PRAGMA foreign_keys=ON")
        if not checkpoints:
            connection.execute("PRAGMA wal_autocheckpoint=0")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _use_wal(connection: sqlite3.Connection) -> None:
    """Put the file into WAL mode. SQLite does not wait by itself while another process does the same to a new file, so this does."""
    until = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & _PRIMARY != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)


@contextmanager
def writing(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """One durable transaction: takes the write lock at once, commits at the end, rolls back on any error.

    A deferred transaction that turns into a writing one half-way can fail with SQLITE_BUSY at any time; hence there are none.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # SQLite has rolled back by itself after most errors
            connection.execute("ROLLBACK")
        raise
