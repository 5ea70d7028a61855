"""Real processes of an installation in a folder of its own: started, killed, started again."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

from tests.faults.zygote import Forked, Zygote

SETUP: Final = """
import sys
from sojourn.runtime.bootstrap import bootstrap
first = bootstrap()
from sojourn.apps.workspace import actions, clock
for pair in sys.argv[1:]:
    key, _, value = pair.partition("=")
    actions.set_setting(1, key, value, "test", clock.now())
print(first.write_key)
"""
COMMANDS: Final = {
    "capture": ("capture",),
    "engine": ("work", "--loops", "engine,lake"),
    "courier": ("work", "--loops", "courier"),
    "front": ("front",),
    "work": ("work",),
}
APART: Final = ("capture", "engine", "courier")
"""What `front` and `work` do, in three processes, without the pages."""


class Installation:
    """A Sojourn in `home`, listening on a free port of the loopback address. Ends all it started when left."""

    def __init__(self, home: Path, smtp: str = "", settings: tuple[str, ...] = ()) -> None:
        self.home = home
        self.port = free_port()
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(("SOJOURN_", "CXM_"))} | {
            "SOJOURN_HOME": str(home),
            "SOJOURN_BIND": f"127.0.0.1:{self.port}",
            "SOJOURN_SMTP": smtp,
            "SOJOURN_LOG_FORMAT": "json",
        }
        self.running: dict[str, subprocess.Popen[bytes] | Forked] = {}
        self._zygote: Zygote | None = None
        done = subprocess.run([sys.executable, "-c", SETUP, *settings], env=self.environment, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        self.write_key = done.stdout.strip().splitlines()[-1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process in self.running.values():
            process.kill()
            process.wait()
        if self._zygote is not None:
            self._zygote.close()

    def fork_from_now_on(self) -> None:
        """Start processes quickly, by forking one that has imported everything."""
        self._zygote = Zygote(self.environment)

    def start(self, name: str) -> None:
        """Start one process; what it says goes to a file beside the data."""
        path = self.home.parent / f"{name}.log"
        if self._zygote is not None:
            self.running[name] = self._zygote.start(path, COMMANDS[name])
            return
        with path.open("ab") as log:
            command = [sys.executable, "-m", "sojourn.runtime.cli", *COMMANDS[name]]
            self.running[name] = subprocess.Popen(command, env=self.environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def kill(self, name: str) -> None:
        """kill -9."""
        process = self.running[name]
        assert process.poll() is None, f"{name} ended by itself with {process.returncode}: {self.said(name)}"
        process.kill()
        process.wait()

    def stop(self, name: str) -> None:
        """Ask a process to end, and wait for it."""
        process = self.running.pop(name)
        process.terminate()
        assert process.wait(30) in (0, -signal.SIGTERM), self.said(name)  # uvicorn ends by the signal it was asked with

    def said(self, name: str) -> str:
        """The end of what a process said."""
        return (self.home.parent / f"{name}.log").read_text("utf-8", "replace")[-2_000:]

    def post(self, events: list[dict[str, Any]], timeout_seconds: float = 10.0) -> tuple[int, dict[str, str]]:
        """Send a batch; status and headers of the answer (names in lower case), 0 where there was none."""
        body = json.dumps({"writeKey": self.write_key, "batch": events}).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/v1/batch", data=body, headers={"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=timeout_seconds) as answer:
                answer.read()
                return answer.status, {name.lower(): value for name, value in answer.headers.items()}
        except urllib.error.HTTPError as error:
            return error.code, {name.lower(): value for name, value in error.headers.items()}
        except (OSError, http.client.HTTPException):  # also where it was killed in the middle of its answer
            return 0, {}

    def ready(self) -> bool:
        """Whether it takes writes."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=2) as answer:
                return bool(answer.status == 200)
        except (OSError, http.client.HTTPException):
            return False

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """Run a command of the command line to its end."""
        return subprocess.run(
            [sys.executable, "-m", "sojourn.runtime.cli", *command], env=self.environment, capture_output=True, text=True, timeout=300, check=False
        )


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def eventually(what: Callable[[], bool], seconds: float, say: Callable[[], str]) -> None:
    """Wait until something holds. Errors: AssertionError with `say()` when the time is over."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, say()
        time.sleep(0.05)
