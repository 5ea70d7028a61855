"""What can be read of people: one by an identifier, pages of many, their messages."""

from dataclasses import dataclass

import msgspec
from django.db.models import F, QuerySet
from django.db.models.functions import Collate

from sojourn.apps.people.models import IdentifierRow, MergedRow, PersonRow
from sojourn.apps.people.portrait import portrait
from sojourn.terms.ids import EMAIL, PersonId, identifier
from sojourn.terms.person import Person
from sojourn.terms.time import Millis

__all__ = ["Line", "Page", "by_id", "decode", "find", "follow", "keyset", "number", "page", "portrait"]

PAGE = 50
_LAST = "\U0010ffff"
SEARCHED = 1_000
_MAX_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a list of people. Amounts are minor units of the currency beside them; the cart is their newest."""

    id: int
    name: str
    email: str
    identified: bool
    first_seen: Millis
    last_seen: Millis
    orders: int = 0
    revenue: int = 0
    revenue_currency: str = ""
    cart_state: str = ""
    cart_value: int = 0
    cart_currency: str = ""
    cause: str = ""

    @property
    def title(self) -> str:
        """What to call them."""
        return self.name or self.email or f"Visitor {self.id}"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a list; `after` is where the next begins, empty at the end."""

    rows: list[Line]
    after: str


def decode(row: PersonRow) -> Person:
    """The portrait of a row."""
    return msgspec.msgpack.decode(row.body, type=Person)


def follow(workspace: int, person: PersonId) -> PersonId:
    """Who a person has become by merges; the id itself where nothing happened."""
    into = MergedRow.objects.filter(pk=person, workspace_id=workspace).values_list("into", flat=True).first()
    return into if into is not None else person


def by_id(workspace: int, person: PersonId) -> PersonRow | None:
    """The person of that id, or of whom they have become; None where there is none in this workspace."""
    if not 0 < person <= _MAX_ID:
        return None
    row = PersonRow.objects.filter(pk=person, workspace_id=workspace).first()
    return row or PersonRow.objects.filter(pk=follow(workspace, person), workspace_id=workspace).first()


def number(text: str) -> int | None:
    """The whole number of a text of plain digits, None for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else None


def find(workspace: int, text: str) -> PersonRow | None:
    """The person of an identifier: `type:value`, `id:<number>`, a bare user id, or the number of a person.

    An email leads to whom it identifies; where it identifies nobody (a shared one, or a trait only) to the person last seen who bears it.
    """
    text = text.strip()
    if text.startswith("id:"):
        asked = number(text.removeprefix("id:"))
        return by_id(workspace, asked) if asked is not None else None
    kind, value = identifier(text)
    tries = [f"{kind}:{value}"]
    if kind == EMAIL:
        tries.append(f"{kind}:{value.strip().lower()}")
    for key in dict.fromkeys(tries):
        person = IdentifierRow.objects.filter(workspace_id=workspace, key=key).values_list("person", flat=True).first()
        found = by_id(workspace, person) if person else None
        if found is not None:
            return found
    if kind == EMAIL:
        return PersonRow.objects.filter(workspace_id=workspace, email=value.strip().lower()).order_by("-last_seen", "-id").first()
    if ":" not in text:
        asked = number(text)
        return by_id(workspace, asked) if asked is not None else None
    return None


def keyset(workspace: int, after: str = "", limit: int = PAGE, identified: bool | None = None) -> tuple[list[PersonRow], str]:
    """People with their bodies, the last seen first, after a cursor of an earlier page; with the cursor of the next, empty at the end.

    A cursor that cannot be read begins from the top.
    """
    return _cut(_ordered(_all(workspace, identified), after), limit)


def page(workspace: int, after: str = "", identified: bool | None = None, query: str = "", limit: int = PAGE) -> Page:
    """One page of the list of people. `query` is the beginning of a name or email, or a whole identifier."""
    if query.strip():
        return Page(search(_all(workspace, identified), workspace, query.strip(), limit), "")
    rows, cursor = _cut(_ordered(_all(workspace, identified).defer("body"), after), limit)
    return Page([line(row) for row in rows], cursor)


def _all(workspace: int, identified: bool | None) -> QuerySet[PersonRow]:
    rows = PersonRow.objects.filter(workspace_id=workspace)
    return rows if identified is None else rows.filter(identified=identified)


def _ordered(rows: QuerySet[PersonRow], after: str) -> QuerySet[PersonRow]:
    seen, _, person = after.partition("-")
    at, below = number(seen), number(person)
    if at is not None and below is not None:
        rows = rows.filter(last_seen__lte=at).exclude(last_seen=at, pk__gte=below)
    return rows.order_by("-last_seen", "-id")


def _cut(rows: QuerySet[PersonRow], limit: int) -> tuple[list[PersonRow], str]:
    found = list(rows[: limit + 1])
    if len(found) <= limit:
        return found, ""
    return found[:limit], f"{found[limit - 1].last_seen}-{found[limit - 1].pk}"


def line(row: PersonRow) -> Line:
    """What a list shows of a person."""
    return Line(
        id=row.pk,
        name=row.name,
        email=row.email,
        identified=row.identified,
        first_seen=row.first_seen,
        last_seen=row.last_seen,
        orders=row.orders,
        revenue=row.revenue,
        revenue_currency=row.revenue_currency,
        cart_state=row.cart_state,
        cart_value=row.cart_value,
        cart_currency=row.cart_currency,
        cause=row.cause,
    )


def search(people: QuerySet[PersonRow], workspace: int, query: str, limit: int) -> list[Line]:
    """Of these people whom the text identifies, then those whose email or name begins with it; every look-up is by an index.

    Of very many who begin alike the first thousand are looked at.
    """
    rows: dict[int, PersonRow] = {}
    exact = find(workspace, query)
    if exact is not None and people.filter(pk=exact.pk).exists():
        rows[exact.pk] = exact
    low = query.lower()
    everyone = PersonRow.objects.filter(workspace_id=workspace)
    by_email = everyone.exclude(email="").filter(email__gte=low, email__lt=low + _LAST).order_by("email")
    by_name = everyone.exclude(name="").annotate(folded=Collate(F("name"), "NOCASE")).filter(folded__gte=query, folded__lt=query + _LAST).order_by("folded")
    for begins in (by_email, by_name):
        first = list(begins.values_list("pk", flat=True)[:SEARCHED]) if len(rows) < limit else []
        for start in range(0, len(first), limit):
            if len(rows) < limit:
                wanted = first[start : start + limit]
                kept = {row.pk: row for row in people.filter(pk__in=wanted).defer("body")}
                rows |= {person: kept[person] for person in wanted if person in kept and person not in rows}
    return [line(row) for row in rows.values()][:limit]
