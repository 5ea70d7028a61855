"""Lift: intervals against the published examples, and laws that hold for any counts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.measure.api import Arm, LiftTable, Verdict, lift, lift_so_far, sentence
from sojourn.measure.lift import newcombe, wilson

# Newcombe 1998, table II, method 10, level 95 %.
PUBLISHED = [
    ((56, 70, 48, 80), (0.0524, 0.3339)),
    ((9, 10, 3, 10), (0.1705, 0.8090)),
    ((6, 7, 2, 7), (0.0582, 0.8062)),
    ((5, 56, 0, 29), (-0.0381, 0.1926)),
    ((0, 10, 0, 20), (-0.1611, 0.2775)),
    ((0, 10, 0, 10), (-0.2775, 0.2775)),
    ((10, 10, 0, 20), (0.6791, 1.0)),
    ((10, 10, 0, 10), (0.6075, 1.0)),
]


@pytest.mark.parametrize(("counts", "interval"), PUBLISHED)
def test_the_interval_is_the_published_one(counts: tuple[int, int, int, int], interval: tuple[float, float]) -> None:
    low, high = newcombe(*counts)
    assert (round(low, 4), round(high, 4)) == interval


def test_a_share_of_nothing_begins_at_nothing_and_one_of_all_ends_at_all() -> None:
    assert wilson(0, 10)[0] == 0.0
    assert wilson(10, 10)[1] == 1.0
    assert [round(end, 4) for end in wilson(81, 263)] == [0.2553, 0.3662]  # Wilson 1927, as Newcombe 1998a gives it


counts = st.integers(1, 2_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts, counts)
def test_the_interval_holds_the_difference_and_stays_inside_one(a: tuple[int, int], b: tuple[int, int]) -> None:
    low, high = newcombe(*a, *b)
    difference = a[0] / a[1] - b[0] / b[1]
    assert -1 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1


@given(counts, counts)
def test_turning_the_arms_round_turns_the_interval_round(a: tuple[int, int], b: tuple[int, int]) -> None:
    low, high = newcombe(*a, *b)
    back_low, back_high = newcombe(*b, *a)
    assert (low, high) == pytest.approx((-back_high, -back_low), abs=1e-12)


@given(counts, counts, st.integers(2, 20))
def test_the_same_shares_of_more_people_give_a_narrower_interval(a: tuple[int, int], b: tuple[int, int], times: int) -> None:
    low, high = newcombe(*a, *b)
    more_low, more_high = newcombe(a[0] * times, a[1] * times, b[0] * times, b[1] * times)
    assert more_high - more_low < high - low


@given(counts, counts)
def test_a_higher_level_gives_a_wider_interval(a: tuple[int, int], b: tuple[int, int]) -> None:
    low, high = newcombe(*a, *b, level=0.95)
    wide_low, wide_high = newcombe(*a, *b, level=0.99)
    assert wide_low <= low
    assert high <= wide_high


def test_a_clear_difference_helps_and_one_the_other_way_hurts() -> None:
    found = lift(Arm(400, 80), Arm(100, 8))
    assert found.verdict == Verdict.HELPS
    assert found.difference == pytest.approx(0.12)
    assert found.relative == pytest.approx(1.5)
    assert found.extra == pytest.approx(48)
    assert (round(found.low or 0, 4), round(found.high or 0, 4)) == (0.0412, 0.1772)
    assert lift(Arm(100, 8), Arm(400, 80)).verdict == Verdict.HURTS


def test_an_interval_that_holds_zero_says_that_no_difference_is_seen() -> None:
    found = lift(Arm(400, 40), Arm(100, 8))
    assert found.verdict == Verdict.NO_DIFFERENCE_SEEN
    assert found.low is not None
    assert found.high is not None
    assert found.low < 0 < found.high


@pytest.mark.parametrize(
    ("treated", "held_out"),
    [(Arm(19, 19), Arm(500, 0)), (Arm(500, 100), Arm(19, 0)), (Arm(300, 4), Arm(300, 0)), (Arm(0, 0), Arm(50, 3)), (Arm(40, 3), Arm(0, 0))],
)
def test_few_people_or_few_who_bought_are_too_early(treated: Arm, held_out: Arm) -> None:
    assert lift(treated, held_out).verdict == Verdict.TOO_EARLY


def test_an_empty_arm_has_no_difference() -> None:
    found = lift(Arm(40, 3), Arm(0, 0))
    assert (found.difference, found.low, found.high, found.relative, found.extra) == (None, None, None, None, None)


def test_nobody_of_those_held_back_buying_leaves_no_relative_lift() -> None:
    found = lift(Arm(100, 50), Arm(100, 0))
    assert (found.difference, found.relative) == (0.5, None)


@pytest.mark.parametrize(
    ("treated", "held_out", "said"),
    [
        (Arm(40, 3), Arm(4, 0), "Too early to say: 3 of 40 written to and 0 of 4 held back have bought."),
        (
            Arm(400, 80),
            Arm(100, 8),
            "Writing helps: +12.0 points (+4.1 to +17.7, 95 % interval); 80 of 400 written to and 8 of 100 held back have bought.",
        ),
        (
            Arm(1000, 100),
            Arm(1000, 100),
            "No difference seen so far: +0.0 points (-2.6 to +2.6, 95 % interval); 100 of 1,000 written to and 100 of 1,000 held back have bought.",
        ),
        (
            Arm(100, 8),
            Arm(400, 80),
            "Writing hurts: -12.0 points (-17.7 to -4.1, 95 % interval); 8 of 100 written to and 80 of 400 held back have bought.",
        ),
    ],
)
def test_the_comparison_is_said_in_words(treated: Arm, held_out: Arm, said: str) -> None:
    assert sentence(treated, held_out, lift(treated, held_out)) == said


def table() -> LiftTable:
    return lift_so_far(
        {
            "shipping_cost": (Arm(300, 60, {"EUR": 600_000}, 12), Arm(30, 3, {"EUR": 9_000, "USD": 100}, 2)),
            "unknown": (Arm(500, 50, {"USD": 7}), Arm(60, 5)),
        }
    )


def test_the_causes_add_up_to_the_total_and_the_most_people_come_first() -> None:
    made = table()
    assert [row.cause for row in made.rows] == ["unknown", "shipping_cost"]
    assert made.total.treated == Arm(800, 110, {"EUR": 600_000, "USD": 7}, 12)
    assert made.total.held_out == Arm(90, 8, {"EUR": 9_000, "USD": 100}, 2)
    assert made.total.open == 14
    assert made.total.lift == lift(made.total.treated, made.total.held_out)
    assert made.total.words.endswith("110 of 800 written to and 8 of 90 held back have bought.")


def test_nothing_decided_yet_is_an_empty_table() -> None:
    made = lift_so_far({})
    assert made.rows == []
    assert made.total.lift.verdict == Verdict.TOO_EARLY
    assert made.total.words == "Too early to say: 0 of 0 written to and 0 of 0 held back have bought."


@given(st.dictionaries(st.sampled_from(["a", "b", "c"]), st.tuples(counts, counts)))
def test_arms_of_any_causes_add_up(found: dict[str, tuple[tuple[int, int], tuple[int, int]]]) -> None:
    made = lift_so_far({cause: (Arm(n, k), Arm(m, j)) for cause, ((k, n), (j, m)) in found.items()})
    assert made.total.treated.n == sum(row.treated.n for row in made.rows)
    assert made.total.held_out.converted == sum(row.held_out.converted for row in made.rows)
