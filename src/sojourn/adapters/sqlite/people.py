"""People and identifiers as rows: kept, merged, removed."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from sojourn.adapters.sqlite.episodes import NO_MARKS, Changes, Marks, marks
from sojourn.adapters.sqlite.outbox import cancel
from sojourn.terms.effects import Cancel, Commit, Intent, IntentState, Why
from sojourn.terms.ids import IdentifierKey, PersonId
from sojourn.terms.listed import PERSON_COLUMNS, person_columns
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import Millis

_ENCODER: Final = msgspec.msgpack.Encoder()
_PERSON: Final = msgspec.msgpack.Decoder(Person)
_ENTRY: Final = msgspec.msgpack.Decoder(IdentifierEntry)
_INTENT: Final = msgspec.msgpack.Decoder(Intent)
_COLUMN: Final = 255
_STORED_KEPT: Final = 20_000
"""About 300 bytes each. Twice what the engine keeps at hand between batches."""

_COLUMNS: Final = ("name", "email", "identified", "first_seen", *PERSON_COLUMNS)
_UPSERT_PERSON: Final = f"""
INSERT INTO people_person (id, workspace_id, body, last_seen, due, facts, {", ".join(_COLUMNS)})
VALUES (?, ?, ?, ?, ?, ?{", ?" * len(_COLUMNS)})
ON CONFLICT (id) DO UPDATE
SET body = excluded.body, last_seen = excluded.last_seen, due = excluded.due, facts = excluded.facts,
    {", ".join(f"{name} = excluded.{name}" for name in _COLUMNS)}
"""
_UPDATE_PERSON: Final = "UPDATE people_person SET body = ?, last_seen = ?, due = ?, facts = ? WHERE id = ? AND workspace_id = ?"
_UPSERT_IDENTIFIER: Final = """
INSERT INTO people_identifier (workspace_id, "key", person, body)
VALUES (?, ?, ?, ?)
ON CONFLICT (workspace_id, "key") DO UPDATE SET person = excluded.person, body = excluded.body
"""
_IDENTIFIERS_OF: Final = """
SELECT "key"
FROM people_identifier
WHERE workspace_id = :workspace AND "key" IN (SELECT value FROM json_each(:keys)) AND person = :person
"""


def read_person(body: bytes) -> Person:
    """A person from the row's body."""
    return _PERSON.decode(body)


def read_entry(person: PersonId, body: bytes | None) -> IdentifierEntry:
    """An entry from its row; the body is there only where there is more to say than the person."""
    return IdentifierEntry(person) if body is None else _ENTRY.decode(body)


class Stored:
    """What is known to be stored of the people lately read or written, so that a batch writes only the columns and carts that it changed.

    Most batches change nothing of somebody but the body and when they were last seen; then the indexes over everything else are left alone.
    """

    def __init__(self) -> None:
        self._known: dict[PersonId, tuple[int, Marks]] = {}

    def saw(self, people: Iterable[Person]) -> None:
        """These have just been read, as they are stored."""
        if len(self._known) > _STORED_KEPT:
            self._known.clear()
        for person in people:
            self._known[person.id] = (hash(_columns(person)), marks(person))

    def forget(self) -> None:
        """Nothing is known any more."""
        self._known.clear()

    def write(self, connection: sqlite3.Connection, commit: Commit, since: PersonId) -> int:
        """Write a commit's people and their carts, and remove the carts of those who are no more; how many bytes the bodies have.

        `since`: people of that id or a later one have never been stored.
        """
        workspace, known = commit.workspace, self._known
        changes = Changes(workspace)
        whole: list[tuple[Any, ...]] = []
        part: list[tuple[Any, ...]] = []
        size = 0
        for number in (*commit.gone, *commit.removed, *commit.taken_out):
            known.pop(number, None)
            changes.leave(number)
        for person in commit.people:
            number, body, columns = person.id, _ENCODER.encode(person), _columns(person)
            size += len(body)
            mark = hash(columns)
            before = known.get(number)
            if before is not None and before[0] == mark:
                part.append((body, person.last_seen, person.due, person.facts, number, workspace))
            else:
                whole.append((number, workspace, body, person.last_seen, person.due, person.facts, *columns))
            if before is None and number < since:
                changes.leave(number)
            known[number] = (mark, changes.put(person, before[1] if before is not None else NO_MARKS))
        connection.executemany(_UPSERT_PERSON, whole)
        connection.executemany(_UPDATE_PERSON, part)
        changes.write(connection)
        return size


def write_identifiers(connection: sqlite3.Connection, workspace: int, entries: Mapping[IdentifierKey, IdentifierEntry | None]) -> None:
    """Insert, replace, or remove where the entry is None."""
    kept = [(workspace, key, entry.person, _entry_body(entry)) for key, entry in entries.items() if entry is not None]
    removed = [(workspace, key) for key, entry in entries.items() if entry is None]
    connection.executemany(_UPSERT_IDENTIFIER, kept)
    connection.executemany('DELETE FROM people_identifier WHERE workspace_id = ? AND "key" = ?', removed)


