"""Repair of a log: an empty record takes the place of each one that is damaged or missing, and what can be read of it is put aside.

Usage: python -m sojourn.adapters.sqlite.repair LOGFILE, with everything stopped. See docs/how-to/recover-a-damaged-log.md.
"""

import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sojourn.adapters.sqlite.connection import connect, writing
from sojourn.adapters.sqlite.log import checked
from sojourn.adapters.sqlite.records import EMPTY_BODY, checksum
from sojourn.ports.log import Damaged
from sojourn.terms.facts import NO_SOURCE


def repair(path: Path) -> list[int]:
    """Replace until every record reads well; the positions replaced. The bodies taken out are in `<file>.damaged/<position>`.

    Errors: Damaged where the file itself is broken there, so that nothing can be put in the record's place.
    """
    replaced: list[int] = []
    with closing(connect(path)) as connection:
        while (position := _first_damaged(connection)) is not None:
            if position in replaced or position < 1:
                raise Damaged(position, "the file itself is broken there")
            _put_aside(connection, path.with_name(path.name + ".damaged"), position)
            _replace(connection, position)
            replaced.append(position)
    return replaced


def _first_damaged(connection: sqlite3.Connection) -> int | None:
    try:
        with closing(checked(connection, 0, -1)) as records:
            for _ in records:
                pass
    except Damaged as damage:
        return damage.position
    return None


def _put_aside(connection: sqlite3.Connection, folder: Path, position: int) -> None:
    try:
        row = connection.execute("SELECT CAST(keys AS BLOB), CAST(body AS BLOB) FROM record WHERE position = ?", (position,)).fetchone()
    except sqlite3.DatabaseError:
        row = None  # not even that can be read
    if row is not None:
        folder.mkdir(exist_ok=True)
        (folder / str(position)).write_bytes(row[0] + row[1])


def _replace(connection: sqlite3.Connection, position: int) -> None:
    """An empty record of workspace 0, at the time of the one before it. Errors: Damaged."""
    try:
        with writing(connection):
            (at,) = connection.execute(
                "SELECT coalesce(max(at), 0) FROM (SELECT at FROM record WHERE position < ? ORDER BY position DESC LIMIT 1)", (position,)
            ).fetchone()
            crc = checksum(position, at, 0, NO_SOURCE, b"", EMPTY_BODY)
            connection.execute("DELETE FROM record WHERE position = ?", (position,))
            connection.execute(
                "INSERT INTO record (position, at, workspace, source, keys, body, crc) VALUES (?, ?, 0, ?, x'', ?, ?)",
                (position, at, NO_SOURCE, EMPTY_BODY, crc),
            )
    except sqlite3.DatabaseError as error:
        raise Damaged(position, str(error)) from error


def main(arguments: Sequence[str]) -> int:
    """The program; 0 where the log reads well afterwards."""
    if len(arguments) != 1 or not Path(arguments[0]).is_file():
        print("usage: python -m sojourn.adapters.sqlite.repair LOGFILE", file=sys.stderr)
        return 2
    path = Path(arguments[0])
    try:
        replaced = repair(path)
    except (Damaged, sqlite3.DatabaseError) as error:
        print(f"{error}\nThis file cannot be repaired in place; restore it from a backup.", file=sys.stderr)
        return 1
    if replaced:
        print(f"replaced by empty records: {', '.join(map(str, replaced))}; what was read of them is in {path.name}.damaged")
    else:
        print("every record reads well; nothing was changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
