"""People folded again from the lake: to prove that a portrait is right, and to part people who were joined by mistake."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, NamedTuple

import msgspec

from sojourn.engine import identity, refold
from sojourn.engine.working import Working
from sojourn.ports.lake import Lake
from sojourn.ports.log import Log
from sojourn.ports.state import State
from sojourn.runtime.lake_writer import PAYLOAD, read_records
from sojourn.terms.effects import Commit, Resolved
from sojourn.terms.facts import NO_SOURCE, SOURCE_REMOVED, Fact, Kind
from sojourn.terms.ids import FACTS_PER_RECORD_BITS, NOBODY, FactId, IdentifierKey, PersonId, position_of
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis

_HANDOVERS_AT_ONCE: Final = 500
_INDEX: Final = (1 << FACTS_PER_RECORD_BITS) - 1


class Comparison(msgspec.Struct, frozen=True):
    """A live portrait and the same one folded again, of one moment of the engine."""

    live: Person | None
    again: Person | None

    @property
    def equal(self) -> bool:
        """Whether they are the same to the byte."""
        return msgspec.msgpack.encode(self.live) == msgspec.msgpack.encode(self.again)


def rebuild_person(lake: Lake, log: Log, state: State, workspace: int, person: PersonId) -> Person | None:
    """The person as folded again from the lake, and from the log for what the lake has not yet taken in, up to where the engine is.

    `person` may be an id that was merged away. None where nothing is known of them. Errors: Unreachable, Damaged, Refusal(DAMAGED).
    """
    return compare(lake, log, state, workspace, person).again


def compare(lake: Lake, log: Log, state: State, workspace: int, person: PersonId) -> Comparison:
    """Live and folded again at one moment: while the engine is at work it is read until it held still. Errors: as `rebuild_person`."""
    number = state.canonical(workspace, person)

    def one(wanted: PersonId) -> Person | None:
        there = state.canonical(workspace, wanted)
        return state.people(workspace, [there]).get(there)

    def entry(key: IdentifierKey) -> IdentifierEntry | None:
        return state.identifiers(workspace, [key]).get(key)

    while True:
        progress = state.progress()
        live = one(number)
        if state.progress() == progress:
            break
    if live is None:
        return Comparison(None, None)

    # What is looked up from here on may be newer than `progress`: then more people than needed are read, and their newer facts left out.
    def read(people: Sequence[PersonId]) -> list[refold.Placed]:
        return history_of(lake, log, state, workspace, people, progress.position, ())

    _, history = gather([number], one, entry, read)
    return Comparison(live, fold_again(workspace, history, progress.now).person(number))


class Stores(NamedTuple):
    """Where the history of people is read."""

    lake: Lake
    log: Log
    state: State


def refolder(lake: Lake, log: Log, state: State) -> Callable[[Working, Commit], None]:
    """What the engine's loop calls after a batch with a `People Split` or `Source Removed`: people are folded again, into the commit about to be written.

    Nothing is fired: intents, cancels and consents of the commit stay as they are.
    """

    def again(work: Working, commit: Commit) -> None:
        split = _split_since(log, state.progress().position, commit)

        def read(people: Sequence[PersonId]) -> list[refold.Placed]:
            return history_of(lake, log, state, commit.workspace, people, commit.position, commit.resolved)

        people, history = gather(split, work.person, work.entry, read)
        # With a correction a fact may lead where it was refused before: so everybody who ever used one of their ids belongs to it.
        asked: set[PersonId] = set()
        while wider := set(_touching(lake, log, state, commit, history)).difference(people, asked):
            asked |= wider
            people, history = gather(sorted(wider.union(people)), work.person, work.entry, read)
        if people:
            replace(commit, work, people, history, fold_again(commit.workspace, history, commit.now))
        sources = _removed_since(log, state.progress().position, commit)
        if sources:
            from sojourn.runtime.removal import take_out

            take_out(Stores(lake, log, state), work, commit, sources)

    return again


def gather(
    start: Iterable[PersonId],
    person: Callable[[PersonId], Person | None],
    entry: Callable[[IdentifierKey], IdentifierEntry | None],
    read: Callable[[Sequence[PersonId]], list[refold.Placed]],
) -> tuple[list[PersonId], list[refold.Placed]]:
    """The people whose histories hang together, and these histories.

    Beside the engine's closure these are all whom an identifier in one of their facts leads to, for the engine looked there and may have refused to
    follow, and all whom a correction has parted from them.
    """
    people: list[PersonId] = []
    history: list[refold.Placed] = []
    wider = refold.closure(start, person, entry)
    while wider != people:
        people = wider
        history = read(people)
        keys = {key for placed in history for key in identity.needs(placed.fact)}
        keys |= {key for placed in history for group in refold.correction_of(placed.fact) for key in group}
        entries = [there for there in map(entry, sorted(keys)) if there is not None]
        apart = [there for key in sorted({key for one in entries for key in one.apart} - keys) if (there := entry(key)) is not None]
        touched = {one for there in (*entries, *apart) for one in (there.person, *there.shared) if one > NOBODY}
        wider = refold.closure(sorted(touched.union(people)), person, entry)
    return people, history


def _touching(lake: Lake, log: Log, state: State, commit: Commit, history: Iterable[refold.Placed]) -> list[PersonId]:
    """Who used an id that stands in these facts, in the lake or in what it has yet to take in."""
    ids = {value for placed in history for value in _ids(placed.fact)}
    if not ids:
        return []
    waiting = {resolved.fact: resolved.person for resolved in (*waiting_for_lake(state, commit.workspace), *commit.resolved) if resolved.person != NOBODY}
    records = read_records(log, (position_of(number) for number in waiting))
    found = {person for number, person in waiting.items() if ids.intersection(_ids(records[position_of(number)].facts[number & _INDEX]))}
    return sorted(found.union(lake.touching(commit.workspace, sorted(ids))))


def _ids(fact: Fact) -> list[str]:
    return [value for value in (fact.anonymous_id, fact.user_id, fact.link) if value]


def _split_since(log: Log, position: int, commit: Commit) -> list[PersonId]:
    """Whom the `People Split` facts of a commit's batch ask to be parted."""
    found: list[PersonId] = []
    while position < commit.position:
        records = log.read(position, commit.position - position)
        position = records[-1].position if records else commit.position
        for fact in (fact for record in records if record.workspace == commit.workspace for fact in record.facts):
            if refold.correction_of(fact):
                person = fact.props.get("person")
                found += [int(person)] if isinstance(person, int) or (isinstance(person, str) and person.isdecimal()) else []
    return found


