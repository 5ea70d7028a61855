import msgspec
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from sojourn.apps.people.api import arms, lift_table
from sojourn.apps.people.models import RulesRow
from sojourn.apps.people.tests.lists import NOW, cart, decision, somebody, store_listed
from sojourn.apps.workspace.tests.house import build
from sojourn.measure.api import NO_ONE, Arm
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, HOUR

pytestmark = pytest.mark.django_db


def put(workspace, number, outcome, state="abandoned", decided=NOW - 20 * DAY, after=DAY, cause="shipping_cost", revenue=1_000):
    """A person with one cart that was left and decided about; where it was bought, that was `after` the decision."""
    ended = decided + after if state in ("ordered", "recovered") else decided
    made = cart(number * 10, state, ended, cause, abandoned_at=decided, revenue=revenue if state in ("ordered", "recovered") else 0)
    store_listed(workspace, somebody(number, made, decisions=(decision(number * 10, outcome, decided, cause),)))


def test_everybody_drawn_counts_by_their_arm_whatever_became_of_them():
    house = build()
    put(house.workspace, 1, "send", "recovered", after=7 * DAY)
    put(house.workspace, 2, "send", "recovered", after=7 * DAY + 1)  # a moment too late
    put(house.workspace, 3, "send")
    put(house.workspace, 4, "hold_out", "ordered")  # late news: it had never been left
    put(house.workspace, 5, "hold_out")
    put(house.workspace, 6, "skip", "recovered")  # was never drawn for
    put(house.workspace, 7, "send", cause="comparing")
    put(house.next_door, 8, "hold_out", "recovered")
    assert arms(house.workspace, NOW).value == {
        "shipping_cost": (Arm(3, 1, {"EUR": 1_000}, 0), Arm(2, 1, {"EUR": 1_000}, 0)),
        "comparing": (Arm(1, 0), NO_ONE),
    }


def test_windows_that_are_open_are_no_failures_yet():
    house = build()
    put(house.workspace, 1, "send", decided=NOW - 7 * DAY + 1)
    put(house.workspace, 2, "send", decided=NOW - 7 * DAY)
    put(house.workspace, 3, "send", "recovered", decided=NOW - DAY, after=HOUR)
    put(house.workspace, 4, "hold_out", decided=NOW - DAY)
    assert arms(house.workspace, NOW).value == {"shipping_cost": (Arm(3, 1, {"EUR": 1_000}, 1), Arm(1, 0, {}, 1))}
    assert lift_table(house.workspace, NOW).value.total.open == 2


def test_the_window_is_that_of_the_rules_in_force():
    house = build()
    put(house.workspace, 1, "send", "recovered", after=2 * HOUR)
    RulesRow.objects.create(workspace_id=house.workspace, body=msgspec.msgpack.encode(RuleBook(attribution_window=HOUR)))
    assert arms(house.workspace, NOW).value == {"shipping_cost": (Arm(1, 0), NO_ONE)}


def test_a_person_counts_once_with_the_first_cart_that_was_drawn_for():
    house = build()
    first, second, skipped = cart(11, at=NOW - 9 * DAY), cart(12, "recovered", NOW - 8 * DAY, revenue=5), cart(13, at=NOW - 10 * DAY)
    decisions = (decision(13, "skip", NOW - 10 * DAY), decision(11, "send", NOW - 9 * DAY), decision(12, "send", NOW - 8 * DAY))
    store_listed(house.workspace, somebody(1, skipped, first, second, decisions=decisions))
    assert arms(house.workspace, NOW).value == {"shipping_cost": (Arm(1, 0), NO_ONE)}


def test_draws_before_the_days_asked_for_are_left_out():
    house = build()
    put(house.workspace, 1, "send", decided=NOW - 90 * DAY)
    put(house.workspace, 2, "send", decided=NOW - 90 * DAY - 1)
    assert arms(house.workspace, NOW).value["shipping_cost"][0].n == 1
    assert arms(house.workspace, NOW, days=91).value["shipping_cost"][0].n == 2


def test_the_causes_add_up_to_the_total():
    house = build()
    for number in range(1, 31):
        outcome = "hold_out" if number % 4 == 0 else "send"
        put(house.workspace, number, outcome, "recovered" if number % 3 == 0 else "abandoned", cause=("shipping_cost", "comparing", "unknown")[number % 5 % 3])
    table = lift_table(house.workspace, NOW).value
    assert table.total.treated == sum((row.treated for row in table.rows), NO_ONE) == Arm(23, 8, {"EUR": 8_000})
    assert table.total.held_out == sum((row.held_out for row in table.rows), NO_ONE) == Arm(7, 2, {"EUR": 2_000})
    assert table.total.words == "Too early to say: 8 of 23 written to and 2 of 7 held back have bought."


def test_the_arms_are_found_in_an_index_alone():
    house = build()
    put(house.workspace, 1, "send")
    with CaptureQueriesContext(connection) as asked:
        arms(house.workspace, NOW)
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN QUERY PLAN " + asked.captured_queries[-1]["sql"])
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert "USING COVERING INDEX episode_arm" in plan, plan
