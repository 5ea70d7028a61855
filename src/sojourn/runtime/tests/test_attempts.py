"""What an engine leaves for the next one: who died where, how often, and which fact is to blame."""

from pathlib import Path

import pytest

from sojourn.runtime.attempts import DEATHS, KILLERS, STARTS, Attempts
from sojourn.terms.ids import fact_id


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "locks" / "engine.attempts"


def started(path: Path, position: int, *, dies_at: int = 0) -> tuple[bool, list[int]]:
    """One process: whether it folds one by one, and whom it sets aside."""
    attempts = Attempts(path)
    singly = attempts.begin(position)
    killers = attempts.killers
    attempts.folding(dies_at)
    attempts.close()
    return singly, killers


def test_after_three_starts_that_got_nowhere_the_fourth_goes_one_by_one(path: Path) -> None:
    assert [started(path, 7)[0] for _ in range(STARTS + 1)] == [False, False, False, True]
    assert not started(path, 8)[0], "one that got further begins anew"


def test_a_stop_that_was_asked_for_or_trouble_of_the_stores_counts_for_nothing(path: Path) -> None:
    for _ in range(STARTS + 2):
        attempts = Attempts(path)
        assert not attempts.begin(7)
        attempts.over()
        attempts.close()


def test_a_fact_is_a_killer_when_two_in_a_row_died_of_it(path: Path) -> None:
    for _ in range(STARTS):
        started(path, 7)
    fact, other = fact_id(8, 3), fact_id(8, 4)
    found = [started(path, 7, dies_at=dies)[1] for dies in (fact, other, fact, fact)]
    assert found == [[]] * 4
    assert started(path, 7) == (True, [fact])


def test_killers_are_forgotten_where_a_backup_is_put_back_for_others_may_come_to_their_place(path: Path) -> None:
    for dies_at in [0] * STARTS + [fact_id(8, 3)] * DEATHS:
        started(path, 7, dies_at=dies_at)
    assert started(path, 7)[1] == [fact_id(8, 3)]
    assert started(path, 5)[1] == []
    assert started(path, 7)[1] == []


def test_who_dies_outside_of_a_fact_blames_nobody(path: Path) -> None:
    for _ in range(STARTS + 2 * DEATHS):
        assert started(path, 7)[1] == []


def test_with_many_killers_in_one_record_all_of_it_is_set_aside(path: Path) -> None:
    facts = [fact_id(8, index) for index in range(KILLERS)]
    for _ in range(STARTS):
        started(path, 7)
    for fact in facts:
        for _ in range(DEATHS):
            started(path, 7, dies_at=fact)
    attempts = Attempts(path)
    attempts.begin(7)
    assert (attempts.killers, attempts.whole_record) == (facts, True)
    attempts.forget_killers()
    assert Attempts(path).killers == []


def test_going_one_by_one_goes_on_where_the_last_one_came_to(path: Path) -> None:
    for _ in range(STARTS):
        started(path, 7)
    attempts = Attempts(path)
    assert attempts.begin(7)
    attempts.moved(8)
    assert started(path, 8) == (True, [])


@pytest.mark.parametrize("content", [b"", b"x", b"x" * 500])
def test_a_file_of_something_else_counts_for_nothing(path: Path, content: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(content)
    assert started(path, 7) == (False, [])
    assert [started(path, 7)[0] for _ in range(STARTS)] == [False, False, True]
