"""Commands about the data as a whole: import, replay, doctor, demo."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from sojourn.runtime import wiring
from sojourn.runtime.cli.common import ACTOR, WORKSPACE, django, notes, out, print_json
from sojourn.runtime.cli.setup import AsJson
from sojourn.runtime.clock import SystemClock
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import parse_duration

if TYPE_CHECKING:
    from sojourn.apps.demo.api import DemoStatus

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The file; may be gzipped.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    imports = typer.Typer(help="Bring in what happened before. Imports update portraits and never send anything.", no_args_is_help=True)
    imports.command("events")(import_events)
    imports.command("contacts")(import_contacts)
    app.add_typer(imports, name="import")
    app.command()(replay)
    app.command()(doctor)
    app.command()(demo)


def _bar(unit: str) -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeRemainingColumn(), transient=True)


def import_events(file: File, source: Annotated[str, typer.Option(help="The source to count them under; made where it is not there.")] = "Import") -> None:
    """Events as JSON lines (Segment's shape) or CSV with a header line. Running it again continues; nothing counts twice."""
    _import(file, source, contacts=False)


def import_contacts(file: File, source: Annotated[str, typer.Option(help="The source to count them under; made where it is not there.")] = "Import") -> None:
    """Contacts as CSV with a header line (user_id or email, and traits) or JSON lines."""
    _import(file, source, contacts=True)


def _import(file: Path, source: str, *, contacts: bool) -> None:
    found = django()
    from sojourn.apps.sources import actions
    from sojourn.apps.sources.models import Source
    from sojourn.runtime import importer

    holder = Source.objects.filter(workspace=WORKSPACE, name=source).first()
    if holder is None:
        holder, _ = actions.create_source(WORKSPACE, source, ACTOR, SystemClock().now())
    house = wiring.House(found)
    with _bar("bytes") as bar:
        task = bar.add_task(f"Importing {file.name}", total=file.stat().st_size)
        places = found.home / "imports"

        def progress(done: int) -> None:
            bar.update(task, completed=done)

        summary = importer.import_file(file, house.log(), WORKSPACE, holder.pk, house.clock.now, contacts=contacts, progress=progress, places=places)
    out.print(f"{summary.kept:,} kept, {summary.duplicates:,} already there, {summary.refused:,} refused.")
    for line, reason in summary.examples:
        notes.print(f"  line {line}: {reason}")
    if summary.refused and not summary.kept and not summary.duplicates:
        raise Refusal(Code.BAD_VALUE, f"nothing in {file.name} could be taken in; the first lines above say why")


def replay(as_json: AsJson = False) -> None:
    """Fold the whole log again from its beginning, beside the live state, and compare. Exit code 5 where they differ."""
    found = django()
    from sojourn.runtime.replay import replay_log

    house = wiring.House(found)
    with _bar("records") as bar:
        task = bar.add_task("Replaying", total=house.log().head())
        result = replay_log(house.log(), house.state(), house.workspaces(), lambda done: bar.update(task, completed=done), made=house.people_made)
    if as_json:
        print_json(result)
    else:
        out.print(f"{result.records:,} records, {result.people:,} people, digest {result.digest}")
    if result.different:
        first = f", first {result.first_different}" if result.first_different else ", who are in the database and in no record of the log"
        raise Refusal(Code.CONFLICT, f"the replay differs from the live state for {result.different:,} people{first}")


def doctor(as_json: AsJson = False) -> None:
    """Check settings, disk, stores and loops, and say what to do about what is wrong. Exit code 6 where something is."""
    found = django()
    from sojourn.runtime.doctor import examine

    checks = examine(wiring.House(found))
    if as_json:
        print_json(checks)
    else:
        for check in checks:
            out.print(f"  {'[green]ok [/]' if check.ok else '[red]bad[/]'}  {check.text}", soft_wrap=True)
    if not all(check.ok for check in checks):
        raise Refusal(Code.NOT_READY, "something needs attention")


def demo(
    shoppers: Annotated[int, typer.Option(help="How many of the past.")] = 3_000,
    rate: Annotated[float, typer.Option(help="Events per second of the present.")] = 2.0,
    seed: Annotated[int, typer.Option(help="Same seed, same shoppers.")] = 7,
    days: Annotated[int, typer.Option(help="How many days of the past.")] = 60,
    live: Annotated[bool, typer.Option("--live/--once", help="Whether shoppers keep coming after the past is filled in.")] = True,
    remove: Annotated[bool, typer.Option("--remove", help="Remove all demo data instead, and nothing else.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before removing.")] = False,
    gap: Annotated[str, typer.Option(hidden=True, help="How long a cart in the demo shop rests before it counts as left.")] = "20s",
) -> None:
    """Fill in a past of simulated shoppers through the running capture endpoint, then let them come and go; or remove them all.

    The reason planted with each is kept in a file of its own. The shoppers are played by the work process: this command may end.
    """
    django()
    from sojourn.apps.demo import actions

    if remove:
        if not yes:
            typer.confirm("Remove all demo data? It cannot be undone; the demo can be started again.", abort=True)
        actions.remove(WORKSPACE, ACTOR, SystemClock().now())
        _watch_demo("Removing", lambda status: not status.running)
        out.print("The demo data is gone.")
        return
    try:
        rest = parse_duration(gap)
    except ValueError as error:
        raise Refusal(Code.BAD_VALUE, f"--gap: {error}") from None
    actions.start(WORKSPACE, ACTOR, SystemClock().now(), seed=seed, shoppers=shoppers, days=days, rate=rate, live=live, gap=rest)
    status = _watch_demo("Shopping", lambda status: status.state not in ("seeding", ""))
    out.print(f"{status.events:,} events of {status.people:,} shoppers sent. The planted causes are in demo-truth.jsonl beside the data.")
    if status.state == "live":
        out.print(f"Shoppers keep coming, about {rate:g} events a second. Watch them on the pages; remove all of it with: sojourn demo --remove")


def _watch_demo(words: str, done: "Callable[[DemoStatus], bool]") -> "DemoStatus":
    """Show how far the demo is until it is done. Errors: Refusal(NOT_READY) where nothing moves for half a minute."""
    from sojourn.apps.demo.api import status

    with _bar("%") as bar:
        task = bar.add_task(words, total=100)
        before, still_since = None, time.monotonic()
        while not done(now := status(WORKSPACE)):
            bar.update(task, completed=now.percent, description=f"{words}: {now.words}")
            if (moved := (now.percent, now.events, now.words)) != before:
                before, still_since = moved, time.monotonic()
            if now.trouble or time.monotonic() - still_since > 60:
                raise Refusal(Code.NOT_READY, now.trouble or "it is recorded, but nothing works on it; it goes on as soon as `sojourn up` runs")
            time.sleep(0.2)
    return now
