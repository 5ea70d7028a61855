"""Corrections of people, asked for by staff: splitting those joined by mistake, erasing those who want to be forgotten."""

import time
from collections.abc import Sequence

from sojourn.runtime.wiring import House
from sojourn.terms.facts import PEOPLE_SPLIT, PERSON_ERASED
from sojourn.terms.ids import IdentifierKey, PersonId
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal

PATIENCE_SECONDS = 30.0


def split(house: House, workspace: int, person: Person, away: Sequence[IdentifierKey], actor: str) -> None:
    """Say that the identifiers `away` are somebody else, and wait until the engine has folded both again. Nothing is sent by it.

    Errors: Refusal(BAD_VALUE) where an identifier is not this person's or nothing would be left; NOT_READY where no engine is at work.
    """
    strange = [key for key in away if key not in person.identifiers]
    if strange:
        raise Refusal(Code.BAD_VALUE, f"{strange[0]} is not an identifier of this person; theirs are {', '.join(person.identifiers)}")
    stay = [key for key in person.identifiers if key not in away]
    if not stay or not away:
        raise Refusal(Code.BAD_VALUE, "name some of the person's identifiers, not all of them: the rest stays with this person")
    position = _say(house, workspace, PEOPLE_SPLIT, {"person": person.id, "apart": [stay, list(away)]}, actor, person.id)
    _wait(house, position)


def erase(house: House, workspace: int, person: Person, actor: str) -> None:
    """Forget a person: portrait, identifiers, waiting messages and mail kept here at once; their facts in lake and log as soon as the lake writer comes by.

    Errors: Refusal(NOT_READY) where no engine is at work.
    """
    position = _say(house, workspace, PERSON_ERASED, {"person": person.id, "people": [person.id, *person.merged]}, actor, person.id)
    _wait(house, position)


def _say(house: House, workspace: int, name: str, props: dict[str, object], actor: str, person: PersonId) -> int:
    """Leave the control fact in the outbox, with its audit row; the log's head before it."""
    from django.db import transaction

    from sojourn.apps.people.outbox import control, put_on_log
    from sojourn.apps.workspace.actions import audit

    before = house.log().head()
    now = house.clock.now()
    with transaction.atomic():
        put_on_log(workspace, control(workspace, name, now, props, person, now))
        audit(workspace, actor, name.lower().replace(" ", "_"), str(person), now)
    return before


def _wait(house: House, before: int) -> None:
    """Until the outbox is empty and the engine has folded beyond `before` and all that is on the log."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not house.intents().outbox(1) and before < house.log().head() <= house.state().progress().position:
            return
        time.sleep(0.05)
    raise Refusal(Code.NOT_READY, "it is recorded, but no engine has taken it up yet; it will as soon as `sojourn up` or `sojourn work` runs")