def _removed_since(log: Log, position: int, commit: Commit) -> list[int]:
    """Which sources the `Source Removed` facts of a commit's batch take away."""
    found: set[int] = set()
    while position < commit.position:
        records = log.read(position, commit.position - position)
        position = records[-1].position if records else commit.position
        told = (fact for record in records if record.workspace == commit.workspace for fact in record.facts)
        for fact in told:
            sources = fact.props.get("sources")
            if fact.kind == Kind.CONTROL and fact.name == SOURCE_REMOVED and isinstance(sources, list):
                found.update(source for source in sources if isinstance(source, int) and source != NO_SOURCE)
    return sorted(found)


def fold_again(workspace: int, history: Sequence[refold.Placed], until: Millis) -> Working:
    corrections = [found for found in (refold.correction_of(placed.fact) for placed in history) if found]
    return refold.refold(workspace, RuleBook(), history, corrections, until)


def history_of(lake: Lake, log: Log, state: State, workspace: int, people: Sequence[PersonId], until: int, batch: Iterable[Resolved]) -> list[refold.Placed]:
    """What these people did and what the house said, in log order, up to a log position. `batch` is not yet in the state.

    What waits for the lake is listed before the lake is asked: so nothing slips through that it takes in meanwhile, and what comes twice counts once.
    """
    waiting = {resolved.fact: resolved.person for resolved in (*waiting_for_lake(state, workspace), *batch)}
    ours = {NOBODY, *people}
    found: dict[FactId, refold.Placed] = {}
    for row in lake.history(workspace, people):
        if waiting.get(row.id, row.person) in ours:
            found[row.id] = refold.Placed(row.id, row.recorded_at, row.source, row.fact)
    missing = [number for number, person in waiting.items() if person in ours and number not in found]
    records = read_records(log, (position_of(number) for number in missing))
    for number in missing:
        record = records[position_of(number)]
        fact = record.facts[number & _INDEX]
        # Nobody's facts are needed only where the house itself spoke: rules and corrections.
        if waiting[number] != NOBODY or fact.kind == Kind.CONTROL:
            found[number] = refold.Placed(number, record.at, record.source, fact)
    return [found[number] for number in sorted(found) if position_of(number) <= until]


def waiting_for_lake(state: State, workspace: int) -> Iterable[Resolved]:
    """What the lake has still to take in, oldest first."""
    after = 0
    while handovers := state.handovers(after, _HANDOVERS_AT_ONCE):
        after = handovers[-1].sequence
        for handover in handovers:
            if handover.workspace == workspace:
                yield from PAYLOAD.decode(handover.payload).resolved


def replace(commit: Commit, work: Working, people: Sequence[PersonId], history: Sequence[refold.Placed], again: Working) -> None:
    """Put the people folded again into the commit, in the place of those they were."""
    old = set(people)
    facts = {placed.id for placed in history}
    before = [there for there in map(work.person, people) if there is not None]
    entries: dict[IdentifierKey, IdentifierEntry | None] = {key: None for one in before for key in (*one.identifiers, *one.shared)}
    entries |= {key: entry for key, entry in again.entries.items() if entry is not None}
    whose = {resolved.fact: resolved.person for resolved in again.resolved}
    gone = dict(again.gone)
    for person in old - set(again.people) - set(gone):
        # The fact that once made this person now belongs to somebody else; so do its old intents.
        if whose.get(person, NOBODY) != NOBODY:
            gone[person] = whose[person]
    commit.people = [one for one in commit.people if one.id not in old] + [again.people[number] for number in sorted(again.people)]
    commit.parted = sorted(set(again.people) - {one.id for one in before})
    commit.gone = {loser: winner for loser, winner in commit.gone.items() if loser not in old} | {loser: _end(gone, loser) for loser in gone}
    commit.identifiers = {key: entry for key, entry in commit.identifiers.items() if key not in entries} | entries
    commit.resolved = [resolved for resolved in commit.resolved if resolved.fact not in facts] + again.resolved
    commit.derived = [derived for derived in commit.derived if derived.person not in old] + again.derived


def _end(gone: dict[PersonId, PersonId], person: PersonId) -> PersonId:
    while person in gone:
        person = gone[person]
    return person
