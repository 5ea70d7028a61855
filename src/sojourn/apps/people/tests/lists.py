"""People stored with the columns and the rows of carts that lists read, as the state's adapter writes them."""

from sojourn.apps.people.models import EpisodeRow, PersonRow
from sojourn.apps.people.tests.some import AT, store
from sojourn.terms.episodes import CauseGuess, Episode
from sojourn.terms.listed import EPISODE_COLUMNS, PERSON_COLUMNS, episode_rows, person_columns
from sojourn.terms.person import Decision, Person
from sojourn.terms.time import DAY, HOUR

NOW = AT + 20 * DAY


def store_listed(workspace: int, person: Person, name: str = "", email: str = "") -> None:
    """Write a person with all that lists read."""
    row = store(workspace, person, name, email)
    columns = dict(zip(PERSON_COLUMNS, person_columns(person), strict=True))
    PersonRow.objects.filter(pk=row.pk).update(facts=person.facts, **columns)
    rows = (dict(zip(EPISODE_COLUMNS, values, strict=True)) for values in episode_rows(person))
    EpisodeRow.objects.bulk_create(EpisodeRow(workspace_id=workspace, **values) for values in rows)


def cart(number: int, state: str = "abandoned", at: int = NOW - HOUR, cause: str = "", **fields: object) -> Episode:
    """A cart that came into its state at `at`; left for `cause` where one is given."""
    made = Episode(id=number, started_at=at if state == "open" else at - HOUR, last_at=at, state=state, currency="EUR", value=1_000)
    if state != "open":
        made.ended_at = at
    if cause:
        made.causes = [CauseGuess(cause, 0.7, []), CauseGuess("unknown", 0.3, [])]
    for key, value in fields.items():
        setattr(made, key, value)
    return made


def decision(episode: int, outcome: str, at: int = NOW - HOUR, cause: str = "shipping_cost", reason: str = "fits") -> Decision:
    """A decision about a cart."""
    return Decision(f"i-{episode}", "abandoned-cart", outcome, reason, at, "email", 1, episode, cause)


def somebody(number: int, *carts: Episode, decisions: tuple[Decision, ...] = (), **fields: object) -> Person:
    """A person with these carts."""
    made = Person(id=number, first_seen=NOW - DAY, last_seen=NOW - HOUR, facts=5, carts=list(carts), decisions=list(decisions))
    for key, value in fields.items():
        setattr(made, key, value)
    return made
