"""What the engine folded reaches the lake once, in time, in the right hands; a crash at any point repeats and loses nothing."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.ports.lake import Row, Unreachable
from sojourn.runtime import lake_writer
from sojourn.runtime.lake_writer import LakeWriter
from sojourn.terms.facts import FACT_ERASED, PERSON_ERASED, RULES_PUBLISHED, Flag, Kind
from sojourn.terms.ids import NOBODY, fact_id
from sojourn.terms.refusals import Code, Refusal
from tests.lake.house import SOURCE, WORKSPACE, House


class _Crash(Exception):
    pass


class _Failing(MemoryLake):
    """A lake that fails before or after its next transaction."""

    before = after = False

    def write(self, rows: Sequence[Row], merges: Sequence[tuple[int, int, int]], sequence: int) -> None:
        if self.before:
            self.before = False
            raise Unreachable("disk full")
        super().write(rows, merges, sequence)
        if self.after:
            self.after = False
            raise _Crash


@pytest.fixture(params=["memory", "ducklake"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    made = House(_Failing if request.param == "memory" else lambda: DuckLake(tmp_path / "lake"))
    yield made
    made.lake.close()


@pytest.fixture
def failing() -> House:
    return House(_Failing)


def everything(house: House) -> list[Row]:
    people = [NOBODY, *house.everybody()]
    return house.lake.timeline(WORKSPACE, people, 100_000)


def test_facts_arrive_with_person_session_source_and_record_time(house: House):
    position = house.put(house.track("Product Viewed", "a-1", props={"price": 5}))
    house.engine.catch_up()
    house.writer.drain()
    person = house.person("anonymous_id:a-1").id
    logged, started = sorted(house.lake.timeline(WORKSPACE, [person], 10), key=lambda row: row.id)
    record = house.log.read(position - 1, 1)[0]
    assert logged == Row(WORKSPACE, fact_id(position, 0), person, fact_id(position, 0), SOURCE, record.at, record.facts[0])
    assert (started.fact.name, started.fact.kind, started.source) == ("Session Started", "track", 0)
    assert started.fact.flags & Flag.DERIVED
    assert house.state.handovers(0, 1) == []


def test_facts_of_nobody_and_control_facts_are_kept_too(house: House):
    house.put(house.track("Product Viewed", "null"))
    house.engine.catch_up()
    house.writer.drain()
    assert [(row.person, row.fact.name) for row in reversed(everything(house))] == [(0, RULES_PUBLISHED), (0, "Product Viewed")]


def test_people_who_became_one_are_told_to_the_lake(tmp_path: Path):
    lake = DuckLake(tmp_path / "lake")
    house = House(lambda: lake)
    house.put(house.track("Product Viewed", user="u-1"))
    house.put(house.track("Product Viewed", "a-1"))
    house.engine.catch_up()
    house.writer.drain()
    loser = house.person("anonymous_id:a-1").id
    house.put(house.track("", "a-1", "u-1", kind=Kind.IDENTIFY))
    house.engine.catch_up()
    house.writer.drain()
    winner = house.person("user_id:u-1").id
    assert lake.query("SELECT person, became FROM merges", {}) == [(loser, winner)]
    assert lake.query("SELECT DISTINCT person FROM facts_today WHERE person != 0", {}) == [(winner,)]
    lake.close()


def test_little_waits_for_two_seconds_and_much_does_not(failing: House):
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    assert failing.writer.run_once() == 3
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    assert failing.writer.run_once() == 0
    failing.later(2)
    assert failing.writer.run_once() == 1
    failing.put(*(failing.track("Product Viewed", "a-1") for _ in range(lake_writer.ROWS_ENOUGH)))
    failing.engine.catch_up()
    assert failing.writer.run_once() == lake_writer.ROWS_ENOUGH
    assert failing.writer.run_once() == 0


def test_a_clock_that_was_set_back_stops_nothing(failing: House):
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    failing.writer.run_once()
    failing.later(-86_400)
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    assert failing.writer.run_once() > 0


def test_a_backlog_goes_in_by_transactions_of_bounded_size(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lake_writer, "ROWS_AT_ONCE", 10)
    house = House(_Failing, batch_facts=4)
    for number in range(30):
        house.put(house.track("Product Viewed", f"a-{number % 3}"))
    house.engine.catch_up()
    sizes = []
    while written := (house.later(2), house.writer.run_once())[1]:
        sizes.append(written)
    assert max(sizes) <= 10
    assert len(sizes) > 3
    assert Counter(row.fact.name for row in everything(house)) == {"Product Viewed": 30, "Session Started": 3, RULES_PUBLISHED: 1}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_crash_around_the_lakes_commit_neither_loses_nor_repeats(failing: House, when: str):
    for _ in range(3):
        failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    setattr(failing.lake, when, True)
    with pytest.raises((_Crash, Unreachable)):
        failing.writer.run_once()
    assert len(failing.state.handovers(0, 10)) == 1, "nothing was released"
    LakeWriter(failing.log, failing.state, failing.lake, failing.clock).drain()
    assert failing.state.handovers(0, 10) == []
    assert Counter(row.fact.name for row in everything(failing)) == {"Product Viewed": 3, "Session Started": 1, RULES_PUBLISHED: 1}


def test_control_without_the_sequence_check_a_crash_repeats(failing: House, monkeypatch: pytest.MonkeyPatch):
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    failing.lake.after = True
    with pytest.raises(_Crash):
        failing.writer.run_once()
    monkeypatch.setattr(failing.lake, "_sequence", 0)
    monkeypatch.setattr(failing.lake, "head", lambda _: 0)
    LakeWriter(failing.log, failing.state, failing.lake, failing.clock).drain()
    assert Counter(row.fact.name for row in everything(failing))["Product Viewed"] == 2


def test_a_database_from_another_time_than_the_lake_is_noticed(failing: House):
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    failing.lake.write([], [], 50)
    with pytest.raises(Refusal) as refusal:
        LakeWriter(failing.log, failing.state, failing.lake, failing.clock).run_once()
    assert refusal.value.code == Code.DAMAGED
    assert len(failing.state.handovers(0, 10)) == 1


def test_a_log_trimmed_too_early_is_said_and_nothing_is_released(failing: House):
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    failing.log.trim(3)
    with pytest.raises(Refusal) as refusal:
        failing.writer.run_once()
    assert refusal.value.code == Code.DAMAGED
    assert len(failing.state.handovers(0, 10)) == 1
    assert failing.lake.sequence() == 0


def test_who_is_erased_leaves_the_lake_with_all_they_were_and_nothing_of_theirs_comes_in_again(house: House):
    house.put(house.track("Product Viewed", user="u-1"))
    house.put(house.track("Product Viewed", "a-1"))
    house.put(house.track("Product Viewed", "a-2"))
    house.engine.catch_up()
    house.writer.drain()
    other = house.person("anonymous_id:a-2").id
    house.put(house.track("", "a-1", "u-1", kind=Kind.IDENTIFY))
    house.engine.catch_up()
    person = house.person("user_id:u-1")
    assert len(person.merged) == 1
    house.put(house.track("Product Viewed", user="u-1"))
    house.control(PERSON_ERASED, person=person.id, people=[person.id, *person.merged])
    house.put(house.track("Product Viewed", "a-2"))
    house.engine.catch_up()
    house.put(house.track("Product Viewed", "a-1", "u-1"))
    house.engine.catch_up()
    house.writer.drain()
    left = [fact for record in house.log.read(0, 100) for fact in record.facts]
    assert Counter(fact.anonymous_id or fact.user_id or fact.name for fact in left) == {FACT_ERASED: 5, "a-2": 2, RULES_PUBLISHED: 1, PERSON_ERASED: 1}
    assert house.lake.timeline(WORKSPACE, [person.id, *person.merged], 100) == []
    assert [row.fact.name for row in house.lake.timeline(WORKSPACE, [NOBODY], 100)] == [PERSON_ERASED, RULES_PUBLISHED]
    assert [row.fact.name for row in house.lake.timeline(WORKSPACE, [other], 100) if not row.fact.flags & Flag.DERIVED] == ["Product Viewed"] * 2
    assert house.state.handovers(0, 1) == []


def test_a_crash_after_erasing_erases_again_and_loses_nobody_else(failing: House):
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.put(failing.track("Product Viewed", "a-2"))
    failing.engine.catch_up()
    failing.writer.drain()
    person, other = failing.person("anonymous_id:a-1").id, failing.person("anonymous_id:a-2").id
    failing.control(PERSON_ERASED, person=person)
    failing.put(failing.track("Product Viewed", "a-2"))
    failing.engine.catch_up()
    failing.lake.before = True
    failing.later(2)
    with pytest.raises(Unreachable):
        failing.writer.run_once()
    LakeWriter(failing.log, failing.state, failing.lake, failing.clock).drain()
    assert failing.lake.timeline(WORKSPACE, [person], 10) == []
    assert Counter(row.fact.name for row in failing.lake.timeline(WORKSPACE, [other], 10))["Product Viewed"] == 2


def test_two_workspaces_in_one_batch_stay_apart(monkeypatch: pytest.MonkeyPatch):
    house = House(_Failing)
    house.engine._workspaces = lambda: [1, 2]
    for number in range(4):
        house.put(house.track("Product Viewed", "a-1"), workspace=1 + number % 2)
    house.engine.catch_up()
    monkeypatch.setattr(lake_writer, "ROWS_AT_ONCE", 3)
    house.writer.drain()
    for workspace in (1, 2):
        people = [number for place, number in house.state.everybody() if place == workspace]
        names = Counter(row.fact.name for row in house.lake.timeline(workspace, people, 100))
        assert names == {"Product Viewed": 2, "Session Started": 1}


def test_compaction_comes_after_many_writes(failing: House, monkeypatch: pytest.MonkeyPatch):
    done: list[Any] = []
    monkeypatch.setattr(failing.lake, "compact", lambda: done.append(1) or 0)
    for _ in range(2 * lake_writer.COMPACT_AFTER_WRITES):
        failing.put(failing.track("Product Viewed", "a-1"))
        failing.engine.catch_up()
        failing.later(2)
        failing.writer.run_once()
    assert len(done) == 2
    failing.put(failing.track("Product Viewed", "a-1"))
    failing.engine.catch_up()
    failing.later(2)
    failing.writer.run_once()
    failing.later(600)
    failing.writer.run_once()
    assert len(done) == 3
