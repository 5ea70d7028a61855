"""Figures of the stores, read at once from any process without getting into anybody's way: for /metrics, the doctor and the health page."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sojourn.ports.log import Damaged
from sojourn.terms.time import Millis

if TYPE_CHECKING:
    from sojourn.runtime.wiring import House

ENOUGH_BYTES = 64 * 1024 * 1024
"""With less free disk than this the front is not ready: the log's next commits would fail soon."""


@dataclass(frozen=True, slots=True)
class Figures:
    """How far everything is. Times are milliseconds since 1970, None where nothing waits."""

    head: int  # position of the last record on the log
    position: int  # what the engine has folded
    engine_at: Millis  # the engine's time: that of the last record it folded; 0 where there was none
    unfolded_since: Millis | None  # record time of the oldest record the engine has yet to fold
    damage: str  # why the engine cannot read on, empty where it can
    lake_waiting: int  # batches the lake has yet to take in
    outbox: int  # facts waiting for the relay
    overdue: int  # messages that could have gone out by now
    overdue_since: Millis | None
    intents: dict[str, int]  # messages on their way, by state
    free_bytes: int
    disk_bytes: int

    @property
    def behind(self) -> int:
        """Records the engine has yet to fold."""
        return max(0, self.head - self.position)


def read(house: "House") -> Figures:
    """Read them. Errors: sqlite3.Error, OSError."""
    disk = shutil.disk_usage(house.settings.home)
    with closing(connect(house)) as db:
        position, engine_at = db.execute('SELECT coalesce(max(position), 0), coalesce(max("now"), 0) FROM people_progress').fetchone()
        head, since, damage = _ahead(house, position)
        # Sequences have no gaps but at the end, where the lake has taken some: cheaper than counting when the lake has long been away.
        batches = one(db, "SELECT coalesce(max(sequence) - min(sequence) + 1, 0) FROM people_handover")
        overdue, overdue_since = db.execute(
            "SELECT count(*), min(ready_at) FROM people_intent WHERE state = 'ready' AND ready_at <= :now", {"now": house.clock.now()}
        ).fetchone()
        intents = dict(db.execute("SELECT state, count(*) FROM people_intent WHERE state IN ('ready', 'claimed', 'handing_over', 'unknown') GROUP BY state"))
        outbox = one(db, "SELECT count(*) FROM people_outbox")
    return Figures(
        head=head,
        position=position,
        engine_at=engine_at,
        unfolded_since=since,
        damage=damage,
        lake_waiting=batches,
        outbox=outbox,
        overdue=overdue,
        overdue_since=overdue_since,
        intents=intents,
        free_bytes=disk.free,
        disk_bytes=disk.total,
    )


def _ahead(house: "House", position: int) -> tuple[int, Millis | None, str]:
    """The log's head, since when the first record behind `position` is there, and why either cannot be read."""
    head = position
    try:
        log = house.log()
        head = log.head()
        waiting = log.read(position, limit=1, max_facts=1) if head > position else []
    except Damaged as damage:
        return head, None, str(damage)
    return head, (waiting[0].at if waiting else None), ""


def connect(house: "House") -> sqlite3.Connection:
    """A connection that only reads."""
    return sqlite3.connect(f"{house.settings.database_path.as_uri()}?mode=ro", uri=True, timeout=5)


def one(db: sqlite3.Connection, sql: str) -> int:
    """The one number of a question, 0 for none."""
    row = db.execute(sql).fetchone()
    return int(row[0]) if row is not None else 0
