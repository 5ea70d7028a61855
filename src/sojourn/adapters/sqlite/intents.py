"""Intents in the database file: claimed once, settled once, re-checked at the last moment."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.guard_values import Stored, look, read_intent, stored_intent
from sojourn.adapters.sqlite.outbox import leave
from sojourn.ports.intents import Claim, Settlement, Verdict
from sojourn.ports.state import Taken
from sojourn.terms.addresses import suppression_key
from sojourn.terms.effects import Intent, IntentState
from sojourn.terms.facts import MESSAGE_SKIPPED, MESSAGE_UNKNOWN
from sojourn.terms.messages import COURIER, RESEND_AFTER, RESENT, message_fact, outcome_fact
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis

_SQL: Final = Path(__file__).parent / "sql"
_CLAIM: Final = (_SQL / "claim_intents.sql").read_text()
_NEXT_READY: Final = (_SQL / "next_ready.sql").read_text()
_RAISE_EPOCH: Final = """
INSERT INTO people_lease (name, epoch, at) VALUES (:name, 1, :now)
ON CONFLICT (name) DO UPDATE SET epoch = epoch + 1, at = excluded.at
RETURNING epoch
"""
_FORSAKE: Final = """
UPDATE people_intent
SET state = 'unknown', settled_at = :now, detail = 'the courier stopped during the hand-over'
WHERE state = 'handing_over' AND epoch < :epoch
RETURNING id, workspace_id, person, attempts
"""
_HAND_OVER: Final = "UPDATE people_intent SET state = 'handing_over', handed_at = :now, attempts = attempts + 1 WHERE id = :intent"
_PUT_BACK: Final = "UPDATE people_intent SET state = 'ready', ready_at = :at, detail = :reason WHERE id = :intent"
_REFUSE: Final = "UPDATE people_intent SET state = 'refused', reason = :reason, settled_at = :now WHERE id = :intent"
_SETTLE: Final = """
UPDATE people_intent
SET state = :state, detail = :detail, queue_id = :queue_id,
    ready_at = CASE WHEN :state = 'ready' THEN :retry_at ELSE ready_at END,
    settled_at = CASE WHEN :state = 'ready' THEN settled_at ELSE :now END
