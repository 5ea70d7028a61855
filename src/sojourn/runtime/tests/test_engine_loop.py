"""The engine's loop: time goes on by ticks, what breaks the fold is set aside, an engine that was overtaken stops."""

from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.apps.sources.redrive import Again, Verdict
from sojourn.engine import identity, portrait, sessions
from sojourn.ports.directory import NO_POLICY
from sojourn.ports.state import Taken, Unavailable
from sojourn.runtime.attempts import DEATHS, KILLERS, STARTS, Attempts
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.redrive import drive
from sojourn.runtime.replay import replay_log
from sojourn.terms.facts import SOURCE_REMOVED, Arrival, Fact, Flag, Item
from sojourn.terms.ids import fact_id
from sojourn.terms.outcomes import Reason
from sojourn.terms.time import HOUR

START = 1_767_225_600_000


class House:
    def __init__(self) -> None:
        self.clock = SettableClock(START)
        self.log = MemoryLog(self.clock)
        self.state = MemoryState()
        self.engine = self.made()

    def made(self) -> EngineLoop:
        return EngineLoop(self.log, self.state, self.clock, lambda: [1])

    def put(self, *facts: Fact) -> None:
        items = [Item(hash(fact.message_id) & 0xFFFFFFFF, 1, msgspec.msgpack.encode(fact)) for fact in facts]
        self.log.append([Arrival(1, 7, items)])

    def seen(self, key: str) -> int:
        entry = self.state.identifiers(1, [key]).get(key)
        return self.state.people(1, [entry.person])[entry.person].facts if entry else 0


def viewed(number: int, who: str) -> Fact:
    return Fact("track", "Product Viewed", START, f"m-{number}", user_id=who)


def test_a_tick_goes_on_the_log_when_a_timer_is_due_and_nothing_came() -> None:
    house = House()
    house.put(viewed(1, "ann"))
    assert house.engine.catch_up() == 1
    assert house.engine.run_once() == 0
    house.clock.advance(HOUR)
    assert house.engine.run_once() == 1
    tick = house.log.read(1, 10)[0]
    assert (tick.workspace, tick.facts, tick.at) == (0, [], START + HOUR)
    assert house.state.next_due() is None
    assert house.engine.run_once() == 0


@pytest.mark.parametrize("together", [True, False])
def test_a_fact_that_breaks_the_fold_is_set_aside_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch, together: bool) -> None:
    house = House()
    facts = [viewed(1, "ann"), viewed(2, "ben"), viewed(3, "ann"), viewed(4, "cleo")]
    whole = portrait.fold

    def breaks(work, person, fact, moment):
        if fact.message_id in ("m-2", "m-3"):
            raise ZeroDivisionError("planted")
        whole(work, person, fact, moment)

    monkeypatch.setattr(portrait, "fold", breaks)
    if together:
        house.put(*facts)
    else:
        for fact in facts:
            house.put(fact)
    house.engine.catch_up()
    assert [house.seen(f"user_id:{who}") for who in ("ann", "ben", "cleo")] == [1, 0, 1]
    kept = [(source, reason, detail.split(":")[0]) for _, source, _, _, item in house.state.quarantined for reason, detail in [(item.reason, item.detail)]]
    assert kept == [(7, Reason.POISON, "ZeroDivisionError")] * 2
    assert sum(n for place, n in house.state.counts.items() if place[3] == Reason.POISON) == 2
    assert house.state.progress().position == house.log.head()


def test_what_is_set_aside_is_passed_over_for_good_whatever_a_later_version_would_make_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.put(viewed(1, "ann"), viewed(2, "ann"))
    with monkeypatch.context() as broken:
        whole = portrait.fold
        broken.setattr(portrait, "fold", lambda work, person, fact, moment: 1 / (fact.message_id != "m-2") and whole(work, person, fact, moment))
        house.engine.catch_up()
    assert [fact.flags & Flag.DERIVED for fact in house.log.read(0, 1)[0].facts] == [0, Flag.DERIVED]
    assert replay_log(house.log, house.state, [1]).different == 0


