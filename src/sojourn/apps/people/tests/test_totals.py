import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sojourn.apps.people import kept
from sojourn.apps.people.api import Total, cart_cells, cart_days, cart_totals, cause_totals, chief_currency
from sojourn.apps.people.tests.lists import NOW, cart, somebody, store_listed
from sojourn.apps.workspace.tests.house import build
from sojourn.terms.time import DAY, HOUR

pytestmark = pytest.mark.django_db


def shop():
    """A house with carts of every state; the stranger next door has one too."""
    house = build()
    store_listed(
        house.workspace,
        somebody(
            1,
            cart(11, "open", NOW - 10),
            cart(12, "abandoned", NOW - DAY, "shipping_cost"),
            cart(13, "abandoned", NOW - 2 * DAY, "shipping_cost", currency="USD", value=500),
            cart(14, "recovered", NOW - DAY, "shipping_cost", revenue=1_290),
        ),
    )
    store_listed(
        house.workspace,
        somebody(
            2,
            cart(21, "abandoned", NOW - 31 * DAY, "comparing"),
            cart(22, "abandoned", NOW - 29 * DAY, "comparing", historical=True),
            cart(23, "ordered", NOW - HOUR, revenue=2_000),
            cart(24, "ordered", NOW - HOUR, revenue=7_777, bare=True),
            cart(25, "emptied", NOW - HOUR, value=0),
            cart(26, "abandoned", NOW - 3 * DAY),
        ),
    )
    store_listed(house.next_door, somebody(3, cart(31, "abandoned", NOW - DAY, "shipping_cost")))
    return house


def test_carts_are_added_up_by_state_with_money_by_currency():
    found = cart_totals(shop().workspace, NOW)
    assert found.open == Total(1, {"EUR": 1_000})
    assert found.abandoned == Total(4, {"EUR": 3_000, "USD": 500})
    assert found.recovered == Total(1, {"EUR": 1_290})
    assert found.ordered == Total(1, {"EUR": 2_000})
    assert found.emptied == Total(1, {})
    assert (found.days, found.as_of) == (30, NOW)


def test_a_shorter_time_leaves_out_what_ended_before_and_never_an_open_cart():
    found = cart_totals(shop().workspace, NOW, days=1)
    assert (found.open.carts, found.abandoned.carts, found.recovered.carts, found.ordered.carts) == (1, 1, 1, 1)
    assert cart_totals(999, NOW).abandoned == Total()


def test_causes_add_up_to_the_carts_left_and_the_most_come_first():
    house = shop()
    found = cause_totals(house.workspace, NOW)
    assert [(one.cause, one.carts, one.money_by_currency, one.recovered_carts, one.recovered_money) for one in found] == [
        ("shipping_cost", 2, {"EUR": 1_000, "USD": 500}, 1, {"EUR": 1_290}),
        ("comparing", 1, {"EUR": 1_000}, 0, {}),
        ("unknown", 1, {"EUR": 1_000}, 0, {}),
    ]
    whole = cart_totals(house.workspace, NOW)
    assert sum(one.carts for one in found) == whole.abandoned.carts
    assert sum(one.recovered_carts for one in found) == whole.recovered.carts


def test_days_follow_the_zone_and_the_last_is_today():
    house = shop()
    found = cart_days(house.workspace, NOW, days=3).value
    today = NOW // DAY
    # NOW is a midnight: an hour before belongs to yesterday.
    assert [(one.day, one.abandoned.carts, one.recovered.carts, one.ordered.carts) for one in found] == [
        (today - 2, 1, 0, 0),
        (today - 1, 1, 1, 1),
        (today, 0, 0, 0),
    ]
    assert found[1].ordered == Total(1, {"EUR": 2_000})
    ahead = cart_days(house.workspace, NOW, days=3, offset=2 * HOUR).value
    assert [(one.day, one.ordered.carts) for one in ahead] == [(today - 2, 0), (today - 1, 0), (today, 1)]


def test_totals_are_found_in_an_index_alone():
    house = shop()
    with CaptureQueriesContext(connection) as asked:
        cart_totals(house.workspace, NOW)
    assert len(asked) == 2
    for query in asked.captured_queries:
        with connection.cursor() as cursor:
            cursor.execute("EXPLAIN QUERY PLAN " + query["sql"])
            plan = " ".join(row[3] for row in cursor.fetchall())
        assert "USING COVERING INDEX episode_cell" in plan, plan
        assert "B-TREE" not in plan, plan


def test_a_stretch_ends_before_its_end():
    house = shop()
    cells = cart_cells(house.workspace, NOW - 2 * DAY, NOW - DAY, NOW).value
    assert [(cell.state, cell.carts) for cell in cells] == [("open", 1), ("abandoned", 1)]


def test_totals_and_causes_of_one_page_are_of_the_same_moment(monkeypatch):
    house = shop()
    monkeypatch.setattr(kept, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(kept, "_keeper", kept.Keeper(beside=False))
    monkeypatch.setattr(kept, "SHARE", 1e-6)
    assert cart_totals(house.workspace, NOW).abandoned.carts == 4
    store_listed(house.workspace, somebody(5, cart(51, cause="comparing")))
    stale = cart_totals(house.workspace, NOW + 1)
    assert (stale.abandoned.carts, stale.as_of) == (4, NOW)
    assert sum(one.carts for one in cause_totals(house.workspace, NOW + 1)) == 4
    assert cart_totals(house.workspace, NOW + 1, days=31).abandoned.carts == 5


def test_what_is_compared_across_causes_is_the_currency_most_have_money_in():
    assert chief_currency([{"EUR": 1}, {"USD": 5}, {"USD": 2, "EUR": 0}], "EUR") == "USD"
    assert chief_currency([{"EUR": 1}, {"USD": 5}], "EUR") == "EUR"
    assert chief_currency([{"USD": 1}, {"CHF": 5}], "EUR") == "CHF"
    assert chief_currency([{"": 5}, {}], "EUR") == ""
