"""Numbers for the first page, each by an index and within milliseconds at a million people."""

import time
from dataclasses import dataclass

import msgspec

from sojourn.apps.people.kept import kept
from sojourn.apps.people.messages import tally
from sojourn.apps.people.models import EpisodeRow, IntentRow, MinuteRow, PersonRow
from sojourn.apps.people.skips import group_skips
from sojourn.terms.effects import IntentState
from sojourn.terms.episodes import EpisodeState
from sojourn.terms.listed import CART
from sojourn.terms.money import Minor
from sojourn.terms.person import Person
from sojourn.terms.time import DAY, MINUTE, Millis

LOOKED_AT = 1_000
COUNTED = 1_000
_FATE = {
    IntentState.ACCEPTED: "sent",
    IntentState.READY: "waiting",
    IntentState.CLAIMED: "waiting",
    IntentState.HANDING_OVER: "waiting",
    IntentState.HELD_OUT: "held_out",
    IntentState.REFUSED: "stopped",
    IntentState.CANCELLED: "stopped",
    IntentState.FAILED: "failed",
    IntentState.UNKNOWN: "unknown",
}


@dataclass(frozen=True, slots=True)
class Carts:
    """Carts open now. `more` says that only the first thousand waiting people were looked at, so there may be more."""

    open: int
    more: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many; `more` says that counting ended there, so that there are at least so many."""

    n: int
    more: bool

    def __str__(self) -> str:
        return f"{self.n:,}+" if self.more else f"{self.n:,}"


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that just happened to somebody: a cart was abandoned, recovered or ordered, a message sent or held_out.

    `value` is what was in the cart, or what the order brought, minor units of `currency`; `cart` and `intent` lead to the records, "" or 0 where there is none.
    """

    kind: str
    at: Millis
    person: int
    person_name: str
    cart: int
    value: Minor
    currency: str
    cause: str
    intent: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class MessageTotals:
    """What was decided in the last `days`: messages sent, waiting to be, held out at random, stopped before hand-over, failed or of unknown fate; and
    `skipped`, decisions not to write at all. `reasons` counts the stopped and the skipped by why. `as_of`: counted when, milliseconds.
    """

    sent: int
    waiting: int
    held_out: int
    stopped: int
    failed: int
    unknown: int
    skipped: int
    reasons: dict[str, int]
    days: int
    as_of: Millis


def count(workspace: int) -> int:
    """How many people there are, anonymous visitors included. A count of very many is up to a minute old: a million takes 50 ms to count."""
    now = time.time_ns() // 1_000_000
    return kept(f"people-{workspace}", now, lambda: PersonRow.objects.filter(workspace_id=workspace).count()).value


def open_carts(workspace: int) -> Carts:
    """Carts that are open now. Whoever has one has a timer running, so only those with a timer are looked at."""
    bodies = list(PersonRow.objects.filter(workspace_id=workspace, due__isnull=False).order_by("due", "pk").values_list("body", flat=True)[: LOOKED_AT + 1])
    people = (msgspec.msgpack.decode(body, type=Person) for body in bodies[:LOOKED_AT])
    carts = sum(1 for person in people for cart in person.carts if cart.state == EpisodeState.OPEN)
    return Carts(carts, len(bodies) > LOOKED_AT)


def active_now(workspace: int, now: Millis, minutes: int = 5) -> Count:
    """People who did something in the last minutes, by event time; counted to a thousand."""
    seen = PersonRow.objects.filter(workspace_id=workspace, last_seen__gte=now - minutes * MINUTE).order_by()
    found = seen.values("pk")[: COUNTED + 1].count()
    return Count(min(found, COUNTED), found > COUNTED)


def events_per_minute(workspace: int, now: Millis, minutes: int = 60) -> list[int]:
    """Events the engine took in from sources in each of the last minutes (at most 24 hours), by arrival, the running minute last.

    While the engine catches up, what came in several minutes counts for the last of them, batch by batch.
    """
    this = now // MINUTE
    first = this - minutes + 1
    found = dict(MinuteRow.objects.filter(workspace_id=workspace, minute__gte=first).values_list("minute", "events"))
    return [found.get(minute, 0) for minute in range(first, this + 1)]


