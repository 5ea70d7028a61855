"""Corrections of people from the command line: the verbs of apps.people, and waiting until the engine has followed."""

import time
from collections.abc import Callable, Sequence

from sojourn.runtime.wiring import House
from sojourn.terms.ids import IdentifierKey
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal

PATIENCE_SECONDS = 30.0


def split(house: House, workspace: int, person: Person, away: Sequence[IdentifierKey], actor: str) -> None:
    """Say that the identifiers `away` are somebody else, and wait until the engine has folded both again. Nothing is sent by it.

    Errors: Refusal(BAD_VALUE) where an identifier is not this person's or nothing would be left; NOT_READY where no engine is at work.
    """
    from sojourn.apps.people import corrections

    _say(house, lambda: corrections.split(workspace, person, away, actor, house.clock.now()))


def erase(house: House, workspace: int, person: Person, actor: str) -> None:
    """Forget a person, see apps.people.corrections, and wait until the engine has.

    Errors: Refusal(NOT_READY) where no engine is at work.
    """
    from sojourn.apps.people import corrections

    _say(house, lambda: corrections.erase(workspace, person, actor, house.clock.now()))


def _say(house: House, verb: Callable[[], None]) -> None:
    before = house.log().head()
    verb()
    _wait(house, before)


def _wait(house: House, before: int) -> None:
    """Until the outbox is empty and the engine has folded beyond `before` and all that is on the log."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if not house.intents().outbox(1) and before < house.log().head() <= house.state().progress().position:
            return
        time.sleep(0.05)
    raise Refusal(Code.NOT_READY, "it is recorded, but no engine has taken it up yet; it will as soon as `sojourn up` or `sojourn work` runs")
