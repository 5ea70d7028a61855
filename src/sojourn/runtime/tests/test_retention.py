"""Old records go only when engine and lake have them."""

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.ports.state import Progress
from sojourn.runtime.retention import Retention
from sojourn.terms.effects import Commit, Resolved
from sojourn.terms.time import DAY, HOUR

START = 1_767_225_600_000


def a_log_of_days(clock: SettableClock, days: int) -> MemoryLog:
    log = MemoryLog(clock)
    for day in range(days):
        clock.set(START + day * DAY)
        log.tick()
    return log


def folded(state: MemoryState, position: int, at: int, *commits: Commit) -> None:
    state.commit(list(commits), state.progress(), Progress(position, at))


def test_records_older_than_the_days_go_and_younger_ones_stay() -> None:
    clock = SettableClock(START)
    log = a_log_of_days(clock, 40)
    state = MemoryState()
    folded(state, 40, clock.now())
    assert Retention(log, state, clock, 28).run_once() == 11
    assert log.read(0, 1)[0].at == START + 11 * DAY


def test_nothing_goes_that_the_engine_has_not_folded() -> None:
    clock = SettableClock(START)
    log = a_log_of_days(clock, 40)
    state = MemoryState()
    folded(state, 5, clock.now())
    assert Retention(log, state, clock, 28).run_once() == 4
    assert log.read(0, 1)[0].position == 5


def test_nothing_goes_while_the_lake_has_something_to_take_in() -> None:
    clock = SettableClock(START)
    log = a_log_of_days(clock, 40)
    state = MemoryState()
    folded(state, 40, clock.now(), Commit(workspace=1, position=40, now=clock.now(), resolved=[Resolved(1, 0, 0)]))
    assert Retention(log, state, clock, 28).run_once() == 0


def test_it_looks_once_an_hour() -> None:
    clock = SettableClock(START)
    log = a_log_of_days(clock, 40)
    state = MemoryState()
    retention = Retention(log, state, clock, 28)
    assert retention.run_once() == 0
    folded(state, 40, clock.now())
    assert retention.run_once() == 0
    clock.advance(HOUR)
    assert retention.run_once() == 12
