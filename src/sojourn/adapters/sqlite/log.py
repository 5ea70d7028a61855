"""The log in one SQLite file."""

import sqlite3
from bisect import bisect_left
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Lock
from typing import Final, NamedTuple

import msgspec

from sojourn.adapters.sqlite.bells import Bells
from sojourn.adapters.sqlite.checkpoints import Checkpointer
from sojourn.adapters.sqlite.connection import connect, writing
from sojourn.adapters.sqlite.keys import ENTRY, SeenKeys, pack_entries, pack_entry, synthetic_key
from sojourn.adapters.sqlite.records import EMPTY_BODY, Row, checksum, pack_body, read_row
from sojourn.ports.clock import Clock
from sojourn.ports.log import DEDUPLICATION_WINDOW, Appended, Damaged, Full
from sojourn.terms.facts import NO_SOURCE, Arrival, Fact, Flag, Item, Record, blanked, passed_over
from sojourn.terms.ids import FACTS_PER_RECORD_BITS, FactId, position_of
from sojourn.terms.outcomes import Reason
from sojourn.terms.time import DAY, Millis

# `keys` stands before `body`, so that reading keys alone never touches the pages a large body spills into.
_RECORDS: Final = (
    "CREATE TABLE IF NOT EXISTS record (position INTEGER PRIMARY KEY, at INTEGER NOT NULL, workspace INTEGER NOT NULL, source INTEGER NOT NULL,"
    " keys BLOB NOT NULL, body BLOB NOT NULL, crc INTEGER NOT NULL)"
)
_TRIMMED: Final = "CREATE TABLE IF NOT EXISTS trimmed (position INTEGER PRIMARY KEY, at INTEGER NOT NULL, keys BLOB NOT NULL)"
_INSERT: Final = "INSERT INTO record (position, at, workspace, source, keys, body, crc) VALUES (?, ?, ?, ?, ?, ?, ?)"
_ROWS_AT_ONCE: Final = 8
_INSERT_ROWS: Final = _INSERT + ", (?, ?, ?, ?, ?, ?, ?)" * (_ROWS_AT_ONCE - 1)
"""Each execution lets other threads run and waits for its turn again, which under load costs more than the row."""
_KEYS_SINCE: Final = (
    "SELECT position, at, keys FROM trimmed WHERE position > :after UNION ALL SELECT position, at, keys FROM record WHERE position > :after ORDER BY position"
)
_TAIL: Final = """
SELECT *
FROM record
WHERE position > (SELECT coalesce(max(position), 0) FROM record) - :look_back
    AND workspace = :workspace
    AND source = :source
ORDER BY position DESC
LIMIT :limit
"""
_TRIM_AT_ONCE: Final = 1_000
"""Records that one transaction of `trim` removes, so that appends get their turn in between."""
_FACT: Final = msgspec.msgpack.Decoder(Fact)


class _Draft(NamedTuple):
    """An arrival after deduplication: its keys column, its packed facts, and what became of its items."""

    keys: bytes
    facts: list[bytes]
    duplicates: list[int]
    conflicts: list[int]


