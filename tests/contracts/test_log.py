"""The contract of ports/log.py, held by every log."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.sqlite.log import open_log
from sojourn.ports.log import Appended, Log
from sojourn.terms.facts import Arrival, Flag, Item, Quarantine, Record
from sojourn.terms.time import DAY, HOUR, SECOND

from .makers import START, arrival, fact, item

Open = Callable[[], Log]


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, clock: SettableClock, tmp_path: Path) -> Iterator[Log]:
    made: Log = MemoryLog(clock) if request.param == "memory" else open_log(tmp_path / "log.sqlite", clock)
    yield made
    made.close()


def names(records: list[Record]) -> list[list[str]]:
    return [[f.message_id for f in record.facts] for record in records]


def test_an_empty_log_has_head_0_and_nothing_to_read(log: Log) -> None:
    assert log.head() == 0
    assert log.read(0, 10) == []
    assert log.verify() == 0
    assert log.trim(5) == 0


def test_an_arrival_becomes_one_record_that_reads_back_equal(log: Log) -> None:
    came = Arrival(3, 7, [item("m1", price=19.99, tags=["a", None]), item("m2")], {"skew_corrected": 2}, [Quarantine("too_deep", b"\x00{", "33 levels")])
    assert log.append([came]) == [Appended(1, 2)]
    assert log.read(0, 10) == [
        Record(1, START, 3, 7, [fact("m1", price=19.99, tags=["a", None]), fact("m2")], {"skew_corrected": 2}, [Quarantine("too_deep", b"\x00{", "33 levels")])
    ]


def test_the_tail_of_a_source_is_its_newest_records_and_nobody_elses(log: Log) -> None:
    for n in range(1, 7):
        log.append([arrival(f"m{n}"), arrival(f"o{n}", workspace=2)])
    log.tick()
    assert names(log.tail(1, 7, 100)) == [["m6"], ["m5"], ["m4"], ["m3"], ["m2"], ["m1"]]
    assert names(log.tail(1, 7, 2)) == [["m6"], ["m5"]]
    assert names(log.tail(2, 7, 100, look_back=4)) == [["o6"], ["o5"]]
    assert log.tail(1, 8, 100) == []
    assert log.tail(1, 7, 100)[0] == log.read(10, 1)[0]


def test_the_tail_ends_with_the_record_that_fills_the_limit(log: Log) -> None:
    log.append([Arrival(1, 7, [item("a")]), Arrival(1, 7, [item("b"), item("c"), item("d")]), Arrival(1, 7, [item("e")])])
    assert names(log.tail(1, 7, 2)) == [["e"], ["b", "c", "d"]]


def test_positions_start_at_1_and_have_no_gaps(log: Log) -> None:
    assert [a.position for a in log.append([arrival("m1"), arrival("m2", workspace=2)])] == [1, 2]
    assert log.tick() == 3
    assert [a.position for a in log.append([arrival("m3")])] == [4]
    assert [(r.position, r.workspace, r.source) for r in log.read(0, 10)] == [(1, 1, 7), (2, 2, 7), (3, 0, 0), (4, 1, 7)]
    assert log.head() == 4
    assert log.verify() == 4


def test_a_tick_has_no_facts(log: Log) -> None:
    log.tick()
    assert log.read(0, 1) == [Record(1, START, 0, 0, [])]


def test_reading_starts_after_the_position_and_stops_at_the_limit(log: Log) -> None:
    log.append([arrival(f"m{n}") for n in range(5)])
    assert names(log.read(1, 2)) == [["m1"], ["m2"]]
    assert names(log.read(4, 2)) == [["m4"]]
    assert log.read(5, 2) == []


def test_reading_stops_when_it_has_enough_facts_but_gives_at_least_one_record(log: Log) -> None:
    log.append([arrival("a1", "a2", "a3"), arrival("b1", "b2"), arrival("c1")])
    assert names(log.read(0, 10, max_facts=1)) == [["a1", "a2", "a3"]]
    assert names(log.read(0, 10, max_facts=4)) == [["a1", "a2", "a3"], ["b1", "b2"]]


def test_a_record_holds_10_000_facts(log: Log) -> None:
    ids = [f"m{n}" for n in range(10_000)]
    assert log.append([arrival(*ids)]) == [Appended(1, 10_000)]
    assert names(log.read(0, 1)) == [ids]


@pytest.mark.parametrize("number", [1, 15, 16, 17])
def test_any_small_number_of_facts_reads_back(log: Log, number: int) -> None:
    ids = [f"m{n}" for n in range(number)]
    log.append([arrival(*ids)])
    assert names(log.read(0, 1)) == [ids]


# -- once


def test_a_retry_is_left_out_and_counted(log: Log) -> None:
    log.append([arrival("m1", "m2")])
    assert log.append([arrival("m1", "m3", "m2")]) == [Appended(2, 1, duplicates=(0, 2))]
    assert log.read(1, 1) == [Record(2, START, 1, 7, [fact("m3")], {"duplicate": 2})]


def test_a_retry_of_everything_leaves_a_record_that_only_counts(log: Log) -> None:
    log.append([arrival("m1")])
    assert log.append([arrival("m1")]) == [Appended(2, 0, duplicates=(0,))]
    assert log.read(1, 1) == [Record(2, START, 1, 7, [], {"duplicate": 1})]


def test_duplicates_add_to_the_counts_that_came(log: Log) -> None:
    log.append([arrival("m1")])
    log.append([msgspec.structs.replace(arrival("m1"), counts={"duplicate": 3, "bad_type": 1})])
    assert log.read(1, 1)[0].counts == {"duplicate": 4, "bad_type": 1}


def test_a_repetition_within_one_arrival_and_within_one_batch_counts_once(log: Log) -> None:
    assert log.append([arrival("m1", "m1"), arrival("m1", "m2")]) == [Appended(1, 1, duplicates=(1,)), Appended(2, 1, duplicates=(0,))]
    assert names(log.read(0, 10)) == [["m1"], ["m2"]]


def test_an_arrival_with_nothing_in_it_makes_no_record(log: Log) -> None:
    assert log.append([Arrival(1, 7)]) == [Appended(0, 0)]
    assert log.append([]) == []
    assert log.head() == 0


def test_an_arrival_of_counts_or_of_quarantine_alone_makes_a_record(log: Log) -> None:
    aside = Quarantine("too_deep", b"{", "")
    assert log.append([Arrival(1, 7, counts={"bad_type": 1}), Arrival(1, 7, quarantined=[aside])]) == [Appended(1, 0), Appended(2, 0)]
    assert log.read(0, 10) == [Record(1, START, 1, 7, [], {"bad_type": 1}), Record(2, START, 1, 7, [], {}, [aside])]


def test_other_content_under_a_known_key_is_kept_once_and_flagged(log: Log) -> None:
    log.append([arrival("m1")])
    other = Arrival(1, 7, [item("m1", price=5)])
    assert log.append([other]) == [Appended(2, 1, conflicts=(0,))]
    assert log.append([other]) == [Appended(3, 0, duplicates=(0,))]
    assert log.append([arrival("m1")]) == [Appended(4, 0, duplicates=(0,))]
    records = log.read(1, 10)
    assert [(f.props, f.flags) for r in records for f in r.facts] == [({"price": 5}, Flag.CONFLICT)]
    assert [r.counts for r in records] == [{"message_id_conflict": 1}, {"duplicate": 1}, {"duplicate": 1}]


def test_a_conflict_keeps_the_flags_that_were_there(log: Log) -> None:
    log.append([arrival("m1")])
    skewed = msgspec.structs.replace(fact("m1", price=5), flags=Flag.SKEWED)
    log.append([Arrival(1, 7, [Item(item("m1").key, 99 << 20, msgspec.msgpack.encode(skewed))])])
    assert log.read(1, 1)[0].facts[0].flags == Flag.SKEWED | Flag.CONFLICT


def test_a_key_of_zero_is_a_key(log: Log) -> None:
    zero = Arrival(1, 7, [Item(0, 0, item("m1").packed)])
    assert log.append([zero]) == [Appended(1, 1)]
    assert log.append([zero]) == [Appended(2, 0, duplicates=(0,))]


def test_the_largest_key_and_content_are_taken(log: Log) -> None:
    largest = Arrival(1, 7, [Item(2**64 - 1, 2**64 - 1, item("m1").packed)])
    assert log.append([largest]) == [Appended(1, 1)]
    assert log.append([largest]) == [Appended(2, 0, duplicates=(0,))]


def test_a_retry_after_28_days_is_still_a_duplicate(log: Log, clock: SettableClock) -> None:
    log.append([arrival("m1")])
    clock.advance(28 * DAY)
    assert log.append([arrival("m1")]) == [Appended(2, 0, duplicates=(0,))]


def test_a_key_is_free_again_after_29_days(log: Log, clock: SettableClock) -> None:
    log.append([arrival("m1")])
    clock.advance(29 * DAY)
    assert log.append([arrival("m1")]) == [Appended(2, 1)]
    assert log.append([arrival("m1")]) == [Appended(3, 0, duplicates=(0,))]


# -- time


def test_record_time_is_the_clock(log: Log, clock: SettableClock) -> None:
    log.append([arrival("m1")])
    clock.advance(5 * SECOND)
    log.tick()
    assert [r.at for r in log.read(0, 10)] == [START, START + 5_000]


def test_record_time_stands_still_while_the_clock_runs_backwards(log: Log, clock: SettableClock) -> None:
    log.append([arrival("m1")])
    clock.advance(-HOUR)
    log.append([arrival("m2")])
    log.tick()
    clock.advance(HOUR + 1)
    log.append([arrival("m3")])
    assert [r.at for r in log.read(0, 10)] == [START, START, START, START + 1]


# -- waiting


def test_waiting_for_what_is_there_already_returns_at_once(log: Log) -> None:
    log.tick()
    assert log.wait(0, 60) is True


def test_waiting_ends_without_a_record_when_the_time_is_over(log: Log) -> None:
    log.tick()
    assert log.wait(1, 0.01) is False


def test_an_append_wakes_everybody_who_waits(log: Log) -> None:
    woken: list[bool] = []
    waiters = [threading.Thread(target=lambda: woken.append(log.wait(0, 30))) for _ in range(3)]
    for waiter in waiters:
        waiter.start()
    log.append([arrival("m1")])
    for waiter in waiters:
        waiter.join(30)
    assert woken == [True, True, True]


# -- retention


def test_trimmed_records_are_gone_and_the_rest_reads_on(log: Log) -> None:
    log.append([arrival(f"m{n}") for n in range(1, 6)])
    assert log.trim(4) == 3
    assert names(log.read(0, 10)) == [["m4"], ["m5"]]
    assert names(log.read(4, 10)) == [["m5"]]
    assert (log.head(), log.verify()) == (5, 2)
    assert log.trim(4) == 0


def test_the_last_record_is_never_trimmed_so_positions_and_time_go_on(log: Log, clock: SettableClock) -> None:
    log.append([arrival("m1"), arrival("m2")])
    clock.advance(-HOUR)
    assert log.trim(100) == 1
    assert log.tick() == 3
    assert [r.at for r in log.read(0, 10)] == [START, START]


def test_keys_outlive_their_records(log: Log) -> None:
    log.append([arrival("m1"), arrival("m2")])
    log.trim(2)
    assert log.append([arrival("m1")]) == [Appended(3, 0, duplicates=(0,))]


def test_appends_from_many_threads_all_arrive_once(log: Log) -> None:
    def send(thread: int) -> None:
        for n in range(20):
            log.append([arrival(f"{thread}-{n}", f"shared-{n}")])

    threads = [threading.Thread(target=send, args=(t,)) for t in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    facts = [f.message_id for r in log.read(0, 1000) for f in r.facts]
    assert sorted(facts) == sorted([f"{t}-{n}" for t in range(4) for n in range(20)] + [f"shared-{n}" for n in range(20)])
    assert [r.position for r in log.read(0, 1000)] == list(range(1, 81))
