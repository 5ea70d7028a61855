"""The engine's state in memory; values are kept as bytes, so that nobody holds on to what is stored."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence
from threading import RLock
from typing import Final

import msgspec

from sojourn.ports.state import Handover, Progress, Taken
from sojourn.terms.effects import Cancel, Commit, ConsentRow, Intent, IntentState, Removal, Why
from sojourn.terms.facts import MESSAGE_SKIPPED, Fact, Quarantine
from sojourn.terms.ids import IdentifierKey, PersonId
from sojourn.terms.messages import message_fact
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import DAY, Millis

_PERSON: Final = msgspec.msgpack.Decoder(Person)
_ENTRY: Final = msgspec.msgpack.Decoder(IdentifierEntry)
_encode: Final = msgspec.msgpack.encode


class Waiting(msgspec.Struct):
    """An intent and where it is; the columns of people_intent that change."""

    intent: Intent
    person: PersonId
    state: str
    ready_at: Millis
    reason: str = ""
    detail: str = ""
    epoch: int = 0
    attempts: int = 0
    handed_at: Millis | None = None
    settled_at: Millis | None = None
    queue_id: str = ""


class MemoryState:
    """A `ports.state.State` that lives as long as the object. `MemoryIntents` works on the same tables."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.waiting: dict[str, Waiting] = {}
        self.counts: dict[tuple[int, int, int, str], int] = {}  # (workspace, source, day, reason) -> events
        self.quarantined: list[tuple[int, int, int, Millis, Quarantine]] = []  # (workspace, source, position, at, what)
        self.outbox: dict[int, tuple[int, bytes]] = {}
        self._outbox_sequence = 0
        self._progress = Progress(0, 0)
        self._rules: dict[int, bytes] = {}
        self._people: dict[tuple[int, PersonId], bytes] = {}
        self._due: dict[tuple[int, PersonId], Millis] = {}
        self._timers: dict[int, list[tuple[Millis, PersonId]]] = defaultdict(list)  # by workspace, sorted
        self._entries: dict[tuple[int, IdentifierKey], bytes] = {}
        self._merged: dict[tuple[int, PersonId], PersonId] = {}
        self._became: dict[tuple[int, PersonId], list[PersonId]] = defaultdict(list)  # the other way round
        self._consents: dict[tuple[int, PersonId], list[ConsentRow]] = defaultdict(list)
        self._intents: dict[tuple[int, PersonId], list[str]] = defaultdict(list)
        self._handovers: dict[int, Handover] = {}
        self._handover_sequence = 0

    def progress(self) -> Progress:
        """Where the last committed batch ended."""
        return self._progress

    def rules(self, workspace: int) -> bytes | None:
        """Msgpack of the RuleBook in force."""
        return self._rules.get(workspace)

    def identifiers(self, workspace: int, keys: Iterable[IdentifierKey]) -> dict[IdentifierKey, IdentifierEntry]:
        """The entries that exist of these."""
        with self.lock:
            return {key: _ENTRY.decode(self._entries[workspace, key]) for key in keys if (workspace, key) in self._entries}

    def people(self, workspace: int, ids: Iterable[PersonId]) -> dict[PersonId, Person]:
        """The people that exist of these."""
        with self.lock:
            return {person: _PERSON.decode(self._people[workspace, person]) for person in ids if (workspace, person) in self._people}

    def everybody(self) -> list[tuple[int, PersonId]]:
        """All people as (workspace, id), in order."""
        with self.lock:
            return sorted(self._people)

    def canonical(self, workspace: int, person: PersonId) -> PersonId:
        """Who a person has become by merges."""
        return self._merged.get((workspace, person), person)

    def due(self, workspace: int, before: Millis, limit: int) -> list[tuple[Millis, PersonId]]:
        """People whose `due` lies before that time, ordered by (due, id)."""
        with self.lock:
            timers = self._timers[workspace]
            return timers[: min(limit, bisect_left(timers, (before,)))]

    def next_due(self) -> Millis | None:
        """The earliest `due` of all workspaces."""
        with self.lock:
            return min((timers[0][0] for timers in self._timers.values() if timers), default=None)

    def commit(self, commits: Sequence[Commit], before: Progress, after: Progress) -> None:
        """Write everything at once. Errors: Taken."""
        with self.lock:
            if self._progress != before:
                raise Taken(f"the engine's progress is no longer {before.position}: another engine has committed")
            self._progress = after
            for commit in commits:
                self._write(commit)

    def handovers(self, after: int, limit: int) -> list[Handover]:
        """What the lake has not taken yet, in order."""
        with self.lock:
            return [handover for sequence, handover in sorted(self._handovers.items()) if sequence > after][:limit]

    def release(self, upto: int) -> None:
        """Forget handovers up to that sequence."""
        with self.lock:
            for sequence in [number for number in self._handovers if number <= upto]:
                del self._handovers[sequence]

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def consents(self) -> list[tuple[int, ConsentRow]]:
        """All changes of consent as (workspace, row), by the person they belong to now."""
        return [(workspace, row) for (workspace, _), rows in self._consents.items() for row in rows]

    def consents_of(self, workspace: int, person: PersonId) -> list[ConsentRow]:
        """A person's changes of consent, in the order in which they came."""
        return self._consents.get((workspace, person), [])

    def intents_of(self, workspace: int, person: PersonId) -> list[Waiting]:
        """A person's intents, in the order in which they came."""
        return [self.waiting[number] for number in self._intents.get((workspace, person), ())]

    def leave(self, workspace: int, fact: Fact) -> None:
        """Put a fact into the outbox."""
        with self.lock:
            self._outbox_sequence += 1
            self.outbox[self._outbox_sequence] = (workspace, _encode(fact))

    def _write(self, commit: Commit) -> None:
        workspace = commit.workspace
        for person in commit.people:
            self._put(workspace, person)
        for intent in commit.intents:
            if intent.id not in self.waiting:
                self.waiting[intent.id] = Waiting(intent, intent.person, str(intent.state), intent.ready_at)
                self._intents[workspace, intent.person].append(intent.id)
        for consent in commit.consents:
            self._consents[workspace, consent.person].append(consent)
        for loser, winner in commit.gone.items():
            self._merge(workspace, loser, winner)
        for parted in commit.parted:
            self._merged.pop((workspace, parted), None)
        for key, entry in commit.identifiers.items():
            if entry is None:
                self._entries.pop((workspace, key), None)
            else:
                self._entries[workspace, key] = _encode(entry)
        for wanted in commit.cancels:
            self._cancel(workspace, wanted)
        for winner in sorted(set(commit.gone.values())):
            self._drop_doubled(workspace, winner, commit.now)
        for removed in commit.removed:
            self._remove(workspace, removed, commit.now)
        if commit.removal is not None:
            self._take_out(workspace, commit.removal)
        for (source, reason), events in commit.counts.items():
            place = (workspace, source, commit.now // DAY, str(reason))
            self.counts[place] = self.counts.get(place, 0) + events
        self.quarantined += [(workspace, source, position, commit.now, item) for position, source, item in commit.quarantined]
        if commit.rules is not None:
            self._rules[workspace] = commit.rules
        if commit.resolved or commit.derived or commit.gone or commit.removal is not None:
            self._handover_sequence += 1
            payload = _encode(commit.handover)
            self._handovers[self._handover_sequence] = Handover(self._handover_sequence, workspace, payload)

    def _take_out(self, workspace: int, removal: Removal) -> None:
        people, sources = {*removal.people, *removal.dissolved}, set(removal.sources)
        gone = {number for number, row in self.waiting.items() if row.intent.workspace == workspace and (row.person in people or number in removal.intents)}
        for person in people:
            self._arm(workspace, person, None)
            self._people.pop((workspace, person), None)
            self._consents.pop((workspace, person), None)
            self._intents.pop((workspace, person), None)
            self._became.pop((workspace, person), None)
        for number in gone:
            self.waiting.pop(number)
        self._merged = {place: into for place, into in self._merged.items() if place[0] != workspace or (place[1] not in people and into not in people)}
        for place, numbers in list(self._intents.items()):
            self._intents[place] = [number for number in numbers if number not in gone]
        for place, said in list(self._consents.items()):
            self._consents[place] = [one for one in said if place[0] != workspace or one.source not in sources]
        self.counts = {place: events for place, events in self.counts.items() if place[0] != workspace or place[1] not in sources}
        self.quarantined = [row for row in self.quarantined if row[0] != workspace or row[1] not in sources]

    def _put(self, workspace: int, person: Person) -> None:
        self._people[workspace, person.id] = _encode(person)
        self._arm(workspace, person.id, person.due)

    def _arm(self, workspace: int, person: PersonId, due: Millis | None) -> None:
        before = self._due.pop((workspace, person), None)
        if before == due:
            if due is not None:
                self._due[workspace, person] = due
            return
        timers = self._timers[workspace]
        if before is not None:
            del timers[bisect_left(timers, (before, person))]
        if due is not None:
            self._due[workspace, person] = due
            insort(timers, (due, person))

    def _take(self, workspace: int, person: PersonId) -> list[IdentifierKey]:
        """Remove a person; the stored identifiers that lead there, of those that the person lists."""
        self._arm(workspace, person, None)
        body = self._people.pop((workspace, person), None)
        if body is None:
            return []
        listed = _PERSON.decode(body)
        found = self.identifiers(workspace, dict.fromkeys([*listed.identifiers, *listed.shared]))
        return [key for key, entry in found.items() if entry.person == person]

    def _merge(self, workspace: int, loser: PersonId, winner: PersonId) -> None:
        for key in self._take(workspace, loser):
            self._entries[workspace, key] = _encode(IdentifierEntry(winner))
        moved = [*self._became.pop((workspace, loser), ()), loser]
        for person in moved:
            self._merged[workspace, person] = winner
        self._became[workspace, winner] += moved
        mine = self._intents.pop((workspace, loser), [])
        for number in mine:
            self.waiting[number].person = winner
        self._intents[workspace, winner] += mine
        said = self._consents.pop((workspace, loser), [])
        self._consents[workspace, winner] += [msgspec.structs.replace(consent, person=winner) for consent in said]

    def _cancel(self, workspace: int, wanted: Cancel) -> None:
        row = self.waiting.get(wanted.intent)
        if row is None or row.intent.workspace != workspace or row.state not in (IntentState.READY, IntentState.CLAIMED):
            return
        row.state, row.reason, row.settled_at = IntentState.CANCELLED.value, wanted.reason, wanted.at
        props = {"reason": wanted.reason, "state": row.state}
        self.leave(workspace, message_fact(MESSAGE_SKIPPED, wanted.intent, row.person, wanted.at, props))

    def _drop_doubled(self, workspace: int, person: PersonId, at: Millis) -> None:
        early = (IntentState.READY, IntentState.CLAIMED)
        standing = (*early, IntentState.HANDING_OVER, IntentState.ACCEPTED, IntentState.UNKNOWN)
        rows = [row for row in self.intents_of(workspace, person) if row.state in standing]
        seen: set[tuple[str, int]] = set()
        for row in sorted(rows, key=lambda row: (row.state in early, row.intent.decided_at, row.intent.id)):
            about = (row.intent.automation, row.intent.episode)
            if about in seen:
                self._cancel(workspace, Cancel(row.intent.id, Why.MERGED, at))
            seen.add(about)

    def _remove(self, workspace: int, person: PersonId, at: Millis) -> None:
        for key in self._take(workspace, person):
            del self._entries[workspace, key]
        for row in self.intents_of(workspace, person):
            self._cancel(workspace, Cancel(row.intent.id, Why.ERASED, at))
            row.intent = msgspec.structs.replace(row.intent, address="", data={})
