"""The lake: facts in Parquet, their catalog in SQLite, asked through DuckDB."""

import itertools
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Any, Final, TypeVar

import duckdb

from sojourn.adapters.ducklake.connection import catalog_of, connect
from sojourn.adapters.ducklake.rows import COLUMNS, LINE_LIMIT_BYTES, SELECTED, lines, row
from sojourn.ports.lake import Row, Unreachable
from sojourn.terms.facts import NO_SOURCE, Flag, Kind
from sojourn.terms.ids import NOBODY, FactId, PersonId
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY, Millis, to_datetime

_T = TypeVar("_T")

_SMALL_FILE_BYTES: Final = 16_000_000
"""Files below it are merged at every compaction; larger ones only when their month is crowded, so that a byte is rewritten a few times and not every minute."""

_CROWDED_FILES: Final = 12
"""A month with more files than this is merged into files of the catalog's target size."""

_CLEAN_UP_AFTER: Final = "INTERVAL 10 MINUTE"
"""How long a file nobody needs stays, so that a question that began before can end."""

_LOCK_SECONDS: Final = 30.0
"""How long one process waits for another to end its transaction or compaction."""

_MTIME_SLACK_SECONDS: Final = 2.0
"""File systems round the time of a change, to as much as two seconds."""

_DERIVED_FROM: Final = 1 << 62
"""Ids from here on belong to derived facts (terms.ids.derived_id)."""

_MEANT_BADLY: Final = (duckdb.ProgrammingError, duckdb.DataError, duckdb.NotSupportedError, duckdb.PermissionException)
"""What a question itself is to blame for."""


