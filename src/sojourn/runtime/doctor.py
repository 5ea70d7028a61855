"""The doctor: looks at everything a running installation needs and says what to do about what is wrong."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from sojourn.ports.lake import Unreachable
from sojourn.ports.log import Damaged, Full
from sojourn.runtime import figures
from sojourn.runtime.figures import ENOUGH_BYTES, Figures
from sojourn.runtime.soundness import look
from sojourn.runtime.wiring import House
from sojourn.terms.refusals import Refusal
from sojourn.terms.seals import MARK, UNREADABLE, Unsealable
from sojourn.terms.time import MINUTE, SECOND, Millis

ENGINE_PATIENCE_MS = 10 * SECOND
COURIER_PATIENCE_MS = 5 * MINUTE
OUTBOX_PATIENCE = 1_000
CLOCK_PATIENCE_MS = MINUTE
_SEALED = re.compile(rf"{MARK}[\w=-]+")


class Check(msgspec.Struct, frozen=True):
    """One thing looked at; `text` says what was found and, where it is not well, what to do."""

    name: str
    ok: bool
    text: str


def examine(house: House) -> list[Check]:
    """All checks. Reads every page of the files and every record of the log."""
    try:
        first = at_a_glance(house, figures.read(house))
    except (sqlite3.Error, OSError, Full) as error:
        first = [Check("figures", ok=False, text=f"how far everything is cannot be read ({error})")]
    sound = (_database(path) for path in (house.settings.database_path, house.settings.log_path))
    return [*first, *sound, _secrets(house), _log(house), _together(house), _lake(house)]


def at_a_glance(house: House, found: Figures) -> list[Check]:
    """The checks that cost next to nothing; the health page makes them each time it is drawn."""
    now = house.clock.now()
    return [_disk(house, found), _clock(found, now), _engine(found, now), _outbox(found), _courier(found, now), _mail(house)]


def _disk(house: House, found: Figures) -> Check:
    ok = found.free_bytes >= ENOUGH_BYTES
    return Check("disk", ok, f"{found.free_bytes / 1024**3:.1f} GB free in {house.settings.home}" + ("" if ok else "; make room"))


def _clock(found: Figures, now: Millis) -> Check:
    ahead = found.engine_at - now
    if ahead > CLOCK_PATIENCE_MS:
        text = f"the log is {_how_long(ahead)} ahead of this machine's clock, which was wrong once: until then carts and waits stand still; set the clock right"
        return Check("clock", ok=False, text=text)
    return Check("clock", ok=True, text="the clock goes with the log")


def _database(path: Path) -> Check:
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            found = str(db.execute("PRAGMA quick_check(1)").fetchone()[0]).replace("\n", " ")
    except sqlite3.Error as error:
        found = str(error)
    return Check(path.name, found == "ok", f"{path.name} is sound" if found == "ok" else f"{path.name}: {found}; restore it from a backup")


def _secrets(house: House) -> Check:
    seal, bad = house.seal(), 0
    try:
        with closing(sqlite3.connect(f"{house.settings.database_path.as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            texts = [text for (text,) in db.execute("SELECT secret FROM hooks_hook UNION ALL SELECT settings FROM streams_stream")]
    except sqlite3.Error as error:
        return Check("secrets", ok=False, text=f"the secrets of webhooks and streams cannot be looked at: {error}")
    for sealed in _SEALED.findall("\n".join(texts)):
        try:
            seal.open(sealed)
        except Unsealable:
            bad += 1
    text = f"{bad} of the secrets of webhooks and streams: each {UNREADABLE}" if bad else "the secrets of webhooks and streams can be read"
    return Check("secrets", not bad, text)


def _log(house: House) -> Check:
    try:
        count = house.log().verify()
    except (Damaged, Full) as damage:
        return Check("log", ok=False, text=str(damage))
    except sqlite3.Error as error:
        return Check("log", ok=False, text=f"log.sqlite cannot be read: {error}")
    return Check("log", ok=True, text=f"{count:,} log records, checksums fit")


def _together(house: House) -> Check:
    try:
        look(house.settings)
    except Refusal as refusal:
        return Check("together", ok=False, text=refusal.message)
    return Check("together", ok=True, text="database and log belong together")


def _lake(house: House) -> Check:
    """Whether every file that the lake's catalog lists is there; nothing of what is in them is read."""
    folder = house.settings.lake_path
    try:
        listed = _files(house)
        gone = {path for path in listed if not Path(path).exists()}
        missing = sorted(gone & _files(house)) if gone else []  # a compaction may have taken some away while we looked
    except (Unreachable, Refusal) as error:
        return Check("lake", ok=False, text=f"the lake cannot be read ({error}); where the disk has room and is sound, restore {folder} from a backup")
    if missing:
        return Check("lake", ok=False, text=f"the lake lacks {len(missing)} of {len(listed)} files, such as {missing[0]}; restore {folder} from a backup")
    return Check("lake", ok=True, text=f"{len(listed):,} files in the lake")


def _files(house: House) -> set[str]:
    lake = house.lake_reader()
    return {str(path) for (path,) in lake.query("SELECT data_file FROM ducklake_list_files('lake', 'facts')", {})} if lake is not None else set()


def _engine(found: Figures, now: Millis) -> Check:
    if found.damage:
        return Check("engine", ok=False, text=f"the engine cannot go on: {found.damage}")
    late = now - (found.unfolded_since or now)
    if late > ENGINE_PATIENCE_MS:
        return Check("engine", ok=False, text=f"the engine is {found.behind:,} records and {_how_long(late)} behind the log; is `sojourn work` running?")
    return Check("engine", ok=True, text=f"the engine is {found.behind:,} records behind the log")


def _outbox(found: Figures) -> Check:
    ok = found.outbox < OUTBOX_PATIENCE
    return Check("outbox", ok, f"{found.outbox:,} facts wait for the relay" + ("" if ok else "; is `sojourn work` running?"))


def _courier(found: Figures, now: Millis) -> Check:
    late = now - (found.overdue_since or now)
    if late > COURIER_PATIENCE_MS:
        text = f"{found.overdue:,} messages could have gone out by now, the oldest {_how_long(late)} ago"
        return Check("courier", ok=False, text=f"{text}; is `sojourn work` running, and does the mail server answer?")
    return Check("courier", ok=True, text=f"{found.overdue:,} messages wait for the courier")


def _how_long(span: Millis) -> str:
    return f"{span // MINUTE:,} minutes" if span >= 2 * MINUTE else f"{span // SECOND} seconds"


def _mail(house: House) -> Check:
    where = "the built-in mailbox (no SOJOURN_SMTP is set)" if not house.settings.smtp else "your mail server"
    return Check("mail", ok=True, text=f"messages go to {where}")
