"""A house with streams: their loop in a thread, on a real database and a real log."""

import json
import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any, Self

import msgspec

from sojourn.adapters.sqlite.log import open_log
from sojourn.runtime.clock import SystemClock
from sojourn.runtime.settings import Settings, read
from sojourn.runtime.streams import StreamsLoop
from sojourn.terms.facts import Fact

SOURCE = 7
STREAM = 3


def eventually(holds: Callable[[], Any], seconds: float = 20.0, say: Callable[[], object] = lambda: "") -> None:
    """Wait for a condition, and fail with what `say` says."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"it did not come about: {say()}"
        time.sleep(0.02)


class House:
    """One workspace with one stream; `with house.running():` lets the loop work."""

    def __init__(self, database: Path) -> None:
        self.settings: Settings = read({"SOJOURN_HOME": str(database.parent), "SOJOURN_BIND": "127.0.0.1:1"})
        self._log = open_log(self.settings.log_path, SystemClock())

    def stream(self, kind: str, settings: msgspec.Struct, changed_at: int = 1) -> None:
        """Write the stream into the table, as the pages do."""
        with closing(sqlite3.connect(self.settings.database_path, timeout=10)) as db, db:
            db.execute(
                "INSERT OR IGNORE INTO sources_source (id, workspace_id, name, kind, key_hash, key_hint, created_at)"
                " VALUES (?, 1, 's', 'other', 'h', 'h', '2026-01-01')",
                (SOURCE,),
            )
            db.execute(
                "INSERT INTO streams_stream (id, workspace_id, source_id, name, kind, settings, changed_at) VALUES (?, 1, ?, 's', ?, ?, ?)"
                " ON CONFLICT (id) DO UPDATE SET settings = excluded.settings, changed_at = excluded.changed_at",
                (STREAM, SOURCE, kind, msgspec.json.encode(settings).decode(), changed_at),
            )

    def off(self) -> None:
        """Switch the stream off."""
        with closing(sqlite3.connect(self.settings.database_path, timeout=10)) as db, db:
            db.execute("UPDATE streams_stream SET enabled = 0, changed_at = changed_at + 1")

    def told(self) -> dict[str, Any]:
        """What the table says of the stream."""
        with closing(sqlite3.connect(self.settings.database_path, timeout=10)) as db:
            row = db.execute("SELECT state, trouble, cursor, tally, seen FROM streams_stream WHERE id = ?", (STREAM,)).fetchone()
        return {"state": row[0], "trouble": row[1], "cursor": row[2], "tally": json.loads(row[3]), "seen": json.loads(row[4])}

    def facts(self) -> list[Fact]:
        """All facts of the stream's source, in the order of the log."""
        return [fact for record in self._log.read(0, 100_000, 1_000_000) if record.source == SOURCE for fact in record.facts]

    def counts(self) -> dict[str, int]:
        """Outcomes beside kept facts, by reason."""
        sums: dict[str, int] = {}
        for record in self._log.read(0, 100_000, 1_000_000):
            for reason, n in record.counts.items():
                sums[reason] = sums.get(reason, 0) + n
        return sums

    def aside(self) -> list[tuple[str, bytes, str]]:
        """What was set aside."""
        return [(one.reason, one.payload, one.detail) for record in self._log.read(0, 100_000, 1_000_000) for one in record.quarantined]

    def running(self) -> "Running":
        """The loop in a thread."""
        return Running(self.settings)

    def close(self) -> None:
        """Let go of the log."""
        self._log.close()


class Running:
    """The loop of the streams at work."""

    def __init__(self, settings: Settings) -> None:
        self._stop = threading.Event()
        self._settings = settings
        self._thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        loop = StreamsLoop(self._settings, self._stop)
        while not self._stop.is_set():
            loop.step()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(30)
        assert not self._thread.is_alive(), "the loop of the streams does not end"
