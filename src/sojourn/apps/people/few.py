"""Lists by a filter that few rows fit: these are gathered along the index in which alike things stand together, and put in order here."""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db.models import F, Model, QuerySet

from sojourn.terms.time import Millis

M = TypeVar("M", bound=Model)
FEW = 500
"""So many rows are put in order at once. Of more, a walk in the order of time soon meets enough for a page."""

Place = tuple[int, Any]
"""The time a row is listed by and its key."""


def few(parts: Iterable[QuerySet[M]], at: str, since: Millis | None = None, until: Millis | None = None) -> list[Place] | None:
    """The places of all these rows, the newest first, or None where there are more than five hundred. Times in [since, until) milliseconds."""
    # The time stands in an expression, so that SQLite does not walk along it.
    places: list[Place] = []
    for rows in parts:
        found = rows.annotate(moment=F(at) + 0).order_by()
        if since:
            found = found.filter(moment__gte=since)
        if until:
            found = found.filter(moment__lt=until)
        places += found.values_list("moment", "pk")[: FEW + 1 - len(places)]
        if len(places) > FEW:
            return None
    return sorted(places, reverse=True)


def page_of(places: list[Place], after: Place | None, limit: int) -> list[Any]:
    """The keys of the places behind a cursor, at most so many."""
    return [key for at, key in places if after is None or (at, key) < after][:limit]
