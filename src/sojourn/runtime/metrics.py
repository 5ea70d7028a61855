"""What /metrics and /readyz say, read from the stores when asked for."""

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, generate_latest, platform_collector, process_collector

if TYPE_CHECKING:
    from sojourn.capture.receiver import CaptureApp
    from sojourn.runtime.wiring import House

ENOUGH_BYTES = 64 * 1024 * 1024
"""With less free disk than this the front is not ready: the log's next commits would fail soon."""


class Metrics:
    """Figures of one front process and of the stores it shares with work."""

    def __init__(self, house: "House", capture: "CaptureApp | None") -> None:
        self._house = house
        self._capture = capture
        self._registry = CollectorRegistry()
        process_collector.ProcessCollector(registry=self._registry)
        platform_collector.PlatformCollector(registry=self._registry)
        gauge = self._gauge
        self._head = gauge("sojourn_log_head", "Position of the last record on the log")
        self._folded = gauge("sojourn_engine_position", "Position the engine has folded")
        self._behind = gauge("sojourn_engine_lag_records", "Records the engine has yet to fold")
        self._lake_waiting = gauge("sojourn_lake_waiting_batches", "Batches the lake has yet to take in")
        self._outbox = gauge("sojourn_outbox_facts", "Facts waiting for the relay")
        self._people = gauge("sojourn_people", "People known")
        self._intents = Gauge("sojourn_intents", "Intents by state", ["state"], registry=self._registry)
        self._free = gauge("sojourn_disk_free_bytes", "Free bytes on the disk that holds the data")
        self._requests = Gauge("sojourn_capture", "Capture counters of this process, by name", ["name"], registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def render(self) -> bytes:
        """The Prometheus text."""
        head = self._house.log().head()
        self._head.set(head)
        with closing(self._connect()) as db:
            folded = _one(db, "SELECT position FROM people_progress")
            self._folded.set(folded)
            self._behind.set(max(0, head - folded))
            self._lake_waiting.set(_one(db, "SELECT count(*) FROM people_handover"))
            self._outbox.set(_one(db, "SELECT count(*) FROM people_outbox"))
            self._people.set(_one(db, "SELECT count(*) FROM people_person"))
            for state, count in db.execute("SELECT state, count(*) FROM people_intent GROUP BY state"):
                self._intents.labels(state).set(count)
        self._free.set(shutil.disk_usage(self._house.settings.home).free)
        if self._capture is not None:
            for name, value in self._capture.stats().items():
                self._requests.labels(name).set(value)
        return generate_latest(self._registry)

    def trouble(self) -> str:
        """Why writes cannot be taken now; empty when they can."""
        free = shutil.disk_usage(self._house.settings.home).free
        if free < ENOUGH_BYTES:
            return f"only {free // 1024**2} MB of disk are free where the data lies; make room"
        try:
            with closing(self._connect()) as db:
                db.execute("SELECT 1 FROM people_progress").fetchall()
            self._house.log().head()
        except (sqlite3.Error, OSError) as error:
            return f"the stores cannot be read: {type(error).__name__}"
        return ""

    def _connect(self) -> sqlite3.Connection:
        return sqlite3.connect(f"file:{self._house.settings.database_path}?mode=ro", uri=True, timeout=5)


def _one(db: sqlite3.Connection, sql: str) -> int:
    row = db.execute(sql).fetchone()
    return int(row[0]) if row is not None else 0
