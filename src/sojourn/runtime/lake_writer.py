"""The lake's loop: what the engine has folded goes from the log into the lake, once, and is then forgotten by the state."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import msgspec

from sojourn.engine import identity
from sojourn.ports.clock import Clock
from sojourn.ports.lake import Lake, Row
from sojourn.ports.log import Log
from sojourn.ports.state import Handover, State
from sojourn.terms.effects import Removal, Resolved
from sojourn.terms.facts import NO_SOURCE, PERSON_ERASED, Derived, Fact, Flag, Kind, Record
from sojourn.terms.ids import ERASED, FACTS_PER_RECORD_BITS, NOBODY, FactId, PersonId, position_of
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import MINUTE, SECOND, Millis

ROWS_AT_ONCE: Final = 20_000
"""A transaction of the lake takes in handovers until it has so many rows."""

ROWS_ENOUGH: Final = 5_000
"""So many rows are written at once; fewer wait until two seconds have passed since the last write: a write costs about 50 ms of CPU, however small."""

BLANKED_AT_ONCE: Final = 2_000
"""Facts that one transaction of the log empties, so that appends get their turn in between."""

WAIT: Final[Millis] = 2 * SECOND
COMPACT_AFTER_WRITES: Final = 60
COMPACT_AFTER: Final[Millis] = 10 * MINUTE
_HANDOVERS_AT_ONCE: Final = 500
_INDEX: Final = (1 << FACTS_PER_RECORD_BITS) - 1


class Payload(msgspec.Struct, frozen=True, array_like=True):
    """What a handover holds (ports.state.Handover.payload)."""

    resolved: list[Resolved]
    derived: list[Derived]
    gone: dict[PersonId, PersonId]
    removal: Removal | None = None


PAYLOAD: Final = msgspec.msgpack.Decoder(Payload)
"""Reads `Handover.payload`."""


class LakeWriter:
    """One writer for one lake. After an error throw it away and make another: it begins where the lake says it is."""

    def __init__(self, log: Log, state: State, lake: Lake, clock: Clock, *, anew: Path | None = None) -> None:
        self._log = log
        self._state = state
        self._lake = lake
        self._clock = clock
        self._anew = anew
        self._sequence = -1
        self._heads: dict[int, FactId] = {}
        self._wrote_at: Millis = 0
        self._compacted_at: Millis = clock.now()
        self._writes = 0

    def run_once(self) -> int:
        """Write what is ready; how many rows. 0 where there is nothing, or too little that is too young.

        Errors: Unreachable, Damaged; Refusal(DAMAGED) where the database, the log and the lake do not belong together.
        """
        if self._sequence < 0:
            self._begin()
        waiting = self._state.handovers(self._sequence, _HANDOVERS_AT_ONCE)
        if waiting and waiting[0].sequence > self._sequence + 1:
            self._refuse_gap(waiting[0].sequence)
        payloads = [PAYLOAD.decode(handover.payload) for handover in waiting]
        ready = sum(len(payload.resolved) + len(payload.derived) for payload in payloads)
        now = self._clock.now()
        young = 0 <= now - self._wrote_at < WAIT
        if not waiting or (young and ready < ROWS_ENOUGH and len(waiting) < _HANDOVERS_AT_ONCE):
            self._compact_if_due(now)
            return 0
        written = self._write(list(zip(waiting, payloads, strict=True)))
        self._state.release(self._sequence)
        self._wrote_at = now
        self._compact_if_due(now)
        return written

    def _refuse_gap(self, first: int) -> None:
        """Batches are counted without gaps. Going on would leave a hole that nobody sees, and whoever is folded again would lose what fell into it."""
        if self._anew is not None and self._anew.exists():
            self._anew.unlink()
            return
        raise Refusal(
            Code.DAMAGED,
            f"The lake ends at batch {self._sequence:,}, but the next one is {first:,}: the folder lake is missing or older than the database. "
            "Restore it from the same backup. Where there is none, put an empty file named begin-anew into it: then it begins with what comes from now on.",
        )

    def drain(self) -> int:
        """Write everything that waits, at once; how many rows."""
        rows = 0
        while True:
            self._wrote_at = self._clock.now() - WAIT
            written = self.run_once()
            if not written and not self._state.handovers(self._sequence, 1):
                return rows
            rows += written

    def _begin(self) -> None:
        """Find out where the lake is; forget what it took in before a crash kept us from saying so."""
        sequence = self._lake.sequence()
        for handover in self._state.handovers(0, _HANDOVERS_AT_ONCE):
            if handover.sequence > sequence:
                break
            payload = PAYLOAD.decode(handover.payload)
            newest = max((resolved.fact for resolved in payload.resolved), default=0)
            if newest > self._head(handover.workspace):
                raise Refusal(
                    Code.DAMAGED,
                    f"The lake says it holds what the engine left up to {sequence}, but facts of {handover.sequence} are not there. "
                    "Database and lake come from different times: restore both from the same backup.",
                )
        self._state.release(sequence)
        self._sequence = sequence

    def _write(self, waiting: Sequence[tuple[Handover, Payload]]) -> int:
        """Take in handovers from the front, up to the size of a transaction. A correction or an erasure is taken alone."""
        taken: list[tuple[Handover, Payload]] = []
        size = 0
        for handover, payload in waiting:
            count = len(payload.resolved) + len(payload.derived)
            alone = payload.removal is not None or (taken and taken[0][1].removal is not None)
            if taken and (alone or size + count > ROWS_AT_ONCE or self._corrects(handover, payload, taken)):
                break
            taken.append((handover, payload))
            size += count
        if taken[0][1].removal is not None:
            self._take_out(taken[0][0].workspace, taken[0][1].removal)
        if self._corrects(*taken[0], []):
            return self._move(*taken[0])
        records = self._records(payload for _, payload in taken)
        erasing = [number for number, (_, payload) in enumerate(taken) if _erased_by(payload, records)]
        if erasing:
            taken = taken[: erasing[0] or 1]
        erased = {person for _, payload in taken for person in _erased_by(payload, records)}
        rows: list[Row] = []
        merges: list[tuple[int, PersonId, PersonId]] = []
        for handover, payload in taken:
            rows += (row for row in self._rows(handover.workspace, payload, payload.resolved, records) if row.person not in erased)
            merges += ((handover.workspace, person, became) for person, became in payload.gone.items())
        if erased:
            # Before the position moves on: a crash in between only erases again. The log first: the lake knows which facts are meant.
            workspace = taken[0][0].workspace
            self._blank(workspace, erased, (resolved for _, payload in taken for resolved in payload.resolved))
            self._lake.erase(workspace, sorted(erased.union(person for _, person, became in merges if became in erased)))
            merges = [merge for merge in merges if merge[2] not in erased]
        self._lake.write(rows, merges, taken[-1][0].sequence)
        self._wrote(taken)
        return len(rows)

    def _corrects(self, handover: Handover, payload: Payload, before: Sequence[tuple[Handover, Payload]]) -> bool:
        """Whether it says something about facts that were handed over earlier: people were split."""
        there = self._head(handover.workspace)
        for earlier, other in before:
            if earlier.workspace == handover.workspace:
                there = max(there, max((resolved.fact for resolved in other.resolved), default=0))
        return any(resolved.fact <= there for resolved in payload.resolved)

    def _move(self, handover: Handover, payload: Payload) -> int:
        head = self._head(handover.workspace)
        moved = [(resolved.fact, resolved.person, resolved.session) for resolved in payload.resolved if resolved.fact <= head]
        new = [resolved for resolved in payload.resolved if resolved.fact > head]
        records = self._records([Payload(new, [], {})])
        rows = self._rows(handover.workspace, payload, new, records)
        self._lake.move(handover.workspace, moved, rows, list(payload.gone.items()), handover.sequence)
        self._wrote([(handover, payload)])
        return len(moved) + len(rows)

    def _wrote(self, taken: Sequence[tuple[Handover, Payload]]) -> None:
        for handover, payload in taken:
            newest = max((resolved.fact for resolved in payload.resolved), default=0)
            self._heads[handover.workspace] = max(self._head(handover.workspace), newest)
        self._sequence = taken[-1][0].sequence
        self._writes += 1

    def _head(self, workspace: int) -> FactId:
        found = self._heads.get(workspace)
        if found is None:
            found = self._heads[workspace] = self._lake.head(workspace)
        return found

    def _records(self, payloads: Iterable[Payload]) -> dict[int, Record]:
        """The records of the log that hold these facts."""
        wanted = {position_of(resolved.fact) for payload in payloads for resolved in payload.resolved}
        return read_records(self._log, wanted)

    def _rows(self, workspace: int, payload: Payload, resolved: Iterable[Resolved], records: dict[int, Record]) -> list[Row]:
        rows: list[Row] = []
        for one in resolved:
            record = records[position_of(one.fact)]
            fact = record.facts[one.fact & _INDEX]
            if one.person == NOBODY and self._erased(workspace, fact):
                self._log.blank([one.fact])
                continue
            rows.append(Row(workspace, one.fact, one.person, one.session, record.source, record.at, fact))
        rows += (derived_row(workspace, derived) for derived in payload.derived)
        return rows

    def _blank(self, workspace: int, erased: set[PersonId], now: Iterable[Resolved]) -> None:
        """Empty what the log still holds of erased people."""
        there = [row.id for row in self._lake.history(workspace, sorted(erased)) if row.person != NOBODY]
        self._log.blank([*there, *(resolved.fact for resolved in now if resolved.person in erased)])

    def _take_out(self, workspace: int, removal: Removal) -> None:
        """What goes with removed sources: first emptied on the log, for the lake knows which facts are meant. Doing it again changes nothing."""
        there = self._lake.facts_of(workspace, removal.sources, removal.people, removal.intents)
        facts = sorted({*there, *removal.facts})
        for start in range(0, len(facts), BLANKED_AT_ONCE):
            self._log.blank(facts[start : start + BLANKED_AT_ONCE])
        self._lake.remove(workspace, removal.sources, removal.people, removal.intents)

    def _erased(self, workspace: int, fact: Fact) -> bool:
        """Whether it came for an id whose person was erased: that is kept nowhere."""
        if fact.kind == Kind.CONTROL:
            return False
        keys = identity.needs(fact)
        return any(entry.person == ERASED for entry in self._state.identifiers(workspace, keys).values())

    def _compact_if_due(self, now: Millis) -> None:
        if self._writes >= COMPACT_AFTER_WRITES or (self._writes and not 0 <= now - self._compacted_at < COMPACT_AFTER):
            self._lake.compact()
            self._writes = 0
            self._compacted_at = now


def _erased_by(payload: Payload, records: dict[int, Record]) -> list[PersonId]:
    """Whom the control facts of a handover erase."""
    found: list[PersonId] = []
    for resolved in payload.resolved:
        if resolved.person != NOBODY:
            continue
        fact = records[position_of(resolved.fact)].facts[resolved.fact & _INDEX]
        if fact.kind == Kind.CONTROL and fact.name == PERSON_ERASED:
            named = [fact.props.get("person"), *fact.props.get("people", ())]
            found += (int(person) for person in named if isinstance(person, int) or (isinstance(person, str) and person.isdecimal()))
    return found


def read_records(log: Log, positions: Iterable[int]) -> dict[int, Record]:
    """The records at these positions. Errors: Damaged; Refusal(DAMAGED) where one is no longer there."""
    wanted = set(positions)
    last = max(wanted, default=0)
    found: dict[int, Record] = {}
    for position in sorted(wanted):
        if position in found:
            continue
        batch = log.read(position - 1, last - position + 1, ROWS_AT_ONCE)
        found |= {record.position: record for record in batch if record.position in wanted}
        if position not in found:
            raise Refusal(
                Code.DAMAGED, f"Log record {position} is gone before the lake took it in; restore the log, and keep it longer than the lake is behind."
            )
    return found


def derived_row(workspace: int, derived: Derived) -> Row:
    """A derived fact as the lake keeps it: a track call without a source, recorded when it happened."""
    flags = int(Flag.DERIVED | Flag.TRUSTED)
    fact = Fact(kind=str(Kind.TRACK), name=derived.name, at=derived.at, message_id=derived.message_id, props=derived.props, flags=flags)
    return Row(workspace, derived.id, derived.person, 0, NO_SOURCE, derived.at, fact)
