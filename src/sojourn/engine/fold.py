"""The fold: records in, effects out. The order of everything here is part of the promise that a replay gives the same bytes."""

from collections.abc import Iterable
from heapq import heappop
from typing import Final

from sojourn.engine import carts, control, decide, identity, portrait, sessions
from sojourn.engine.working import Moment, Working
from sojourn.terms.effects import Resolved
from sojourn.terms.facts import Fact, Flag, Kind, Record
from sojourn.terms.ids import NOBODY, fact_id
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import Person
from sojourn.terms.time import Millis

# Plain values: an enum's operators cost more than the rest of a step's bookkeeping.
_DERIVED: Final = int(Flag.DERIVED)
_HISTORICAL: Final = int(Flag.HISTORICAL)
_CONTROL: Final = str(Kind.CONTROL)


def fold(work: Working, records: Iterable[Record], due: Iterable[tuple[Millis, int]] = ()) -> None:
    """Fold records of one workspace (and ticks) into the working set.

    `due` are the timers of the stored state that lie before the last record's time. A timer fires before the first record whose time is
    later than it, at its own time: so neither batches nor ticks change the outcome, and a fact recorded at the same instant is seen first.
    """
    batch = list(records)
    if not batch:
        return
    work.horizon = batch[-1].at
    work.due_heap = sorted(due)
    for record in batch:
        at, source, facts = record.at, record.source, record.facts
        fire_before(work, at)
        work.now = max(work.now, at)
        for reason, events in record.counts.items():
            work.count(source, reason, events)
        for item in record.quarantined:
            work.quarantined.append((record.position, source, item))
        if facts:
            work.count(source, Reason.KEPT, len(facts))
            for number, fact in enumerate(facts, fact_id(record.position, 0)):
                step(work, fact, number, source, at)


def step(work: Working, fact: Fact, number: int, source: int, record_at: Millis) -> None:
    """Fold one fact at its place on the log."""
    work.current = number
    flags = fact.flags
    if flags & _DERIVED:
        return
    moment = Moment(number, record_at, source, not flags & _HISTORICAL and fact.at >= record_at - work.rules.max_age)
    if fact.kind == _CONTROL:
        person = control.apply(work, fact, moment)
        work.resolved.append(Resolved(number, person.id if person is not None else NOBODY, 0))
        return
    found = identity.resolve(work, fact, moment)
    if found is None:
        work.resolved.append(Resolved(number, NOBODY, 0))
        return
    work.touch(found)
    session = sessions.fold(work, found, fact, moment)
    portrait.fold(work, found, fact, moment)
    carts.fold(work, found, fact, moment)
    if found.decisions:
        decide.fold(work, found, fact, moment)
    rearm(work, found)
    work.resolved.append(Resolved(number, found.id, session))


def fire_before(work: Working, now: Millis) -> None:
    """Fire all timers that lie before `now`, in the order of (time, person)."""
    heap = work.due_heap
    while heap and heap[0][0] < now:
        due, number = heappop(heap)
        person = work.person(number)
        if person is None or person.id != number or person.due != due:
            continue  # merged away, or moved
        work.now = max(work.now, due)
        fire(work, person, due)


def fire(work: Working, person: Person, due: Millis) -> None:
    """Do for one person what has become due at `due`."""
    person.due = None
    sessions.fire(work, person, due)
    carts.fire(work, person, due)
    work.touch(person)
    rearm(work, person)


def rearm(work: Working, person: Person) -> None:
    """Arm the person's next timer. Nearly always the one that is armed comes first."""
    session = person.sessions.open
    if session is not None:
        due = sessions.end_of(session, work.rules.session_gap)
        if person.due is None or due < person.due:
            work.arm(person, due)
    if person.carts:
        work.arm(person, carts.due(person, work.rules))
