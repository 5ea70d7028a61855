"""Commands that change how a workspace is set up: sources, keys, settings, sign-in links."""

from typing import Annotated

import typer
from rich.table import Table

from sojourn.runtime.cli.common import ACTOR, WORKSPACE, django, notes, out, print_json
from sojourn.runtime.clock import SystemClock
from sojourn.terms.refusals import Code, Refusal

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    sources = typer.Typer(help="Sources and their write keys.", no_args_is_help=True)
    sources.command("create")(source_create)
    sources.command("list")(source_list)
    app.add_typer(sources, name="source")
    keys = typer.Typer(help="Secret keys for reading and trusted writing.", no_args_is_help=True)
    keys.command("create")(key_create)
    app.add_typer(keys, name="key")
    chosen = typer.Typer(help="Settings of the workspace.", no_args_is_help=True)
    chosen.command("set")(settings_set)
    chosen.command("list")(settings_list)
    app.add_typer(chosen, name="settings")
    app.command("sign-in")(sign_in)


def source_create(name: Annotated[str, typer.Argument(help="A name for people.")], as_json: AsJson = False) -> None:
    """Make a source and print its write key. The key is shown once."""
    django()
    from sojourn.apps.sources import actions

    source, key = actions.create_source(WORKSPACE, name, ACTOR, SystemClock().now())
    if as_json:
        print_json({"id": source.pk, "name": source.name, "write_key": key})
        return
    out.print(f"Source [bold]{source.name}[/] has the write key:")
    out.print(key, soft_wrap=True)
    notes.print("Keep it; it is not shown again.")


def source_list(as_json: AsJson = False) -> None:
    """What came in from each source, and what was dropped and why."""
    django()
    from sojourn.apps.sources import queries

    found = queries.list_sources(WORKSPACE)
    if as_json:
        print_json(found)
        return
    table = Table("Source", "Key", "Kept", "Duplicate", "Dropped", "Flagged")
    for source in found:
        dropped = ", ".join(f"{reason} {count}" for reason, count in source.dropped.items())
        flagged = ", ".join(f"{reason} {count}" for reason, count in source.flagged.items())
        table.add_row(source.name, source.key_hint, f"{source.kept:,}", f"{source.duplicate:,}", dropped or "none", flagged or "none")
    out.print(table)


def key_create(name: Annotated[str, typer.Argument(help="What it is for.")], as_json: AsJson = False) -> None:
    """Make a secret key and print it. It is shown once."""
    django()
    from sojourn.apps.workspace import actions

    key = actions.create_secret_key(WORKSPACE, name, ACTOR, SystemClock().now())
    if as_json:
        print_json({"name": name, "secret_key": key})
        return
    out.print(key, soft_wrap=True)
    notes.print("Keep it secret; it is not shown again.")


def settings_set(
    key: Annotated[str, typer.Argument(help="The setting, or KEY=VALUE.")],
    value: Annotated[str | None, typer.Argument(help="Its value.")] = None,
) -> None:
    """Change a setting of the workspace. It takes effect when the engine has read it from the log."""
    if value is None:
        key, equals, value = key.partition("=")
        if not equals:
            raise Refusal(Code.BAD_VALUE, "give a value: sojourn settings set cart_gap 30m")
    django()
    from sojourn.apps.workspace import actions

    actions.set_setting(WORKSPACE, key.strip(), value.strip(), ACTOR, SystemClock().now())
    out.print(f"{key.strip()} is now {value.strip()}")


def settings_list(as_json: AsJson = False) -> None:
    """All settings with their values and meanings."""
    django()
    from sojourn.apps.workspace import queries

    found = queries.list_settings(WORKSPACE)
    if as_json:
        print_json({setting.key: setting.value for setting in found})
        return
    table = Table("Setting", "Value", "Meaning")
    for setting in found:
        table.add_row(setting.key, str(setting.value), setting.meaning)
    out.print(table)


def sign_in() -> None:
    """Print a new one-time sign-in link for the owner."""
    found = django()
    from sojourn.runtime.bootstrap import sign_in_link

    out.print(f"{found.public_url}{sign_in_link()}", soft_wrap=True)
