"""`make bench`: every figure of the targets that exists by now, each beside its baseline from the same run. `make bench PARTS="engine lake"` runs some."""

import importlib
import sys
from collections.abc import Callable

from rich.console import Console

from benchmarks.table import Figure, show

PARTS = {
    "capture": "Capture, one server process",
    "engine": "The engine",
    "storage": "Log, state and intents on SQLite",
    "chain": "The whole chain, real processes",
    "lake": "Questions to the lake, 5 million facts",
    "pages": "Pages and API, one million people",
    "causes": "Causes against planted truth",
}


def main(names: list[str]) -> int:
    """Run the parts named, or all; 2 where a name is unknown."""
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"there is no part {unknown[0]}; there are: {', '.join(PARTS)}\n")
        return 2
    Console().print("CPU seconds of shared, noisy cores: compare within this run only.\n")
    for name in names or list(PARTS):
        figures: Callable[[], list[Figure]] = importlib.import_module(f"benchmarks.{name}").figures
        show(PARTS[name], figures())
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
