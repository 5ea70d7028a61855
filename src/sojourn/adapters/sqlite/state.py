"""The engine's state in the database file; the schema is Django's (apps/people, apps/sources)."""

import json
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from threading import RLock
from typing import Any, Final

import msgspec

from sojourn.adapters.sqlite import people, removal
from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.outbox import cancel
from sojourn.ports.state import Handover, Progress, Taken
from sojourn.terms.effects import Commit, Intent
from sojourn.terms.facts import NO_SOURCE
from sojourn.terms.ids import IdentifierKey, PersonId, fact_id
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import DAY, MINUTE, Millis

_SQL: Final = Path(__file__).parent / "sql"
_NEXT_DUE: Final = (_SQL / "next_due.sql").read_text()
_INSERT_INTENT: Final = (_SQL / "insert_intent.sql").read_text()
_INSERT_CONSENT: Final = """
INSERT INTO people_consent (workspace_id, person, channel, purpose, granted, at, source_id, text_version)
VALUES (:workspace, :person, :channel, :purpose, :granted, :at, :source, :text_version)
"""
_ADD_COUNT: Final = """
INSERT INTO sources_count (workspace_id, source_id, day, reason, events)
VALUES (:workspace, :source, :day, :reason, :events)
ON CONFLICT (workspace_id, source_id, day, reason) DO UPDATE SET events = events + excluded.events
"""
_ADD_MINUTE: Final = """
INSERT INTO people_minute (workspace_id, minute, events)
VALUES (:workspace, :minute, :events)
ON CONFLICT (workspace_id, minute) DO UPDATE SET events = events + excluded.events
"""
_DROP_MINUTES: Final = "DELETE FROM people_minute WHERE workspace_id = :workspace AND minute <= :minute"
_MINUTES_KEPT: Final = DAY // MINUTE
_INSERT_QUARANTINED: Final = """
INSERT INTO sources_quarantined (workspace_id, source_id, position, at, reason, detail, payload)
VALUES (:workspace, :source, :position, :at, :reason, :detail, :payload)
"""
_UPSERT_RULES: Final = """
INSERT INTO people_rules (workspace_id, body) VALUES (:workspace, :body)
ON CONFLICT (workspace_id) DO UPDATE SET body = excluded.body
"""
_ADVANCE: Final = """
UPDATE people_progress SET position = :position, "now" = :now
WHERE id = 1 AND position = :before_position AND "now" = :before_now
"""
_BEGIN: Final = """
INSERT INTO people_progress (id, position, "now") VALUES (1, :position, :now)
ON CONFLICT (id) DO NOTHING
"""


_FORGET_MERGE: Final = "DELETE FROM people_merged WHERE id = :person AND workspace_id = :workspace"


class SqliteState:
    """A `ports.state.State` in the tables of apps/people. Errors of every method: Unavailable."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path, bulk=True)
        self._stored = people.Stored()
        self._at_once = RLock()  # what is known to be stored and what is stored change together

    def progress(self) -> Progress:
        """Where the last committed batch ended."""
        rows = self._database.rows('SELECT position, "now" FROM people_progress WHERE id = 1', {})
        return Progress(*rows[0]) if rows else Progress(0, 0)

    def rules(self, workspace: int) -> bytes | None:
        """Msgpack of the RuleBook in force."""
        rows = self._database.rows("SELECT body FROM people_rules WHERE workspace_id = :workspace", {"workspace": workspace})
        return rows[0][0] if rows else None

    def identifiers(self, workspace: int, keys: Iterable[IdentifierKey]) -> dict[IdentifierKey, IdentifierEntry]:
        """The entries that exist of these."""
        rows = self._database.rows(
            'SELECT "key", person, body FROM people_identifier WHERE workspace_id = :workspace AND "key" IN (SELECT value FROM json_each(:keys))',
            {"workspace": workspace, "keys": json.dumps(list(keys))},
        )
        return {key: people.read_entry(person, body) for key, person, body in rows}

    def people(self, workspace: int, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        """The people that exist of these."""
        with self._at_once:
            rows = self._database.rows(
                # The plus keeps SQLite from going through everybody of the workspace instead of looking up the few.
                "SELECT id, body FROM people_person WHERE id IN (SELECT value FROM json_each(:ids)) AND +workspace_id = :workspace",
                {"workspace": workspace, "ids": json.dumps(list(ids))},
            )
            found = {number: people.read_person(body) for number, body in rows}
            self._stored.saw(found.values())
        return found

    def canonical(self, workspace: int, person: PersonId) -> PersonId:
        """Who a person has become by merges."""
        rows = self._database.rows(
            'SELECT "into" FROM people_merged WHERE id = :person AND workspace_id = :workspace', {"person": person, "workspace": workspace}
        )
        return rows[0][0] if rows else person

    def due(self, workspace: int, before: Millis, limit: int) -> list[tuple[Millis, PersonId]]:
        """People whose `due` lies before that time, ordered by (due, id)."""
        rows = self._database.rows(
            "SELECT due, id FROM people_person WHERE workspace_id = :workspace AND due < :before ORDER BY due, id LIMIT :limit",
            {"workspace": workspace, "before": before, "limit": limit},
        )
        return [(due, person) for due, person in rows]

    def next_due(self) -> Millis | None:
        """The earliest `due` of all workspaces."""
        due: Millis | None = self._database.rows(_NEXT_DUE, {})[0][0]
        return due

    def commit(self, commits: Sequence[Commit], before: Progress, after: Progress) -> None:
        """Write everything in one durable transaction. Errors: Taken."""
        since = fact_id(before.position + 1, 0)
        with self._at_once:
            try:
                with self._database.writing() as connection:
                    _advance(connection, before, after)
                    written = sum(_write(connection, commit, self._stored, since) for commit in commits)
            except BaseException:
                self._stored.forget()
                raise
        self._database.wrote(written)

    def handovers(self, after: int, limit: int) -> list[Handover]:
        """What the lake has not taken yet, in order."""
        rows = self._database.rows(
            "SELECT sequence, workspace_id, payload FROM people_handover WHERE sequence > :after ORDER BY sequence LIMIT :limit",
            {"after": after, "limit": limit},
        )
        return [Handover(*row) for row in rows]

    def release(self, upto: int) -> None:
        """Forget handovers up to that sequence."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM people_handover WHERE sequence <= :upto", {"upto": upto})

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def open_state(path: Path) -> SqliteState:
    """Open the state in a migrated database file. Errors: Unavailable."""
    return SqliteState(path)


