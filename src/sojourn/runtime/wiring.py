"""The wiring: which adapter stands behind which port in this installation."""

import json
import sqlite3
from contextlib import closing
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from sojourn.adapters.sqlite.directory import open_directory
from sojourn.adapters.sqlite.intents import SqliteIntents, open_intents
from sojourn.adapters.sqlite.log import SqliteLog, open_log
from sojourn.adapters.sqlite.state import SqliteState, open_state
from sojourn.ports.channel import Channel
from sojourn.runtime.clock import SystemClock
from sojourn.runtime.settings import Settings
from sojourn.terms.ids import fact_id
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.rules import RuleBook
from sojourn.terms.seals import Seal

if TYPE_CHECKING:
    from sojourn.actions.courier import Courier
    from sojourn.actions.mail_settings import MailSettings
    from sojourn.adapters.ducklake.lake import DuckLake
    from sojourn.capture.receiver import CaptureApp
    from sojourn.engine.working import Working
    from sojourn.runtime.engine_loop import EngineLoop
    from sojourn.runtime.lake_writer import LakeWriter
    from sojourn.terms.effects import Commit


class House:
    """Everything one process or loop needs, opened when first asked for. One per thread: connections are not shared between threads."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.clock = SystemClock()

    @cached_property
    def _log(self) -> SqliteLog:
        return open_log(self.settings.log_path, self.clock)

    @cached_property
    def _state(self) -> SqliteState:
        return open_state(self._database())

    @cached_property
    def _intents(self) -> SqliteIntents:
        return open_intents(self._database())

    @cached_property
    def _lake(self) -> "DuckLake":
        from sojourn.adapters.ducklake.lake import DuckLake

        return DuckLake(self.settings.lake_path)

    def log(self) -> SqliteLog:
        """The log."""
        return self._log

    def state(self) -> SqliteState:
        """The engine's state."""
        return self._state

    def intents(self) -> SqliteIntents:
        """Intents and the outbox."""
        return self._intents

    @cached_property
    def _lake_reader(self) -> "DuckLake":
        from sojourn.adapters.ducklake.lake import DuckLake

        return DuckLake(self.settings.lake_path, read_only=True)

    def lake_reader(self) -> "DuckLake | None":
        """The lake for reading, one connection for this process; None while no fact has reached it."""
        return self._lake_reader if (self.settings.lake_path / "catalog.sqlite").exists() else None

    def capture(self) -> "CaptureApp":
        """The capture application."""
        from sojourn.capture.receiver import CaptureApp
        from sojourn.capture.tarpit import Tarpit

        log = self.log()
        log.append([])  # reads the deduplication keys now, so that the first request does not wait for them
        return CaptureApp(log, open_directory(self._database(), self.seal()), self.clock, secret=self._secret(), tarpit=Tarpit())

    def seal(self) -> Seal:
        """What opens the passwords that are kept for others."""
        return Seal(self._secret())

    def _secret(self) -> bytes:
        path = self.settings.home / "secret"
        return path.read_bytes() if path.exists() else b""

    def engine(self) -> "EngineLoop":
        """The engine's loop."""
        from sojourn.runtime.engine_loop import EngineLoop

        return EngineLoop(self.log(), self.state(), self.clock, self.workspaces, self._refold)

    def _refold(self, work: "Working", commit: "Commit") -> None:
        from sojourn.runtime.rebuild import refolder

        lake = self.lake_reader()
        if lake is None:
            raise Refusal(Code.NOT_READY, "people can be split once the lake has their facts; the lake writer has not run yet")
        refolder(lake, self.log(), self.state())(work, commit)

    def lake_writer(self) -> "LakeWriter":
        """The lake's loop."""
        from sojourn.runtime.lake_writer import LakeWriter

        return LakeWriter(self.log(), self.state(), self._lake, self.clock, anew=self.settings.lake_path / "begin-anew")

    def courier(self) -> "Courier":
        """The courier, with the mail server or the built-in mailbox behind it."""
        from sojourn.actions.compose import Composer
        from sojourn.actions.courier import Courier, Desk, Watermark

        desk = Desk(self.workspace_rules, self.mail_settings)
        watermark = Watermark(self.log().head, lambda: self.state().progress().position)
        return Courier(self.intents(), self.channel(), Composer(), self.clock, desk, watermark)

    def channel(self) -> Channel:
        """Where mail goes: to the mail server, and where there is none, or nobody can have the address, into the built-in mailbox."""
        from sojourn.adapters.sqlite.mailbox import Mailbox

        kept = Mailbox(self._database())
        if not self.settings.smtp:
            return kept
        from sojourn.adapters.smtp.channel import Server, SmtpChannel
        from sojourn.runtime.channels import PartedMail

        return PartedMail(SmtpChannel(Server.parse(self.settings.smtp)), kept)

    def workspaces(self) -> list[int]:
        """Ids of all workspaces."""
        return [row[0] for row in self._ask("SELECT id FROM workspace_workspace ORDER BY id")]

    def people_made(self, until: int) -> int:
        """How many people are there who were made up to a log position."""
        return int(self._ask("SELECT count(*) FROM people_person WHERE id < ?", fact_id(until + 1, 0))[0][0])

    def contracts(self, workspace: int) -> dict[str, str]:
        """JSON Schemas of events, by name, whose breach sets them aside."""
        return dict(self._ask("SELECT event, body FROM tracking_contract WHERE workspace_id = ? AND mode = 'quarantine'", workspace))

    def workspace_rules(self, workspace: int) -> RuleBook:
        """The rules the engine has in force."""
        stored = self.state().rules(workspace)
        return msgspec.msgpack.decode(stored, type=RuleBook) if stored else RuleBook()

    def mail_settings(self, workspace: int) -> "MailSettings":
        """How the workspace's mail presents itself. Errors: Refusal(NOT_FOUND)."""
        from sojourn.actions.mail_settings import MailSettings

        rows = self._ask("SELECT name, settings, salt FROM workspace_workspace WHERE id = ?", workspace)
        if not rows:
            raise Refusal(Code.NOT_FOUND, f"there is no workspace {workspace}")
        name, settings, salt = rows[0]
        said = json.loads(settings)
        texts = {key: str(said[key]) for key in ("from_email", "reply_to", "postal_address", "cart_url", "free_shipping_code") if said.get(key)}
        return MailSettings(
            workspace=workspace,
            salt=bytes(salt),
            public_url=self.settings.public_url,
            from_name=said.get("from_name") or name,
            paused=said.get("paused") == "on",
            **texts,
        )

    def _ask(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"{self._database().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(sql, parameters).fetchall()

    def _database(self) -> Path:
        path = self.settings.database_path
        if not path.exists():
            raise Refusal(Code.NOT_READY, f"there is nothing in {self.settings.home} yet; start with: sojourn up")
        return path