class SqliteLog:
    """A `ports.log.Log` in one file, open in as many processes as like to. Made by `open_log`."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._writer = _open(path)
        self._writing = Lock()
        self._reader = connect(path)
        self._reading = Lock()
        self._bells = Bells(path.parent / "bells")
        self._checkpointer = Checkpointer(path, self._writing)
        self._seen: SeenKeys | None = None
        self._known = 0  # the keys of records up to here are in `_seen`
        self._broken = False

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended]:
        """Append all arrivals; see the port. The first call reads the keys of the last 28 days; an empty one does nothing but that."""
        assert all(len(arrival.items) < 1 << FACTS_PER_RECORD_BITS for arrival in arrivals), "more facts than a record holds"
        fresh: list[bytes] = []
        with self._writing:
            try:
                with self._transaction() as connection:
                    position, at = self._take_in(connection)
                    rows, done = self._draft(arrivals, position, max(at, self._clock.now()), fresh)
                    _insert(connection, rows)
            except BaseException:
                for entries in fresh:
                    self._keys().forget(entries)
                raise
            if rows:
                self._known = rows[-1][0]
        if rows:
            self._wrote(sum(len(row[5]) for row in rows))
        return done

    def tick(self) -> int:
        """Append a record without facts, so that time goes on."""
        with self._writing, self._transaction() as connection:
            head, last = _last(connection)
            position, at = head + 1, max(last, self._clock.now())
            connection.execute(_INSERT, (position, at, 0, NO_SOURCE, b"", EMPTY_BODY, checksum(position, at, 0, NO_SOURCE, b"", EMPTY_BODY)))
        self._wrote(0)
        return position

    def read(self, after: int, limit: int, max_facts: int = 5_000) -> list[Record]:
        """Records with position > after; see the port. Errors: Damaged, also where a record between others is missing."""
        found: list[Record] = []
        facts = 0
        with self._reading, closing(checked(self._reader, after, limit)) as records:
            for record in records:
                found.append(record)
                facts += len(record.facts)
                if facts >= max_facts:
                    break
        return found

    def tail(self, workspace: int, source: int, limit: int, look_back: int = 20_000) -> list[Record]:
        """The newest records of one source; see the port. Who sends is read without the bodies, which large ones keep on pages of their own."""
        found: list[Record] = []
        facts = 0
        values = {"workspace": workspace, "source": source, "limit": limit, "look_back": look_back}
        with self._reading:
            try:
                with closing(self._reader.execute(_TAIL, values)) as rows:
                    for row in rows:
                        found.append(read_row(row))
                        facts += len(found[-1].facts)
                        if facts >= limit:
                            break
            except sqlite3.DatabaseError as error:
                raise Damaged(0, str(error)) from error
        return found

    def head(self) -> int:
        """The position of the last durable record."""
        with self._reading:
            try:
                return _last(self._reader)[0]
            except sqlite3.DatabaseError as error:
                raise Damaged(0, str(error)) from error

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """Block until there is a record beyond `after` or the time is over."""
        return self._bells.wait(lambda: self.head() > after, timeout_seconds)

    def trim(self, before: int) -> int:
        """Remove records below that position, never the last; keys younger than 28 days move to a table of their own."""
        gone = 0
        while True:
            with self._writing, self._transaction() as connection:
                removed = _trim(connection, before)
            gone += removed
            if removed < _TRIM_AT_ONCE:
                return gone
            self._checkpointer.wrote(removed * 4_096)

    def blank(self, facts: Sequence[FactId]) -> int:
        """Empty these facts where they stand; the freed pages are overwritten."""
        return self._rewrite(facts, blanked)

    def pass_over(self, facts: Sequence[FactId]) -> int:
        """Mark these facts as never to be folded."""
        return self._rewrite(facts, passed_over)

    def _rewrite(self, facts: Sequence[FactId], change: Callable[[Fact], Fact]) -> int:
        wanted: dict[int, set[int]] = {}
        for number in facts:
            wanted.setdefault(position_of(number), set()).add(number & (1 << FACTS_PER_RECORD_BITS) - 1)
        count = 0
        with self._writing, self._transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            for position, indexes in sorted(wanted.items()):
                count += _rewrite(connection, position, indexes, change)
        self._checkpointer.wrote(len(wanted) * 4_096)
        return count

    def verify(self) -> int:
        """Read all records and their checksums; how many there are. Errors: Damaged."""
        with closing(connect(self._path)) as connection, closing(checked(connection, 0, -1)) as records:
            return sum(1 for _ in records)

    def close(self) -> None:
        """Let go of files and threads."""
        self._checkpointer.close()
        with self._writing, self._reading:
            self._writer.close()
            self._reader.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One writing transaction; any failure of the disk becomes Full, and the connection is opened anew before the next. Needs `_writing`."""
        try:
            if self._broken:
                # After a failed sync the pages in the system's cache cannot be trusted (they may be marked clean): start over from the file.
                self._writer.close()
                self._writer = _open(self._path)
                self._broken = False
            with writing(self._writer) as connection:
                yield connection
        except sqlite3.Error as error:
            self._broken = True
            raise Full(f"the log at {self._path.name} cannot take writes now: {error}") from error

    def _keys(self) -> SeenKeys:
        assert self._seen is not None
        return self._seen

    def _take_in(self, connection: sqlite3.Connection) -> tuple[int, Millis]:
        """Learn the keys of the records that came since, also by other processes; last position and its time."""
        head, at = _last(connection)
        if self._seen is None:
            seen, known = SeenKeys(), _before_young(connection, head, at)
        else:
            seen, known = self._seen, self._known
        if known < head:
            for _, then, keys in connection.execute(_KEYS_SINCE, {"after": known}):
                seen.load(keys, then)
        self._seen, self._known = seen, head
        return head, at

    def _draft(self, arrivals: Sequence[Arrival], head: int, at: Millis, fresh: list[bytes]) -> tuple[list[Row], list[Appended]]:
        """Rows to insert and what became of each arrival. `fresh` collects the keys that are to be forgotten if the commit fails."""
        rows: list[Row] = []
        done: list[Appended] = []
        seen = self._keys()
        for arrival in arrivals:
            items = arrival.items
            entries = pack_entries(items, at)
            known = seen.note(entries, at)
            if not known:  # nearly always: nothing of it was there before
                fresh.append(entries)
                if items or arrival.counts or arrival.quarantined:
                    head += 1
                    rows.append(_row(head, at, arrival, entries, [item.packed for item in items], arrival.counts))
                    done.append(Appended(head, len(items)))
                else:
                    done.append(Appended(0, 0))
                continue
            draft = self._sift(items, entries, known, at, fresh)
            counts = _counts(arrival.counts, draft)
            if not draft.facts and not counts and not arrival.quarantined:
                done.append(Appended(0, 0))
                continue
            head += 1
            rows.append(_row(head, at, arrival, draft.keys, draft.facts, counts))
            done.append(Appended(head, len(draft.facts), tuple(draft.duplicates), tuple(draft.conflicts)))
        return rows, done

    def _sift(self, items: Sequence[Item], entries: bytes, known: list[tuple[int, bool]], at: Millis, fresh: list[bytes]) -> _Draft:
        duplicates: list[int] = []
        replaced: dict[int, bytes] = {}
        for index, same in known:
            item = items[index]
            entry = pack_entry(synthetic_key(item.key, item.content), item.content, at)
            if same or self._keys().note(entry, at):
                duplicates.append(index)
            else:
                replaced[index] = entry
        gone = set(duplicates)
        kept = [index for index in range(len(items)) if index not in gone]
        keys = b"".join([replaced.get(index) or entries[index * ENTRY : index * ENTRY + ENTRY] for index in kept])
        fresh.append(keys)
        facts = [_flagged(items[index].packed) if index in replaced else items[index].packed for index in kept]
        return _Draft(keys, facts, duplicates, list(replaced))

    def _wrote(self, size: int) -> None:
        self._bells.ring()
        self._checkpointer.wrote(size)


