"""Commands about people: person, why, rebuild, erase."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.progress import track
from rich.table import Table

from sojourn.runtime import wiring
from sojourn.runtime.cli.common import ACTOR, WORKSPACE, django, notes, out, print_json
from sojourn.runtime.cli.setup import AsJson
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.rules import RuleBook

if TYPE_CHECKING:
    from sojourn.apps.people.models import PersonRow

Ident = Annotated[str, typer.Argument(help="type:value (email:ann@example.com, user_id:u-1, anonymous_id:a-1), a bare user id, or id:NUMBER.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(person)
    app.command()(why)
    app.command()(rebuild)
    app.command()(split)
    app.command()(erase)


def _find(identifier: str) -> "PersonRow":
    from sojourn.apps.people import queries

    row = queries.find(WORKSPACE, identifier)
    if row is None:
        raise Refusal(Code.NOT_FOUND, f"nobody is known by {identifier}; give type:value, such as email:ann@example.com or anonymous_id:a-1")
    return row


def _decoded(row: "PersonRow") -> Person:
    return msgspec.msgpack.decode(row.body, type=Person)


def _rules(house: wiring.House) -> RuleBook:
    stored = house.state().rules(WORKSPACE)
    return msgspec.msgpack.decode(stored, type=RuleBook) if stored else RuleBook()


def person(identifier: Ident, as_json: AsJson = False) -> None:
    """The portrait of a person."""
    found = django()
    from sojourn.apps.people import queries

    view = queries.portrait(_decoded(_find(identifier)), _rules(wiring.House(found)))
    if as_json:
        print_json(view)
        return
    _print_portrait(view)


def _print_portrait(view: dict[str, Any]) -> None:
    out.print(f"[bold]{view['traits'].get('name') or view['traits'].get('email') or 'Somebody'}[/]  (id {view['id']})")
    out.print("  " + ", ".join(f"{i['type']}:{i['value']}" for i in view["identifiers"]), soft_wrap=True)
    out.print(f"  first seen {view['first_seen']}, last seen {view['last_seen']}")
    out.print(f"  sessions {view['sessions']['count']}, orders {view['orders']['count']}, revenue {view['orders']['revenue']}")
    episodes = Table("Cart", "Value", "Started", "Ended", "Why, as far as we know", title="Carts")
    for episode in view["episodes"]:
        causes = "\n".join(f"{c['cause']} {c['probability']:.0%}  {', '.join(e['kind'] for e in c['evidence'])}" for c in episode["causes"][:3])
        episodes.add_row(episode["state"], f"{episode['value']} {episode['currency']}", episode["started_at"], episode["ended_at"] or "", causes)
    if view["episodes"]:
        out.print(episodes)
    decisions = Table("When", "Automation", "Outcome", "Reason", "Channel", title="Decisions")
    for decision in view["decisions"]:
        decisions.add_row(decision["at"], decision["automation"], decision["outcome"], decision["reason"], decision["channel"])
    if view["decisions"]:
        out.print(decisions)


def why(
    identifier: Ident,
    automation: Annotated[str, typer.Argument(help="Its name, such as abandoned-cart.")],
    as_json: AsJson = False,
) -> None:
    """Why somebody got a message of an automation, or did not: each condition with the value it saw."""
    found = django()
    from sojourn.engine.explain import explain

    house = wiring.House(found)
    rules = _rules(house)
    if automation not in {known.name for known in rules.automations}:
        names = ", ".join(known.name for known in rules.automations)
        raise Refusal(Code.NOT_FOUND, f"there is no automation {automation}; there are: {names}")
    explanation = explain(_decoded(_find(identifier)), automation, rules, house.state().progress().now)
    if as_json:
        print_json(explanation)
        return
    out.print(explanation.summary)
    for check in explanation.checks:
        out.print(f"  {'[green]yes[/]' if check.passed else '[red]no [/]'}  {check.text}", soft_wrap=True)


def rebuild(
    identifier: Annotated[str | None, typer.Argument(help="One person; everybody where it is left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """Fold a person again from the lake and compare with the live portrait. Exit code 5 where they differ."""
    found = django()
    from sojourn.apps.people.models import PersonRow
    from sojourn.runtime.rebuild import compare

    house = wiring.House(found)
    lake = house.lake_reader()
    if lake is None:
        raise Refusal(Code.NOT_READY, "no fact has reached the lake yet; is `sojourn work` running?")
    ids = [_find(identifier).id] if identifier else list(PersonRow.objects.filter(workspace_id=WORKSPACE).order_by("id").values_list("id", flat=True))
    quiet = as_json or len(ids) == 1
    numbers = ids if quiet else track(ids, description="Rebuilding", console=notes)
    different = [str(number) for number in numbers if not compare(lake, house.log(), house.state(), WORKSPACE, number).equal]
    if as_json:
        print_json({"people": len(ids), "equal": len(ids) - len(different), "different": different})
    else:
        out.print(f"{len(ids) - len(different):,} of {len(ids):,} rebuilt portraits equal the live ones.")
    if different:
        raise Refusal(Code.CONFLICT, f"these differ: {', '.join(different[:10])}")


def split(
    identifier: Ident,
    away: Annotated[list[str], typer.Argument(help="The identifiers (type:value) that are somebody else.")],
) -> None:
    """Part a person who was joined by mistake. Both are folded again from their history; nothing is sent by it."""
    found = django()
    from sojourn.runtime import corrections

    person = _decoded(_find(identifier))
    corrections.split(wiring.House(found), WORKSPACE, person, away, ACTOR)
    out.print(f"{', '.join(away)} is now somebody else.", soft_wrap=True)


def erase(
    identifier: Ident,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Forget a person: portrait, identifiers, waiting messages, their facts in lake and log. What comes later for their ids is dropped."""
    found = django()
    row = _find(identifier)
    if not yes:
        typer.confirm(f"Erase person {row.id} for good?", abort=True)
    from sojourn.runtime import corrections

    corrections.erase(wiring.House(found), WORKSPACE, _decoded(row), ACTOR)
    notes.print("Erased. Backups made earlier still hold the data; see docs/how-to/erase-a-person.md.")
