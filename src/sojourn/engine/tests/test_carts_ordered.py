"""Cart episodes that end in an order: which cart it is, whatever it is called, and what an order means that is told late."""

import pytest

from sojourn.engine import decide
from sojourn.engine.tests.carting import LAMP, NOON, PAN, WEEK, Shopper, minutes
from sojourn.terms.time import MINUTE


def test_an_order_told_at_the_instant_the_timer_is_due_wins():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(30, "Order Completed", order_id="o-1", total=54.8, currency="EUR")
    assert (ann.cart.state, ann.cart.order, ann.cart.revenue, ann.cart.abandonments) == ("ordered", "o-1", 5480, 0)
    assert ann.derived() == []


def test_an_order_after_abandonment_recovers_the_cart_and_takes_the_message_back():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.waits_until(31)
    ann.says(40, "Order Completed", order_id="o-1", total=49.9, currency="EUR", products=[LAMP])
    assert (ann.cart.state, minutes(ann.cart.ended_at)) == ("recovered", 40)
    assert ann.person.carts_ended == {"recovered": 1}
    [told] = ann.derived("Cart Recovered")
    assert (told.at, told.props["order_id"], told.props["revenue"], told.props["cart_id"]) == (NOON + 40 * MINUTE, "o-1", 4990, "c-1")
    assert ann.reasons() == [("send", "fits", "cancelled")]
    assert [cancel.reason for cancel in ann.work.cancels] == ["ordered"]


def test_an_order_stamped_before_the_abandonment_but_told_after_it_is_late_proof_that_nothing_was_left():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(31)
    ann.says(10, "Order Completed", told=50, order_id="o-1", total=49.9, currency="EUR")
    assert (ann.cart.state, minutes(ann.cart.ended_at), ann.cart.abandonments) == ("ordered", 10, 1)
    assert ann.person.carts_ended == {"ordered": 1}
    assert ann.derived("Cart Recovered") == []
    assert ann.reasons() == [("send", "fits", "cancelled")]


@pytest.mark.parametrize(("minute", "late"), [(10, True), (30, True), (31, False)])
def test_decisions_are_told_whether_the_order_is_late_proof(monkeypatch, minute, late):
    told = []
    monkeypatch.setattr(decide, "on_ended", lambda *_, **more: told.append(more["late"]))
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(31)
    ann.says(minute, "Order Completed", told=50, order_id="o-1", total=49.9, currency="EUR")
    assert told == [late]


def test_late_proof_after_the_message_went_out_is_recorded_as_overtaken():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(31)
    [decision] = ann.person.decisions
    decision.state, decision.sent_at = "sent", NOON + 40 * MINUTE
    ann.says(35, "Order Completed", told=50, order_id="o-1", total=49.9, currency="EUR")
    [told] = ann.derived("Intervention Overtaken")
    assert (told.props["order_id"], told.props["order_at"]) == ("o-1", NOON + 35 * MINUTE)
    assert ann.work.cancels == []


def test_an_order_told_twice_ends_one_cart():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(5, "Order Completed", order_id="o-1", total=49.9, currency="EUR")
    ann.says(6, "Product Added", **PAN)
    ann.says(7, "Order Completed", order_id="o-1", total=49.9, currency="EUR")
    assert [(str(cart.state), cart.order) for cart in ann.carts] == [("ordered", "o-1"), ("open", "")]


def test_of_two_carts_the_one_that_is_named_is_bought_and_the_other_stays():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.says(1, "Product Added", **PAN, cart_id="c-2")
    ann.says(5, "Order Completed", order_id="o-1", cart_id="c-1", total=49.9, currency="EUR")
    assert ann.states() == [("ordered", "c-1"), ("open", "c-2")]
    ann.waits_until(40)
    assert ann.states() == [("ordered", "c-1"), ("abandoned", "c-2")]
    assert len(ann.person.decisions) == 1


def test_of_two_carts_an_order_without_a_cart_id_is_for_the_one_that_holds_its_products():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.says(1, "Product Added", **PAN, cart_id="c-2")
    ann.says(5, "Order Completed", order_id="o-1", products=[LAMP], total=49.9, currency="EUR")
    assert ann.states() == [("ordered", "c-1"), ("open", "c-2")]


def test_an_order_that_names_nothing_is_for_the_newest_cart_of_the_last_seven_days():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.says(1, "Product Added", **PAN, cart_id="c-2")
    ann.says(5, "Order Completed", order_id="o-1", total=20, currency="EUR")
    assert ann.states() == [("open", "c-1"), ("ordered", "c-2")]


def test_an_order_more_than_seven_days_after_is_not_for_the_cart():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(WEEK + 1, "Order Completed", order_id="o-1", total=20, currency="EUR")
    assert ann.states() == [("abandoned", ""), ("ordered", "")]


def test_the_ids_of_cart_checkout_and_order_are_one_cart_once_a_fact_or_its_place_joins_them():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.says(1, "Checkout Started", order_id="o-9", value=49.9, currency="EUR")
    ann.says(2, "Checkout Step Viewed", checkout_id="k-1", step=1)
    ann.says(3, "Order Completed", order_id="o-9", checkout_id="k-1", total=49.9, currency="EUR")
    assert (ann.cart.state, ann.cart.key) == ("ordered", "c-1")
    assert ann.cart.keys == ["cart_id:c-1", "order_id:o-9", "checkout_id:k-1"]


def test_an_id_that_comes_later_adopts_the_cart_without_one():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Cart Viewed", cart_id="c-1", products=[LAMP])
    assert ann.states() == [("open", "c-1")]
