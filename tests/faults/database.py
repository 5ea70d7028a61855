"""Looks into an installation's files from outside."""

import sqlite3
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any


def _ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(sql).fetchall()


def intent_states(home: Path) -> Counter[str]:
    """How many intents are in which state."""
    return Counter(
        {str(state): int(str(number)) for state, number in _ask(home / "sojourn.sqlite", "SELECT state, count(*) FROM people_intent GROUP BY state")}
    )


def intents_of(home: Path, address: str) -> list[tuple[str, str]]:
    """State and reason of each intent for an address, oldest first."""
    rows = _ask(home / "sojourn.sqlite", "SELECT address, state, reason FROM people_intent ORDER BY decided_at")
    return [(str(state), str(reason)) for to, state, reason in rows if to == address]


def people(home: Path) -> list[int]:
    """The ids of everybody."""
    return [int(str(number)) for (number,) in _ask(home / "sojourn.sqlite", "SELECT id FROM people_person ORDER BY id")]


def head(home: Path) -> int:
    """The position of the log's last record."""
    return int(str(_ask(home / "log.sqlite", "SELECT coalesce(max(position), 0) FROM record")[0][0]))


def folded(home: Path) -> int:
    """How far the engine is."""
    return int(str(_ask(home / "sojourn.sqlite", "SELECT coalesce(max(position), 0) FROM people_progress")[0][0]))


def rest(home: Path) -> dict[str, int]:
    """What is still to be done, by kind."""
    files = home / "sojourn.sqlite"
    now = time.time_ns() // 1_000_000
    questions = {
        "records to fold": f"SELECT {head(home)} - coalesce(max(position), 0) FROM people_progress",
        "timers due": f"SELECT count(*) FROM people_person WHERE due < {now + 1_500}",
        "facts to relay": "SELECT count(*) FROM people_outbox",
        "batches for the lake": "SELECT count(*) FROM people_handover",
        "intents on their way": "SELECT count(*) FROM people_intent WHERE state IN ('ready', 'claimed', 'handing_over')",
    }
    return {kind: int(str(_ask(files, sql)[0][0])) for kind, sql in questions.items()}


def at_rest(home: Path, but: tuple[str, ...] = ()) -> bool:
    """Whether nothing is left to be done, those kinds left out."""
    return not any(number for kind, number in rest(home).items() if kind not in but)


def kept(home: Path, source: int = 1) -> Counter[str]:
    """What the engine counted about a source, by reason."""
    sql = f"SELECT reason, sum(events) FROM sources_count WHERE source_id = {source} GROUP BY reason"
    return Counter({str(reason): int(str(number)) for reason, number in _ask(home / "sojourn.sqlite", sql)})


def demo(home: Path) -> dict[str, Any]:
    """The row of the demo by column; empty where there is none."""
    with closing(sqlite3.connect(f"file:{home / 'sojourn.sqlite'}?mode=ro", uri=True, timeout=30)) as db:
        db.row_factory = sqlite3.Row
        row = db.execute("SELECT * FROM demo_run").fetchone()
        return dict(row) if row is not None else {}


def count(home: Path, table: str, where: str = "1") -> int:
    """Rows of a table."""
    return int(str(_ask(home / "sojourn.sqlite", f"SELECT count(*) FROM {table} WHERE {where}")[0][0]))
