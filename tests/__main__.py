"""All tests: `python -m tests` runs them in four processes side by side, since much of their time is waiting, and adds up their closing lines."""

import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Final

ROOT: Final = Path(__file__).parent.parent
SCREENS: Final = ("tests/browser/test_pages.py", "tests/browser/test_phone.py", "tests/browser/test_sources.py", "tests/browser/test_visitors.py", "tests/sdk")
"""Screens in a browser, and what needs the clients of tests/sdk/node: they are installed once."""
WAITING: Final = ("tests/faults", "tests/live", "tests/streams")
"""With the other tests in a browser; these and those take about as long as everything else."""
FOLDERS: Final = ("tests/contracts", "tests/corridor", "tests/email", "tests/lake", "tests/simulation", "tests/web")
"""Apart, so that everything else is not the last to end, alone on its core."""
CLOSING: Final = re.compile(r"^=* ?((?:\d+ [a-z]+(?:, )?)+) in [\d.]+s", re.MULTILINE)


def shares() -> list[list[str]]:
    """The folders and files for each process; all there are, each once."""
    here = sorted(f"tests/{path.name}" for path in (ROOT / "tests").iterdir() if path.name.startswith("test_") or (path / "__init__.py").exists())
    browser = sorted(f"tests/browser/{path.name}" for path in (ROOT / "tests/browser").glob("test_*.py"))
    apart = {*SCREENS, *WAITING, *FOLDERS, "tests/browser"}
    rest = ["src", *(path for path in here if path not in apart)]
    return [rest, list(SCREENS), [*(path for path in browser if path not in apart), *WAITING], list(FOLDERS)]


def run(share: list[str], into: IO[bytes]) -> "subprocess.Popen[bytes]":
    """Start pytest with a share, its output going into a file. An interrupt at the terminal reaches only us: see `end`."""
    command = [sys.executable, "-m", "pytest", *share]
    # A shell's background jobs ignore interrupts, and what they start inherits that; a handler is not inherited.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=into, stderr=subprocess.STDOUT, process_group=0)
    finally:
        signal.signal(signal.SIGINT, before)


def end(processes: list["subprocess.Popen[bytes]"]) -> None:
    """Interrupt those that still run, as one does by hand, so that their tests put away what they started; wait for all."""
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    for process in processes:
        process.wait()


def follow(path: Path, process: "subprocess.Popen[bytes]") -> str:
    """Pass on what a process writes until it ends; all that it wrote."""
    text = b""
    with path.open("rb") as written:
        while True:
            ended = process.poll() is not None
            text += (more := written.read())
            sys.stdout.buffer.write(more)
            sys.stdout.flush()
            if ended:
                return text.decode(errors="replace")
            time.sleep(0.5)


def closing(outputs: list[str], seconds: float) -> str:
    """One closing line, as pytest writes it, for all outputs."""
    sums: Counter[str] = Counter()
    for output in outputs:
        found = CLOSING.findall(output)
        if not found:
            sums["errors"] += 1  # pytest ended before it could say what had happened
            continue
        for part in found[-1].split(", "):
            count, _, word = part.partition(" ")
            sums[{"error": "errors", "warning": "warnings"}.get(word, word)] += int(count)
    order = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "errors")
    return f"{', '.join(f'{sums[word]} {word}' for word in order if sums[word])} in {seconds:.2f}s"


def worst(codes: list[int]) -> int:
    """One exit code for all: 0 only where each is. Who was killed has the number of the signal and 128, as in a shell."""
    return max(code if code >= 0 else 128 - code for code in codes)


def main() -> int:
    """Run all."""
    began = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # nohup
            signal.signal(number, lambda number, _: sys.exit(128 + number))  # else the others would outlive this one
    with tempfile.TemporaryDirectory(prefix="sojourn-pytest-") as folder:
        parts = shares()
        paths = [Path(folder) / str(number) for number in range(len(parts))]
        with ExitStack() as files:
            processes = [run(part, files.enter_context(path.open("wb"))) for part, path in zip(parts, paths, strict=True)]
            try:
                outputs = [follow(path, process) for path, process in zip(paths, processes, strict=True)]
            finally:
                end(processes)
    print(closing(outputs, time.monotonic() - began), flush=True)
    return worst([process.returncode for process in processes])


if __name__ == "__main__":
    sys.exit(main())
