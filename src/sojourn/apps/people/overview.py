"""Numbers for the first page, each by an index and within milliseconds at a million people."""

from dataclasses import dataclass

import msgspec
from django.core.cache import cache

from sojourn.apps.people.models import PersonRow
from sojourn.terms.episodes import EpisodeState
from sojourn.terms.person import Person

LOOKED_AT = 1_000
VERY_MANY = 100_000


@dataclass(frozen=True, slots=True)
class Carts:
    """Carts open now. `more` says that only the first thousand waiting people were looked at, so there may be more."""

    open: int
    more: bool


def count(workspace: int) -> int:
    """How many people there are, anonymous visitors included. A count of very many is up to a minute old: a million takes 50 ms to count."""
    kept: int | None = cache.get(f"people-count-{workspace}")
    if kept is not None:
        return kept
    counted = PersonRow.objects.filter(workspace_id=workspace).count()
    if counted >= VERY_MANY:
        cache.set(f"people-count-{workspace}", counted, 60)
    return counted


def open_carts(workspace: int) -> Carts:
    """Carts that are open now. Whoever has one has a timer running, so only those with a timer are looked at."""
    bodies = list(PersonRow.objects.filter(workspace_id=workspace, due__isnull=False).order_by("due", "pk").values_list("body", flat=True)[: LOOKED_AT + 1])
    people = (msgspec.msgpack.decode(body, type=Person) for body in bodies[:LOOKED_AT])
    carts = sum(1 for person in people for cart in person.carts if cart.state == EpisodeState.OPEN)
    return Carts(carts, len(bodies) > LOOKED_AT)
