"""A `work` process that kills itself with -9 at a moment that is named, over and over: forked each time from one that has imported everything."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

BATCH_LINES, PART_BYTES = 100, 1_500


class Work:
    """Runs `work` in this home, with small batches and parts."""

    def __init__(self, home: Path) -> None:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("SOJOURN_")}
        environment |= {"SOJOURN_HOME": str(home), "SOJOURN_BIND": "127.0.0.1:1", "SOJOURN_LOG_FORMAT": "json"}
        self._said = home.parent / "work.log"
        with self._said.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.streams.dying"], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=out, text=True
            )
        self._running = 0

    def dies(self, moment: str, times: int) -> None:
        """Run it until it has come to this moment so many times, and is dead: a "part" fetched, a durable "append", its "remember", the "end" of a file."""
        self._tell(f"{moment} {times}")
        assert self._hear() == str(-signal.SIGKILL), self.said()

    def lives(self) -> None:
        """Run it until `ends`."""
        self._tell("never 0")

    def ends(self) -> None:
        """Ask it to end, and wait for it."""
        os.kill(self._running, signal.SIGTERM)
        assert self._hear() == "0", self.said()

    def said(self) -> str:
        """The end of what it said."""
        return self._said.read_text("utf-8", "replace")[-3_000:]

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        self._running = int(self._hear())

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()


def _main() -> None:
    from sojourn.adapters.ducklake import lake  # noqa: F401  # all that a process needs, before the first fork
    from sojourn.adapters.s3 import bucket  # noqa: F401
    from sojourn.runtime import import_parquet, work  # noqa: F401
    from sojourn.runtime.settings import read

    for line in sys.stdin:
        moment, times = line.split()
        child = os.fork()
        if child == 0:
            os.dup2(2, 1)
            _die_at(moment, int(times))
            work.run(read(dict(os.environ)), ["engine"])
            os._exit(0)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _die_at(moment: str, times: int) -> None:
    from sojourn.adapters.sqlite.log import SqliteLog
    from sojourn.runtime import importer, stream_bucket
    from sojourn.runtime.stream_files import Hands

    importer.BATCH_LINES, stream_bucket.PART_BYTES = BATCH_LINES, PART_BYTES
    left = times

    def deadly(name: str, real: Callable[..., Any], counts: Callable[..., bool] = lambda *_: True) -> Callable[..., Any]:
        def done(*said: Any, **named: Any) -> Any:
            nonlocal left
            result = real(*said, **named)
            if name == moment and counts(*said):
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)
            return result

        return done

    SqliteLog.append = deadly("append", SqliteLog.append, lambda _, arrivals: any(one.items and one.source == 7 for one in arrivals))  # type: ignore[method-assign]
    importer._remember = deadly("remember", importer._remember)
    Hands.bring_in = deadly("end", Hands.bring_in)  # type: ignore[method-assign]
    Hands.tell = staticmethod(deadly("part", Hands.tell, lambda _, what, *rest: what.startswith("Fetching")))  # type: ignore[method-assign]


if __name__ == "__main__":
    _main()
