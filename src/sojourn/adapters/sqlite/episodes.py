"""Rows for lists beside the portraits: which of them a batch changed, and what is written of those."""

import sqlite3
from typing import Any, Final

from sojourn.terms.ids import FactId, PersonId
from sojourn.terms.listed import EPISODE_COLUMNS, episode_rows
from sojourn.terms.person import Person

_NAMES: Final = ", ".join(EPISODE_COLUMNS)
_SET: Final = ", ".join(f"{name} = excluded.{name}" for name in EPISODE_COLUMNS if name != "id")
_UPSERT: Final = f"""
INSERT INTO people_episode (workspace_id, {_NAMES})
VALUES (?{", ?" * len(EPISODE_COLUMNS)})
ON CONFLICT (id) DO UPDATE
SET {_SET}
"""
_DROP: Final = "DELETE FROM people_episode WHERE id = ? AND workspace_id = ? AND person = ?"
_DROP_ALL: Final = "DELETE FROM people_episode WHERE workspace_id = ? AND person = ?"

Marks = dict[FactId, int]
"""A hash of each cart's row, by episode. In memory only: it differs from process to process."""

NO_MARKS: Final[Marks] = {}


def marks(person: Person) -> Marks:
    """What the rows of a portrait's carts hash to."""
    return {row[0]: hash(row) for row in episode_rows(person)} if person.carts else NO_MARKS


class Changes:
    """What a batch changes of one workspace's carts. Rows that go are removed before any is written: a cart may pass from one person to another."""

    def __init__(self, workspace: int) -> None:
        self._workspace = workspace
        self._wipes: list[tuple[int, PersonId]] = []
        self._drops: list[tuple[FactId, int, PersonId]] = []
        self._rows: list[tuple[Any, ...]] = []

    def leave(self, person: PersonId) -> None:
        """Somebody is no more, or nobody knows what is stored of them: all their rows go."""
        self._wipes.append((self._workspace, person))

    def put(self, person: Person, before: Marks) -> Marks:
        """Make the rows say what the portrait says, where `before` is what they said; what they say then."""
        if not person.carts and not before:
            return NO_MARKS
        now: Marks = {}
        for row in episode_rows(person):
            number, mark = row[0], hash(row)
            now[number] = mark
            if before.get(number) != mark:
                self._rows.append((self._workspace, *row))
        self._drops += [(number, self._workspace, person.id) for number in before.keys() - now.keys()]
        return now

    def write(self, connection: sqlite3.Connection) -> None:
        """Write it all, in the transaction of the caller."""
        connection.executemany(_DROP_ALL, self._wipes)
        connection.executemany(_DROP, self._drops)
        connection.executemany(_UPSERT, self._rows)
