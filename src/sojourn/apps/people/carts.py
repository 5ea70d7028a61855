"""Carts one by one: pages of them by state, cause, time and value, each with its person and what the portrait says of it."""

from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from django.db.models import QuerySet

from sojourn.apps.people.few import few, page_of
from sojourn.apps.people.models import EpisodeRow, IntentRow, PersonRow
from sojourn.terms.episodes import Cause, Episode, EpisodeState
from sojourn.terms.ids import FactId, PersonId
from sojourn.terms.listed import CART
from sojourn.terms.money import Minor
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis

PAGE = 50
OUTCOMES = ["", "send", "hold_out", "skip"]
_MAX_ID = 2**63 - 1
_PERSON = msgspec.msgpack.Decoder(Person)


@dataclass(frozen=True, slots=True)
class CartFilter:
    """Which carts: in a state, left for a cause, in their state since and before a time, worth at least so much (minor units), …; empty means any."""

    state: str = ""
    cause: str = ""
    since: Millis | None = None
    until: Millis | None = None
    min_value: Minor | None = None
    currency: str = ""
    historical: bool | None = None
    outcome: str = ""  # send, hold_out, skip


@dataclass(frozen=True, slots=True)
class CartRow:
    """One cart. Times are milliseconds, amounts minor units of `currency`, `probability` that of its first cause.

    `at` is when it came into its state, or began where it is open. `outcome` and `reason` are of the decision about it, `intent_state` and `intent_reason`
    of the message that came of it. `episode` is the whole cart as the portrait has it.
    """

    id: FactId
    person: PersonId
    person_name: str
    state: str
    at: Millis
    started_at: Millis
    abandoned_at: Millis | None
    value: Minor
    currency: str
    revenue: Minor
    shipping: Minor | None
    reached: str
    cause: str
    probability: float | None
    outcome: str
    reason: str
    decided_at: Millis | None
    intent: str
    intent_state: str
    intent_reason: str
    historical: bool
    episode: Episode


@dataclass(frozen=True, slots=True)
class CartPage:
    """A page of carts, the newest first; `after` is where the next begins, empty at the end."""

    rows: list[CartRow]
    after: str


def carts(workspace: int, which: CartFilter | None = None, after: str = "", limit: int = PAGE) -> CartPage:
    """Carts by when they came into their state, the newest first, after a cursor of an earlier page; one that cannot be read begins from the top."""
    which = which or CartFilter()
    states = [which.state] if which.state else list(map(str, EpisodeState))
    places = few([_alike(workspace, which, states)], "at", which.since, which.until) if which.cause or which.outcome or which.currency else None
    if places is not None:
        chosen = EpisodeRow.objects.filter(workspace_id=workspace, pk__in=page_of(places, _begins(after), limit + 1))
        parts = [chosen]
    else:
        # By state, for so they are indexed; each part is short.
        parts = [_chosen(workspace, which, state, after)[: limit + 1] for state in states]
    found = sorted((row for part in parts for row in part), key=lambda row: (row.at, row.pk), reverse=True)[: limit + 1]
    cursor = f"{found[limit - 1].at}-{found[limit - 1].pk}" if len(found) > limit else ""
    return CartPage(_rows(workspace, found[:limit]), cursor)


def cart(workspace: int, episode: FactId) -> CartRow:
    """One cart. Errors: NOT_FOUND."""
    if 0 < episode <= _MAX_ID:
        for row in _rows(workspace, EpisodeRow.objects.filter(pk=episode, workspace_id=workspace)):
            return row
    raise Refusal(Code.NOT_FOUND, "There is no such cart here.")


def carts_of(workspace: int, person: PersonId) -> list[CartRow]:
    """All carts a portrait lists, the newest first."""
    rows = EpisodeRow.objects.filter(workspace_id=workspace, person=person).order_by("-at", "-pk")
    return _rows(workspace, rows)


def _chosen(workspace: int, which: CartFilter, state: str, after: str) -> QuerySet[EpisodeRow]:
    rows = EpisodeRow.objects.filter(workspace_id=workspace, state=state, kind=CART)
    begins = _begins(after)
    if begins is not None:
        rows = rows.filter(at__lte=begins[0]).exclude(at=begins[0], pk__gte=begins[1])
    if which.since is not None:
        rows = rows.filter(at__gte=which.since)
    if which.until is not None:
        rows = rows.filter(at__lt=which.until)
    exact = {"cause": which.cause, "currency": which.currency, "outcome": which.outcome}
    return _worth(rows.filter(**{name: value for name, value in exact.items() if value}), which).order_by("-at", "-pk")


def _alike(workspace: int, which: CartFilter, states: list[str]) -> QuerySet[EpisodeRow]:
    """Carts that fit at any time. The index in which alike ones stand together has cause, outcome and currency in this order, so the first two are named."""
    causes, outcomes = [which.cause] if which.cause else ["", *Cause], [which.outcome] if which.outcome else OUTCOMES
    rows = EpisodeRow.objects.filter(workspace_id=workspace, kind=CART, state__in=states, cause__in=causes, outcome__in=outcomes)
    return _worth(rows.filter(currency=which.currency) if which.currency else rows, which)


def _worth(rows: QuerySet[EpisodeRow], which: CartFilter) -> QuerySet[EpisodeRow]:
    if which.min_value is not None:
        rows = rows.filter(value__gte=which.min_value)
    return rows if which.historical is None else rows.filter(historical=which.historical)


def _begins(after: str) -> tuple[Millis, FactId] | None:
    at, _, number = after.partition("-")
    return (int(at), int(number)) if _whole(at) and _whole(number) else None


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= _MAX_ID


def _rows(workspace: int, rows: Iterable[EpisodeRow]) -> list[CartRow]:
    found = list(rows)
    people = {row.pk: row for row in PersonRow.objects.filter(workspace_id=workspace, pk__in={row.person for row in found}).only("pk", "name", "email", "body")}
    episodes = {one.id: one for person in people.values() for one in _PERSON.decode(bytes(person.body)).carts}
    intents = {row.intent for row in found if row.intent}
    sent = {pk: (state, reason) for pk, state, reason in IntentRow.objects.filter(workspace_id=workspace, pk__in=intents).values_list("pk", "state", "reason")}
    # A cart that has just passed to somebody else or gone may be in one of the two reads only; it is left out.
    return [_row(row, people[row.person], episodes[row.pk], sent.get(row.intent, ("", ""))) for row in found if row.person in people and row.pk in episodes]


def _row(row: EpisodeRow, person: PersonRow, episode: Episode, sent: tuple[str, str]) -> CartRow:
    return CartRow(
        id=row.pk,
        person=row.person,
        person_name=person.name or person.email or f"Visitor {row.person}",
        state=row.state,
        at=row.at,
        started_at=row.started_at,
        abandoned_at=row.abandoned_at,
        value=row.value,
        currency=row.currency,
        revenue=row.revenue,
        shipping=row.shipping,
        reached=row.reached,
        cause=row.cause,
        probability=row.probability,
        outcome=row.outcome,
        reason=row.reason,
        decided_at=row.decided_at,
        intent=row.intent,
        intent_state=sent[0],
        intent_reason=sent[1],
        historical=row.historical,
        episode=episode,
    )
