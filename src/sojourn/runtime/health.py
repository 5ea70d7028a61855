"""The report behind the health page: loops, lags, sizes, checks, versions and settings of this installation."""

import os
import platform
import sqlite3
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from sojourn.apps.health.report import Finding, Loop, Report, Size
from sojourn.runtime import figures
from sojourn.runtime.doctor import at_a_glance
from sojourn.runtime.figures import Figures
from sojourn.runtime.settings import MEANING, Settings
from sojourn.runtime.watch import LOOPS, Felt, feel
from sojourn.runtime.wiring import House
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import SECOND, Millis

DOES: Final = {
    "engine": "folds what comes in into people, carts and decisions",
    "lake": "files all facts for history and analysis",
    "courier": "hands messages to the mail server",
}
PATIENCE_SECONDS: Final = {"engine": 15, "lake": 120, "courier": 180}
"""A turn may take so long: the lake's when it sorts files, the courier's when a mail server lets it wait."""
_PACKAGES: Final = ("sojourn", "django", "duckdb", "uvicorn", "msgspec")


def report(house: House) -> Report:
    """Look at everything once. Errors: Refusal(NOT_READY) where the stores cannot be read."""
    try:
        found = figures.read(house)
    except (sqlite3.Error, OSError) as error:
        raise Refusal(Code.NOT_READY, f"The stores cannot be read now ({error}). Look at the disk, and run: sojourn doctor") from error
    now = house.clock.now()
    loops = [_loop(name, feel(house.settings.locks_path, name), found, now) for name in LOOPS]
    wrong = [one for loop in loops if (one := _finding(loop)) is not None]
    # A loop that does not run is behind because of that: one sentence is enough.
    said = {one.name for one in wrong}
    checks = [Finding(check.name, check.ok, _sentence(check.text)) for check in at_a_glance(house, found) if check.name not in said]
    return Report(
        loops=loops,
        findings=[*wrong, *checks],
        sizes=list(_sizes(house.settings)),
        free_bytes=found.free_bytes,
        disk_bytes=found.disk_bytes,
        log_records=found.head,
        lake_waiting=found.lake_waiting,
        outbox=found.outbox,
        intents=found.intents,
        versions=_versions(),
        settings=settings_in_force(house.settings),
    )


def _loop(name: str, felt: Felt, found: Figures, now: Millis) -> Loop:
    behind, unit, since = {
        "engine": (found.behind, "records", found.unfolded_since),
        "lake": (found.lake_waiting, "batches", None),
        "courier": (found.overdue, "messages", found.overdue_since),
    }[name]
    late = max(0, now - since) / SECOND if since is not None else 0.0
    return Loop(name, _state(name, felt, now), DOES[name], felt.turned_at, behind, unit, late, felt.trouble)


def _state(name: str, felt: Felt, now: Millis) -> str:
    if felt.held is False:
        return "stopped"
    if felt.trouble:
        return "failing"
    if now - felt.turned_at > PATIENCE_SECONDS[name] * SECOND:
        return "unknown" if felt.held is None else "stuck"
    return "running"


def _finding(loop: Loop) -> Finding | None:
    """What to do about a loop that does not run as it should."""
    said = {
        "stopped": f"The {loop.name} does not run: nothing {loop.does}. Start it with `sojourn work`, or everything with `sojourn up`.",
        "failing": f"The {loop.name} fails and begins again and again: {loop.trouble}",
        "stuck": f"The {loop.name} has not finished a turn for a long time. Look at the log of the work process; restarting it loses nothing.",
        "unknown": f"The {loop.name} has given no sign for a long time. Look whether `sojourn work` runs.",
    }.get(loop.state)
    return Finding(loop.name, ok=False, text=said) if said is not None else None


def _sizes(settings: Settings) -> Iterator[Size]:
    yield Size("Database", "people, carts, messages, settings", _weight(settings.database_path), 1)
    yield Size("Log", "every event as it was acknowledged", _weight(settings.log_path), 1)
    files = sizes = 0
    for folder, _, names in os.walk(settings.lake_path):
        for name in names:
            sizes += _bytes(Path(folder, name))
            files += name.endswith(".parquet")
    yield Size("Lake", "history, as Parquet files", sizes, files)


def _weight(path: Path) -> int:
    """A SQLite file with what has not been copied into it yet."""
    return _bytes(path) + _bytes(path.with_name(path.name + "-wal"))


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0  # not made yet, or replaced while we look


def _versions() -> list[tuple[str, str]]:
    named = [(name.capitalize() if name != "duckdb" else "DuckDB", version(name)) for name in _PACKAGES]
    return [*named, ("SQLite", sqlite3.sqlite_version), ("Python", platform.python_version()), ("System", f"{platform.system()} {platform.release()}")]


def settings_in_force(settings: Settings) -> list[tuple[str, str, str]]:
    """(variable, value, meaning) of each setting of the machine. Of the mail server only where it is, never who signs in with what."""
    values = {
        "SOJOURN_HOME": str(settings.home),
        "SOJOURN_BIND": settings.bind,
        "SOJOURN_PUBLIC_URL": settings.public_url,
        "SOJOURN_SMTP": _without_secrets(settings.smtp) or "not set: the built-in mailbox",
        "SOJOURN_LOG_FORMAT": settings.log_format,
        "SOJOURN_RETENTION_DAYS": str(settings.retention_days),
    }
    return [(name, values.get(name, "embedded"), MEANING[name]) for name in MEANING]


def _without_secrets(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if url else ""


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
