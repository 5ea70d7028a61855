"""Verbs that correct who is who: splitting those joined by mistake, forgetting those who ask for it. Each leaves an audit row and a fact for the engine."""

from collections.abc import Sequence

from django.db import transaction

from sojourn.apps.people.outbox import control, put_on_log
from sojourn.apps.workspace.api import audit
from sojourn.terms.facts import PEOPLE_SPLIT, PERSON_ERASED
from sojourn.terms.ids import IdentifierKey
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis


def parted(person: Person, away: Sequence[IdentifierKey]) -> tuple[list[IdentifierKey], list[IdentifierKey]]:
    """The identifiers that stay with this person, and those that are somebody else's.

    Errors: BAD_VALUE where one is not this person's, or where one of the two would have none.
    """
    strange = [key for key in away if key not in person.identifiers]
    if strange:
        raise Refusal(Code.BAD_VALUE, f"{strange[0][:200]} is not an identifier of this person; theirs are {', '.join(person.identifiers)[:1_000]}.")
    stay = [key for key in person.identifiers if key not in away]
    if not stay or not away:
        raise Refusal(Code.BAD_VALUE, "Choose some of the person's identifiers, not all of them: the rest stays with this person.")
    return stay, [key for key in person.identifiers if key in away]


@transaction.atomic
def split(workspace: int, person: Person, away: Sequence[IdentifierKey], actor: str, now: Millis) -> None:
    """Say that the identifiers `away` are somebody else. The engine folds both again from their history; nothing is sent by it.

    Errors: BAD_VALUE, see `parted`.
    """
    stay, gone = parted(person, away)
    props: dict[str, object] = {"person": person.id, "apart": [stay, gone]}
    put_on_log(workspace, control(workspace, PEOPLE_SPLIT, now, props, person.id, now))
    audit(workspace, actor, "people_split", str(person.id), now)


@transaction.atomic
def erase(workspace: int, person: Person, actor: str, now: Millis) -> None:
    """Forget a person: portrait, identifiers, waiting messages and mail kept here within a second, their facts in lake and log within seconds."""
    props: dict[str, object] = {"person": person.id, "people": [person.id, *person.merged]}
    put_on_log(workspace, control(workspace, PERSON_ERASED, now, props, person.id, now))
    audit(workspace, actor, "person_erased", str(person.id), now)
