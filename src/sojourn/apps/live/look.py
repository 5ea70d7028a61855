"""One look at the database: what has changed since the last one."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from django.contrib.sessions.models import Session
from django.db import connection

from sojourn.apps.people import api as people
from sojourn.apps.workspace import api as workspace_api


@dataclass(frozen=True, slots=True)
class Changes:
    """What a look found. `everywhere` stands for all workspaces, where it cannot be told which of them the engine has touched."""

    written: bool = False
    everywhere: bool = False
    workspaces: frozenset[int] = frozenset()
    people: frozenset[tuple[int, int]] = frozenset()  # (workspace, person)

    def touches(self, workspace: int) -> bool:
        """Whether the engine may have committed something of that workspace."""
        return self.everywhere or workspace in self.workspaces


@dataclass(slots=True)
class Looker:
    """Remembers the marks of the last look; used by one thread. Errors of every method: django.db.Error."""

    _version: int | None = None
    _position: int = -1
    _sequence: int = 0
    _sums: dict[tuple[int, int], int | None] = field(default_factory=dict)

    def look(self, watched: Mapping[int, Collection[int]]) -> Changes:
        """Compare with the last look. `watched` has the people of interest by workspace; somebody seen for the first time has not changed."""
        fresh = [(workspace, person) for workspace, ids in watched.items() for person in ids if (workspace, person) not in self._sums]
        version = _version()
        if version is not None and version == self._version and not fresh:
            return Changes()
        written, self._version = version is None or version != self._version, version
        begun = self._position < 0
        position, _ = people.folded()
        moved, self._position = position != self._position, position
        if begun:
            self._sequence = people.newest_handover()
        changed = self._portraits(watched) if moved or fresh else frozenset()
        if begun or not moved:
            return Changes(written and not begun, people=changed)
        everywhere, workspaces = self._moved()
        return Changes(written, everywhere, workspaces, changed)

    def _moved(self) -> tuple[bool, frozenset[int]]:
        """Which workspaces the engine's commits were about. Where the lake was quicker than this look, it may be any."""
        rows = people.handed_over(self._sequence)
        if not rows:
            return True, frozenset()
        gap = rows[-1][0] - self._sequence != len(rows)
        self._sequence = rows[-1][0]
        return gap, frozenset(workspace for _, workspace in rows)

    def _portraits(self, watched: Mapping[int, Collection[int]]) -> frozenset[tuple[int, int]]:
        sums: dict[tuple[int, int], int | None] = {}
        for workspace, ids in watched.items():
            found = people.portraits(workspace, ids)
            sums |= {(workspace, person): found.get(person) for person in ids}
        changed = frozenset(key for key, value in sums.items() if key in self._sums and self._sums[key] != value)
        self._sums = sums
        return changed


def signed_in(asked: Iterable[tuple[str, int, int]]) -> set[tuple[str, int, int]]:
    """Those of (session key, user, workspace) whose session still stands and whose user is still a member."""
    wanted = list(asked)
    sessions = set(Session.objects.filter(session_key__in={key for key, _, _ in wanted}).values_list("session_key", flat=True))
    members = workspace_api.memberships({user for _, user, _ in wanted})
    return {one for one in wanted if one[0] in sessions and one[1:] in members}


def _version() -> int | None:
    """A number that changes with each commit of another connection to the database file, for the price of looking into shared memory; None elsewhere."""
    if connection.vendor != "sqlite":
        return None
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA data_version")
        return int(cursor.fetchone()[0])