def _advance(connection: sqlite3.Connection, before: Progress, after: Progress) -> None:
    """Move the progress on, if it is what the caller thinks. Errors: Taken."""
    values = {"position": after.position, "now": after.now, "before_position": before.position, "before_now": before.now}
    if connection.execute(_ADVANCE, values).rowcount == 1:
        return
    if before == Progress(0, 0) and connection.execute(_BEGIN, values).rowcount == 1:
        return
    raise Taken(f"the engine's progress is no longer {before.position}: another engine has committed")


def _write(connection: sqlite3.Connection, commit: Commit, stored: people.Stored, since: PersonId) -> int:
    """Write one workspace's part; about how many bytes."""
    workspace = commit.workspace
    size = stored.write(connection, commit, since)
    connection.executemany(_INSERT_INTENT, [_intent_row(intent) for intent in commit.intents])
    connection.executemany(_INSERT_CONSENT, [{"workspace": workspace, **msgspec.structs.asdict(consent)} for consent in commit.consents])
    for loser, winner in commit.gone.items():
        people.merge(connection, workspace, loser, winner)
    connection.executemany(_FORGET_MERGE, [{"workspace": workspace, "person": person} for person in commit.parted])
    # The engine's word on identifiers comes after the merges, so that it stands.
    people.write_identifiers(connection, workspace, commit.identifiers)
    for wanted in commit.cancels:
        cancel(connection, workspace, wanted)
    for winner in sorted(set(commit.gone.values())):
        people.drop_doubled_intents(connection, workspace, winner, commit.now)
    for person in commit.removed:
        people.remove(connection, workspace, person, commit.now)
    if commit.removal is not None:
        removal.take_out(connection, workspace, commit.removal)
    _write_counts(connection, commit)
    _write_minute(connection, commit)
    if commit.rules is not None:
        connection.execute(_UPSERT_RULES, {"workspace": workspace, "body": commit.rules})
    return size + _write_handover(connection, commit)


def _write_counts(connection: sqlite3.Connection, commit: Commit) -> None:
    workspace, day = commit.workspace, commit.now // DAY
    connection.executemany(
        _ADD_COUNT,
        [{"workspace": workspace, "source": source, "day": day, "reason": str(reason), "events": events} for (source, reason), events in commit.counts.items()],
    )
    connection.executemany(
        _INSERT_QUARANTINED,
        [
            {"workspace": workspace, "source": source, "position": position, "at": commit.now, **msgspec.structs.asdict(item)}
            for position, source, item in commit.quarantined
        ],
    )


def _write_minute(connection: sqlite3.Connection, commit: Commit) -> None:
    """Add what sources sent to the minute in which the batch ended. While the engine catches up, a batch of several minutes counts for its last one."""
    events = sum(events for (source, reason), events in commit.counts.items() if reason == Reason.KEPT and source != NO_SOURCE)
    if not events:
        return
    minute = commit.now // MINUTE
    connection.execute(_ADD_MINUTE, {"workspace": commit.workspace, "minute": minute, "events": events})
    connection.execute(_DROP_MINUTES, {"workspace": commit.workspace, "minute": minute - _MINUTES_KEPT})


def _write_handover(connection: sqlite3.Connection, commit: Commit) -> int:
    if not commit.resolved and not commit.derived and not commit.gone and commit.removal is None:
        return 0
    payload = msgspec.msgpack.encode(commit.handover)
    connection.execute("INSERT INTO people_handover (workspace_id, payload) VALUES (:workspace, :payload)", {"workspace": commit.workspace, "payload": payload})
    return len(payload)


def _intent_row(intent: Intent) -> dict[str, Any]:
    row = msgspec.structs.asdict(intent)
    row["state"] = str(intent.state)
    row["body"] = msgspec.msgpack.encode(intent)
    del row["data"]
    return row
