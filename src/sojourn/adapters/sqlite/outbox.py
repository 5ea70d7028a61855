"""The outbox, and the one way to take back an intent: both write in the transaction of their caller."""

import sqlite3

import msgspec

from sojourn.terms.effects import Cancel, IntentState
from sojourn.terms.facts import MESSAGE_SKIPPED, Fact
from sojourn.terms.messages import message_fact


def leave(connection: sqlite3.Connection, workspace: int, fact: Fact) -> None:
    """Put a fact into the outbox; the relay takes it to the log."""
    connection.execute(
        "INSERT INTO people_outbox (workspace_id, fact) VALUES (:workspace, :fact)",
        {"workspace": workspace, "fact": msgspec.msgpack.encode(fact)},
    )


def cancel(connection: sqlite3.Connection, workspace: int, wanted: Cancel) -> bool:
    """Take back an intent that is ready or claimed, and say so with a fact; whether it was one."""
    row = connection.execute(
        """
        UPDATE people_intent
        SET state = 'cancelled', reason = :reason, settled_at = :at
        WHERE id = :intent AND workspace_id = :workspace AND state IN ('ready', 'claimed')
        RETURNING person
        """,
        {"intent": wanted.intent, "workspace": workspace, "reason": wanted.reason, "at": wanted.at},
    ).fetchone()
    if row is None:
        return False
    props = {"reason": wanted.reason, "state": IntentState.CANCELLED.value}
    leave(connection, workspace, message_fact(MESSAGE_SKIPPED, wanted.intent, row[0], wanted.at, props))
    return True
