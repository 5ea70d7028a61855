"""Messages as the engine decided and the courier handled them: intents, read only."""

from dataclasses import dataclass

import msgspec
from django.db.models import Count

from sojourn.apps.people.access import access_intent
from sojourn.apps.people.models import IntentRow, PersonRow
from sojourn.terms.effects import Intent, IntentState
from sojourn.terms.time import DAY, Millis

PAGE = 50


@dataclass(frozen=True, slots=True)
class Message:
    """One message: what was decided, where it is, and why it ended as it did. Times are milliseconds, None where it never came so far."""

    id: str
    person: int
    person_name: str
    automation: str
    template: str
    cause: str
    address: str
    channel: str
    purpose: str
    kind: str
    state: str
    reason: str
    detail: str
    decided_at: Millis
    ready_at: Millis
    expires_at: Millis
    handed_at: Millis | None
    settled_at: Millis | None
    attempts: int
    queue_id: str
    rule_version: int
    data: dict[str, object]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of a stretch of time are in a state for a reason."""

    state: str
    reason: str
    messages: int


def tally(workspace: int, now: Millis, days: int = 30) -> list[Tally]:
    """Messages decided in the last days by (state, reason), the most first."""
    recent = IntentRow.objects.filter(workspace_id=workspace, decided_at__gte=now - days * DAY)
    return [Tally(*row) for row in recent.values_list("state", "reason").annotate(n=Count("id")).order_by("-n", "state", "reason")]


def list_messages(workspace: int, state: str = "", after: str = "", limit: int = PAGE) -> tuple[list[Message], str]:
    """Messages, the newest decision first, of one state where given, after a cursor; with the next cursor, empty at the end."""
    rows = IntentRow.objects.filter(workspace_id=workspace).defer("body")
    if state in list(IntentState):
        rows = rows.filter(state=state)
    at, _, intent = after.partition("-")
    if at.isdecimal() and len(at) < 19:
        rows = rows.filter(decided_at__lte=int(at)).exclude(decided_at=int(at), pk__gte=intent)
    found = list(rows.order_by("-decided_at", "-pk")[: limit + 1])
    cursor = f"{found[limit - 1].decided_at}-{found[limit - 1].pk}" if len(found) > limit else ""
    names = _names(workspace, {row.person for row in found})
    return [_message(row, names, {}, 0) for row in found[:limit]], cursor


def get_message(workspace: int, intent: str) -> Message:
    """One message with what its template was given. Errors: NOT_FOUND."""
    row = access_intent(workspace, intent)
    decided = msgspec.msgpack.decode(row.body, type=Intent)
    return _message(row, _names(workspace, {row.person}), dict(decided.data), decided.rule_version)


def _names(workspace: int, people: set[int]) -> dict[int, str]:
    rows = PersonRow.objects.filter(workspace_id=workspace, pk__in=people).values_list("pk", "name", "email")
    return {person: name or email for person, name, email in rows}


def _message(row: IntentRow, names: dict[int, str], data: dict[str, object], rule_version: int) -> Message:
    return Message(
        id=row.pk,
        person=row.person,
        person_name=names.get(row.person) or row.address or f"Visitor {row.person}",
        automation=row.automation,
        template=row.template,
        cause=row.cause,
        address=row.address,
        channel=row.channel,
        purpose=row.purpose,
        kind=row.kind,
        state=row.state,
        reason=row.reason,
        detail=row.detail,
        decided_at=row.decided_at,
        ready_at=row.ready_at,
        expires_at=row.expires_at,
        handed_at=row.handed_at,
        settled_at=row.settled_at,
        attempts=row.attempts,
        queue_id=row.queue_id,
        rule_version=rule_version,
        data=data,
    )
