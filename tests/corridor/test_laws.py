"""Laws over the whole corridor: batches, ticks, replays, workspaces and rebuilds do not change what the log says."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.engine.defaults import default_rules
from sojourn.ports.lake import Lake
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.lake_writer import LakeWriter
from sojourn.runtime.rebuild import compare
from sojourn.runtime.replay import replay_log
from sojourn.terms.facts import Arrival, Item, Record
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND
from tests.corridor.chaos import events
from tests.corridor.house import Corridor
from tests.corridor.pictures import people, picture, undisturbed

START = 1_772_409_600_000
SHOPPERS = 60


@pytest.fixture(scope="module", params=[1, 2])
def lived(request: pytest.FixtureRequest) -> Iterator[Corridor]:
    """A corridor after two days of a shop in which everything goes wrong, with mails, clicks and unsubscribes."""
    rng = Random(request.param)
    house = Corridor(START, default_rules(holdout=0.1, quiet_hours=None, currency="EUR"), batch_facts=rng.choice((1, 7, 1_000)))
    for at, event in events(request.param, SHOPPERS, START + MINUTE):
        house.until(max(at, house.clock.now()))
        status, answer = house.send(event)
        assert status == 200, answer
        if house.channel.taken and rng.random() < 0.02:
            address = rng.choice(house.channel.taken).recipient
            if rng.random() < 0.5:
                house.unsubscribe(address)
            else:
                house.click(address)
    house.until(house.clock.now() + DAY)
    yield house
    house.close()


def test_the_shop_of_these_laws_is_worth_looking_at(lived: Corridor) -> None:
    everybody = people(lived.state.inner)
    assert len(lived.channel.taken) >= 5
    assert sum(len(person.merged) for person in everybody) >= 3
    assert sum(1 for person in everybody if person.shared) >= 1
    assert {decision.outcome for person in everybody for decision in person.decisions} == {"send", "hold_out", "skip"}


@pytest.mark.parametrize("batch_facts", [1, 7, 1_000])
@pytest.mark.parametrize("people_at_hand", [1, 10_000])
def test_a_replay_from_the_beginning_gives_the_same_bytes_whatever_the_batches(lived: Corridor, batch_facts: int, people_at_hand: int) -> None:
    live, again = picture(lived.state.inner), picture(undisturbed(lived.log, batch_facts, people_at_hand))
    assert list(live) == list(again)
    for part, value in live.items():
        assert again[part] == value, part


def test_the_command_that_replays_finds_no_difference_and_finds_one_where_there_is_one(lived: Corridor) -> None:
    found = replay_log(lived.log, lived.state.inner, [1])
    assert (found.people, found.different) == (len(people(lived.state.inner)), 0)
    changed = undisturbed(lived.log)
    place, packed = next((place, packed) for place, packed in changed._people.items())
    changed._people[place] = msgspec.msgpack.encode(msgspec.structs.replace(changed.people(1, [place[1]])[place[1]], facts=99_999))
    assert changed._people[place] != packed
    assert replay_log(lived.log, changed, [1]).different == 1


@pytest.mark.parametrize("seed", range(4))
def test_it_does_not_matter_when_ticks_come(lived: Corridor, seed: int) -> None:
    """Between any two records lies a tick: at the earliest instant, at the latest, or in between. Positions stay the same."""
    rng = Random(seed)
    early, other = _with_ticks(lived.log, lambda low, high: low), _with_ticks(lived.log, lambda low, high: high if seed == 0 else rng.randint(low, high))
    expected, found = picture(undisturbed(early, 5_000)), picture(undisturbed(other, rng.choice((1, 7, 5_000))))
    for part, value in expected.items():
        assert found[part] == value, part


def _with_ticks(log: MemoryLog, when: Any) -> MemoryLog:
    records = log.read(0, 1_000_000, 10_000_000)
    clock = SettableClock(records[0].at)
    copy = MemoryLog(clock)
    for record, following in zip(records, [*records[1:], records[-1]], strict=True):
        clock.set(record.at)
        if record.workspace:
            copy.append([_arrival(record)])
        else:
            copy.tick()
        clock.set(when(record.at, following.at))
        copy.tick()
    return copy


def _arrival(record: Record, workspace: int = 1) -> Arrival:
    items = [Item(record.position << 14 | index, 0, msgspec.msgpack.encode(fact)) for index, fact in enumerate(record.facts)]
    return Arrival(workspace, record.source, items, dict(record.counts), list(record.quarantined))


def test_two_workspaces_do_not_touch_each_other(lived: Corridor) -> None:
    """The same people, ids and carts in two workspaces, record by record in turn, against each of them alone."""
    records = lived.log.read(0, 1_000_000, 10_000_000)
    both, first, second = (_side_by_side(records, mine) for mine in ({1, 2}, {1}, {2}))
    together = undisturbed(both, 7)
    for workspace, alone in ((1, undisturbed(first)), (2, undisturbed(second))):
        mine = {number: packed for (place, number), packed in together._people.items() if place == workspace}
        assert mine == {number: packed for (place, number), packed in alone._people.items() if place == workspace}
        assert len(mine) > SHOPPERS // 2
        entries = {key: packed for (place, key), packed in together._entries.items() if place == workspace}
        assert entries == {key: packed for (place, key), packed in alone._entries.items() if place == workspace}
        intents = {number for number, row in together.waiting.items() if row.intent.workspace == workspace}
        assert intents == {number for number, row in alone.waiting.items() if row.intent.workspace == workspace}
        assert intents
    assert len(together.waiting) == len({row.intent.id for row in together.waiting.values()})


def _side_by_side(records: list[Record], workspaces: set[int]) -> MemoryLog:
    clock = SettableClock(records[0].at)
    log = MemoryLog(clock)
    for record in records:
        clock.set(record.at)
        for workspace in (1, 2):
            if workspace in workspaces and record.workspace:
                shifted = msgspec.structs.replace(record, position=record.position * 4 + workspace)
                log.append([_arrival(shifted, workspace)])
            else:
                log.tick()
    return log


@pytest.mark.parametrize("real", [False, True])
def test_everybody_rebuilt_from_the_lake_equals_the_live_portrait(lived: Corridor, real: bool, tmp_path: Path) -> None:
    state, rng = MemoryState(), Random(3)
    engine = EngineLoop(lived.log, state, SettableClock(0), lambda: [1], batch_facts=97)
    lake: Lake = DuckLake(tmp_path / "lake") if real else MemoryLake()
    clock = SettableClock(lived.clock.now())
    writer = LakeWriter(lived.log, state, lake, clock)
    while engine.run_once():
        if rng.random() < 0.3:
            clock.advance(10 * SECOND)
            writer.run_once()
    # What the lake has not taken in yet is read from the log; both ways are in this test.
    everybody = people(state)
    some = everybody if not real else rng.sample(everybody, 15)
    different = [person.id for person in some if not compare(lake, lived.log, state, 1, person.id).equal]
    clock.advance(HOUR)
    writer.drain()
    different += [person.id for person in some if not compare(lake, lived.log, state, 1, person.id).equal]
    lake.close()
    assert different == []
    assert len(some) >= 15