def open_log(path: Path, clock: Clock) -> SqliteLog:
    """Open the log file, made where it is missing. Errors: Full where it can be neither opened nor made; Damaged(0) where it is no log."""
    try:
        return SqliteLog(path, clock)
    except sqlite3.OperationalError as error:
        raise Full(f"the log at {path.name} cannot be opened: {error}") from error
    except sqlite3.DatabaseError as error:
        raise Damaged(0, str(error)) from error


def _open(path: Path) -> sqlite3.Connection:
    """The writing connection; makes the tables where they are missing."""
    connection = connect(path, checkpoints=False)
    try:
        if connection.execute("SELECT count(*) FROM sqlite_master WHERE name IN ('record', 'trimmed')").fetchone() != (2,):
            with writing(connection):
                connection.execute(_RECORDS)
                connection.execute(_TRIMMED)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _insert(connection: sqlite3.Connection, rows: Sequence[Row]) -> None:
    single = len(rows) % _ROWS_AT_ONCE
    for start in range(single, len(rows), _ROWS_AT_ONCE):
        connection.execute(_INSERT_ROWS, [value for row in rows[start : start + _ROWS_AT_ONCE] for value in row])
    if single:
        connection.executemany(_INSERT, rows[:single])


def _last(connection: sqlite3.Connection) -> tuple[int, Millis]:
    """Position and time of the last record; zeros where there is none."""
    row: tuple[int, Millis] | None = connection.execute("SELECT position, at FROM record ORDER BY position DESC LIMIT 1").fetchone()
    return row or (0, 0)


