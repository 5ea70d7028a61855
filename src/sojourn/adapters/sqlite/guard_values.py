"""What the guard needs to see of an intent at this moment, read inside the caller's transaction."""

import json
import sqlite3
from typing import Any, Final, NamedTuple

import msgspec

from sojourn.ports.intents import Claim
from sojourn.terms.addresses import suppression_key
from sojourn.terms.effects import Intent
from sojourn.terms.messages import holds
from sojourn.terms.time import Millis

_INTENT: Final = msgspec.msgpack.Decoder(Intent)
_ROW: Final = "SELECT body, person, state, ready_at, attempts, epoch, reason FROM people_intent WHERE id = :intent"
_CONSENT: Final = """
SELECT granted
FROM people_consent
WHERE workspace_id = :workspace AND person = :person AND channel = :channel AND purpose = :purpose
ORDER BY at DESC, id DESC
LIMIT 1
"""
_SENT: Final = """
SELECT count(*)
FROM people_intent
WHERE workspace_id = :workspace AND person = :person AND handed_at > :since
  AND kind = 'bulk' AND state IN ('accepted', 'unknown', 'handing_over')
"""
_HANDED: Final = """
SELECT body
FROM people_intent
WHERE workspace_id = :workspace AND person = :person AND handed_at IS NOT NULL
  AND automation = :automation AND id <> :intent AND state IN ('accepted', 'unknown', 'handing_over')
"""
_SUPPRESSED: Final = """
SELECT level, reason
FROM people_suppression
WHERE workspace_id = :workspace AND address = :address
ORDER BY level
"""


class Stored(NamedTuple):
    """An intent's row. `intent` carries the person it belongs to now and the state it is in."""

    intent: Intent
    state: str
    attempts: int
    epoch: int
    reason: str


def stored_intent(connection: sqlite3.Connection, intent: str) -> Stored | None:
    """The row of an intent."""
    row = connection.execute(_ROW, {"intent": intent}).fetchone()
    return None if row is None else read_intent(row)


def read_intent(row: tuple[Any, ...]) -> Stored:
    """The columns body, person, state, ready_at, attempts, epoch, reason."""
    body, person, state, ready_at, attempts, epoch, reason = row
    intent = msgspec.structs.replace(_INTENT.decode(body), person=person, state=state, ready_at=ready_at)
    return Stored(intent, state, attempts, epoch, reason)


def look(connection: sqlite3.Connection, stored: Stored, now: Millis, cap_window: Millis) -> Claim:
    """Suppression, consent, cap and pause as they stand. A workspace that is not there counts as paused: nothing leaves the house for it."""
    intent = stored.intent
    workspace = connection.execute("SELECT salt, settings FROM workspace_workspace WHERE id = ?", (intent.workspace,)).fetchone()
    if workspace is None:
        return Claim(intent, stored.attempts, paused=True)
    salt, settings = workspace
    about = {"workspace": intent.workspace, "person": intent.person, "channel": intent.channel, "purpose": intent.purpose}
    listed = connection.execute(_SUPPRESSED, {"workspace": intent.workspace, "address": suppression_key(salt, intent.address)}).fetchall()
    said = connection.execute(_CONSENT, about).fetchone()
    sent = connection.execute(_SENT, {"workspace": intent.workspace, "person": intent.person, "since": now - cap_window}).fetchone()
    handed = connection.execute(_HANDED, {**about, "automation": intent.automation, "intent": intent.id}).fetchall()
    return Claim(
        intent=intent,
        attempts=stored.attempts,
        suppressed=next((reason or level for level, reason in listed if holds(level, intent.purpose, intent.kind)), ""),
        consent=None if said is None else bool(said[0]),
        sent_in_window=sent[0],
        paused=_paused(settings),
        sent_for_cart=sum(1 for (body,) in handed if _INTENT.decode(body).episode == intent.episode),
    )


def _paused(settings: str) -> bool:
    return json.loads(settings or "{}").get("paused") in (True, "on")
