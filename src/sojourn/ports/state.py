"""The engine's state: people, identifiers, timers, positions, and what a batch leaves for others, in one transaction."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import msgspec

from sojourn.terms.effects import Commit
from sojourn.terms.ids import IdentifierKey, PersonId
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import Millis


class Progress(msgspec.Struct, frozen=True):
    """How far the engine is: position folded, engine time, and the owner's epoch."""

    position: int
    now: Millis


class Taken(Exception):
    """Another engine has committed in the meantime; this one must stop and load afresh."""


class Unavailable(Exception):
    """The database cannot be read or written now (disk full, busy for too long, IO error). Nothing was written; try again later."""


class Handover(msgspec.Struct, frozen=True, array_like=True):
    """What the lake still has to take in from one batch: rows of (fact, person, session) by log position, and derived facts."""

    sequence: int
    workspace: int
    payload: bytes  # msgpack of (list[Resolved], list[Derived], dict gone)


class State(Protocol):
    """State of the engine. The engine is its only writer; everybody may read."""

    def progress(self) -> Progress:
        """Where the last committed batch ended; position 0 at the beginning."""
        ...

    def rules(self, workspace: int) -> bytes | None:
        """Msgpack of the RuleBook in force, None before the first was published."""
        ...

    def identifiers(self, workspace: int, keys: Iterable[IdentifierKey]) -> dict[IdentifierKey, IdentifierEntry]:
        """The entries that exist of these."""
        ...

    def people(self, workspace: int, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        """The people that exist of these; a merged id is not followed."""
        ...

    def canonical(self, workspace: int, person: PersonId) -> PersonId:
        """Who a person has become by merges; the id itself where nothing happened to it."""
        ...

    def due(self, workspace: int, before: Millis, limit: int) -> list[tuple[Millis, PersonId]]:
        """People whose `due` lies before that time, ordered by (due, id)."""
        ...

    def next_due(self) -> Millis | None:
        """The earliest `due` of all workspaces."""
        ...

    def commit(self, commits: Sequence[Commit], before: Progress, after: Progress) -> None:
        """Write everything in one durable transaction. `before` must be what is stored, else Taken and nothing is written.

        Each Commit becomes one Handover where it has resolved or derived facts or merges. Cancels act on intents that are ready or claimed only.
        """
        ...

    def handovers(self, after: int, limit: int) -> list[Handover]:
        """What the lake has not taken yet, in order."""
        ...

    def release(self, upto: int) -> None:
        """Forget handovers up to that sequence; the lake has them."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
