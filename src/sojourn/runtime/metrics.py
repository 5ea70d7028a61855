"""What /metrics and /readyz say, read from the stores when asked for."""

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, generate_latest, platform_collector, process_collector

from sojourn.ports.log import Damaged
from sojourn.runtime import figures
from sojourn.runtime.figures import ENOUGH_BYTES
from sojourn.runtime.soundness import reaches
from sojourn.runtime.watch import LOOPS, feel
from sojourn.terms.refusals import Refusal

if TYPE_CHECKING:
    from sojourn.capture.receiver import CaptureApp
    from sojourn.runtime.wiring import House


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
        self._turned = Gauge("sojourn_loop_turned_at_seconds", "When a loop made its last turn, seconds since 1970", ["loop"], registry=self._registry)
        self._requests = Gauge("sojourn_capture", "Capture counters of this process, by name", ["name"], registry=self._registry)

    def _gauge(self, name: str, text: str) -> Gauge:
        return Gauge(name, text, registry=self._registry)

    def render(self) -> bytes:
        """The Prometheus text."""
        found = figures.read(self._house)
        self._head.set(found.head)
        self._folded.set(found.position)
        self._behind.set(found.behind)
        self._lake_waiting.set(found.lake_waiting)
        self._outbox.set(found.outbox)
        self._free.set(found.free_bytes)
        with closing(figures.connect(self._house)) as db:
            self._people.set(figures.one(db, "SELECT count(*) FROM people_person"))
            for state, count in db.execute("SELECT state, count(*) FROM people_intent GROUP BY state"):
                self._intents.labels(state).set(count)
        for name in LOOPS:
            self._turned.labels(name).set(feel(self._house.settings.locks_path, name).turned_at / 1000)
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
            with closing(figures.connect(self._house)) as db:
                position = figures.one(db, "SELECT position FROM people_progress")
            reaches(self._house.log().head(), position)
        except Refusal:
            return "log and database come from different times; run: sojourn doctor"
        except (sqlite3.Error, OSError, Damaged) as error:
            return f"the stores cannot be read: {type(error).__name__}"
        return ""
