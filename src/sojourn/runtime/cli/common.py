"""What the commands share: settings, Django, output."""

import os
import sys
from typing import Any

import msgspec
from rich.console import Console

from sojourn.runtime.settings import Settings, read
from sojourn.runtime.soundness import look, tables
from sojourn.runtime.telemetry import set_up_logs
from sojourn.terms.refusals import Code, Refusal

out = Console(highlight=False)
notes = Console(stderr=True, highlight=False)

WORKSPACE = 1
"""There is one workspace at first."""

ACTOR = "cli"


def settings() -> Settings:
    """The settings, with logs set up accordingly."""
    found = read(terminal=sys.stderr.isatty())
    set_up_logs(found.log_format)
    return found


def django() -> Settings:
    """Settings with Django ready and the tables there. Errors: Refusal(NOT_READY) where nothing was set up yet."""
    found = settings()
    if not found.database_path.exists():
        look(found)
        raise Refusal(Code.NOT_READY, f"there is nothing in {found.home} yet; start with: sojourn up")
    tables(found)
    load_django()
    return found


def load_django() -> None:
    """Make the ORM usable in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.runtime.django_settings")
    import django as package

    package.setup()


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value)).decode() + "\n")
