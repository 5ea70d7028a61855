"""People who were not written to although a cart was left: decisions to skip, by reason; read from the carts they were about."""

from dataclasses import dataclass

from django.db.models import BooleanField, Count, F, Q, QuerySet
from django.db.models.expressions import RawSQL

from sojourn.apps.people.few import few, page_of
from sojourn.apps.people.messages import names_of
from sojourn.apps.people.models import EpisodeRow
from sojourn.terms.effects import Why
from sojourn.terms.ids import FactId, PersonId
from sojourn.terms.money import Minor
from sojourn.terms.time import Millis

PAGE = 50
SKIP = "skip"
_SKIPPED = Q(RawSQL("people_episode.outcome = 'skip'", (), BooleanField()))
"""Word for word what the partial index says: with a value bound to a parameter SQLite looks at each row all the same."""


@dataclass(frozen=True, slots=True)
class Skip:
    """One decision not to write. `value` in minor units of `currency`; `cause` is the one that was decided on."""

    episode: FactId
    person: PersonId
    person_name: str
    reason: str
    cause: str
    at: Millis
    value: Minor
    currency: str


@dataclass(frozen=True, slots=True)
class SkipGroup:
    """How many decisions not to write share a reason and a cause."""

    reason: str
    cause: str
    carts: int


def group_skips(workspace: int, since: Millis, until: Millis = 0) -> list[SkipGroup]:
    """Decisions not to write in [since, until) milliseconds, the most first; without `until` up to now."""
    # The time stands in an expression, so that SQLite goes along the index in which what is alike stands together.
    skipped = EpisodeRow.objects.filter(_SKIPPED, workspace_id=workspace).annotate(decided=F("decided_at") + 0).filter(decided__gte=since)
    rows = (skipped.filter(decided__lt=until) if until else skipped).values_list("reason", "decided_cause").annotate(n=Count("*"))
    return [SkipGroup(*row) for row in rows.order_by("-n", "reason", "decided_cause")]


def find_skips(
    workspace: int, since: Millis, until: Millis = 0, reason: str = "", cause: str = "", after: str = "", limit: int = PAGE
) -> tuple[list[Skip], str]:
    """Decisions not to write, the newest first, after a cursor; with the next cursor, empty at the end. A cursor that cannot be read begins anew."""
    rows = _rows(workspace, since, until)
    if reason:
        rows = rows.filter(reason=reason)
    if cause:
        rows = rows.filter(decided_cause=cause)
    at, _, number = after.partition("-")
    readable = at.isascii() and number.isascii() and at.isdecimal() and number.isdecimal() and len(at) < 19 and len(number) < 20
    begins = (int(at), int(number)) if readable else None
    places = few([_alike(workspace, reason, cause)], "decided_at", since, until) if reason or cause else None
    if places is not None:
        rows = rows.filter(pk__in=page_of(places, begins, limit + 1))
    elif begins is not None:
        rows = rows.filter(decided_at__lte=begins[0]).exclude(decided_at=begins[0], pk__gte=begins[1])
    found = list(rows.order_by("-decided_at", "-pk")[: limit + 1])
    cursor = f"{found[limit - 1].decided_at}-{found[limit - 1].pk}" if len(found) > limit else ""
    names = names_of(workspace, {row.person for row in found})
    return [_skip(row, names) for row in found[:limit]], cursor


def _alike(workspace: int, reason: str, cause: str) -> QuerySet[EpisodeRow]:
    """Those at any time. The index in which alike ones stand together begins with the reason, so one is always named."""
    rows = EpisodeRow.objects.filter(_SKIPPED, workspace_id=workspace, reason__in=[reason] if reason else list(Why))
    return rows.filter(decided_cause=cause) if cause else rows


def _rows(workspace: int, since: Millis, until: Millis) -> QuerySet[EpisodeRow]:
    rows = EpisodeRow.objects.filter(workspace_id=workspace, outcome=SKIP, decided_at__gte=since)
    return rows.filter(decided_at__lt=until) if until else rows


def _skip(row: EpisodeRow, names: dict[int, str]) -> Skip:
    name = names.get(row.person) or f"Visitor {row.person}"
    return Skip(row.pk, row.person, name, row.reason, row.decided_cause, row.decided_at or 0, row.value, row.currency)