def test_a_replay_misses_people_whom_no_record_made() -> None:
    house = House()
    house.put(viewed(1, "ann"), viewed(2, "ben"))
    house.engine.catch_up()
    asked: list[int] = []
    assert replay_log(house.log, house.state, [1], made=lambda until: asked.append(until) or 2).different == 0
    assert replay_log(house.log, house.state, [1], made=lambda _: 5).different == 3
    assert asked == [1]


def test_what_is_set_aside_can_be_driven_again_and_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    fact = Fact("track", "Product Viewed", START, "m-2", "a-1", "ann", {"price": 1.5}, {}, {"page": {"path": "/"}}, raw={"timestamp": "x"})
    with monkeypatch.context() as broken:
        broken.setattr(portrait, "fold", lambda *_: 1 / 0)
        house.put(fact)
        house.engine.catch_up()
    (payload,) = [item.payload for _, _, _, _, item in house.state.quarantined]
    again = Again(1, 7, START, "", payload)
    assert [drive(house.log, lambda *_: NO_POLICY, [again])[0] for _ in range(2)] == [Verdict(), Verdict(duplicate=True)]
    house.engine.catch_up()
    made = house.log.read(1, 1)[0].facts[0]
    assert (made.name, made.at, made.user_id, made.anonymous_id, made.props, made.context) == (fact.name, START, "ann", "a-1", fact.props, fact.context)
    assert house.seen("user_id:ann") == 1


