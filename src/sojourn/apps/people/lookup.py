"""One person by id, and people by what somebody typed, for the pages of sibling apps."""

from dataclasses import dataclass

from sojourn.apps.people import queries
from sojourn.apps.people.access import access_episode, access_person
from sojourn.terms.episodes import Episode
from sojourn.terms.ids import PersonId
from sojourn.terms.person import Decision, Person
from sojourn.terms.refusals import Code, Refusal


@dataclass(frozen=True, slots=True)
class Known:
    """A person with what to call them. `email` may be empty."""

    id: PersonId
    title: str
    email: str
    identified: bool
    person: Person


def get_person(workspace: int, person: str) -> Known:
    """A person of this workspace by the text of their id; whoever was merged leads to whom they became. Errors: NOT_FOUND."""
    row = access_person(workspace, person)
    return Known(row.pk, row.name or row.email or f"Visitor {row.pk}", row.email, row.identified, queries.decode(row))


@dataclass(frozen=True, slots=True)
class KnownCart:
    """A cart with whose it is, and the decisions that were taken about it, the oldest first."""

    known: Known
    episode: Episode
    decisions: list[Decision]


def get_cart(workspace: int, cart: str) -> KnownCart:
    """A cart of this workspace by the text of its id. Errors: NOT_FOUND, also where the portrait no longer lists it."""
    row = access_episode(workspace, cart)
    known = get_person(workspace, str(row.person))
    found = next((one for one in known.person.carts if one.id == row.pk), None)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "The portrait no longer holds this cart; only its totals are kept.")
    return KnownCart(known, found, [one for one in known.person.decisions if one.episode == found.id])


def look_up(workspace: int, text: str, limit: int = 20) -> list[queries.Line]:
    """Whom a text identifies (`email:ann@example.com`), then those whose name or email begins with it; without a text the known people last seen."""
    return queries.page(workspace, identified=None if text.strip() else True, query=text, limit=limit).rows
