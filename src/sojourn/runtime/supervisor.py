"""The supervisor of `sojourn up`: starts front and work, restarts one that dies without touching the other, stops both in order."""

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence

import structlog

from sojourn.runtime.signals import Asked

log = structlog.get_logger("supervisor")

CALM_SECONDS = 10.0
"""A process that ran this long is restarted at once; one that dies sooner waits longer each time, up to this long."""
STOP_SECONDS = 8.0
"""Service managers give ten seconds, often; the front lets go of requests after six."""


class Child:
    """One process under watch."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self.name = name
        self.command = list(command)
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.restart_at = 0.0
        self.deaths = 0

    def start(self) -> None:
        """Start it; it gets a process group of its own, so that an interrupt at the terminal reaches only the supervisor.

        It reads from us and gets nothing, but for the end when we end.
        """
        self.process = subprocess.Popen(self.command, start_new_session=True, stdin=subprocess.PIPE)
        self.started = time.monotonic()

    def look(self) -> None:
        """Restart it when it has died and its time has come."""
        now = time.monotonic()
        if self.process is not None:
            code = self.process.poll()
            if code is None:
                return
            if self.process.stdin is not None:
                self.process.stdin.close()
            self.process = None
            self.deaths = 0 if now - self.started > CALM_SECONDS else self.deaths + 1
            pause = min(CALM_SECONDS, 0.1 * 2**self.deaths) if self.deaths else 0.0
            self.restart_at = now + pause
            log.warning("process ended; starting it again", process=self.name, exit_code=code, in_seconds=round(pause, 1))
        if now >= self.restart_at:
            self.start()

    def stop(self) -> None:
        """Ask it to end."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def reap(self, deadline: float) -> None:
        """Wait for its end; kill it at the deadline."""
        if self.process is None:
            return
        try:
            self.process.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            log.warning("process did not end in time and is killed; nothing acknowledged is lost", process=self.name)
            self.process.kill()
            self.process.wait()


def supervise(names: Sequence[str], on_started: Callable[[], None]) -> None:
    """Run the process of each name (runtime/process.py) until SIGINT or SIGTERM. `on_started` is called once, after all were started."""
    asked = Asked()
    children = [Child(name, [sys.executable, "-m", "sojourn.runtime.process", name]) for name in names]
    for child in children:
        child.start()
    watcher = threading.Thread(target=on_started, daemon=True)
    watcher.start()
    while not asked.wait(0.1):
        for child in children:
            child.look()
    log.info("stopping")
    deadline = time.monotonic() + STOP_SECONDS
    for child in children:
        child.stop()
    for child in children:
        child.reap(deadline)
