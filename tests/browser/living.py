"""A real house for the browser: `sojourn up` on a free port in a folder of its own, with a short clock, and a member who is signed in."""

import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext

PATIENCE_SECONDS = 60.0
_READY = "Sign in (once"


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class House:
    """The processes of `sojourn up`, its database to read, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = f"http://127.0.0.1:{free_port()}"
        self._environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith(("SOJOURN_", "DJANGO_"))},
            "SOJOURN_HOME": str(folder),
            "SOJOURN_BIND": self.address.removeprefix("http://"),
            "PYTHONUNBUFFERED": "1",
        }
        self._log = (folder.parent / f"{folder.name}.log").open("w+")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "sojourn.runtime.cli", "up"], env=self._environment, stdout=self._log, stderr=subprocess.STDOUT, start_new_session=True
        )
        self.sign_in_link = self._wait_for_link()

    def _wait_for_link(self) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            said = Path(self._log.name).read_text()
            found = re.search(r"Sign in .*?(http://\S+/sign-in/\S+)", said)
            if found:
                return found[1]
            assert self._process.poll() is None, said
            time.sleep(0.05)
        raise AssertionError(f"the house is not ready: {Path(self._log.name).read_text()}")

    def close(self) -> None:
        """Stop it, as Ctrl+C does."""
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._log.close()

    def run(self, *arguments: str) -> str:
        """A command of the product; what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "sojourn.runtime.cli", *arguments], env=self._environment, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def settings(self, **values: str) -> None:
        """Set settings, and wait until the engine has them."""
        for key, value in values.items():
            self.run("settings", "set", key, value)
        self.until(lambda: self.ask("SELECT count(*) FROM people_outbox")[0][0] == 0, "the settings are on the log")
        self.until(lambda: self.ask("SELECT position FROM people_progress")[0][0] >= self._head(), "the engine has the settings")

    def _head(self) -> int:
        with closing(sqlite3.connect(f"file:{self.folder / 'log.sqlite'}?mode=ro", uri=True, timeout=10)) as log:
            return int(log.execute("SELECT max(position) FROM record").fetchone()[0])

    def ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of the house's database."""
        with closing(sqlite3.connect(f"file:{self.folder / 'sojourn.sqlite'}?mode=ro", uri=True, timeout=10)) as database:
            return database.execute(sql, parameters).fetchall()

    def person(self, email: str) -> int:
        """The id of the person with that address, 0 where there is none yet."""
        rows = self.ask("SELECT id FROM people_person WHERE email = ?", email)
        return int(rows[0][0]) if rows else 0

    def mails(self, email: str) -> list[EmailMessage]:
        """The mail that somebody got, the oldest first."""
        rows = self.ask("SELECT raw FROM mail_mail WHERE recipient = ? ORDER BY id", email)
        return [message_from_bytes(bytes(raw), _class=EmailMessage, policy=policy.default) for (raw,) in rows]

    def until(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Wait until something holds; what it gave."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = condition()
            if found:
                return found
            time.sleep(0.05)
        raise AssertionError(f"in vain waited for: {what}")

    def member(self, browser: Browser, link: str = "", **options: Any) -> BrowserContext:
        """A browser context of a member who has signed in by a one-time link."""
        context = browser.new_context(base_url=self.address, **options)
        page = context.new_page()
        page.goto(link or self.sign_in_link)
        page.get_by_role("button").first.click()
        page.wait_for_url(f"{self.address}/**")
        page.wait_for_load_state()
        page.close()
        return context