def recent(workspace: int, limit: int = 20) -> list[Happening]:
    """What just happened, the newest first. Imported history is not news; where much of it is newer than what happened here, less is told."""
    happened = _ended(workspace, limit) + _written(workspace, limit)
    newest = sorted(happened, key=lambda one: (one.at, one.kind, one.cart, one.intent), reverse=True)[:limit]
    people = PersonRow.objects.filter(workspace_id=workspace, pk__in={one.person for one in newest}).values_list("pk", "name", "email")
    names = {person: name or email for person, name, email in people}
    return [_named(one, names.get(one.person) or f"Visitor {one.person}") for one in newest]


def _ended(workspace: int, limit: int) -> list[Happening]:
    live: list[tuple[Millis, int]] = []
    for state in (EpisodeState.ABANDONED, EpisodeState.RECOVERED, EpisodeState.ORDERED):
        rows = EpisodeRow.objects.filter(workspace_id=workspace, state=state).order_by("-at", "-pk")
        live += [(at, number) for number, at, historical in rows.values_list("pk", "at", "historical")[: 10 * limit] if not historical]
    chosen = [number for _, number in sorted(live, reverse=True)[:limit]]
    found = EpisodeRow.objects.filter(pk__in=chosen, workspace_id=workspace)
    columns = ("pk", "state", "kind", "at", "person", "value", "revenue", "currency", "cause", "intent", "reason")
    return [_happened(*row) for row in found.values_list(*columns)]


def _happened(
    number: int, state: str, kind: str, at: Millis, person: int, value: Minor, revenue: Minor, currency: str, cause: str, intent: str, reason: str
) -> Happening:
    worth = value if state == EpisodeState.ABANDONED else revenue
    return Happening(state, at, person, "", number if kind == CART else 0, worth, currency, cause, intent, reason)


def _written(workspace: int, limit: int) -> list[Happening]:
    """Of the newest decisions those that went out or were held out; a message that waits has not happened yet."""
    rows = IntentRow.objects.filter(workspace_id=workspace).order_by("-decided_at", "-pk")
    columns = ("pk", "state", "person", "cause", "reason", "decided_at", "handed_at")
    told = {str(IntentState.ACCEPTED): "sent", str(IntentState.HELD_OUT): "held_out"}
    return [
        Happening(told[state], handed_at or decided_at, person, "", 0, 0, "", cause, number, reason)
        for number, state, person, cause, reason, decided_at, handed_at in rows.values_list(*columns)[: 2 * limit]
        if state in told
    ]


def _named(one: Happening, name: str) -> Happening:
    return Happening(one.kind, one.at, one.person, name, one.cart, one.value, one.currency, one.cause, one.intent, one.reason)


def messages_totals(workspace: int, now: Millis, days: int = 30) -> MessageTotals:
    """Decisions of the last days by what became of them. At very many it is up to a minute old."""
    return kept(f"message-totals-{workspace}-{days}", now, lambda: _messages(workspace, now, days)).value


def _messages(workspace: int, now: Millis, days: int) -> MessageTotals:
    fates = dict.fromkeys(("sent", "waiting", "held_out", "stopped", "failed", "unknown"), 0)
    reasons: dict[str, int] = {}
    for one in tally(workspace, now, days):
        fate = _FATE[IntentState(one.state)]
        fates[fate] += one.messages
        if fate == "stopped":
            reasons[one.reason] = reasons.get(one.reason, 0) + one.messages
    skipped = 0
    for skip in group_skips(workspace, now - days * DAY):
        skipped += skip.carts
        reasons[skip.reason] = reasons.get(skip.reason, 0) + skip.carts
    return MessageTotals(**fates, skipped=skipped, reasons=reasons, days=days, as_of=now)
