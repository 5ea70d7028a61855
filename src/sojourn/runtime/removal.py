"""Sources taken away: whom only they have seen goes with them, everybody else is folded again without what they told."""

from collections.abc import Collection, Iterable, Sequence
from typing import Final, NamedTuple

from sojourn.engine import refold
from sojourn.engine.working import Working
from sojourn.runtime.lake_writer import read_records
from sojourn.runtime.rebuild import Stores, fold_again, gather, history_of, replace, waiting_for_lake
from sojourn.terms.effects import Commit, Removal, Resolved
from sojourn.terms.facts import NO_SOURCE, Kind
from sojourn.terms.ids import NOBODY, FactId, IdentifierKey, PersonId, position_of
from sojourn.terms.person import Person

_HOUSE: Final = (NOBODY, NO_SOURCE)


class Leaving(NamedTuple):
    """What goes: sources, the people whom only they have seen, people made by a fact that goes, and what was decided because of all these."""

    sources: list[int]
    gone: list[Person]
    dissolved: list[Person]
    intents: set[str]


def take_out(stores: Stores, work: Working, commit: Commit, sources: Sequence[int]) -> None:
    """Put into the commit that these sources are no more, as if nothing had ever come from them. Nothing is fired by it.

    Errors: Unreachable, Damaged. Source: docs/adr/0084-a-removed-source-leaves-nothing-behind.md
    """
    sources = list(sources)
    origin = _origins(stores, commit)
    leaving, staying = _sorted_out(stores, work, commit, sources, origin)
    near = refold.closure(leaving | staying, work.person, work.entry)
    staying |= {found.id for number in near if (found := work.person(number)) is not None} - leaving
    gone = [person for number in sorted(leaving) if (person := work.person(number)) is not None]
    dissolved: list[Person] = []
    intents: set[str] = set()

    def read(people: Sequence[PersonId]) -> list[refold.Placed]:
        found = history_of(stores.lake, stores.log, stores.state, commit.workspace, people, commit.position, commit.resolved)
        return [one for one in found if one.source not in sources]

    if staying:
        people, history = gather(sorted(staying), work.person, work.entry, read)
        before = [person for number in people if (person := work.person(number)) is not None and person.id == number]
        again, intents = _without(commit, history, before)
        replace(commit, work, people, [one for one in history if not _about(one, intents)], again)
        dissolved = _moved(commit, again, (person for person in before if person.id not in again.people and person.id not in leaving))
    _forget(commit, work, Leaving(sources, gone, dissolved, intents), origin)


def _origins(stores: Stores, commit: Commit) -> dict[FactId, tuple[PersonId, int]]:
    """Of what the lake does not have yet: to whom each fact leads, and which source told it."""
    waiting: dict[FactId, Resolved] = {one.fact: one for one in (*waiting_for_lake(stores.state, commit.workspace), *commit.resolved)}
    records = read_records(stores.log, {position_of(fact) for fact in waiting})
    return {fact: (one.person, records[position_of(fact)].source) for fact, one in waiting.items()}


def _sorted_out(
    stores: Stores, work: Working, commit: Commit, sources: list[int], origin: dict[FactId, tuple[PersonId, int]]
) -> tuple[set[PersonId], set[PersonId]]:
    """Whom only these sources have seen, and who was seen by others too."""
    told = {(person, source) for person, source in origin.values() if person > NOBODY}
    waiting = [(work.canonical(person), source) for person, source in told]
    seen = {work.canonical(person) for person in stores.lake.seen_by(commit.workspace, sources)} | {person for person, source in waiting if source in sources}
    people = [found for number in sorted(seen) if (found := work.person(number)) is not None]
    every = {number: person.id for person in people for number in (person.id, *person.merged)}
    elsewhere = {every[number] for number in stores.lake.seen_elsewhere(commit.workspace, sources, sorted(every))}
    elsewhere |= {person for person, source in waiting if source not in (*sources, NO_SOURCE)}
    here = {person.id for person in people}
    return here - elsewhere, here & elsewhere


def _without(commit: Commit, history: Sequence[refold.Placed], before: Sequence[Person]) -> tuple[Working, set[str]]:
    """These people folded again, and what was decided about them only because of the sources that go: no word about such a message counts either."""
    decided = {decision.id for person in before for decision in person.decisions}
    stray: set[str] = set()
    while True:
        again = fold_again(commit.workspace, [one for one in history if not _about(one, stray)], commit.now)
        stands = {decision.id for person in again.people.values() for decision in person.decisions if decision.outcome == "send"}
        more = decided - stands - stray
        if not more:
            return again, stray
        stray |= more


def _about(placed: refold.Placed, intents: Collection[str]) -> bool:
    return placed.fact.kind == Kind.CONTROL and placed.fact.props.get("intent") in intents


def _moved(commit: Commit, again: Working, before: Iterable[Person]) -> list[Person]:
    """Those who were made by a fact that is no more: they go on under another id where an identifier of theirs does. The others are returned."""
    left: list[Person] = []
    for person in before:
        leads = [entry.person for key in person.identifiers if (entry := again.entries.get(key)) is not None and entry.person > NOBODY]
        if person.id in commit.gone:
            continue
        if leads:
            commit.gone[person.id] = leads[0]
        else:
            left.append(person)
    return left


def _forget(commit: Commit, work: Working, leaving: Leaving, origin: dict[FactId, tuple[PersonId, int]]) -> None:
    """Leave these people and sources out of everything the commit says, and say that they go."""
    sources, intents = leaving.sources, leaving.intents
    alone = {number for person in leaving.gone for number in (person.id, *person.merged)}
    facts = {one.fact for one in commit.resolved if origin.get(one.fact, _HOUSE)[1] in sources or one.person in alone}
    for person in (*leaving.gone, *leaving.dissolved):
        commit.identifiers |= dict.fromkeys(_keys(commit, work, person))
    people = alone | {person.id for person in leaving.dissolved}
    commit.people = [person for person in commit.people if person.id not in people]
    commit.gone = {loser: winner for loser, winner in commit.gone.items() if loser not in people and winner not in people}
    commit.removed = [person for person in commit.removed if person not in people]
    commit.parted = [person for person in commit.parted if person not in people]
    commit.intents = [intent for intent in commit.intents if intent.person not in people and intent.id not in intents]
    commit.cancels = [cancel for cancel in commit.cancels if cancel.intent not in intents]
    commit.consents = [row for row in commit.consents if row.person not in people and row.source not in sources]
    commit.resolved = [one for one in commit.resolved if one.fact not in facts]
    commit.derived = [derived for derived in commit.derived if derived.person not in people]
    commit.counts = {place: events for place, events in commit.counts.items() if place[0] not in sources}
    commit.quarantined = [row for row in commit.quarantined if row[1] not in sources]
    commit.removal = Removal(sources, sorted(alone), sorted(intents), sorted(facts), sorted(people - alone))


def _keys(commit: Commit, work: Working, person: Person) -> list[IdentifierKey]:
    """The identifiers that still lead to a person who goes."""
    listed = dict.fromkeys((*person.identifiers, *person.shared))
    entries = {key: commit.identifiers[key] if key in commit.identifiers else work.entry(key) for key in listed}
    return [key for key, entry in entries.items() if entry is not None and entry.person == person.id]
