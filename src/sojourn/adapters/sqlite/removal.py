"""Sources that are removed, with everybody whom only they have seen: nothing of it stays in the database."""

import json
import sqlite3
from collections.abc import Collection
from typing import Any, Final

import msgspec

from sojourn.terms.addresses import suppression_key
from sojourn.terms.effects import Removal
from sojourn.terms.facts import Fact

_FACT: Final = msgspec.msgpack.Decoder(Fact)
_WHO: Final = "IN (SELECT value FROM json_each(:people))"
_FROM: Final = "IN (SELECT value FROM json_each(:sources))"
_INTENTS: Final = f"SELECT id FROM people_intent WHERE workspace_id = :workspace AND (person {_WHO} OR id IN (SELECT value FROM json_each(:intents)))"
_ADDRESSES: Final = f"""
SELECT address FROM people_intent WHERE workspace_id = :workspace AND person {_WHO} AND address <> ''
UNION
SELECT email FROM people_person WHERE workspace_id = :workspace AND id {_WHO} AND email <> ''
"""
_DELETIONS: Final = (
    f"DELETE FROM mail_mail WHERE intent IN ({_INTENTS})",
    f"DELETE FROM people_intent WHERE id IN ({_INTENTS})",
    f"DELETE FROM people_consent WHERE workspace_id = :workspace AND (person {_WHO} OR source_id {_FROM})",
    f"DELETE FROM people_episode WHERE workspace_id = :workspace AND person {_WHO}",
    f'DELETE FROM people_merged WHERE workspace_id = :workspace AND (id {_WHO} OR "into" {_WHO})',
    f"DELETE FROM people_person WHERE workspace_id = :workspace AND id {_WHO}",
    f"DELETE FROM sources_count WHERE workspace_id = :workspace AND source_id {_FROM}",
    f"DELETE FROM sources_quarantined WHERE workspace_id = :workspace AND source_id {_FROM}",
    f"DELETE FROM hooks_mapping WHERE hook_id IN (SELECT id FROM hooks_hook WHERE workspace_id = :workspace AND source_id {_FROM})",
    f"DELETE FROM hooks_hook WHERE workspace_id = :workspace AND source_id {_FROM}",
    f"DELETE FROM streams_object WHERE stream_id IN (SELECT id FROM streams_stream WHERE workspace_id = :workspace AND source_id {_FROM})",
    f"DELETE FROM streams_stream WHERE workspace_id = :workspace AND source_id {_FROM}",
    f"DELETE FROM sources_alias WHERE workspace_id = :workspace AND source_id {_FROM}",
    f"DELETE FROM sources_source WHERE workspace_id = :workspace AND id {_FROM}",
)
_STILL_HERE: Final = """
SELECT email FROM people_person WHERE workspace_id = :workspace AND email IN (SELECT value FROM json_each(:addresses))
UNION
SELECT address FROM people_intent WHERE workspace_id = :workspace AND address IN (SELECT value FROM json_each(:addresses))
"""


def take_out(connection: sqlite3.Connection, workspace: int, removal: Removal) -> None:
    """Delete it all, in the transaction of the caller."""
    values: dict[str, Any] = {
        "workspace": workspace,
        "people": json.dumps([*removal.people, *removal.dissolved]),
        "sources": json.dumps(removal.sources),
        "intents": json.dumps(removal.intents),
    }
    addresses = {address for (address,) in connection.execute(_ADDRESSES, values)}
    _unsay(connection, workspace, {*removal.people, *removal.dissolved}, set(removal.intents))
    for deletion in _DELETIONS:
        connection.execute(deletion, values)
    _unsuppress(connection, workspace, addresses)


def _unsay(connection: sqlite3.Connection, workspace: int, people: Collection[int], intents: Collection[str]) -> None:
    """What the outbox still has to tell about them."""
    rows = connection.execute("SELECT sequence, fact FROM people_outbox WHERE workspace_id = ?", (workspace,)).fetchall()
    about = [(sequence, _FACT.decode(fact).props) for sequence, fact in rows]
    gone = [(sequence,) for sequence, props in about if props.get("person") in people or props.get("intent") in intents]
    connection.executemany("DELETE FROM people_outbox WHERE sequence = ?", gone)


def _unsuppress(connection: sqlite3.Connection, workspace: int, addresses: set[str]) -> None:
    """Their addresses, where nobody who stays has the same one: a no that a real person said must hold."""
    here = {"workspace": workspace, "addresses": json.dumps(sorted(addresses))}
    left = addresses - {address for (address,) in connection.execute(_STILL_HERE, here)}
    salt = connection.execute("SELECT salt FROM workspace_workspace WHERE id = ?", (workspace,)).fetchone()
    if salt is not None:
        keys = [(workspace, suppression_key(bytes(salt[0]), address)) for address in left]
        connection.executemany("DELETE FROM people_suppression WHERE workspace_id = ? AND address = ?", keys)
