"""The doctor: looks at everything a running installation needs and says what to do about what is wrong."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from sojourn.ports.log import Damaged
from sojourn.runtime.metrics import ENOUGH_BYTES
from sojourn.runtime.wiring import House
from sojourn.terms.time import MINUTE, SECOND

ENGINE_PATIENCE_MS = 10 * SECOND


class Check(msgspec.Struct, frozen=True):
    """One thing looked at; `text` says what was found and, where it is not well, what to do."""

    name: str
    ok: bool
    text: str


def examine(house: House) -> list[Check]:
    """All checks, the cheap ones first."""
    return [
        _disk(house),
        *(_database(path) for path in (house.settings.database_path, house.settings.log_path)),
        _log(house),
        _engine(house),
        _outbox(house),
        _mail(house),
    ]


def _disk(house: House) -> Check:
    free = shutil.disk_usage(house.settings.home).free
    return Check("disk", free >= ENOUGH_BYTES, f"{free / 1024**3:.1f} GB free in {house.settings.home}" + ("" if free >= ENOUGH_BYTES else "; make room"))


def _database(path: Path) -> Check:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=10)) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0])
    except sqlite3.Error as error:
        found = str(error)
    return Check(path.name, found == "ok", f"{path.name} is sound" if found == "ok" else f"{path.name}: {found}; restore it from a backup")


def _log(house: House) -> Check:
    try:
        count = house.log().verify()
    except Damaged as damage:
        return Check("log", ok=False, text=str(damage))
    return Check("log", ok=True, text=f"{count:,} log records, checksums fit")


def _engine(house: House) -> Check:
    head = house.log().head()
    progress = house.state().progress()
    behind = head - progress.position
    late = house.clock.now() - progress.now
    if behind and late > ENGINE_PATIENCE_MS:
        return Check("engine", ok=False, text=f"the engine is {behind:,} records behind, last at work {late // MINUTE} minutes ago; is `sojourn work` running?")
    return Check("engine", ok=True, text=f"the engine is {behind:,} records behind the log")


def _outbox(house: House) -> Check:
    waiting = len(house.intents().outbox(1_000))
    return Check("outbox", waiting < 1_000, f"{waiting:,} facts wait for the relay" + ("" if waiting < 1_000 else "; is `sojourn work` running?"))


def _mail(house: House) -> Check:
    where = "the built-in mailbox (no SOJOURN_SMTP is set)" if not house.settings.smtp else "your mail server"
    return Check("mail", ok=True, text=f"messages go to {where}")
