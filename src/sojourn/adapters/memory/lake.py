"""The lake as a list, for tests and for looking at what a lake must do."""

from bisect import insort
from collections.abc import Sequence
from typing import Any

from sojourn.ports.lake import Row
from sojourn.terms.facts import NO_SOURCE, Flag, Kind
from sojourn.terms.ids import NOBODY, FactId, PersonId
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis


class MemoryLake:
    """Keeps rows sorted by id. Questions in SQL need a real lake."""

    def __init__(self) -> None:
        self._rows: list[Row] = []
        self._merges: dict[tuple[int, PersonId], PersonId] = {}
        self._sequence = 0

    def write(self, rows: Sequence[Row], merges: Sequence[tuple[int, PersonId, PersonId]], sequence: int) -> None:
        """See ports.lake."""
        if sequence <= self._sequence:
            return
        for row in rows:
            insort(self._rows, row, key=lambda kept: kept.id)
        for workspace, person, became in merges:
            for (place, earlier), end in list(self._merges.items()):
                if place == workspace and end == person:
                    self._merges[place, earlier] = became
            self._merges[workspace, person] = became
        self._sequence = sequence

    def sequence(self) -> int:
        """See ports.lake."""
        return self._sequence

    def timeline(self, workspace: int, people: Sequence[PersonId], limit: int, before: tuple[Millis, FactId] | None = None) -> list[Row]:
        """See ports.lake."""
        found = [row for row in self._rows if row.workspace == workspace and row.person in people]
        if before is not None:
            found = [row for row in found if (row.fact.at, row.id) < before]
        found.sort(key=lambda row: (row.fact.at, row.id), reverse=True)
        return found[: max(limit, 0)]

    def history(self, workspace: int, people: Sequence[PersonId]) -> list[Row]:
        """See ports.lake."""
        return [
            row
            for row in self._rows
            if row.workspace == workspace
            and not row.fact.flags & Flag.DERIVED
            and ((row.person in people and row.person != NOBODY) or (row.person == NOBODY and row.fact.kind == Kind.CONTROL))
        ]

    def touching(self, workspace: int, ids: Sequence[str]) -> list[PersonId]:
        """See ports.lake."""
        wanted = set(ids)
        found = {row.person for row in self._rows if row.workspace == workspace and wanted & {row.fact.anonymous_id, row.fact.user_id, row.fact.link}}
        return sorted(found - {NOBODY})

    def query(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """See ports.lake. Errors: always Refusal."""
        raise Refusal(Code.NOT_READY, "The lake in memory answers no SQL; use the lake on disk.")

    def compact(self) -> int:
        """See ports.lake."""
        return 0

    def erase(self, workspace: int, people: Sequence[PersonId]) -> int:
        """See ports.lake."""
        people = [*people, *(person for (place, person), became in self._merges.items() if place == workspace and became in people)]
        kept = [row for row in self._rows if row.workspace != workspace or row.person not in people]
        gone = len(self._rows) - len(kept)
        self._rows = kept
        self._merges = {
            (place, person): became for (place, person), became in self._merges.items() if place != workspace or (person not in people and became not in people)
        }
        return gone

    def seen_by(self, workspace: int, sources: Sequence[int]) -> list[PersonId]:
        """See ports.lake."""
        return sorted({row.person for row in self._rows if row.workspace == workspace and row.source in sources} - {NOBODY})

    def seen_elsewhere(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId]) -> list[PersonId]:
        """See ports.lake."""
        others = {row.person for row in self._rows if row.workspace == workspace and row.source not in (*sources, NO_SOURCE)}
        return sorted(others.intersection(people))

    def facts_of(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> list[FactId]:
        """See ports.lake."""
        return [row.id for row in self._rows if row.workspace == workspace and not row.fact.flags & Flag.DERIVED and _goes(row, sources, people, intents)]

    def remove(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> int:
        """See ports.lake."""
        kept = [row for row in self._rows if row.workspace != workspace or not _goes(row, sources, people, intents)]
        gone = len(self._rows) - len(kept)
        self._rows = kept
        self._merges = {
            (place, person): became for (place, person), became in self._merges.items() if place != workspace or (person not in people and became not in people)
        }
        return gone

    def head(self, workspace: int) -> FactId:
        """See ports.lake."""
        return max((row.id for row in self._rows if row.workspace == workspace and row.id < 1 << 62), default=0)

    def move(
        self,
        workspace: int,
        facts: Sequence[tuple[FactId, PersonId, FactId]],
        rows: Sequence[Row],
        merges: Sequence[tuple[PersonId, PersonId]],
        sequence: int,
    ) -> None:
        """See ports.lake."""
        if sequence <= self._sequence:
            return
        there = {fact: (person, session) for fact, person, session in facts}
        old = {row.person for row in self._rows if row.workspace == workspace and row.id in there} - {NOBODY}
        kept = [row for row in self._rows if not (row.workspace == workspace and row.person in old and row.fact.flags & Flag.DERIVED)]
        for index, row in enumerate(kept):
            if row.workspace == workspace and row.id in there:
                person, session = there[row.id]
                kept[index] = Row(row.workspace, row.id, person, session, row.source, row.recorded_at, row.fact)
        self._rows = kept
        self._merges = {(place, person): became for (place, person), became in self._merges.items() if place != workspace or not {person, became} & old}
        self.write(rows, [(workspace, person, became) for person, became in merges], sequence)

    def close(self) -> None:
        """See ports.lake."""


def _goes(row: Row, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> bool:
    told = row.fact.kind == Kind.CONTROL and row.fact.props.get("intent") in intents
    return row.source in sources or (row.person != NOBODY and row.person in people) or told
