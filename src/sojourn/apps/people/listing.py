"""The list of people: what may be asked of it, and how each question is answered by an index, also among a million."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from django.db.models import BooleanField, Q, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.http import urlencode

from sojourn.apps.people import queries
from sojourn.apps.people.kept import kept
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.queries import Line, line, number
from sojourn.terms.episodes import Cause, EpisodeState
from sojourn.terms.ids import PersonId
from sojourn.terms.listed import Mailing
from sojourn.terms.time import DAY, MINUTE, Millis

PAGE: Final = 50
NOW: Final[Millis] = 5 * MINUTE
"""Who did something within it is here now."""
COUNTED: Final = 10_000
"""Counts go so far; beyond it a number ends in a plus."""
LOOKED_AT: Final = 1_000
"""Where several filters meet and no index has them all, one page looks at so many people and says so; the next goes on from there."""
COUNTED_IN_CHIPS: Final = {"cart": (str(EpisodeState.OPEN), str(EpisodeState.ABANDONED)), "cause": tuple(str(cause) for cause in Cause)}
KEPT_SECONDS = 2
"""Counts are kept so long also where they are quick: a page that follows its people asks each time somebody does something."""

SORTS: Final = {"seen": "last_seen", "first": "first_seen", "orders": "orders", "revenue": "revenue", "cart": "cart_value"}
SEEN: Final[dict[str, Millis]] = {"now": NOW, "day": DAY, "week": 7 * DAY}
CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "who": ("known", "anonymous"),
    "cart": tuple(str(state) for state in EpisodeState),
    "cause": tuple(str(cause) for cause in Cause),
    "seen": tuple(SEEN),
    "buyer": ("yes", "no"),
    "mail": ("yes",),
}
_CURSOR_LONGEST: Final = 40


@dataclass(frozen=True, slots=True)
class Asked:
    """One question to the list, as its address holds it; empty text is no filter. Unknown values are taken as empty."""

    q: str = ""
    who: str = ""
    cart: str = ""
    cause: str = ""
    seen: str = ""
    buyer: str = ""
    mail: str = ""
    sort: str = "seen"
    up: str = ""  # "1": the smallest or oldest first

    @classmethod
    def read(cls, said: Mapping[str, str]) -> "Asked":
        """Read an address. `show=known` of older addresses is understood."""
        picked = {name: said.get(name, "") for name in CHOICES}
        picked["who"] = picked["who"] or said.get("show", "")
        kept = {name: value if value in CHOICES[name] else "" for name, value in picked.items()}
        sort = said.get("sort", "")
        return cls(q=said.get("q", "")[:400].strip(), sort=sort if sort in SORTS else "seen", up="1" if said.get("up") == "1" else "", **kept)

    @property
    def filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.q or any(getattr(self, name) for name in CHOICES))

    def but(self, **changes: str) -> "Asked":
        """The same question with these changes."""
        return replace(self, **changes)

    def query(self, **beside: str) -> str:
        """As the part of an address behind the question mark, without what is usual."""
        said = {name: getattr(self, name) for name in ("q", *CHOICES, "up")} | {"sort": "" if self.sort == "seen" else self.sort} | beside
        return urlencode({name: value for name, value in said.items() if value})


@dataclass(frozen=True, slots=True)
class Place:
    """Where and when a list is asked for. `opt_in` says that only those may be written to who said yes."""

    workspace: int
    now: Millis
    opt_in: bool = False


@dataclass(frozen=True, slots=True)
class People:
    """A page of the list. `after` and `before` are cursors of the pages beside it, empty where there is none.

    `looked_at` is set where the page ends because so many people were looked at, not because it is full.
    """

    rows: list[Line]
    after: str = ""
    before: str = ""
    looked_at: int = 0


@dataclass(frozen=True, slots=True)
class Count:
    """How many people; `more` where counting stopped at 10,000."""

    n: int
    more: bool = False


def people(place: Place, asked: Asked, after: str = "", before: str = "", limit: int = PAGE) -> People:
    """One page of the list. With a search text, whoever it identifies or whose name or email begins so, without pages."""
    if asked.q:
        found = queries.search(_rows(place, _conditions(asked, place)), place.workspace, asked.q, limit)
        return People(found)
    backwards, cursor = bool(before), _cursor(before or after)
    rows, edge = _walk(place, asked, cursor, limit, backwards)
    cut, rows = len(rows) > limit, rows[:limit]
    more = _at(rows[-1], asked) if cut else edge
    if backwards:
        rows.reverse()
        return People([line(row) for row in rows], after=_at(rows[-1], asked) if rows else before, before=more)
    return People(
        [line(row) for row in rows], after=more, before=_at(rows[0], asked) if cursor and rows else "", looked_at=LOOKED_AT if edge and not cut else 0
    )


def beside(place: Place, asked: Asked, person: PersonRow) -> tuple[PersonId | None, PersonId | None]:
    """Whom the list has before and after this person; None at its ends, and for a search, which has no order of its own."""
    if asked.q:
        return None, None
    here = (int(getattr(person, SORTS[asked.sort])), person.pk)
    before, _ = _walk(place, asked, here, 0, backwards=True)
    after, _ = _walk(place, asked, here, 0, backwards=False)
    return (before[0].pk if before else None), (after[0].pk if after else None)


def _walk(place: Place, asked: Asked, cursor: tuple[int, int] | None, limit: int, backwards: bool) -> tuple[list[PersonRow], str]:
    """Up to `limit` + 1 rows from a cursor on, and where looking stopped, where it did before the end."""
    column = SORTS[asked.sort]
    rising = bool(asked.up) != backwards
    lead, rest = _lead(asked, place)
    rows = _rows(place, lead)
    if cursor is not None:
        rows = _beyond(rows, column, cursor, rising)
    rows = rows.order_by(column, "id") if rising else rows.order_by(f"-{column}", "-id")
    edge = ""
    if rest:
        last = rows.values_list(column, "pk")[LOOKED_AT : LOOKED_AT + 1].first()
        if last is not None:
            rows, edge = _beyond(rows, column, last, not rising, including=True), f"{last[0]}-{last[1]}"
    return list(rows.filter(rest).defer("body")[: limit + 1]), edge


def _rows(place: Place, condition: Q) -> QuerySet[PersonRow]:
    return PersonRow.objects.filter(condition, workspace_id=place.workspace)


def _beyond(rows: QuerySet[PersonRow], column: str, cursor: tuple[int, int], rising: bool, *, including: bool = False) -> QuerySet[PersonRow]:
    """The rows behind a cursor; the first condition is what the index is entered by."""
    value, person = cursor
    step = "gt" if rising else "lt"
    ids = Q(**{column: value}) & Q(**{f"pk__{step}{'e' if including else ''}": person})
    return rows.filter(Q(**{f"{column}__{step}e": value}) & (Q(**{f"{column}__{step}": value}) | ids))


def _lead(asked: Asked, place: Place) -> tuple[Q, Q]:
    """Conditions that the index of this order answers, and those that each row must be looked at for."""
    lead, rest = Q(), Q()
    if asked.sort in _BY_ORDERS:
        lead = _BY_ORDERS[asked.sort]
    elif asked.sort == "cart":
        lead = _HAS_CART
    used = ""
    if asked.sort == "seen":
        used = next((name for name in ("cause", "cart") if getattr(asked, name)), "who" if asked.who == "known" else "")
    for name in CHOICES:
        if not getattr(asked, name) or (name == "buyer" and asked.buyer == "yes" and asked.sort in _BY_ORDERS):
            continue
        if name == used or (name == "seen" and asked.sort == "seen"):
            lead &= _condition(name, asked, place)
        else:
            rest &= _looked_at(name, asked, place)
    return lead, rest


# Word for word what the partial indexes say: with a value bound to a parameter SQLite uses the index and looks at each row all the same.
_HAS_ORDERED: Final = Q(RawSQL("people_person.orders > 0", (), BooleanField()))
_HAS_CART: Final = Q(RawSQL("NOT (people_person.cart_state = '')", (), BooleanField()))
_HAS_BOUGHT: Final = Q(RawSQL("NOT (people_person.revenue_currency = '')", (), BooleanField()))
_BY_ORDERS: Final = {"orders": _HAS_ORDERED, "revenue": _HAS_BOUGHT}
"""Both say that somebody has ordered, each in the words of the index of its order."""


def _condition(name: str, asked: Asked, place: Place) -> Q:
    """One filter. What a partial index leaves out is said again, so that the planner sees that it may use it."""
    match name:
        case "who":
            return Q(identified=asked.who == "known")
        case "cart":
            return _HAS_CART & Q(cart_state=asked.cart)
        case "cause":
            return ~Q(cause="") & Q(cause=asked.cause)
        case "seen":
            return Q(last_seen__gte=place.now - SEEN[asked.seen])
        case "buyer":
            return _HAS_ORDERED if asked.buyer == "yes" else Q(orders=0)
        case _:
            return Q(mailing__in=(Mailing.GRANTED,) if place.opt_in else (Mailing.GRANTED, Mailing.UNASKED))


def _looked_at(name: str, asked: Asked, place: Place) -> Q:
    """One filter that each row is looked at for; the plus keeps SQLite from entering by that filter's index and sorting all it finds."""
    if name == "cart":
        return Q(RawSQL("+people_person.cart_state = %s", (asked.cart,), BooleanField()))
    if name == "cause":
        return Q(RawSQL("+people_person.cause = %s", (asked.cause,), BooleanField()))
    if name == "buyer" and asked.buyer == "yes":
        return Q(RawSQL("+people_person.orders > 0", (), BooleanField()))
    if name == "who" and asked.who == "known":
        return Q(RawSQL("+people_person.identified", (), BooleanField()))
    return _condition(name, asked, place)


