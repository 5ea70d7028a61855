"""Forks processes of Sojourn that begin with everything imported, so that two hundred starts take minutes and not an hour.

Imports are nine tenths of a start. What is forked runs the same command line as `python -m sojourn.runtime.cli`; it is a process of its own and dies as one.
"""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

_PROGRAM: Final = """
import os, signal, sys
import sojourn.runtime.cli, sojourn.runtime.front, sojourn.runtime.work
import sojourn.actions.compose, sojourn.actions.courier, sojourn.adapters.ducklake.lake, sojourn.adapters.smtp.channel
import sojourn.capture.receiver, sojourn.runtime.engine_loop, sojourn.runtime.lake_writer, sojourn.runtime.rebuild
import email.message, uvicorn.lifespan.on, uvicorn.loops.auto, uvicorn.protocols.http.httptools_impl
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
print("ready", flush=True)
for line in sys.stdin:
    log, *command = line.rstrip("\\n").split("\\t")
    child = os.fork()
    if child == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        said = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.argv = ["sojourn", *command]
        code = 1
        try:
            sojourn.runtime.cli.main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        finally:
            os._exit(code)
    print(child, flush=True)
"""


class Zygote:
    """A process that waits, with everything imported, to be forked."""

    def __init__(self, environment: dict[str, str]) -> None:
        self._process = subprocess.Popen([sys.executable, "-c", _PROGRAM], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._hear() == "ready"

    def start(self, log: Path, command: tuple[str, ...]) -> "Forked":
        """Fork a process that runs this command and says what it says into `log`."""
        assert self._process.stdin is not None
        self._process.stdin.write("\t".join((str(log), *command)) + "\n")
        self._process.stdin.flush()
        return Forked(int(self._hear()))

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it. What it forked must have been ended before."""
        self._process.kill()
        self._process.wait()


class Forked:
    """A forked process, with what the tests need of subprocess.Popen. How it ended is not known, only whether."""

    def __init__(self, pid: int) -> None:
        self.pid = pid

    def poll(self) -> int | None:
        """None while it runs, else 0."""
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return 0
        return None

    def kill(self) -> None:
        """kill -9."""
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end."""
        os.kill(self.pid, signal.SIGTERM)

    def wait(self, timeout_seconds: float = 10.0) -> int:
        """Wait for its end; 0. Errors: AssertionError when the time is over."""
        deadline = time.monotonic() + timeout_seconds
        while self.poll() is None:
            assert time.monotonic() < deadline, f"process {self.pid} does not end"
            time.sleep(0.005)
        return 0