def checked(connection: sqlite3.Connection, after: int, limit: int) -> Generator[Record, None, None]:
    """Records in order, each checked. Errors: Damaged, also where one between others is missing."""
    expected = after + 1
    try:
        with closing(connection.execute("SELECT * FROM record WHERE position > ? ORDER BY position LIMIT ?", (after, limit))) as rows:
            for row in rows:
                if row[0] != expected and connection.execute("SELECT 1 FROM record WHERE position < ? LIMIT 1", (row[0],)).fetchone():
                    raise Damaged(expected, "it is missing")
                expected = row[0] + 1
                yield read_row(row)
    except sqlite3.DatabaseError as error:
        raise Damaged(expected, str(error)) from error


def _trim(connection: sqlite3.Connection, before: int) -> int:
    head, at = _last(connection)
    first = connection.execute("SELECT position FROM record ORDER BY position LIMIT 1").fetchone()
    if first is None:
        return 0
    before, young = min(before, head, first[0] + _TRIM_AT_ONCE), _first_young_day(at)
    connection.execute("DELETE FROM trimmed WHERE at < ?", (young,))
    connection.execute(
        "INSERT INTO trimmed (position, at, keys) SELECT position, at, keys FROM record WHERE position < ? AND at >= ? AND length(keys) > 0",
        (before, young),
    )
    return connection.execute("DELETE FROM record WHERE position < ?", (before,)).rowcount


def _rewrite(connection: sqlite3.Connection, position: int, indexes: set[int], change: Callable[[Fact], Fact]) -> int:
    row = connection.execute("SELECT position, at, workspace, source, keys, body, crc FROM record WHERE position = ?", (position,)).fetchone()
    if row is None:
        return 0  # trimmed away
    record = read_row(row)
    facts = [change(fact) if index in indexes else fact for index, fact in enumerate(record.facts)]
    body = pack_body([msgspec.msgpack.encode(fact) for fact in facts], record.counts, record.quarantined)
    crc = checksum(record.position, record.at, record.workspace, record.source, row[4], body)
    connection.execute("UPDATE record SET body = ?, crc = ? WHERE position = ?", (body, crc, position))
    return sum(1 for before, after in zip(record.facts, facts, strict=True) if before != after)


def _first_young_day(at: Millis) -> Millis:
    """Keys recorded before this instant are past the window."""
    return (at // DAY - DEDUPLICATION_WINDOW // DAY) * DAY


def _before_young(connection: sqlite3.Connection, head: int, at: Millis) -> int:
    """A position before which no key is inside the window. Record times never run backwards, so it is found by halving."""
    first = connection.execute("SELECT position FROM record ORDER BY position LIMIT 1").fetchone()
    if first is None:
        return 0
    young = _first_young_day(at)

    def time_of(position: int) -> Millis:
        row = connection.execute("SELECT at FROM record WHERE position >= ? ORDER BY position LIMIT 1", (position,)).fetchone()
        return int(row[0])

    start = first[0] + bisect_left(range(first[0], head + 1), young, key=time_of)
    return 0 if start == first[0] else start - 1


def _row(position: int, at: Millis, arrival: Arrival, keys: bytes, facts: Sequence[bytes], counts: dict[str, int]) -> Row:
    body = pack_body(facts, counts, arrival.quarantined)
    crc = checksum(position, at, arrival.workspace, arrival.source, keys, body)
    return position, at, arrival.workspace, arrival.source, keys, body, crc


def _counts(given: dict[str, int], draft: _Draft) -> dict[str, int]:
    if not draft.duplicates and not draft.conflicts:
        return given
    counts = dict(given)
    for reason, indexes in ((Reason.DUPLICATE, draft.duplicates), (Reason.MESSAGE_ID_CONFLICT, draft.conflicts)):
        if indexes:
            counts[reason.value] = counts.get(reason.value, 0) + len(indexes)
    return counts


def _flagged(packed: bytes) -> bytes:
    fact = _FACT.decode(packed)
    return msgspec.msgpack.encode(msgspec.structs.replace(fact, flags=fact.flags | Flag.CONFLICT))
