"""Commands about people: person, why, rebuild, erase."""

from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.markup import escape
from rich.progress import track

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
    """The portrait as lines that fit a narrow terminal and read well in a pipe."""
    traits = view["traits"]
    name = traits.get("name") or " ".join(str(traits[part]) for part in ("first_name", "last_name") if traits.get(part))
    _line(f"[bold]{escape(str(name or traits.get('email') or 'Somebody'))}[/]  (id {view['id']})")
    _line("  known by  " + escape(", ".join(f"{one['type']}:{one['value']}" for one in view["identifiers"])))
    if name and traits.get("email"):
        _line(f"  email     {escape(str(traits['email']))}")
    _line(f"  seen      {_short(view['first_seen'])} to {_short(view['last_seen'])} UTC, {view['sessions']['count']} sessions, {view['facts']} events")
    orders = view["orders"]
    _line(f"  orders    {orders['count']}" + (f", {orders['revenue']} {orders['currency']}" if orders["count"] else ""))
    for episode in view["episodes"]:
        ended = f" to {_short(episode['ended_at'])}" if episode["ended_at"] else ""
        _line(f"  cart      [bold]{episode['state']}[/]  {episode['value']} {episode['currency']}  {_short(episode['started_at'])}{ended}")
        for cause in episode["causes"][:3]:
            kinds = ", ".join(one["kind"] for one in cause["evidence"])
            _line(f"              {cause['cause']:<20} {cause['probability']:>4.0%}  [dim]{kinds}[/]")
    for decision in view["decisions"]:
        words = "  ".join((decision["automation"], decision["outcome"], decision["reason"], decision["channel"]))
        _line(f"  decision  {words}  {_short(decision['at'])}")


def _line(text: str) -> None:
    out.print(text, soft_wrap=True)


def _short(at: str) -> str:
    return at[:16].replace("T", " ")


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