def _conditions(asked: Asked, place: Place) -> Q:
    every = Q()
    for name in CHOICES:
        if getattr(asked, name):
            every &= _condition(name, asked, place)
    return every


def _cursor(text: str) -> tuple[int, int] | None:
    value, _, person = text.rpartition("-")
    at, below = number(value), number(person)
    return (at, below) if at is not None and below is not None and len(text) < _CURSOR_LONGEST and max(at, below) < 2**63 else None


def _at(row: PersonRow, asked: Asked) -> str:
    return f"{getattr(row, SORTS[asked.sort])}-{row.pk}"


def counts(place: Place) -> dict[str, Count | None]:
    """How many people each filter would show by itself, by `filter.value`, and `all`; None where that cannot be counted by an index.

    Two seconds old at most, and a few more where there are very many.
    """
    return kept(f"people-counts-{place.workspace}", place.now, lambda: _counted(place), KEPT_SECONDS).value


def _counted(place: Place) -> dict[str, Count | None]:
    def of(**said: str) -> Count:
        return _capped(_rows(place, _conditions(Asked(**said), place)))

    found: dict[str, Count | None] = {f"{name}.{value}": of(**{name: value}) for name, values in COUNTED_IN_CHIPS.items() for value in values}
    found |= {"all": of(), "who.known": of(who="known"), "seen.now": of(seen="now"), "buyer.yes": of(buyer="yes")}
    found |= {"who.anonymous": _others(place, found["who.known"]), "buyer.no": _others(place, found["buyer.yes"])}
    return found


def _others(place: Place, some: Count | None) -> Count | None:
    """All people but those counted: no index has them, but all people can be counted a little further."""
    if some is None or some.more:
        return None
    everybody = _capped(_rows(place, Q()), some.n)
    return Count(everybody.n - some.n, everybody.more)


def _capped(rows: QuerySet[PersonRow], beyond: int = 0) -> Count:
    upto = COUNTED + beyond
    counted = rows.order_by()[: upto + 1].count()
    return Count(min(counted, upto), counted > upto)


def matching(place: Place, asked: Asked) -> Count | None:
    """How many people the whole question finds; None where several filters meet and only a page of them is looked at, and for a search."""
    if asked.q:
        return None
    said = [f"{name}.{getattr(asked, name)}" for name in CHOICES if getattr(asked, name)]
    alone = said[0] if said else "all"
    if len(said) < 2 and asked.sort in ("seen", "first"):
        known = counts(place).get(alone)
        if known is not None:
            return known
    lead, rest = _lead(asked, place)
    return None if rest else _capped(_rows(place, lead))
