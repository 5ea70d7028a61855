"""`make bench`: every figure of the targets that exists by now, each beside its baseline from the same run. `make bench PARTS="engine lake"` runs some."""

import importlib
import subprocess
import sys
from collections.abc import Callable

from rich.console import Console

from benchmarks.table import Figure, show

ONE = "--one"

PARTS = {
    "capture": "Capture, one server process",
    "capture_protocols": "Capture, every protocol, and hostile traffic",
    "engine": "The engine",
    "storage": "Log, state and intents on SQLite",
    "chain": "The whole chain, real processes",
    "lake": "Questions to the lake, 5 million facts",
    "pages": "Pages and API, one million people",
    "causes": "Causes against planted truth",
}


def main(names: list[str]) -> int:
    """Run the parts named, or all, each in a process and an installation of its own; 2 where a name is unknown, 1 where a part failed."""
    if names[:1] == [ONE]:
        figures: Callable[[], list[Figure]] = importlib.import_module(f"benchmarks.{names[1]}").figures
        show(PARTS[names[1]], figures())
        return 0
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        sys.stderr.write(f"there is no part {unknown[0]}; there are: {', '.join(PARTS)}\n")
        return 2
    Console().print("CPU seconds of shared, noisy cores: compare within this run only.\n")
    failed = [name for name in names or list(PARTS) if subprocess.run([sys.executable, "-m", "benchmarks", ONE, name], check=False).returncode]
    if failed:
        sys.stderr.write(f"these parts failed: {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
