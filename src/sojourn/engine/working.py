"""The working set of a fold: the people and identifiers at hand, what changed, and the effects so far."""

from collections.abc import Callable
from heapq import heappush
from typing import Any

import msgspec

from sojourn.terms.effects import Cancel, Commit, ConsentRow, Intent, Refold, Resolved
from sojourn.terms.facts import Derived, Quarantine
from sojourn.terms.ids import FactId, IdentifierKey, PersonId, derived_id, digest_named
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis


class Moment(msgspec.Struct, frozen=True, gc=False):
    """Where on the log a fact stands. `live` is False for imported or late history, which fires nothing."""

    id: FactId
    at: Millis  # record time
    source: int
    live: bool = True


class Reader(msgspec.Struct, frozen=True):
    """How the working set gets what it does not hold yet; three pure look-ups into the last committed state."""

    entry: Callable[[IdentifierKey], IdentifierEntry | None]
    person: Callable[[PersonId], Person | None]
    canonical: Callable[[PersonId], PersonId]


EMPTY = Reader(entry=lambda _: None, person=lambda _: None, canonical=lambda person: person)


class Working:
    """Everything one workspace's fold reads and writes. Mutated in place by the fold; handed over as a Commit at the end of a batch."""

    def __init__(self, workspace: int, rules: RuleBook, reader: Reader = EMPTY, now: Millis = 0) -> None:
        self.workspace = workspace
        self.rules = rules
        self.now = now
        self.people: dict[PersonId, Person] = {}
        self.entries: dict[IdentifierKey, IdentifierEntry | None] = {}
        self.due_heap: list[tuple[Millis, PersonId]] = []
        self.horizon: Millis = 0  # timers at or after it are left to a later batch
        self.current: FactId = 0  # the fact being folded, so that one that breaks the fold can be named
        self._reader = reader
        self._began()

    def _began(self) -> None:
        self._dirty: dict[PersonId, Person] = {}
        self._dirty_entries: dict[IdentifierKey, IdentifierEntry | None] = {}
        self.gone: dict[PersonId, PersonId] = {}
        self.removed: list[PersonId] = []
        self.intents: list[Intent] = []
        self.cancels: list[Cancel] = []
        self.consents: list[ConsentRow] = []
        self.resolved: list[Resolved] = []
        self.derived: list[Derived] = []
        self.counts: dict[tuple[int, str], int] = {}
        self.quarantined: list[tuple[int, int, Quarantine]] = []
        self.refolds: list[Refold] = []
        self.new_rules: bytes | None = None

    # -- people and identifiers

    def person(self, person: PersonId) -> Person | None:
        """The person of that id, or of whom they have become; None where there is none."""
        found = self.people.get(person)
        if found is not None:
            return found
        person = self.canonical(person)
        found = self.people.get(person)
        if found is None and person not in self.removed:
            found = self._reader.person(person)
            if found is not None:
                self.people[person] = found
        return found

    def canonical(self, person: PersonId) -> PersonId:
        """Who a person has become by merges."""
        if person in self.people:
            return person
        here = self._reader.canonical(person)
        while here in self.gone:
            here = self.gone[here]
        return here

    def add(self, person: Person) -> None:
        """Take in a new person."""
        self.people[person.id] = person
        self._dirty[person.id] = person

    def touch(self, person: Person) -> None:
        """Note that a person changed."""
        self._dirty[person.id] = person

    def remove(self, person: Person) -> None:
        """Forget a person; a later look-up in this batch finds nobody, whatever the stored state still says."""
        self.people.pop(person.id, None)
        self._dirty.pop(person.id, None)
        self.removed.append(person.id)

    def merge(self, winner: Person, loser: Person) -> None:
        """Note that `loser` has become `winner`; their contents are folded together by identity.merge."""
        self.people.pop(loser.id, None)
        self._dirty.pop(loser.id, None)
        self.gone[loser.id] = winner.id
        self.touch(winner)

    def entry(self, key: IdentifierKey) -> IdentifierEntry | None:
        """The entry of an identifier."""
        try:
            return self.entries[key]
        except KeyError:
            found = self.entries[key] = self._reader.entry(key)
            return found

    def set_entry(self, key: IdentifierKey, entry: IdentifierEntry | None) -> None:
        """Point an identifier somewhere, or remove it."""
        self.entries[key] = entry
        self._dirty_entries[key] = entry

    # -- timers

    def arm(self, person: Person, due: Millis | None) -> None:
        """Have `fold.fire` look at this person not later than `due`, and never in the past of the log.

        A timer that is already earlier stays: it finds nothing to do and arms the next one. So activity costs no timer write.
        """
        if due is None:
            return
        due = max(due, self.now)
        if person.due is None or due < person.due:
            person.due = due
            if due < self.horizon:
                heappush(self.due_heap, (due, person.id))

    # -- effects

    def derive(self, person: Person, at: Millis, name: str, parts: tuple[str | int, ...], props: dict[str, Any]) -> Derived:
        """Emit a derived fact. `parts` name it once and for all, e.g. (episode id, abandonment number); same parts, same id."""
        message_id = digest_named(self.workspace, name, parts)
        fact = Derived(derived_id(message_id), person.id, at, name, message_id, props)
        self.derived.append(fact)
        counts = person.counts
        counts[name] = counts.get(name, 0) + 1
        return fact

    def count(self, source: int, reason: str, events: int = 1) -> None:
        """Count something about a source."""
        self.counts[source, reason] = self.counts.get((source, reason), 0) + events

    def finish(self, position: int) -> Commit:
        """The batch as one Commit; the working set goes on empty-handed, with its people and entries still at hand."""
        commit = Commit(
            workspace=self.workspace,
            position=position,
            now=self.now,
            people=list(self._dirty.values()),
            gone={loser: self._end(winner) for loser, winner in self.gone.items()},
            removed=self.removed,
            identifiers=self._dirty_entries,
            intents=self.intents,
            cancels=self.cancels,
            consents=self.consents,
            resolved=self.resolved,
            derived=self.derived,
            counts=self.counts,
            quarantined=self.quarantined,
            rules=self.new_rules,
        )
        self._began()
        return commit

    def _end(self, person: PersonId) -> PersonId:
        while person in self.gone:
            person = self.gone[person]
        return person