def test_a_fact_whose_identifiers_cannot_be_read_is_set_aside_too(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.put(viewed(1, "ann"), viewed(2, "ben"))
    whole = identity.needs

    def breaks(fact):
        if fact.message_id == "m-2":
            raise ZeroDivisionError("planted")
        return whole(fact)

    monkeypatch.setattr(identity, "needs", breaks)
    monkeypatch.setattr(identity, "resolve", lambda work, fact, moment, resolve=identity.resolve: breaks(fact) and resolve(work, fact, moment))
    house.engine.catch_up()
    assert [house.seen(f"user_id:{who}") for who in ("ann", "ben")] == [1, 0]
    house.put(viewed(3, "ben"))
    house.engine.catch_up()
    assert house.seen("user_id:ben") == 1


def test_nobody_is_blamed_for_somebodys_timer(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.put(viewed(1, "ann"))
    house.engine.catch_up()
    house.clock.advance(HOUR)
    house.put(viewed(2, "ben"), viewed(3, "cleo"))
    with monkeypatch.context() as broken:
        broken.setattr(sessions, "fire", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            house.engine.catch_up()
    house.engine.catch_up()
    assert [house.seen(f"user_id:{who}") for who in ("ann", "ben", "cleo")] == [1, 1, 1]
    assert house.state.quarantined == []


def test_a_correction_that_cannot_be_carried_out_is_set_aside_and_the_others_go_on() -> None:
    house = House()
    house.engine = EngineLoop(house.log, house.state, house.clock, lambda: [1], lambda work, commit: 1 / 0)
    told = Fact("control", SOURCE_REMOVED, START, "c-1", props={"sources": [9]})
    house.put(viewed(1, "ann"), told, viewed(2, "ben"))
    house.engine.catch_up()
    assert [house.seen(f"user_id:{who}") for who in ("ann", "ben")] == [1, 1]
    assert [(item.reason, item.detail) for _, _, _, _, item in house.state.quarantined] == [(Reason.POISON, "ZeroDivisionError: division by zero")]


def test_an_engine_that_was_overtaken_stops_and_changes_nothing() -> None:
    house = House()
    other = house.made()
    house.put(viewed(1, "ann"))
    other.catch_up()
    house.put(viewed(2, "ann"))
    with pytest.raises(Taken):
        house.engine.catch_up()
    assert house.seen("user_id:ann") == 1
    other.catch_up()
    assert house.seen("user_id:ann") == 2


def test_an_engine_that_is_overtaken_while_it_sets_a_fact_aside_folds_nothing_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    other, overtaken = house.made(), False
    house.put(viewed(1, "ann"))
    house.put(viewed(2, "ben"))
    whole = portrait.fold

    def breaks(work, person, fact, moment):
        nonlocal overtaken
        if fact.message_id == "m-1" and not overtaken:
            if house.engine._singly:
                overtaken = True
                other.catch_up()
            raise ZeroDivisionError("planted")
        whole(work, person, fact, moment)

    monkeypatch.setattr(portrait, "fold", breaks)
    house.engine.catch_up()
    house.put(viewed(3, "ann"))
    house.engine.catch_up()
    assert overtaken
    assert [house.seen(f"user_id:{who}") for who in ("ann", "ben")] == [2, 1]
    assert [fact.flags for record in house.log.read(0, 3) for fact in record.facts] == [0, 0, 0]


def test_a_record_that_was_set_aside_whole_is_marked_whole_by_the_next_engine(tmp_path: Path) -> None:
    house = House()
    house.put(*(viewed(number, f"u-{number}") for number in range(KILLERS + 2)))
    path = tmp_path / "engine.attempts"
    for fact in [0] * STARTS + [fact_id(1, index) for index in range(KILLERS) for _ in range(DEATHS)] + [0]:
        attempts = Attempts(path)
        attempts.begin(0)
        attempts.folding(fact)
        attempts.close()
    house.engine.catch_up()
    house.made().heed(Attempts(path))
    assert [fact.flags for fact in house.log.read(0, 1)[0].facts] == [Flag.DERIVED] * (KILLERS + 2)
    assert Attempts(path).killers == []


def test_a_batch_ends_where_the_log_is_taken_to_end() -> None:
    house = House()
    for number in range(5):
        house.put(viewed(number, "ann"))
    ends = EngineLoop(house.log, house.state, house.clock, lambda: [1], until=3)
    assert ends.catch_up() == 3
    assert house.seen("user_id:ann") == 3
    assert house.state.progress().now == START


def test_a_log_that_is_taken_to_end_gets_no_ticks() -> None:
    house = House()
    house.put(viewed(1, "ann"))
    ends = EngineLoop(house.log, house.state, house.clock, lambda: [1], until=1)
    assert ends.catch_up() == 1
    house.clock.advance(HOUR)  # long after the session's end
    assert ends.run_once() == 0
    assert house.log.head() == 1


def test_trouble_of_the_stores_sets_nothing_aside_and_the_batch_is_folded_once_later(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House()
    house.put(viewed(1, "ann"), viewed(2, "ben"))
    whole = portrait.fold

    def fails(work, person, fact, moment):
        raise Unavailable("disk")

    monkeypatch.setattr(portrait, "fold", fails)
    with pytest.raises(Unavailable):
        house.engine.run_once()
    monkeypatch.setattr(portrait, "fold", whole)
    house.engine.catch_up()
    assert [house.seen(f"user_id:{who}") for who in ("ann", "ben")] == [1, 1]
    assert house.state.quarantined == []


@pytest.mark.parametrize("committed", [True, False])
def test_a_commit_of_unknown_fate_counts_once(monkeypatch: pytest.MonkeyPatch, committed: bool) -> None:
    house = House()
    house.put(viewed(1, "ann"))
    whole = house.state.commit

    def fails(*parts):
        if committed:
            whole(*parts)
        raise Unavailable("the answer was lost")

    monkeypatch.setattr(house.state, "commit", fails)
    with pytest.raises(Unavailable):
        house.engine.run_once()
    monkeypatch.setattr(house.state, "commit", whole)
    house.put(viewed(2, "ann"))
    house.engine.catch_up()
    assert house.seen("user_id:ann") == 2
