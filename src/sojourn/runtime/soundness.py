"""Whether the files of a house can be used and belong together, looked at before anything is written; and trouble with them in one sentence."""

import errno
import os
import secrets
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from sojourn.ports.lake import Unreachable
from sojourn.ports.log import Damaged, Full
from sojourn.ports.state import Unavailable
from sojourn.runtime.settings import Settings
from sojourn.terms.refusals import Code, Refusal

_RECOVER: Final = "see docs/how-to/recover-a-damaged-log.md, or restore it from a backup"
_NO_DATABASE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_PRIMARY: Final = 0xFF
_APPS: Final = Path(__file__).parents[1] / "apps"
_LABELS: Final = {"messages": "mail"}
"""How Django calls an app, where that is not the name of its folder."""
_OF_THE_MACHINE: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS, errno.EMFILE, errno.ENFILE)


def look(settings: Settings) -> None:
    """Look at the folder, the database and the log as they lie there. A house that was never set up is sound.

    Errors: Refusal(DAMAGED) where going on would lose or repeat something; Refusal(NOT_READY) where a file cannot be opened or written.
    """
    make_folder(settings.home)
    # In this order: where the house is at work the log is ahead of the engine, and both go on while we look.
    position = _ask(
        settings.database_path, "SELECT coalesce(max(position), 0) FROM people_progress", f"{settings.database_path.name} is damaged; restore it from a backup"
    )
    head = _ask(settings.log_path, "SELECT coalesce(max(position), 0) FROM record", f"{settings.log_path.name} is no log any more; {_RECOVER}")
    if position is None and (head or (settings.lake_path / "catalog.sqlite").exists()):
        raise Refusal(
            Code.DAMAGED,
            f"{settings.database_path.name} is missing in {settings.home}, but what came in is there. Restore it from a backup: without it everything would "
            "be counted, and everybody written to, once more. To begin with nothing, name another folder in SOJOURN_HOME.",
        )
    reaches(head or 0, position or 0)


def tables(settings: Settings, *, older: bool = False) -> None:
    """Whether the tables are those of this version; `older` ones may be brought up to it. Nothing is said of a database that is missing or cannot be read.

    Errors: Refusal(NOT_READY).
    """
    if not settings.database_path.exists():
        return
    try:
        with closing(sqlite3.connect(f"{settings.database_path.as_uri()}?mode=rw", uri=True, timeout=10)) as db:
            applied = {(str(app), str(name)) for app, name in db.execute("SELECT app, name FROM django_migrations")}
    except sqlite3.Error:
        return
    ours = {(_LABELS.get(path.parents[1].name, path.parents[1].name), path.stem) for path in _APPS.glob("*/migrations/0*.py")}
    apps = {app for app, _ in ours}
    newer = sorted(f"{app} {name}" for app, name in applied - ours if app in apps)
    if newer:
        raise Refusal(
            Code.NOT_READY,
            f"This data was made by a newer version of Sojourn ({newer[-1]}); nothing was changed. "
            "Start that version, or restore a backup from before the upgrade.",
        )
    missing = sorted(f"{app} {name}" for app, name in ours - applied)
    if missing and not older:
        raise Refusal(Code.NOT_READY, f"This data is of an older version of Sojourn ({missing[0]} is still to come). Bring it up to this one first: sojourn up")


def reaches(head: int, position: int) -> None:
    """Whether the log holds what the engine has folded. Errors: Refusal(DAMAGED)."""
    if head < position:
        raise Refusal(
            Code.DAMAGED,
            f"The log ends at record {head:,}, but the engine has folded up to {position:,}: log and database come from different times, and what comes now "
            "would not be counted. Restore both from the same backup.",
        )


def make_folder(path: Path) -> None:
    """Make the folder of a house where it is missing. Errors: Refusal(NOT_READY)."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=path).close()  # one of our own each time: several processes begin at once
    except OSError as error:
        raise Refusal(Code.NOT_READY, f"nothing can be written in {path} ({error.strerror}); make room or give it to this user, or set SOJOURN_HOME") from error


def secret(path: Path) -> bytes:
    """A secret of this installation, made on the first run, readable by its owner only. It is there whole or not at all: an empty one would be known to all.

    Errors: OSError.
    """
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".secret-")
        made = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_urlsafe(48).encode())
                file.flush()
                os.fsync(file.fileno())
        except OSError:
            made.unlink()
            raise
        if path.exists() and not path.stat().st_size:
            path.unlink()
        try:
            os.link(made, path)
            made.unlink()
        except FileExistsError:  # another process was quicker
            made.unlink()
        except OSError:  # a file system without links
            made.replace(path)
    return path.read_bytes()


def _ask(path: Path, sql: str, damaged: str) -> int | None:
    """The one number of a question to a file; None where there is no such file or it is empty."""
    if not path.exists() or (path.is_file() and not path.stat().st_size):
        return None
    if not os.access(path, os.R_OK | os.W_OK):
        raise Refusal(Code.NOT_READY, f"{path} cannot be read and written by this user; look who owns it")
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=10)) as db:
            return int(db.execute(sql).fetchone()[0])
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return None
        if error.sqlite_errorcode & _PRIMARY in _NO_DATABASE:
            raise Refusal(Code.DAMAGED, f"{damaged} ({error})") from error
        raise Refusal(Code.NOT_READY, f"{path} cannot be used now ({error}); look who owns it, and whether the disk is full") from error
    except sqlite3.DatabaseError as error:
        raise Refusal(Code.DAMAGED, f"{damaged} ({error})") from error


def in_words(error: BaseException) -> Refusal | None:
    """Trouble with files and stores as a refusal; None where it is none of these but a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Damaged):
        return Refusal(Code.DAMAGED, str(error))
    if isinstance(error, Full | Unavailable):
        return Refusal(Code.NOT_READY, f"{error}. Look whether the disk is full, and run: sojourn doctor")
    if isinstance(error, Unreachable):
        return Refusal(Code.NOT_READY, f"the lake cannot be read now ({str(error).partition(chr(10))[0]}). Run: sojourn doctor")
    if isinstance(error, OSError) and error.filename is not None:
        return Refusal(Code.NOT_READY, f"{error.filename}: {error.strerror}")
    if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
        return Refusal(Code.NOT_READY, f"a file of the house cannot be written now ({error.strerror}); nothing acknowledged is lost")
    if isinstance(error, sqlite3.DatabaseError) or type(error).__module__ == "django.db.utils":
        cause = error if isinstance(error, sqlite3.Error) else error.__cause__
        if isinstance(cause, sqlite3.DatabaseError) and not isinstance(cause, sqlite3.IntegrityError | sqlite3.ProgrammingError):
            return Refusal(Code.NOT_READY, f"the database cannot be used now ({cause}). Look whether the disk is full, and run: sojourn doctor")
    return None
