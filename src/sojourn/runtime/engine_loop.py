"""The engine's loop: read a batch from the log, fold it, commit everything it leaves behind in one transaction."""

import gc
from collections.abc import Callable, Iterable
from typing import Final

import msgspec
import structlog

from sojourn.engine import fold, identity
from sojourn.engine.working import Reader, Working
from sojourn.ports.clock import Clock
from sojourn.ports.lake import Unreachable
from sojourn.ports.log import Damaged, Log
from sojourn.ports.state import Progress, State, Taken, Unavailable
from sojourn.runtime.aside import KEPT_BYTES, call_of
from sojourn.runtime.attempts import Attempts
from sojourn.terms.effects import Commit
from sojourn.terms.facts import Fact, Flag, Quarantine, Record, passed_over
from sojourn.terms.ids import NOBODY, FactId, IdentifierKey, PersonId, fact_id, position_of
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.refusals import Refusal
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import SECOND, Millis

Refolder = Callable[[Working, Commit], None]
"""Re-folds people after a correction, into the commit that is about to be written. Set by the wiring; see runtime/rebuild.py."""

log = structlog.get_logger("engine")

_NOT_THE_FACTS_FAULT = (Unavailable, Taken, Damaged, Unreachable, Refusal, OSError, MemoryError)
"""Trouble of the stores or the machine: the batch is tried again later, nothing of it is set aside."""

_DERIVED: Final = int(Flag.DERIVED)
_KILLED: Final = "the process died of it again and again"


