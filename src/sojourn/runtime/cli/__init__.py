"""The command line."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from sojourn.runtime.cli import data, people, serve, setup
from sojourn.runtime.soundness import in_words
from sojourn.terms.refusals import Code

EXIT_CODES = {Code.BAD_VALUE: 2, Code.NOT_FOUND: 3, Code.NOT_ALLOWED: 4, Code.CONFLICT: 5, Code.NOT_READY: 6, Code.DAMAGED: 7}
"""2 bad value or usage, 3 not found, 4 not allowed, 5 conflict or difference, 6 not ready, 7 damaged data."""

app = typer.Typer(
    name="sojourn",
    help="Customer experience management with a complete CRM inside it.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
serve.register(app)
setup.register(app)
people.register(app)
data.register(app)


def main() -> None:
    """Run a command; a refusal is a sentence on standard error and an exit code, never a traceback."""
    try:
        app()
    except Exception as error:
        refusal = in_words(error)
        if refusal is None:
            raise
        Console(stderr=True).print(f"[red]sojourn:[/] {escape(refusal.message)}", highlight=False, soft_wrap=True)
        sys.exit(EXIT_CODES[refusal.code])


__all__ = ["app", "main"]
