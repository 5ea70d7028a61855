"""Shoppers whose reasons we planted: how often the first cause is the right one, and whether its probability may be believed.

The bounds are those below which the explanations would not be worth showing; the figures themselves are printed by benchmarks/causes.py.
"""

from collections import Counter

import pytest

from sojourn.apps.demo.shoppers import fact_of, journeys
from sojourn.engine import carts
from sojourn.engine.tests.carting import NOON, RULES
from sojourn.engine.working import Moment, Working
from sojourn.terms.person import Person


@pytest.fixture(scope="module")
def cases():
    """(planted reason, ranked guesses at the first abandonment) of every cart left by 3,600 shoppers, seed 2026."""
    found = []
    for journey in journeys(2026, 3_600, NOON):
        if journey.truth:
            person, work = Person(id=1), Working(1, RULES)
            for number, event in enumerate(journey.events, 1):
                fact = fact_of(event)
                carts.fold(work, person, fact, Moment(number, fact.at, 1))
                if person.carts and person.carts[0].abandonments:
                    break
            if (due := carts.due(person, RULES)) is not None:
                carts.fire(work, person, due)
            if person.carts:
                found.append((journey.truth, person.carts[0].causes))
    return found


def test_there_are_more_than_two_thousand_left_carts_of_every_reason(cases):
    assert len(cases) > 2_000
    assert len(Counter(truth for truth, _ in cases)) == 11


def test_the_first_cause_is_right_far_more_often_than_naming_the_largest_class(cases):
    largest = Counter(truth for truth, _ in cases).most_common(1)[0][1] / len(cases)
    right = sum(guesses[0].cause == truth for truth, guesses in cases) / len(cases)
    assert right > largest + 0.15
    assert right > 0.5


def test_the_truth_is_mostly_among_the_first_two(cases):
    assert sum(truth in [guess.cause for guess in guesses[:2]] for truth, guesses in cases) / len(cases) > 0.7


def test_what_is_said_with_a_probability_comes_true_about_that_often(cases):
    bins = {}
    for truth, guesses in cases:
        bins.setdefault(int(guesses[0].probability * 10), []).append((guesses[0].probability, guesses[0].cause == truth))
    error = sum(abs(sum(said - right for said, right in entries)) for entries in bins.values()) / len(cases)
    assert error < 0.1
    sure = [right for said, right in (entry for entries in bins.values() for entry in entries) if said >= 0.8]
    assert len(sure) > 200
    assert sum(sure) / len(sure) > 0.75


def test_without_any_evidence_it_is_no_better_than_the_largest_class(cases):
    """The control arm: the priors alone, which is what the weighing must beat."""
    largest = Counter(truth for truth, _ in cases).most_common(1)[0][1]
    assert sum(truth == "comparing" for truth, _ in cases) == largest
