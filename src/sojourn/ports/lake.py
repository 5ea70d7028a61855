"""The lake: every fact for good, sorted by person and time, open to questions."""

from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from sojourn.terms.facts import Fact
from sojourn.terms.ids import FactId, PersonId
from sojourn.terms.time import Millis


class Row(msgspec.Struct, frozen=True, gc=False):
    """One fact as the lake keeps it."""

    workspace: int
    id: FactId
    person: PersonId
    session: FactId
    source: int
    recorded_at: Millis
    fact: Fact


class Unreachable(Exception):
    """The lake cannot be read or written just now (disk, lock, damaged file); nothing changed. Try again, and see `sojourn doctor` when it stays so."""


class Lake(Protocol):
    """Written by one loop; read by many processes, each with a connection of its own."""

    def write(self, rows: Sequence[Row], merges: Sequence[tuple[int, PersonId, PersonId]], sequence: int) -> None:
        """Add rows and merges (workspace, from, into) and set the position, in one transaction of the lake.

        Where `sequence` is not above the one written last, nothing is written: it was written before. Errors: Unreachable.
        """
        ...

    def sequence(self) -> int:
        """The last handover sequence written; 0 at the beginning."""
        ...

    def timeline(self, workspace: int, people: Sequence[PersonId], limit: int, before: tuple[Millis, FactId] | None = None) -> list[Row]:
        """The newest facts of these people, newest first by (event time, id), below `before` where given."""
        ...

    def history(self, workspace: int, people: Sequence[PersonId]) -> list[Row]:
        """All facts of these people and the workspace's control facts, in log order, derived ones left out: what a re-fold needs."""
        ...

    def touching(self, workspace: int, ids: Sequence[str]) -> list[PersonId]:
        """Everybody with a fact in which one of these stands as anonymous id, user id or link; in order, without nobody."""
        ...

    def query(self, sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
        """Ask in the lake's SQL; the table is `facts`."""
        ...

    def compact(self) -> int:
        """Merge small files, expire old snapshots, remove what nobody needs; how many files went."""
        ...

    def erase(self, workspace: int, people: Sequence[PersonId]) -> int:
        """Delete all facts of these people and of those who became them, and rewrite the files that held them; how many rows went."""
        ...

    def seen_by(self, workspace: int, sources: Sequence[int]) -> list[PersonId]:
        """Everybody with a fact of one of these sources, by the ids the facts lead to; in order, without nobody."""
        ...

    def seen_elsewhere(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId]) -> list[PersonId]:
        """Of these people those with a fact of any other source; what the house itself said does not count."""
        ...

    def facts_of(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> list[FactId]:
        """Ids, in order, of the log's facts of these sources, of these people, and of control facts about these intents."""
        ...

    def remove(self, workspace: int, sources: Sequence[int], people: Sequence[PersonId], intents: Sequence[str]) -> int:
        """Delete what `facts_of` lists, and what was derived of these people, and rewrite the files that held it; how many rows went. Idempotent."""
        ...

    def head(self, workspace: int) -> FactId:
        """The highest id of a fact of the log that is here; derived facts do not count. 0 where there is none."""
        ...

    def move(
        self,
        workspace: int,
        facts: Sequence[tuple[FactId, PersonId, FactId]],
        rows: Sequence[Row],
        merges: Sequence[tuple[PersonId, PersonId]],
        sequence: int,
    ) -> None:
        """After a correction: give facts that are here (fact, person, session) to other people.

        The derived facts and merges of everybody who had one of these facts go; `rows` and `merges` (from, into) are added instead.
        One transaction that sets the position too, like `write`.
        """
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