def merge(connection: sqlite3.Connection, workspace: int, loser: PersonId, winner: PersonId) -> None:
    """The loser's row goes; identifiers that still lead to it, intents and consents follow to the winner, and so does whoever had become the loser."""
    ids = {"workspace": workspace, "loser": loser, "winner": winner}
    keys = _keys_leading_to(connection, workspace, loser)
    connection.executemany(
        'UPDATE people_identifier SET person = ?, body = NULL WHERE workspace_id = ? AND "key" = ?',
        [(winner, workspace, key) for key in keys],
    )
    connection.execute("DELETE FROM people_person WHERE id = :loser AND workspace_id = :workspace", ids)
    connection.execute('UPDATE people_merged SET "into" = :winner WHERE "into" = :loser AND workspace_id = :workspace', ids)
    connection.execute(
        """
        INSERT INTO people_merged (id, workspace_id, "into") VALUES (:loser, :workspace, :winner)
        ON CONFLICT (id) DO UPDATE SET "into" = excluded."into"
        """,
        ids,
    )
    connection.execute("UPDATE people_intent SET person = :winner WHERE workspace_id = :workspace AND person = :loser", ids)
    connection.execute("UPDATE people_consent SET person = :winner WHERE workspace_id = :workspace AND person = :loser", ids)


def drop_doubled_intents(connection: sqlite3.Connection, workspace: int, person: PersonId, at: Millis) -> None:
    """After a merge: of the intents for one automation and episode one stands, the furthest on its way, then the oldest; the others are taken back."""
    rows = connection.execute(
        """
        SELECT id, automation, state, body
        FROM people_intent
        WHERE workspace_id = :workspace AND person = :person AND state IN ('ready', 'claimed', 'handing_over', 'accepted', 'unknown')
        ORDER BY state IN ('ready', 'claimed'), decided_at, id
        """,
        {"workspace": workspace, "person": person},
    ).fetchall()
    standing: set[tuple[str, int]] = set()
    for intent, automation, state, body in rows:
        about = (automation, _INTENT.decode(body).episode)
        if about in standing and state in (IntentState.READY, IntentState.CLAIMED):
            cancel(connection, workspace, Cancel(intent, Why.MERGED, at))
        standing.add(about)


def remove(connection: sqlite3.Connection, workspace: int, person: PersonId, at: Millis) -> None:
    """An erased person goes: row, identifiers that still lead there, mail kept here, and what intents say about them."""
    ids = {"workspace": workspace, "person": person}
    keys = _keys_leading_to(connection, workspace, person)
    connection.executemany('DELETE FROM people_identifier WHERE workspace_id = ? AND "key" = ?', [(workspace, key) for key in keys])
    connection.execute("DELETE FROM people_person WHERE id = :person AND workspace_id = :workspace", ids)
    rows = connection.execute("SELECT id, body FROM people_intent WHERE workspace_id = :workspace AND person = :person", ids).fetchall()
    for intent, body in rows:
        cancel(connection, workspace, Cancel(intent, Why.ERASED, at))
        bare = msgspec.structs.replace(_INTENT.decode(body), address="", data={})
        connection.execute("DELETE FROM mail_mail WHERE intent = :intent", {"intent": intent})
        connection.execute("UPDATE people_intent SET address = '', body = :body WHERE id = :intent", {"intent": intent, "body": _ENCODER.encode(bare)})


def _keys_leading_to(connection: sqlite3.Connection, workspace: int, person: PersonId) -> list[IdentifierKey]:
    """The stored identifiers that lead to a person, found by what the person's own row lists: there is no index the other way."""
    row = connection.execute("SELECT body FROM people_person WHERE id = ? AND workspace_id = ?", (person, workspace)).fetchone()
    if row is None:
        return []
    listed = _PERSON.decode(row[0])
    keys = json.dumps([*listed.identifiers, *listed.shared])
    return [key for (key,) in connection.execute(_IDENTIFIERS_OF, {"workspace": workspace, "keys": keys, "person": person})]


def _entry_body(entry: IdentifierEntry) -> bytes | None:
    return None if entry == IdentifierEntry(entry.person) else _ENCODER.encode(entry)


def _columns(person: Person) -> tuple[Any, ...]:
    """The values of _COLUMNS."""
    named = bool(person.traits)
    name, email = (_name(person)[:_COLUMN], _text(person, "email").lower()[:_COLUMN]) if named else ("", "")
    return (name, email, person.identified, person.first_seen, *person_columns(person))


def _name(person: Person) -> str:
    first = _text(person, "first_name") or _text(person, "firstName")
    last = _text(person, "last_name") or _text(person, "lastName")
    return _text(person, "name") or f"{first} {last}".strip()


def _text(person: Person, trait: str) -> str:
    found = person.traits.get(trait)
    return found.value.strip() if found is not None and isinstance(found.value, str) else ""
