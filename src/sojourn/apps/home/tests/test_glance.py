"""What home makes of the figures: money in words, bars, the hour, local midnight."""

import pytest

from sojourn.apps.home.glance import Glance, ahead, money_words, stakes
from sojourn.apps.home.words import moment, reason_lines
from sojourn.apps.people.api import CauseTotal, Happening

WINTER = 1_767_225_600_000  # 2026-01-01
SUMMER = 1_782_864_000_000  # 2026-07-01


def cause(name: str, carts: int, money: dict[str, int], recovered: int = 0) -> CauseTotal:
    return CauseTotal(name, carts, money, recovered, {})


def test_amounts_stand_in_the_workspaces_currency_first_and_nothing_is_no_amount():
    assert money_words({"USD": 5_000, "JPY": 90_000, "EUR": 123_450, "": 700, "GBP": 0}, "EUR") == ["1,234.50 EUR", "90,000 JPY", "50.00 USD"]
    assert money_words({}, "EUR") == []


def test_causes_stand_by_what_they_cost_and_the_dearest_has_the_longest_bar():
    found = stakes([cause("comparing", 9, {"EUR": 1_000}), cause("shipping_cost", 2, {"EUR": 4_000}, 3), cause("unknown", 0, {}, 5)], "EUR")
    assert [(one.cause, one.carts, one.money, one.share, one.recovered) for one in found] == [
        ("shipping_cost", 2, ["40.00 EUR"], 1.0, 3),
        ("comparing", 9, ["10.00 EUR"], 0.25, 0),
    ]
    assert [one.percent for one in found] == ["100.0", "25.0"]


def test_where_nothing_is_in_the_workspaces_currency_the_commonest_weighs():
    found = stakes([cause("a", 1, {"USD": 100, "GBP": 9}), cause("b", 9, {"USD": 900}), cause("c", 5, {"CHF": 5_000})], "EUR")
    assert [(one.cause, one.share) for one in found] == [("b", 1.0), ("a", pytest.approx(1 / 9)), ("c", 0.0)]


def test_one_cart_in_the_workspaces_currency_does_not_take_the_bars_from_the_others():
    found = stakes([cause("a", 9, {"USD": 900}), cause("b", 1, {"EUR": 5_000}), cause("c", 3, {"USD": 300})], "EUR")
    assert [(one.cause, one.percent) for one in found] == [("a", "100.0"), ("c", "33.3"), ("b", "1.0")]


def test_where_no_amount_is_known_carts_weigh():
    found = stakes([cause("a", 1, {}), cause("b", 4, {"": 50})], "EUR")
    assert [(one.cause, one.share, one.money) for one in found] == [("b", 1.0, []), ("a", 0.25, [])]


@pytest.mark.parametrize(
    ("zone", "at", "hours"),
    [("UTC", WINTER, 0), ("Europe/Berlin", WINTER, 1), ("Europe/Berlin", SUMMER, 2), ("America/New_York", WINTER, -5), ("No/Where", WINTER, 0)],
)
def test_days_begin_at_local_midnight(zone, at, hours):
    assert ahead(zone, at) == hours * 3_600_000


@pytest.mark.parametrize(
    ("minutes", "said"),
    [([0] * 60, "0"), ([0] * 54 + [1, 2, 3, 4, 5, 900], "3"), ([0] * 54 + [1, 0, 0, 0, 1, 0], "0.4"), ([0] * 54 + [50_002] * 5 + [0], "50,002")],
)
def test_events_a_minute_are_the_mean_of_the_last_five_full_ones(minutes, said):
    class Only:
        per_minute = Glance.per_minute
        last_hour = Glance.last_hour

    Only.minutes = minutes
    assert Only().per_minute == said
    assert Only().last_hour == sum(minutes)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("abandoned", 4_990, "left a cart of 49.90 EUR"),
        ("abandoned", 0, "left a cart"),
        ("recovered", 4_990, "came back and ordered for 49.90 EUR"),
        ("ordered", 0, "ordered"),
        ("sent", 0, "was written to"),
        ("held_out", 0, "was held back at random"),
        ("something_new", 0, "something new"),
    ],
)
def test_what_happened_is_said_in_words(kind, value, text):
    found = moment(Happening(kind, WINTER, 5, "Ann", 7, value, "EUR", "shipping_cost", "i-1"))
    assert (found.text, found.name, found.person, found.cart, found.intent) == (text, "Ann", 5, 7, "i-1")


def test_reasons_stand_by_number_and_the_rest_together():
    assert reason_lines({"no_consent": 2, "no_address": 5, "odd": 1, "paused": 1}, 2) == [
        ("no_address", "No email address known", 5),
        ("no_consent", "No consent to mail", 2),
        ("", "Other reasons", 2),
    ]
    assert reason_lines({"odd_one": 1}, 2) == [("odd_one", "Odd one", 1)]