class DuckLake:
    """One process's door to a lake. The writer makes the lake; readers see what was committed last, each question anew. Safe to share between threads."""

    def __init__(self, folder: Path, *, read_only: bool = False, memory_limit: str = "256MB", threads: int = 2, keep_snapshots: str = "1 hour") -> None:
        self._folder = folder.absolute()
        self._read_only = read_only
        self._memory_limit = memory_limit
        self._threads = threads
        self._keep_snapshots = keep_snapshots
        self._connection: duckdb.DuckDBPyConnection | None = None
        self._opening = Lock()
        self._writing = Lock()
        self._numbers = itertools.count()

    # -- writing

    def write(self, rows: Sequence[Row], merges: Sequence[tuple[int, PersonId, PersonId]], sequence: int) -> None:
        """See ports.lake. Units: about 40 ms and 11 µs a row."""
        with self._transaction(sequence) as connection:
            if connection is not None:
                self._insert(connection, rows, merges)
            if connection is not None and not rows and not merges:
                connection.execute("INSERT INTO position VALUES ($sequence)", {"sequence": sequence})

    def move(
        self,
        workspace: int,
        facts: Sequence[tuple[FactId, PersonId, FactId]],
        rows: Sequence[Row],
        merges: Sequence[tuple[PersonId, PersonId]],
        sequence: int,
    ) -> None:
        """See ports.lake."""
        moved = (f'{{"id":{fact},"person":{person},"session":{session}}}'.encode() for fact, person, session in facts)
        with self._transaction(sequence) as connection:
            if connection is None:
                return
            with self._spooled(moved) as path:
                found = connection.execute(_HAD_MOVED, {"path": path, "workspace": workspace}).fetchall()
                if found:
                    old = _numbers(person for (person,) in found)
                    here = {"workspace": workspace}
                    derived_ones = f"person IN ({old}) AND flags & {int(Flag.DERIVED)} != 0"
                    connection.execute(f"DELETE FROM facts WHERE workspace = $workspace AND {derived_ones}", here)
                    connection.execute(f"DELETE FROM merges WHERE workspace = $workspace AND (person IN ({old}) OR became IN ({old}))", here)
                connection.execute(_MOVE, {"path": path, "workspace": workspace})
            self._insert(connection, rows, [(workspace, person, became) for person, became in merges])

    def compact(self) -> int:
        """See ports.lake. Small files of a month become one; what only snapshots older than an hour need goes."""
        with self._guarded() as connection:
            connection.execute("CALL ducklake_merge_adjacent_files('lake', max_file_size => $bytes)", {"bytes": _SMALL_FILE_BYTES})
            if self._crowded(connection):
                connection.execute("CALL ducklake_merge_adjacent_files('lake')")
            _expire(connection, f"now() - INTERVAL '{self._keep_snapshots}'")
            gone = connection.execute(f"CALL ducklake_cleanup_old_files('lake', older_than => now() - {_CLEAN_UP_AFTER})").fetchall()
        return len(gone)

    def erase(self, workspace: int, people: Sequence[PersonId]) -> int:
        """See ports.lake. Afterwards no file below the folder holds these facts, the catalog's free pages included.

        A question that is under way in another process may fail once and is asked again by its own adapter.
        """
        if not people:
            return 0
        here = {"workspace": workspace}
        with self._guarded() as connection:
            became = connection.execute(f"SELECT person FROM merges WHERE workspace = $workspace AND became IN ({_numbers(people)})", here).fetchall()
            who = _numbers([*people, *(person for (person,) in became)])
            sequence = {"sequence": _stored_sequence(connection)}
            connection.execute("BEGIN")
            found = connection.execute(f"DELETE FROM facts WHERE workspace = $workspace AND person IN ({who})", here).fetchone()
            connection.execute(f"DELETE FROM merges WHERE workspace = $workspace AND (person IN ({who}) OR became IN ({who}))", here)
            connection.execute("COMMIT")
            self._purge(connection, sequence)
        assert found is not None
        return int(found[0])

    def remove(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> int:
        """See ports.lake. Files are rewritten once, however many people go; questions under way in other processes as with `erase`.

        Where nothing is there to delete files are rewritten all the same: it may be gone since a removal that was killed before it came to that.
        """
        who = {"workspace": workspace, "people": list(people)}
        with self._guarded() as connection:
            sequence = {"sequence": _stored_sequence(connection)}
            connection.execute("BEGIN")
            found = connection.execute(f"DELETE FROM facts WHERE {_GOES}", {**who, "sources": list(sources), "intents": list(intents)}).fetchone()
            connection.execute(f"DELETE FROM merges WHERE workspace = $workspace AND (person IN {_PEOPLE} OR became IN {_PEOPLE})", who)
            connection.execute("COMMIT")
            self._purge(connection, sequence)
        assert found is not None
        return int(found[0])

    def _purge(self, connection: duckdb.DuckDBPyConnection, sequence: dict[str, int]) -> None:
        """Have no file hold what was deleted."""
        connection.execute("CALL ducklake_rewrite_data_files('lake', delete_threshold => 0)")
        # The snapshot that stays must say how far the lake is.
        connection.execute("BEGIN")
        connection.execute("DELETE FROM position")
        connection.execute("INSERT INTO position VALUES ($sequence)", sequence)
        connection.execute(_STAMP, sequence)
        connection.execute("COMMIT")
        _expire(connection, "now() + INTERVAL 1 DAY")
        connection.execute("CALL ducklake_cleanup_old_files('lake', cleanup_all => true)")
        self.close()
        with closing(sqlite3.connect(catalog_of(self._folder), isolation_level=None, timeout=_LOCK_SECONDS)) as raw:
            # Free pages may still hold what was erased.
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    # -- reading

    def sequence(self) -> int:
        """See ports.lake."""
        return self._read(_stored_sequence, 0)

    def head(self, workspace: int) -> FactId:
        """See ports.lake."""

        def ask(cursor: duckdb.DuckDBPyConnection) -> int:
            sql = "SELECT coalesce(max(id), 0) FROM lake.facts WHERE workspace = $workspace AND id < $limit"
            return _number(cursor.execute(sql, {"workspace": workspace, "limit": _DERIVED_FROM}))

        return self._read(ask, 0)

    def timeline(self, workspace: int, people: Sequence[PersonId], limit: int, before: tuple[Millis, FactId] | None = None) -> list[Row]:
        """See ports.lake."""
        if not people or limit <= 0:
            return []
        parameters: dict[str, Any] = {"workspace": workspace, "limit": limit}
        below = ""
        if before is not None:
            below = "AND happened_at <= $at AND (happened_at < $at OR id < $id)"
            parameters |= {"at": to_datetime(before[0]).replace(tzinfo=None), "id": before[1]}
        sql = f"""
            SELECT {SELECTED}
            FROM lake.facts
            WHERE workspace = $workspace AND person IN ({_numbers(people)}) {below}
            ORDER BY happened_at DESC, id DESC
            LIMIT $limit
        """
        return self._rows(sql, parameters)

    def history(self, workspace: int, people: Sequence[PersonId]) -> list[Row]:
        """See ports.lake. Of the control facts those that are nobody's (rules, corrections) are the workspace's; the others come with their person."""
        sql = f"""
            SELECT {SELECTED}
            FROM lake.facts
            WHERE workspace = $workspace
                AND person IN ({_numbers([NOBODY, *people])})
                AND (person != {NOBODY} OR kind = '{Kind.CONTROL}')
                AND flags & {int(Flag.DERIVED)} = 0
            ORDER BY id
        """
        return self._rows(sql, {"workspace": workspace})

    def touching(self, workspace: int, ids: Sequence[str]) -> list[PersonId]:
        """See ports.lake. Looks at every fact of the workspace: for corrections, not for pages."""
        parameters = {"workspace": workspace, "ids": list(ids)}

        def ask(cursor: duckdb.DuckDBPyConnection) -> list[PersonId]:
            return [person for (person,) in cursor.execute(_TOUCHING, parameters).fetchall()]

        return self._read(ask, [])

    def seen_by(self, workspace: int, sources: Sequence[int]) -> list[PersonId]:
        """See ports.lake. Looks at every fact of the workspace, as do the next two."""
        return self._people(
            f"SELECT DISTINCT person FROM lake.facts WHERE workspace = $workspace AND source IN {_SOURCES} AND person != {NOBODY} ORDER BY person",
            {"workspace": workspace, "sources": list(sources)},
        )

    def seen_elsewhere(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId]) -> list[PersonId]:
        """See ports.lake."""
        return self._people(
            f"""
            SELECT DISTINCT person
            FROM lake.facts
            WHERE workspace = $workspace AND source NOT IN {_SOURCES} AND source != {NO_SOURCE} AND person IN {_PEOPLE}
            ORDER BY person
            """,
            {"workspace": workspace, "sources": list(sources), "people": list(people)},
        )

    def facts_of(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> list[FactId]:
        """See ports.lake."""
        return self._people(
            f"SELECT id FROM lake.facts WHERE {_GOES} AND flags & {int(Flag.DERIVED)} = 0 ORDER BY id",
            {"workspace": workspace, "sources": list(sources), "people": list(people), "intents": list(intents)},
        )

    def _people(self, sql: str, parameters: dict[str, Any]) -> list[int]:
        return self._read(lambda cursor: [number for (number,) in cursor.execute(sql, parameters).fetchall()], [])

    def query(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """See ports.lake. Tables: facts, merges; view: facts_today. Errors: Refusal for a question that cannot be asked, Unreachable."""

        def ask(cursor: duckdb.DuckDBPyConnection) -> list[tuple[Any, ...]]:
            cursor.execute("USE lake")
            return cursor.execute(sql, parameters).fetchall()

        try:
            return self._read(ask, [])
        except _MEANT_BADLY as error:
            raise Refusal(Code.BAD_VALUE, f"The lake does not understand this question: {error}") from error

    def close(self) -> None:
        """See ports.lake."""
        with self._opening:
            self._drop()

    # -- connections

    def _open(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._connection is None:
                self._connection = connect(self._folder, read_only=self._read_only, memory_limit=self._memory_limit, threads=self._threads)
            return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _read(self, ask: Callable[[duckdb.DuckDBPyConnection], _T], nothing: _T) -> _T:
        """Ask on a cursor of its own; once more on a fresh connection where the first is broken. A lake that is not there yet holds `nothing`."""
        for last in (False, True):
            try:
                with self._open().cursor() as cursor:
                    return ask(cursor)
            except FileNotFoundError:
                return nothing
            except _MEANT_BADLY:
                raise
            except (duckdb.Error, sqlite3.Error, OSError) as error:
                self.close()
                if last:
                    raise Unreachable(str(error)) from error
        raise AssertionError("unreachable")

    def _rows(self, sql: str, parameters: dict[str, Any]) -> list[Row]:
        return self._read(lambda cursor: [row(found) for found in cursor.execute(sql, parameters).fetchall()], [])

    @contextmanager
    def _guarded(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """The writing connection, for one thread of one process at a time; after an error it is opened afresh, so that no half transaction is left."""
        assert not self._read_only, "this lake was opened for reading"
        with self._writing:
            try:
                connection = self._open()
                with closing(sqlite3.connect(self._folder / "writer.lock", isolation_level=None, timeout=_LOCK_SECONDS)) as lock:
                    lock.execute("BEGIN EXCLUSIVE")
                    yield connection
            except (duckdb.Error, sqlite3.Error, OSError) as error:
                self.close()
                raise Unreachable(str(error)) from error
            except BaseException:
                self.close()
                raise

    @contextmanager
    def _transaction(self, sequence: int) -> Iterator[duckdb.DuckDBPyConnection | None]:
        """A transaction whose snapshot says that the lake is at `sequence`; None where that was reached before."""
        with self._guarded() as connection:
            if _stored_sequence(connection) >= sequence:
                yield None
                return
            connection.execute("BEGIN")
            yield connection
            connection.execute(_STAMP, {"sequence": sequence})
            connection.execute("COMMIT")

    # -- details

    def _insert(self, connection: duckdb.DuckDBPyConnection, rows: Sequence[Row], merges: Sequence[tuple[int, PersonId, PersonId]]) -> None:
        began = time.time()
        if rows:
            with self._spooled(lines(rows)) as path:
                connection.execute(_INSERT, {"path": path})
        if merges:
            with self._spooled(_chains_ended(merges)) as path:
                connection.execute(_MERGE_EARLIER, {"path": path})
                connection.execute(_MERGE, {"path": path})
        self._sync(rows, began)

    @contextmanager
    def _spooled(self, rows: Iterable[bytes]) -> Iterator[str]:
        """The lines in a file that DuckDB's JSON reader takes in: measured fifty times faster than parameters."""
        path = self._folder / "tmp" / f"{os.getpid()}-{next(self._numbers)}.ndjson"
        try:
            with path.open("wb") as file:
                file.writelines(line + b"\n" for line in rows)
            yield str(path)
        finally:
            path.unlink(missing_ok=True)

    def _sync(self, rows: Sequence[Row], began: float) -> None:
        """Make the Parquet files of this transaction durable before the catalog names them. DuckDB writes them without fsync."""
        days = {(row.workspace, row.fact.at // DAY) for row in rows}
        for workspace, year, month in {(place, *to_datetime(day * DAY).timetuple()[:2]) for place, day in days}:
            folder = self._folder / "data" / "main" / "facts" / f"workspace={workspace}" / f"year={year}" / f"month={month}"
            if not folder.exists():
                continue
            for entry in os.scandir(folder):
                if entry.stat().st_mtime >= began - _MTIME_SLACK_SECONDS:
                    _fsync(entry.path)
            _fsync(folder)

    def _crowded(self, connection: duckdb.DuckDBPyConnection) -> bool:
        """Whether some month has many files that are all above the small size."""
        months: dict[Path, int] = {}
        for (path,) in connection.execute("SELECT data_file FROM ducklake_list_files('lake', 'facts')").fetchall():
            folder = Path(path).parent
            months[folder] = months.get(folder, 0) + 1
        return any(count > _CROWDED_FILES for count in months.values())


_STAMP: Final = "CALL ducklake_set_commit_message('lake', 'sojourn', 'handed over', extra_info => $sequence::VARCHAR)"

_STORED: Final = """
    SELECT coalesce(max(try_cast(commit_extra_info AS BIGINT)), 0)
    FROM __ducklake_metadata_lake.ducklake_snapshot_changes
"""

_INSERT: Final = f"""
    INSERT INTO facts
    SELECT * REPLACE (
        make_timestamp_ms(happened_at) AS happened_at,
        make_timestamp_ms(recorded_at) AS recorded_at,
        props::JSON AS props,
        rest::JSON AS rest
    )
    FROM read_json($path, format = 'newline_delimited', maximum_object_size = {LINE_LIMIT_BYTES}, columns = {COLUMNS!r})
"""

_SOURCES: Final = "(SELECT unnest($sources::BIGINT[]))"
_PEOPLE: Final = "(SELECT unnest($people::BIGINT[]))"
_GOES: Final = f"""
    workspace = $workspace
    AND (
        source IN {_SOURCES}
        OR (person != {NOBODY} AND person IN {_PEOPLE})
        OR (kind = '{Kind.CONTROL}' AND json_extract_string(props, '$.intent') IN (SELECT unnest($intents::VARCHAR[])))
    )
"""

_TOUCHING: Final = f"""
    WITH wanted AS (SELECT unnest($ids::VARCHAR[]) AS id)
    SELECT DISTINCT person
    FROM lake.facts
    WHERE workspace = $workspace
        AND person != {NOBODY}
        AND (
            anonymous_id IN (SELECT id FROM wanted)
            OR user_id IN (SELECT id FROM wanted)
            OR link IN (SELECT id FROM wanted)
        )
    ORDER BY person
"""

_MERGES: Final = "read_json($path, format = 'newline_delimited', columns = {'workspace': 'BIGINT', 'person': 'BIGINT', 'became': 'BIGINT'})"

_MERGE_EARLIER: Final = f"""
    UPDATE merges
    SET became = later.became
    FROM {_MERGES} AS later
    WHERE merges.workspace = later.workspace AND merges.became = later.person
"""

_MERGE: Final = f"""
    INSERT INTO merges
    SELECT workspace, person, became
    FROM {_MERGES}
"""

_MOVED: Final = "read_json($path, format = 'newline_delimited', columns = {'id': 'BIGINT', 'person': 'BIGINT', 'session': 'BIGINT'})"

_HAD_MOVED: Final = f"""
    SELECT DISTINCT facts.person
    FROM facts
    SEMI JOIN {_MOVED} AS moved
        ON facts.id = moved.id
    WHERE facts.workspace = $workspace AND facts.person != {NOBODY}
"""

_MOVE: Final = f"""
    UPDATE facts
    SET person = moved.person, session = moved.session
    FROM {_MOVED} AS moved
    WHERE facts.workspace = $workspace AND facts.id = moved.id
"""


def _stored_sequence(connection: duckdb.DuckDBPyConnection) -> int:
    return _number(connection.execute(_STORED))


def _expire(connection: duckdb.DuckDBPyConnection, before: str) -> None:
    """Forget snapshots older than that, but neither the newest nor the newest that says how far the lake is."""
    found = connection.execute(
        f"""
        SELECT list(snapshot_id)
        FROM ducklake_snapshots('lake')
        WHERE snapshot_time < {before}
            AND snapshot_id < (SELECT max(snapshot_id) FROM ducklake_snapshots('lake'))
            AND snapshot_id != (SELECT coalesce(max(snapshot_id), -1) FROM ducklake_snapshots('lake') WHERE commit_extra_info IS NOT NULL)
        """
    ).fetchone()
    if found and found[0]:
        connection.execute(f"CALL ducklake_expire_snapshots('lake', versions => [{_numbers(found[0])}])")


def _number(answer: duckdb.DuckDBPyConnection) -> int:
    found = answer.fetchone()
    assert found is not None
    return int(found[0])


def _chains_ended(merges: Iterable[tuple[int, PersonId, PersonId]]) -> Iterator[bytes]:
    """The merges as lines, each leading to where its chain ends within this batch."""
    became = {(workspace, person): into for workspace, person, into in merges}
    for (workspace, person), into in became.items():
        end = into
        while (workspace, end) in became:
            end = became[workspace, end]
        yield f'{{"workspace":{workspace},"person":{person},"became":{end}}}'.encode()


def _numbers(people: Iterable[PersonId]) -> str:
    """Ids as literals: with them, other than with a list parameter, DuckDB leaves out files and row groups by their smallest and largest person."""
    return ", ".join(str(int(person)) for person in people)


def _fsync(path: str | Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