class EngineLoop:
    """One engine for all workspaces of this installation.

    `people_at_hand` bounds the cache of people between batches (about 10 kB each). With `until` the log is taken to end at that position.
    """

    def __init__(
        self,
        records: Log,
        state: State,
        clock: Clock,
        workspaces: Callable[[], list[int]],
        refold: Refolder | None = None,
        *,
        people_at_hand: int = 10_000,
        batch_facts: int = 5_000,
        until: int | None = None,
    ) -> None:
        self._log = records
        self._state = state
        self._clock = clock
        self._workspaces = workspaces
        self._refold = refold
        self._people_at_hand = people_at_hand
        self.batch_facts = batch_facts
        self._until = until
        self._working: dict[int, Working] = {}
        self._attempts: Attempts | None = None
        self._poison: dict[FactId, str] = {}
        self._singly_until = 0  # up to there records are folded one by one, so that what breaks the fold is known for certain
        self._correcting = NOBODY  # the correction that people are folded again for
        self._stale = False
        self.progress = state.progress()

    def heed(self, attempts: Attempts) -> None:
        """Begin as the engines before this one ended, and leave word for those to come. Call it before the first turn. Errors: Damaged, Full."""
        self._attempts = attempts
        position = self.progress.position
        if attempts.begin(position):
            self._singly_until = min(self._log.head(), position + self.batch_facts)
        killers = attempts.killers
        if not killers:
            return
        there = position_of(killers[0])
        if attempts.whole_record:
            killers = [fact_id(there, index) for record in self._log.read(there - 1, 1) if record.position == there for index in range(len(record.facts))]
        if there <= position:  # committed; only the last word is missing
            self._pass_over_for_good(killers)
        else:
            self._poison |= dict.fromkeys(killers, _KILLED)

    def run_once(self, wait_seconds: float = 0.0) -> int:
        """Fold what is there, waiting for it at most so long; how many records. Lets time go on by a tick when a timer is due and nothing came."""
        if self._stale:
            self.forget()
        limit = 1 if self._singly else self.batch_facts
        batch = self._log.read(self.progress.position, limit=limit, max_facts=self.batch_facts)
        if self._until is not None:
            batch = [record for record in batch if record.position <= self._until]
        if not batch:
            if self._tick_if_due():
                return self.run_once()
            if not wait_seconds or not self._log.wait(self.progress.position, self._patience(wait_seconds)):
                return 0
            return self.run_once()
        self._fold(batch)
        return len(batch)

    def catch_up(self) -> int:
        """Fold until nothing is left and no timer is due; how many records."""
        done = 0
        while count := self.run_once():
            done += count
        return done

    def forget(self) -> None:
        """Drop everything held in memory and read the progress afresh."""
        self._working.clear()
        self.progress = self._state.progress()
        self._poison = {fact: why for fact, why in self._poison.items() if position_of(fact) > self.progress.position}
        self._stale = False

    def _patience(self, wait_seconds: float) -> float:
        due = self._state.next_due()
        if due is None:
            return wait_seconds
        return min(wait_seconds, max(0.001, (due + 1 - self._clock.now()) / SECOND))

    def _tick_if_due(self) -> bool:
        due = None if self._until is not None else self._state.next_due()
        if due is None or due >= self._clock.now():
            return False
        self._log.tick()
        return True

    @property
    def _singly(self) -> bool:
        return self.progress.position < self._singly_until

    def _fold(self, batch: list[Record]) -> None:
        """Fold and commit, or find out what keeps us from it; then the next turn tries again.

        After any failure what is held in memory counts for nothing: it may be half of a batch, or of one that was committed.
        """
        self._stale = True
        try:
            commits = [self._fold_workspace(workspace, batch) for workspace in self._concerned(batch)]
        except _NOT_THE_FACTS_FAULT:
            raise
        except Exception as error:
            if not self._singly:
                # A batch does not tell well whose fault it was: somebody's timer fires between two facts.
                self._singly_until = batch[-1].position
            elif not self._set_poison(error):
                raise
            return
        after = Progress(position=batch[-1].position, now=max(self.progress.now, batch[-1].at))
        self._state.commit([c for c in commits if c is not None], self.progress, after)
        self.progress = after
        self._stale = False
        if self._poison and (behind := [fact for fact in self._poison if position_of(fact) <= after.position]):
            self._pass_over_for_good(behind)
        if self._attempts is not None and self._singly_until:
            self._go_on(self._attempts)
        for work in self._working.values():
            self._shrink(work)

    def _go_on(self, attempts: Attempts) -> None:
        """Note how far folding one by one has come, and its end."""
        if self._singly:
            attempts.moved(self.progress.position)
        else:
            self._singly_until = 0
            self._working.clear()  # these note each fact
            attempts.over()

    def _set_poison(self, error: Exception) -> bool:
        """Remember the fact that broke the fold, so that the next attempt passes over it; whether there is one that was not passed over yet.

        The fold is pure: trying the same fact again would change nothing.
        """
        current = max((work.current for work in self._working.values()), default=NOBODY) or self._correcting
        if not current or current in self._poison:
            return False
        log.error("a fact broke the fold and is set aside", fact=current, exc_info=error)
        self._poison[current] = f"{type(error).__name__}: {error}"
        return True

    def _pass_over_for_good(self, facts: list[FactId]) -> None:
        """Mark them on the log too, now that they are set aside: so a replay passes over them, whatever it would make of them."""
        if self._until is None:
            self._log.pass_over(facts)
        for fact in facts:
            self._poison.pop(fact, None)
        if self._attempts is not None:
            self._attempts.forget_killers()

    def _concerned(self, batch: list[Record]) -> list[int]:
        return sorted({record.workspace for record in batch if record.workspace} | set(self._workspaces()))

    def _fold_workspace(self, workspace: int, batch: list[Record]) -> Commit | None:
        until = batch[-1]
        mine = [self._without_poison(record) for record in batch if record.workspace == workspace]
        due = self._state.due(workspace, until.at, limit=1_000_000)
        if not mine and not due:
            return None
        work = self._working_set(workspace)
        work.current = self._correcting = NOBODY
        if not mine or mine[-1].position != until.position:
            mine.append(Record(position=until.position, at=until.at, workspace=workspace, source=0, facts=[]))
        if not self._singly:  # there looking up is part of each fact, and its fault
            self._prefetch(work, (fact for record in mine for fact in record.facts), (person for _, person in due))
        work.now = self.progress.now
        fold.fold(work, mine, due)
        work.current = NOBODY
        self._correcting = work.refolds[0].correction if work.refolds else NOBODY
        commit = work.finish(until.position)
        self._set_aside(commit, batch)
        if self._correcting and self._refold is not None:
            self._refold(work, commit)
            self._working.pop(workspace)
        self._correcting = NOBODY
        return commit

    def _without_poison(self, record: Record) -> Record:
        bad = {index for index in range(len(record.facts)) if fact_id(record.position, index) in self._poison} if self._poison else set()
        if not bad:
            return record
        # The fold passes over them while the ids of their neighbours stay as they are.
        facts = [passed_over(fact) if index in bad else fact for index, fact in enumerate(record.facts)]
        return msgspec.structs.replace(record, facts=facts)

    def _set_aside(self, commit: Commit, batch: list[Record]) -> None:
        if not self._poison:
            return
        for record in batch:
            if record.workspace != commit.workspace:
                continue
            for index, fact in enumerate(record.facts):
                why = self._poison.get(fact_id(record.position, index))
                if why is not None:
                    commit.quarantined.append((record.position, record.source, Quarantine(Reason.POISON, call_of(fact)[:KEPT_BYTES], why)))
                    key = (record.source, str(Reason.POISON))
                    commit.counts[key] = commit.counts.get(key, 0) + 1

    def _working_set(self, workspace: int) -> Working:
        work = self._working.get(workspace)
        if work is None:
            stored = self._state.rules(workspace)
            rules = msgspec.msgpack.decode(stored, type=RuleBook) if stored else RuleBook()
            parts = (workspace, rules, self._reader(workspace), self.progress.now)
            work = Working(*parts) if self._attempts is None or not self._singly else _Watched(self._attempts, *parts)
            self._working[workspace] = work
        return work

    def _reader(self, workspace: int) -> Reader:
        state = self._state

        def entry(key: IdentifierKey) -> IdentifierEntry | None:
            return state.identifiers(workspace, [key]).get(key)

        def person(number: PersonId) -> Person | None:
            return state.people(workspace, [number]).get(number)

        def canonical(number: PersonId) -> PersonId:
            return state.canonical(workspace, number)

        return Reader(entry, person, canonical)

    def _prefetch(self, work: Working, facts: Iterable[Fact], people: Iterable[PersonId]) -> None:
        keys = {key for fact in facts if not fact.flags & _DERIVED for key in identity.needs(fact)}.difference(work.entries)
        if keys:
            found = self._state.identifiers(work.workspace, keys)
            for key in keys:
                work.entries[key] = found.get(key)
        wanted = set(people)
        for key in keys:
            entry = work.entries[key]
            if entry is not None:
                wanted.add(entry.person)
        wanted.difference_update(work.people)
        if wanted:
            work.people.update(self._state.people(work.workspace, wanted))

    def _shrink(self, work: Working) -> None:
        if len(work.people) > self._people_at_hand:
            work.people.clear()
            work.entries.clear()
        elif len(work.entries) > 4 * self._people_at_hand:
            work.entries.clear()


class _Watched(Working):
    """A working set that notes each fact before it is folded."""

    def __init__(self, attempts: Attempts, workspace: int, rules: RuleBook, reader: Reader, now: Millis) -> None:
        self._attempts = attempts
        super().__init__(workspace, rules, reader, now)

    @property
    def current(self) -> FactId:
        """The fact being folded."""
        return self._current

    @current.setter
    def current(self, fact: FactId) -> None:
        self._attempts.folding(fact)
        self._current = fact


def spare_collector() -> None:
    """Have this process look for garbage in cycles a hundred times less often than Python does by itself.

    A batch makes tens of thousands of containers that all go by reference counting. Looking through them again and again, and through everybody at hand,
    was a quarter of the time that reading the log takes. What is in memory by now is left out of it for good.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(70_000, 20, 50)


def lag_seconds(progress: Progress, head_at: Millis) -> float:
    """How far the engine is behind the log, in seconds of log time."""
    return max(0, head_at - progress.now) / SECOND