WHERE id = :intent AND state = 'handing_over' AND epoch = :epoch
RETURNING workspace_id, person, attempts
"""
_SUPPRESS: Final = """
INSERT INTO people_suppression (workspace_id, address, level, reason, at)
VALUES (:workspace, :address, :level, :reason, :now)
ON CONFLICT (workspace_id, address, level) DO NOTHING
"""


class SqliteIntents:
    """A `ports.intents.Intents` in the tables of apps/people. Errors of every method: Unavailable."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def start_epoch(self, now: Millis) -> int:
        """Become the courier."""
        with self._database.writing() as connection:
            epoch = int(connection.execute(_RAISE_EPOCH, {"name": COURIER, "now": now}).fetchone()[0])
            connection.execute("UPDATE people_intent SET state = 'ready' WHERE state = 'claimed' AND epoch < :epoch", {"epoch": epoch})
            for intent, workspace, person, attempts in connection.execute(_FORSAKE, {"epoch": epoch, "now": now}).fetchall():
                props = {"reason": "courier_stopped", "state": IntentState.UNKNOWN.value}
                leave(connection, workspace, message_fact(MESSAGE_UNKNOWN, intent, person, now, props, attempts))
        return epoch

    def next_ready(self) -> Millis | None:
        """When the next intent may be claimed."""
        at: Millis | None = self._database.rows(_NEXT_READY, {"resend_after": RESEND_AFTER, "resent": RESENT})[0][0]
        return at

    def claim(self, epoch: int, now: Millis, cap_window: Callable[[int], Millis], limit: int) -> list[Claim]:
        """Mark ready intents as claimed and return them. Errors: Taken."""
        values = {"epoch": epoch, "now": now, "limit": limit, "resend_after": RESEND_AFTER, "resent": RESENT}
        with self._database.writing() as connection:
            _check_epoch(connection, epoch)
            claimed = [stored for (intent,) in connection.execute(_CLAIM, values).fetchall() if (stored := stored_intent(connection, intent))]
            claimed.sort(key=lambda stored: (stored.intent.ready_at, stored.intent.id))
            return [look(connection, stored, now, cap_window(stored.intent.workspace)) for stored in claimed]

    def begin(self, epoch: int, claim: Claim, now: Millis, cap_window: Millis, judge: Callable[[Claim], Verdict]) -> Verdict:
        """Read the guard values again, judge, and set the state that follows."""
        with self._database.writing() as connection:
            stored = stored_intent(connection, claim.intent.id)
            if stored is None or stored.state != IntentState.CLAIMED or stored.epoch != epoch or _epoch(connection) != epoch:
                return Verdict(False, stored.reason if stored is not None and stored.state == IntentState.CANCELLED else "taken")
            verdict = judge(look(connection, stored, now, cap_window))
            _follow(connection, stored, verdict, now)
            return verdict

    def settle(self, epoch: int, intent: str, now: Millis, settlement: Settlement, fact: dict[str, Any] | None) -> bool:
        """Write how it ended; whether this epoch still owned it."""
        values = {
            "intent": intent,
            "epoch": epoch,
            "now": now,
            "state": str(settlement.state),
            "detail": settlement.detail,
            "queue_id": settlement.queue_id[:200],
            "retry_at": now if settlement.retry_at is None else settlement.retry_at,
        }
        with self._database.writing() as connection:
            row = connection.execute(_SETTLE, values).fetchone()
            if row is None:
                return False
            workspace, person, attempts = row
            if fact is not None:
                leave(connection, workspace, outcome_fact(fact, intent, person, now, attempts))
            return True

    def suppress(self, workspace: int, address: str, level: str, reason: str, now: Millis) -> None:
        """Put an address on the suppression list. Errors: Refusal(NOT_FOUND) where there is no such workspace."""
        with self._database.writing() as connection:
            row = connection.execute("SELECT salt FROM workspace_workspace WHERE id = ?", (workspace,)).fetchone()
            if row is None:
                raise Refusal(Code.NOT_FOUND, f"there is no workspace {workspace}")
            key = suppression_key(row[0], address)
            connection.execute(_SUPPRESS, {"workspace": workspace, "address": key, "level": level, "reason": reason, "now": now})

    def get(self, intent: str) -> tuple[Intent, str] | None:
        """An intent and its state."""
        rows = self._database.rows("SELECT body, person, state, ready_at, attempts, epoch, reason FROM people_intent WHERE id = :intent", {"intent": intent})
        return (read_intent(rows[0]).intent, rows[0][2]) if rows else None

    def outbox(self, limit: int) -> Sequence[tuple[int, int, bytes]]:
        """Facts waiting to be put on the log."""
        rows = self._database.rows("SELECT sequence, workspace_id, fact FROM people_outbox ORDER BY sequence LIMIT :limit", {"limit": limit})
        return [(sequence, workspace, packed) for sequence, workspace, packed in rows]

    def relayed(self, sequences: Sequence[int]) -> None:
        """Those are on the log now."""
        with self._database.writing() as connection:
            connection.executemany("DELETE FROM people_outbox WHERE sequence = ?", [(sequence,) for sequence in sequences])

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()


def open_intents(path: Path) -> SqliteIntents:
    """Open the intents in a migrated database file. Errors: Unavailable."""
    return SqliteIntents(path)


def _epoch(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT epoch FROM people_lease WHERE name = ?", (COURIER,)).fetchone()
    return 0 if row is None else int(row[0])


def _check_epoch(connection: sqlite3.Connection, epoch: int) -> None:
    newest = _epoch(connection)
    if newest != epoch:
        raise Taken(f"courier {epoch} has been succeeded by {newest}")


def _follow(connection: sqlite3.Connection, stored: Stored, verdict: Verdict, now: Millis) -> None:
    """Set the state that follows from a verdict."""
    intent = stored.intent
    values = {"intent": intent.id, "now": now, "at": verdict.at, "reason": verdict.reason}
    if verdict.go:
        connection.execute(_HAND_OVER, values)
    elif verdict.at is not None:
        connection.execute(_PUT_BACK, values)
    elif stored.reason == RESENT:
        # It may have arrived the first time; a refusal now does not change that.
        connection.execute("UPDATE people_intent SET state = 'unknown' WHERE id = :intent", values)
    else:
        connection.execute(_REFUSE, values)
        props = {"reason": verdict.reason, "state": IntentState.REFUSED.value}
        leave(connection, intent.workspace, message_fact(MESSAGE_SKIPPED, intent.id, intent.person, now, props))
