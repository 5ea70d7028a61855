"""Messages as the engine decided and the courier handled them: intents, read only."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import msgspec
from django.db.models import Count, F, QuerySet

from sojourn.apps.people.access import access_intent
from sojourn.apps.people.few import few, page_of
from sojourn.apps.people.models import IntentRow, PersonRow
from sojourn.terms.effects import Intent, IntentState
from sojourn.terms.money import Minor
from sojourn.terms.person import Person
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
    episode: int = 0  # the cart it is about; known for a message that was read alone


@dataclass(frozen=True, slots=True)
class Tally:
    """How many messages of a stretch of time are in a state for a reason."""

    state: str
    reason: str
    messages: int


@dataclass(frozen=True, slots=True)
class Sought:
    """Which messages: in one of these states, with a reason, of an automation, about a cause, decided in [since, until) milliseconds. Empty means any."""

    states: Collection[str] = ()
    reason: str = ""
    automation: str = ""
    cause: str = ""
    since: Millis = 0
    until: Millis = 0


@dataclass(frozen=True, slots=True)
class Group:
    """How many messages share a state, a reason, an automation and a cause."""

    state: str
    reason: str
    automation: str
    cause: str
    messages: int


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What came of one message, as its person's portrait has it; 0 and "" where nothing did. `revenue` in minor units of `currency`."""

    clicked_at: Millis = 0
    order: str = ""
    revenue: Minor = 0
    currency: str = ""
    overtaken_at: Millis = 0  # it went out although it had become needless then
    ended_at: Millis = 0  # what took it back happened then


def tally(workspace: int, now: Millis, days: int = 30) -> list[Tally]:
    """Messages decided in the last days by (state, reason), the most first."""
    # The time stands in an expression, so that SQLite goes along the index in which what is alike stands together.
    recent = IntentRow.objects.filter(workspace_id=workspace).annotate(decided=F("decided_at") + 0).filter(decided__gte=now - days * DAY)
    return [Tally(*row) for row in recent.values_list("state", "reason").annotate(n=Count("*")).order_by("-n", "state", "reason")]


def group_messages(workspace: int, sought: Sought) -> list[Group]:
    """The messages sought, counted by everything they can be told apart by, the most first."""
    keys = ("state", "reason", "automation", "cause")
    rows = _sought(workspace, sought).values_list(*keys).annotate(n=Count("*")).order_by("-n", *keys)
    return [Group(*row) for row in rows]


def list_messages(workspace: int, state: str = "", after: str = "", limit: int = PAGE) -> tuple[list[Message], str]:
    """Messages, the newest decision first, of one state where given, after a cursor; with the next cursor, empty at the end."""
    return find_messages(workspace, Sought(states=(state,) if state in list(IntentState) else ()), after, limit)


def find_messages(workspace: int, sought: Sought, after: str = "", limit: int = PAGE) -> tuple[list[Message], str]:
    """The messages sought, the newest decision first, after a cursor; with the next cursor, empty at the end. A cursor that cannot be read begins anew."""
    rows = _sought(workspace, sought).defer("body")
    at, _, intent = after.partition("-")
    begins = (int(at), intent) if at.isascii() and at.isdecimal() and len(at) < 19 else None
    narrowed = sought.states or sought.reason or sought.automation or sought.cause
    places = few(_alike(workspace, sought), "decided_at", sought.since, sought.until) if narrowed else None
    if places is not None:
        rows = rows.filter(pk__in=page_of(places, begins, limit + 1))
    elif begins is not None:
        rows = rows.filter(decided_at__lte=begins[0]).exclude(decided_at=begins[0], pk__gte=intent)
    found = list(rows.order_by("-decided_at", "-pk")[: limit + 1])
    cursor = f"{found[limit - 1].decided_at}-{found[limit - 1].pk}" if len(found) > limit else ""
    names = names_of(workspace, {row.person for row in found})
    return [_message(row, names) for row in found[:limit]], cursor


def _alike(workspace: int, sought: Sought) -> list[QuerySet[IntentRow]]:
    """The messages sought at any time, state by state, for so begins the index in which alike ones stand together; asked for several, SQLite reads them all."""
    exact = {key: value for key in ("reason", "automation", "cause") if (value := getattr(sought, key))}
    return [IntentRow.objects.filter(workspace_id=workspace, state=state, **exact) for state in sought.states or IntentState]


def _sought(workspace: int, sought: Sought) -> QuerySet[IntentRow]:
    rows = IntentRow.objects.filter(workspace_id=workspace)
    exact = {key: value for key in ("reason", "automation", "cause") if (value := getattr(sought, key))}
    if exact:
        rows = rows.filter(**exact)
    if sought.states:
        rows = rows.filter(state__in=list(sought.states))
    if sought.since:
        rows = rows.filter(decided_at__gte=sought.since)
    return rows.filter(decided_at__lt=sought.until) if sought.until else rows


def get_message(workspace: int, intent: str) -> Message:
    """One message with what its template was given. Errors: NOT_FOUND."""
    row = access_intent(workspace, intent)
    decided = msgspec.msgpack.decode(row.body, type=Intent)
    return _message(row, names_of(workspace, {row.person}), decided)


def get_aftermath(workspace: int, message: Message) -> Aftermath:
    """What came of a message: clicks, an order, or what took it back. All zero where the person is gone, or has had fifty decisions since."""
    body = PersonRow.objects.filter(workspace_id=workspace, pk=message.person).values_list("body", flat=True).first()
    if body is None:
        return Aftermath()
    decisions = msgspec.msgpack.decode(body, type=Person).decisions
    made = next((one for one in decisions if one.id == message.id), None)
    if made is None:
        return Aftermath()
    overtaken = made.ended_at if made.note == "overtaken" else 0
    return Aftermath(made.clicked_at, made.order, made.revenue, made.currency, overtaken, 0 if overtaken else made.ended_at)


def intents_of(workspace: int, ids: Iterable[str]) -> dict[str, Message]:
    """Messages by id, as far as this workspace has them."""
    rows = list(IntentRow.objects.filter(workspace_id=workspace, pk__in=list(ids)).defer("body"))
    names = names_of(workspace, {row.person for row in rows})
    return {row.pk: _message(row, names) for row in rows}


def names_of(workspace: int, people: Collection[int]) -> dict[int, str]:
    """What to call people, by id; strangers and those without a name or email are left out or empty."""
    rows = PersonRow.objects.filter(workspace_id=workspace, pk__in=people).values_list("pk", "name", "email")
    return {person: name or email for person, name, email in rows}


def _message(row: IntentRow, names: dict[int, str], decided: Intent | None = None) -> Message:
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
        rule_version=decided.rule_version if decided else 0,
        data=dict(decided.data) if decided else {},
        episode=decided.episode if decided else 0,
    )
