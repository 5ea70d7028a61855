"""One person by id, and people by what somebody typed, for the pages of sibling apps."""

from dataclasses import dataclass

from sojourn.apps.people import queries
from sojourn.apps.people.access import access_person
from sojourn.terms.ids import PersonId
from sojourn.terms.person import Person


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


def look_up(workspace: int, text: str, limit: int = 20) -> list[queries.Line]:
    """Whom a text identifies (`email:ann@example.com`), then those whose name or email begins with it; without a text the known people last seen."""
    return queries.page(workspace, identified=None if text.strip() else True, query=text, limit=limit).rows
