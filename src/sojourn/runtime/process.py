"""The processes that the supervisor starts, without the command line's weight: python -m sojourn.runtime.process front|work."""

import sys

from sojourn.runtime.settings import Settings, read
from sojourn.runtime.signals import end_with_supervisor
from sojourn.runtime.soundness import in_words, look, tables
from sojourn.runtime.telemetry import set_up_logs


def main(name: str) -> None:
    """Run the process of that name until it is asked to stop."""
    settings = read(terminal=sys.stderr.isatty())
    set_up_logs(settings.log_format)
    try:
        _run(name, settings)
    except Exception as error:
        refusal = in_words(error)
        if refusal is None:
            raise
        sys.exit(f"sojourn: {refusal.message}")


def _run(name: str, settings: Settings) -> None:
    look(settings)
    tables(settings)
    end_with_supervisor()
    if name == "front":
        from sojourn.runtime import front

        front.run(settings)
    elif name == "work":
        from sojourn.runtime import work

        work.run(settings)
    else:
        sys.exit(f"there is no process {name!r}; there are front and work")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "")
