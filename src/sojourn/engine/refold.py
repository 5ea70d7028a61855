"""Folding people again from their history: to undo a merge, and to prove that the kept-up portrait equals the rebuilt one."""

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from sojourn.engine import fold
from sojourn.engine.working import Working
from sojourn.terms.facts import PEOPLE_SPLIT, Fact, Kind
from sojourn.terms.ids import NOBODY, FactId, IdentifierKey, PersonId
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis

Correction = Sequence[Sequence[IdentifierKey]]
"""Groups of identifiers; no identifier of one group may ever lead to the same person as one of another."""


class Placed(NamedTuple):
    """One fact of the history with its place on the log: its id, record time and source."""

    id: FactId
    at: Millis
    source: int
    fact: Fact


def correction_of(fact: Fact) -> Correction:
    """What a `People Split {person, apart: [[keys], [keys]]}` fact says; empty where it says nothing that can be read."""
    groups = fact.props.get("apart")
    if fact.kind != Kind.CONTROL or fact.name != PEOPLE_SPLIT or not isinstance(groups, list):
        return ()
    return tuple(tuple(key for key in group if isinstance(key, str)) for group in groups if isinstance(group, list))


def apart(corrections: Iterable[Correction]) -> dict[IdentifierKey, IdentifierEntry]:
    """Entries that lead to nobody yet, but know what they must never be joined with."""
    entries: dict[IdentifierKey, IdentifierEntry] = {}
    for groups in corrections:
        for number, group in enumerate(groups):
            others = {key for index, other in enumerate(groups) if index != number for key in other}
            for key in group:
                entry = entries.setdefault(key, IdentifierEntry(NOBODY))
                entry.apart = sorted(others.union(entry.apart) - {key})
    return entries


def closure(
    start: Iterable[PersonId],
    person: Callable[[PersonId], Person | None],
    entry: Callable[[IdentifierKey], IdentifierEntry | None],
) -> list[PersonId]:
    """The people whose history must be folded together so that nothing is missing, merged ones included; sorted.

    Who touched a key of somebody else (a shared device, a merge refused) cannot be rebuilt without them.
    """
    waiting = list(start)
    seen: set[PersonId] = set()
    needed: set[PersonId] = set()
    while waiting:
        found = person(waiting.pop())
        if found is None or found.id in seen:
            continue
        seen.add(found.id)
        needed.update((found.id, *found.merged))
        for key in found.shared:
            there = entry(key)
            if there is not None:
                waiting += (one for one in (there.person, *there.shared) if one > 0 and one not in seen)
    return sorted(needed)


def refold(workspace: int, rules: RuleBook, history: Iterable[Placed], corrections: Iterable[Correction], until: Millis) -> Working:
    """Fold the history of a `closure`, control facts included, in log order from the beginning, with all corrections known from the start.

    Units: `until` is the live engine's time, ms; timers before it have fired. `rules` are those in force before the first fact; later ones come as
    `Rules Published` in the history. Errors: none. Nothing leaves: of the working set that comes back only people, entries, merges (`gone`) and
    `resolved` are for keeping. Its intents, cancels, consents and derived facts were told when they happened, and must be dropped.
    Source: docs/explanation/identity.md
    """
    work = Working(workspace, rules)
    work.horizon = until
    for key, known in apart(corrections).items():
        work.set_entry(key, known)
    for placed in history:
        fold.fire_before(work, placed.at)
        work.now = max(work.now, placed.at)
        fold.step(work, placed.fact, placed.id, placed.source, placed.at)
    fold.fire_before(work, until)
    work.now = max(work.now, until)
    return work
