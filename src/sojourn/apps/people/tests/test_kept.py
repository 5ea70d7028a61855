"""How long a figure is kept, and who waits for it to be counted again."""

import threading

import pytest

from sojourn.apps.people import kept
from sojourn.apps.people.kept import Keeper, Kept
from sojourn.terms.time import SECOND

NOW = 1_767_225_600_000


class Counted:
    """Counts how often it was counted, and in which thread."""

    def __init__(self) -> None:
        self.times = 0
        self.thread = ""
        self.went_on = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    def __call__(self) -> int:
        assert self.may_go_on.wait(10)
        self.times += 1
        self.thread = threading.current_thread().name
        self.went_on.set()
        return self.times


@pytest.fixture
def slow(monkeypatch):
    """Everything takes long: it is kept for a minute."""
    monkeypatch.setattr(kept, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(kept, "SHARE", 1e-9)


def ask(keeper: Keeper, count: Counted, seconds: float, key: str = "k", at_least: float = 0.0) -> Kept[int]:
    return keeper.ask(key, NOW + round(seconds * SECOND), count, at_least)


def test_what_is_quick_is_counted_each_time(monkeypatch):
    monkeypatch.setattr(kept, "FRESH_SECONDS", 10.0)
    keeper, count = Keeper(beside=False), Counted()
    assert [ask(keeper, count, 0).value, ask(keeper, count, 0).value] == [1, 2]


def test_a_quick_one_is_kept_as_long_as_it_is_asked_to_be(monkeypatch):
    monkeypatch.setattr(kept, "FRESH_SECONDS", 10.0)
    keeper, count = Keeper(), Counted()
    assert [ask(keeper, count, second, at_least=2).value for second in (0, 1.999, 2, 3.999, 4)] == [1, 1, 2, 2, 3]


def test_what_is_slow_is_kept_a_minute_and_says_of_when_it_is(slow):
    keeper, count = Keeper(beside=False), Counted()
    assert [ask(keeper, count, second) for second in (0, 59.999)] == [Kept(1, NOW)] * 2
    assert ask(keeper, count, 60) == Kept(2, NOW + 60 * SECOND)


def test_a_stale_figure_is_shown_while_it_is_counted_anew_in_a_thread_of_its_own(slow):
    keeper, count = Keeper(), Counted()
    assert ask(keeper, count, 0).value == 1
    count.went_on.clear()
    count.may_go_on.clear()
    assert [ask(keeper, count, 60), ask(keeper, count, 61)] == [Kept(1, NOW)] * 2
    count.may_go_on.set()
    assert count.went_on.wait(10)
    assert keeper._thread is not None
    keeper._thread.shutdown()
    assert (ask(keeper, count, 62), count.times) == (Kept(2, NOW + 60 * SECOND), 2)
    assert count.thread.startswith("figures")


def test_a_figure_of_long_ago_or_of_a_later_time_is_waited_for(slow):
    keeper, count = Keeper(), Counted()
    assert ask(keeper, count, 0).value == 1
    assert ask(keeper, count, kept.STALE_SECONDS) == Kept(2, NOW + kept.STALE_SECONDS * SECOND)
    assert ask(keeper, count, 5) == Kept(3, NOW + 5 * SECOND)


def test_a_count_that_fails_beside_leaves_the_old_figure_and_can_be_tried_again(slow, caplog):
    keeper = Keeper()
    assert keeper.ask("k", NOW, lambda: 1, 0).value == 1

    def fails() -> int:
        raise ZeroDivisionError

    assert keeper.ask("k", NOW + 60 * SECOND, fails, 0).value == 1
    assert keeper._thread is not None
    keeper._thread.shutdown()
    assert "figure k was not counted anew" in caplog.text
    assert keeper._counting == set()
    with pytest.raises(ZeroDivisionError):
        keeper.ask("k", NOW + kept.STALE_SECONDS * SECOND, fails, 0)


def test_the_longest_unused_go_first_and_all_can_be_forgotten(slow, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    keeper, count = Keeper(), Counted()
    assert [ask(keeper, count, 0, key).value for key in "abacb"] == [1, 2, 1, 3, 4]
    keeper.forget()
    assert ask(keeper, count, 0, "b").value == 5


def test_tests_keep_nothing():
    count = Counted()
    assert [kept.kept("k", NOW, count, 60).value, kept.kept("k", NOW, count, 60).value] == [1, 2]
