"""Facts changed where they stand on a log: the contract of `Log.blank` and `Log.pass_over`, held by every log."""

from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.sqlite.log import open_log
from sojourn.ports.log import Log
from sojourn.terms.facts import FACT_ERASED, Arrival, Flag, Kind
from sojourn.terms.ids import fact_id

from .makers import START, arrival, fact, item


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Log:
    clock = SettableClock(START)
    return MemoryLog(clock) if request.param == "memory" else open_log(tmp_path / "log.sqlite", clock)


def test_a_blanked_fact_keeps_its_place_and_says_nothing(log: Log) -> None:
    log.append([arrival("m1", "m2", "m3"), arrival("m4")])
    assert log.blank([fact_id(1, 1), fact_id(2, 0)]) == 2
    first, second = log.read(0, 10)
    assert first.facts[0] == fact("m1")
    assert first.facts[2] == fact("m3")
    for gone in (first.facts[1], second.facts[0]):
        assert (gone.kind, gone.name, gone.at, gone.message_id, gone.anonymous_id, gone.props) == (Kind.CONTROL, FACT_ERASED, START, "", None, {})
    assert log.verify() == 2


def test_blanking_again_or_what_is_not_there_changes_nothing(log: Log) -> None:
    log.append([arrival("m1")])
    assert log.blank([fact_id(1, 0)]) == 1
    assert log.blank([fact_id(1, 0), fact_id(1, 5), fact_id(9, 0)]) == 0
    assert log.read(0, 10)[0].facts[0].name == FACT_ERASED


def test_a_retry_of_a_blanked_fact_is_still_a_duplicate(log: Log) -> None:
    log.append([arrival("m1")])
    log.blank([fact_id(1, 0)])
    assert log.append([arrival("m1")])[0].duplicates == (0,)


def test_a_fact_that_is_passed_over_says_what_it_said(log: Log) -> None:
    log.append([arrival("m1", "m2"), arrival("m3")])
    assert log.pass_over([fact_id(1, 1), fact_id(1, 7), fact_id(9, 0)]) == 1
    assert log.pass_over([fact_id(1, 1)]) == 0
    first, second = log.read(0, 10)
    assert [*first.facts, *second.facts] == [fact("m1"), msgspec.structs.replace(fact("m2"), flags=int(Flag.DERIVED)), fact("m3")]
    assert log.append([arrival("m2")])[0].duplicates == (0,)
    assert log.verify() == 3


def test_nothing_of_a_blanked_fact_is_left_in_the_file(tmp_path: Path) -> None:
    log = open_log(tmp_path / "log.sqlite", SettableClock(START))
    log.append([Arrival(1, 7, [item("m1", secret="canary-5d1f0c"), item("m2")])])
    assert b"canary-5d1f0c" in b"".join(path.read_bytes() for path in tmp_path.glob("log.sqlite*"))
    log.blank([fact_id(1, 0)])
    log.close()
    assert b"canary-5d1f0c" not in b"".join(path.read_bytes() for path in tmp_path.glob("log.sqlite*"))
