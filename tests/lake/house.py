"""Engine, log, state and lake in one process, on a clock that the test sets; facts go straight onto the log."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.engine.defaults import default_rules
from sojourn.ports.lake import Lake
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.lake_writer import LakeWriter
from sojourn.runtime.rebuild import Comparison, compare, refolder
from sojourn.terms.facts import NO_SOURCE, PEOPLE_SPLIT, RULES_PUBLISHED, Arrival, Fact, Item, Kind
from sojourn.terms.ids import PersonId
from sojourn.terms.person import Person
from sojourn.terms.time import SECOND

JUNE = 1_780_300_800_000  # 2026-06-01T08:00:00Z
WORKSPACE = 1
SOURCE = 3


class House:
    """`lake` makes the lake that is used; by default one in memory."""

    def __init__(self, lake: Callable[[], Lake] = MemoryLake, batch_facts: int = 5_000) -> None:
        self.clock = SettableClock(JUNE)
        self.log = MemoryLog(self.clock)
        self.state = MemoryState()
        self.lake = lake()
        self.engine = EngineLoop(self.log, self.state, self.clock, lambda: [WORKSPACE], refolder(self.lake, self.log, self.state), batch_facts=batch_facts)
        self.writer = LakeWriter(self.log, self.state, self.lake, self.clock)
        self._messages = 0
        self.control(RULES_PUBLISHED, version=1, rules=msgspec.to_builtins(default_rules(holdout=0.5)))

    def put(self, *facts: Fact, source: int = SOURCE, workspace: int = WORKSPACE) -> int:
        """One record of these facts; its position."""
        items = []
        for fact in facts:
            self._messages += 1
            items.append(Item(self._messages, 0, msgspec.msgpack.encode(fact)))
        return self.log.append([Arrival(workspace, source, items)])[0].position

    def control(self, name: str, **props: Any) -> int:
        """A fact of the house itself."""
        return self.put(Fact(str(Kind.CONTROL), name, self.clock.now(), f"house-{self._messages}", props=props), source=NO_SOURCE)

    def track(self, name: str, anonymous: str | None = None, user: str | None = None, kind: Kind = Kind.TRACK, **fields: Any) -> Fact:
        """A fact that happens now."""
        self._messages += 1
        at = fields.pop("at", self.clock.now())
        return Fact(str(kind), name, at, f"m-{self._messages}", anonymous_id=anonymous, user_id=user, **fields)

    def later(self, seconds: int = 1) -> None:
        """Let time go on."""
        self.clock.set(self.clock.now() + seconds * SECOND)

    def split(self, person: PersonId, *groups: Sequence[str]) -> None:
        """Record that these groups of identifiers are different people."""
        self.control(PEOPLE_SPLIT, person=person, apart=[list(group) for group in groups])

    def person(self, key: str) -> Person:
        """Whom an identifier leads to."""
        entry = self.state.identifiers(WORKSPACE, [key])[key]
        return self.state.people(WORKSPACE, [entry.person])[entry.person]

    def everybody(self) -> list[PersonId]:
        """All people of the workspace."""
        return [person for workspace, person in self.state.everybody() if workspace == WORKSPACE]

    def compare(self, person: PersonId) -> Comparison:
        """The live portrait beside the one folded again."""
        return compare(self.lake, self.log, self.state, WORKSPACE, person)

    def assert_rebuilt_equals_live(self) -> int:
        """For everybody; how many people there are."""
        people = self.everybody()
        for person in people:
            found = self.compare(person)
            assert found.equal, f"person {person}\nlive  {found.live}\nagain {found.again}"
        return len(people)
