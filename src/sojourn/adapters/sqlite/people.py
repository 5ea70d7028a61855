"""People and identifiers as rows: kept, merged, removed."""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from sojourn.adapters.sqlite.outbox import cancel
from sojourn.terms.effects import Cancel, Intent, IntentState, Why
from sojourn.terms.ids import IdentifierKey, PersonId
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import Millis

_ENCODER: Final = msgspec.msgpack.Encoder()
_PERSON: Final = msgspec.msgpack.Decoder(Person)
_ENTRY: Final = msgspec.msgpack.Decoder(IdentifierEntry)
_INTENT: Final = msgspec.msgpack.Decoder(Intent)
_COLUMN: Final = 255

_UPSERT_PERSON: Final = """
INSERT INTO people_person (id, workspace_id, body, name, email, identified, first_seen, last_seen, due)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE
SET body = excluded.body, name = excluded.name, email = excluded.email, identified = excluded.identified,
    first_seen = excluded.first_seen, last_seen = excluded.last_seen, due = excluded.due
"""
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


def write_people(connection: sqlite3.Connection, workspace: int, people: Iterable[Person]) -> int:
    """Insert or replace; how many bytes their bodies have."""
    rows = [_person_row(workspace, person) for person in people]
    connection.executemany(_UPSERT_PERSON, rows)
    return sum(len(row[2]) for row in rows)


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


def _person_row(workspace: int, person: Person) -> tuple[Any, ...]:
    return (
        person.id,
        workspace,
        _ENCODER.encode(person),
        _name(person)[:_COLUMN] if person.traits else "",
        _text(person, "email").lower()[:_COLUMN] if person.traits else "",
        person.identified,
        person.first_seen,
        person.last_seen,
        person.due,
    )


def _name(person: Person) -> str:
    first = _text(person, "first_name") or _text(person, "firstName")
    last = _text(person, "last_name") or _text(person, "lastName")
    return _text(person, "name") or f"{first} {last}".strip()


def _text(person: Person, trait: str) -> str:
    found = person.traits.get(trait)
    return found.value.strip() if found is not None and isinstance(found.value, str) else ""
