"""Cart episodes: what opens, fills, empties, ends and takes up a cart, and what late facts do to it."""

import pytest
from msgspec.structs import replace

from sojourn.engine import carts
from sojourn.engine.tests.carting import LAMP, NOON, PAN, RULES, WEEK, Shopper, minutes
from sojourn.terms.time import DAY, MINUTE


def test_a_product_added_opens_a_cart_with_its_item_value_and_timer():
    ann = Shopper()
    number = ann.says(0, "Product Added", **LAMP, quantity=2, cart_id="c-1")
    cart = ann.cart
    assert (cart.id, cart.key, cart.kind, cart.state, cart.currency, cart.value) == (number, "c-1", "cart", "open", "EUR", 9980)
    assert [(item.product, item.quantity, item.price, item.name, item.category) for item in cart.items] == [("lamp", 2, 4990, "Lamp", "Lamps")]
    assert (minutes(cart.started_at), minutes(cart.due), minutes(carts.due(ann.person, RULES))) == (0, 30, 30)


def test_a_rest_of_exactly_the_gap_still_belongs_to_the_cart():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(30, "Cart Viewed", products=[LAMP])
    assert (ann.cart.state, ann.cart.abandonments, minutes(ann.cart.due)) == ("open", 0, 60)


def test_one_millisecond_more_than_the_gap_is_abandonment_at_the_moment_the_gap_was_full():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(30)
    assert ann.cart.state == "open"
    ann.time_passes_to(NOON + 30 * MINUTE + 1)
    assert (ann.cart.state, minutes(ann.cart.ended_at), ann.cart.due) == ("abandoned", 30, None)
    assert ann.person.carts_ended == {"abandoned": 1}
    assert carts.due(ann.person, RULES) is None


def test_what_a_later_timestamp_decides_is_what_the_timer_would_have_decided():
    by_timer, by_stamp = Shopper(), Shopper()
    by_timer.says(0, "Product Added", **LAMP)
    by_timer.waits_until(45)
    by_timer.says(45, "Product Viewed", **PAN)
    by_stamp.says(0, "Product Added", **LAMP)
    by_stamp.says(45, "Product Viewed", told=0, **PAN)  # told before the timer: the clock of the device ran ahead
    assert by_timer.cart == by_stamp.cart
    assert by_timer.derived() == by_stamp.derived()
    assert [fact.name for fact in by_stamp.derived()] == ["Cart Abandoned", "Intervention Decided"]


def test_the_abandonment_tells_what_was_left_and_why():
    ann = Shopper()
    first = ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.says(5, "Checkout Started", cart_id="c-1", value=49.9, currency="EUR", cart_url="https://shop.example/cart/c-1")
    shown = ann.says(6, "Shipping Cost Shown", cart_id="c-1", shipping=12.9, currency="EUR")
    ann.waits_until(60)
    [told] = ann.derived("Cart Abandoned")
    props = told.props
    assert (told.at, props["episode"], props["cart_id"], props["number"]) == (NOON + 36 * MINUTE, first, "c-1", 1)
    assert (props["value"], props["currency"], props["shipping"], props["reached"]) == (4990, "EUR", 1290, "checkout")
    assert props["url"] == "https://shop.example/cart/c-1"
    assert props["items"] == [{"product_id": "lamp", "name": "Lamp", "quantity": 1, "price": 4990}]
    assert props["causes"][0]["cause"] == "shipping_cost"
    assert props["causes"][0]["evidence"] == ["left_after_shipping_shown", "shipping_ratio_high"]
    [ratio] = [entry for entry in props["evidence"] if entry["kind"] == "shipping_ratio_high"]
    assert ratio == {"kind": "shipping_ratio_high", "facts": [shown], "seen": {"shipping": 1290, "value": 4990, "currency": "EUR", "percent": 25}}
    assert ann.cart.causes[0].cause == "shipping_cost"
    assert ann.reasons() == [("send", "fits", "ready")]


def test_removing_everything_empties_the_cart_and_is_no_abandonment():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Product Added", **PAN)
    ann.says(2, "Product Removed", product_id="lamp")
    assert (ann.cart.state, ann.cart.value) == ("open", 2000)
    ann.says(3, "Product Removed", product_id="pan")
    ann.waits_until(100)
    assert (ann.cart.state, minutes(ann.cart.ended_at), ann.cart.items, ann.cart.value) == ("emptied", 3, [], 0)
    assert ann.person.carts_ended == {"emptied": 1}
    assert ann.derived() == []


def test_a_cart_listed_as_empty_is_emptied():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Cart Viewed", products=[])
    assert ann.cart.state == "emptied"


def test_a_cart_filled_again_within_the_gap_goes_on():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Product Removed", product_id="lamp")
    ann.says(2, "Product Added", **PAN)
    assert (ann.cart.state, ann.cart.reopened, [item.product for item in ann.cart.items]) == ("open", 0, ["pan"])
    assert ann.person.carts_ended == {}


def test_a_cart_emptied_after_it_was_left_is_not_counted_as_left_any_more():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(60, "Product Removed", product_id="lamp")
    assert (ann.cart.state, ann.cart.abandonments, ann.person.carts_ended) == ("emptied", 1, {"emptied": 1})
    assert ann.reasons() == [("send", "fits", "cancelled")]


def test_removing_some_of_a_product_leaves_the_rest():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, quantity=3)
    ann.says(1, "Product Removed", **LAMP, quantity=1)
    assert [(item.product, item.quantity) for item in ann.cart.items] == [("lamp", 2)]
    assert ann.cart.value == 9980


def test_removing_what_is_not_there_changes_nothing():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Product Removed", product_id="pan")
    assert (ann.cart.state, ann.cart.value) == ("open", 4990)


def test_a_cart_taken_up_again_is_reopened_and_may_be_left_again():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.waits_until(31)
    ann.says(100, "Cart Viewed", cart_id="c-1", products=[LAMP])
    assert (ann.cart.state, ann.cart.reopened, ann.cart.ended_at, ann.person.carts_ended) == ("open", 1, None, {})
    assert ann.reasons() == [("send", "fits", "cancelled")]
    ann.waits_until(200)
    assert (ann.cart.state, ann.cart.abandonments, minutes(ann.cart.ended_at), minutes(ann.cart.abandoned_at)) == ("abandoned", 2, 130, 30)
    assert [fact.props["number"] for fact in ann.derived("Cart Abandoned")] == [1, 2]
    assert len({fact.id for fact in ann.derived("Cart Abandoned")}) == 2


def test_browsing_takes_up_no_cart_but_a_visit_to_the_cart_page_does():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(31)
    ann.says(60, "Product Viewed", **PAN)
    ann.sees(61, "/p/pan")
    assert ann.cart.state == "abandoned"
    ann.sees(62, "/cart")
    assert (ann.cart.state, ann.cart.reopened) == ("open", 1)


def test_a_delivery_time_on_a_product_page_takes_up_no_cart_that_was_left():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(60, "Delivery Time Shown", days=3)
    assert (ann.cart.state, list(ann.cart.marks)) == ("abandoned", [])
    ann.says(10, "Delivery Time Shown", told=61, days=9)
    assert (ann.cart.state, ann.cart.marks["delivery"].seen) == ("abandoned", {"days": 9})


def test_somebody_who_still_looks_around_has_not_left():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    for minute in (20, 40, 60):
        ann.sees(minute, "/p/pan")
    ann.waits_until(89)
    assert ann.cart.state == "open"
    ann.waits_until(91)
    assert (ann.cart.state, minutes(ann.cart.ended_at)) == ("abandoned", 90)


def test_a_cart_without_an_id_is_taken_up_within_seven_days_and_a_new_one_after():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(WEEK, "Product Added", **PAN)
    assert (ann.cart.state, ann.cart.reopened) == ("open", 1)
    ann.says(2 * WEEK + 1, "Product Added", **PAN)
    assert [str(cart.state) for cart in ann.carts] == ["abandoned", "open"]


def test_the_same_cart_id_after_an_order_is_a_new_cart():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c-1")
    ann.says(5, "Order Completed", order_id="o-1", cart_id="c-1", total=49.9, currency="EUR")
    ann.says(6, "Product Added", **PAN, cart_id="c-1")
    assert ann.states() == [("ordered", "c-1"), ("open", "c-1")]


def test_what_is_seen_after_the_order_opens_no_cart():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(5, "Order Completed", order_id="o-1", total=49.9, currency="EUR")
    ann.says(5, "Checkout Step Viewed", step="confirmation")
    ann.sees(6, "/checkout/thank-you")
    ann.sees(6, "/cart")
    ann.says(7, "Cart Viewed", products=[])
    ann.waits_until(100)
    assert [str(cart.state) for cart in ann.carts] == ["ordered"]
    assert ann.person.decisions == []


def test_facts_of_a_bought_cart_that_come_late_open_no_cart_either():
    ann = Shopper()
    ann.says(10, "Order Completed", told=10, order_id="o-1", products=[LAMP], total=49.9, currency="EUR")
    ann.says(2, "Product Added", told=12, **LAMP)
    ann.says(5, "Checkout Started", told=12, value=49.9, currency="EUR")
    assert ann.states() == [("ordered", "")]
    assert (minutes(ann.cart.started_at), minutes(ann.cart.ended_at), ann.cart.reached) == (2, 10, "checkout")
    ann.waits_until(100)
    assert ann.person.decisions == []


def test_a_late_fact_of_a_bought_cart_is_not_put_into_the_next_one():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(5, "Order Completed", order_id="o-1", total=49.9, currency="EUR")
    ann.says(10, "Product Added", **PAN)
    ann.says(3, "Checkout Started", told=11, value=49.9, currency="EUR")
    assert [(str(cart.state), cart.reached) for cart in ann.carts] == [("ordered", "checkout"), ("open", "cart")]


def test_a_cart_emptied_longer_ago_than_the_gap_is_over():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Product Removed", product_id="lamp")
    ann.says(32, "Product Added", **PAN)
    assert [str(cart.state) for cart in ann.carts] == ["emptied", "open"]


def test_the_time_away_was_not_spent_on_the_step_that_was_left():
    ann = Shopper()
    ann.says(0, "Checkout Started", value=49.9, currency="EUR")
    ann.says(100, "Product Added", **LAMP)
    ann.says(103, "Product Added", **PAN)
    assert [(step.name, step.spent) for step in ann.cart.steps] == [("checkout", 3 * MINUTE)]


def test_a_live_order_makes_an_imported_cart_a_present_one():
    ann = Shopper()
    ann.says(0, "Product Added", live=False, **LAMP)
    ann.says(5, "Order Completed", order_id="o-1", total=49.9, currency="EUR")
    assert (ann.cart.state, ann.cart.historical) == ("ordered", False)


def test_a_late_activity_shows_that_the_cart_had_not_been_left_yet():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.waits_until(31)
    ann.says(20, "Checkout Started", told=35, value=49.9, currency="EUR")
    assert (ann.cart.state, minutes(ann.cart.due), ann.cart.reopened) == ("open", 50, 1)
    assert ann.reasons() == [("send", "fits", "cancelled")]


def test_a_fact_older_than_the_last_activity_adds_what_it_tells_and_moves_nothing():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(10, "Checkout Started", value=49.9, currency="EUR")
    ann.says(5, "Shipping Cost Shown", told=11, shipping=12.9, currency="EUR")
    assert (minutes(ann.cart.last_at), minutes(ann.cart.due), ann.cart.shipping) == (10, 40, 1290)
    ann.waits_until(41)
    before = [guess.cause for guess in ann.cart.causes]
    failed = ann.says(9, "Payment Failed", told=45, reason="declined")
    assert (ann.cart.state, minutes(ann.cart.ended_at)) == ("abandoned", 40)
    assert [entry.facts for entry in ann.cart.evidence if entry.kind == "payment_failed_1"] == [[failed]]
    assert [guess.cause for guess in ann.cart.causes] != before
    assert len(ann.derived("Cart Abandoned")) == 1


def test_a_product_added_that_comes_after_its_removal_stays_out():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Product Added", **PAN)
    ann.says(5, "Product Removed", product_id="pan")
    ann.says(1, "Product Added", told=6, **PAN)
    assert [item.product for item in ann.cart.items] == ["lamp"]


def test_a_cart_listed_whole_is_as_listed_and_older_changes_are_part_of_it():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(5, "Cart Viewed", products=[{**PAN, "quantity": 2}, {"product_id": "lamp"}])
    ann.says(3, "Product Added", told=6, **PAN)
    assert [(item.product, item.quantity, item.price) for item in ann.cart.items] == [("pan", 2, 2000), ("lamp", 1, 4990)]
    assert ann.cart.value == 8990


def test_money_is_in_minor_units_of_the_carts_currency_and_other_currencies_are_not_mixed_in():
    ann = Shopper()
    ann.says(0, "Product Added", product_id="a", price="19.99", currency="JPY")
    assert (ann.cart.currency, ann.cart.value) == ("JPY", 20)
    ann.says(1, "Shipping Cost Shown", shipping=5, currency="EUR")
    assert ann.cart.shipping is None
    ann.says(2, "Cart Viewed", products=[{"product_id": "a", "price": 4.5}], currency="EUR")
    assert (ann.cart.currency, ann.cart.value, ann.cart.items[0].price) == ("EUR", 450, 450)


def test_without_a_currency_the_workspace_s_is_meant():
    ann = Shopper()
    ann.says(0, "Product Added", product_id="a", price=2)
    assert (ann.cart.currency, ann.cart.value) == ("EUR", 200)


@pytest.mark.parametrize("price", [float("inf"), -1, "free", None, True, [], 1e300])
def test_a_price_that_is_none_leaves_the_item_without_one(price):
    ann = Shopper()
    ann.says(0, "Product Added", product_id="a", price=price, currency="EUR")
    assert (ann.cart.items[0].price, ann.cart.value) == (None, 0)


@pytest.mark.parametrize("props", [{}, {"product_id": ""}, {"product_id": None}, {"product_id": {"a": 1}}, {"product_id": "a", "quantity": 0}])
def test_a_product_added_without_a_product_opens_nothing(props):
    ann = Shopper()
    ann.says(0, "Product Added", **props)
    assert ann.carts == []


@pytest.mark.parametrize("products", ["lamp", [None, 1, "x"], {"product_id": "lamp"}, 7])
def test_products_that_are_no_list_of_products_are_not_read(products):
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Checkout Started", products=products, value=49.9, currency="EUR")
    assert (ann.cart.state, ann.cart.reached, ann.cart.value) == ("open", "checkout", 4990)


def test_costs_shown_before_any_cart_open_none():
    ann = Shopper()
    ann.says(0, "Shipping Cost Shown", shipping=9.9, currency="EUR")
    ann.says(0, "Checkout Step Viewed", step="payment")
    ann.says(0, "Cart Viewed")
    assert ann.carts == []


def test_steps_are_kept_with_their_times_and_the_furthest_is_known():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Checkout Started", value=49.9, currency="EUR")
    ann.says(2, "Checkout Step Viewed", step="Shipping address")
    ann.says(5, "Checkout Step Completed", step="Shipping address")
    ann.says(6, "Payment Info Entered")
    ann.says(7, "Checkout Step Viewed", step=2)
    assert [(step.name, minutes(step.first_at), step.views, step.completed, minutes(step.spent + NOON)) for step in ann.cart.steps] == [
        ("checkout", 1, 1, False, 1), ("shipping", 2, 1, True, 4), ("payment", 6, 1, False, 1), ("step 2", 7, 1, False, 0),
    ]  # fmt: skip
    assert ann.cart.reached == "payment"


def test_pages_of_the_checkout_are_steps_of_a_cart_that_is_there():
    ann = Shopper()
    ann.sees(0, "/checkout")
    assert ann.carts == []
    ann.says(0, "Product Added", **LAMP)
    ann.sees(1, "/checkout/payment")
    assert (ann.cart.reached, ann.cart.url) == ("payment", "https://shop.example/checkout/payment")


def test_a_tax_counts_as_a_cost_only_where_the_total_shows_that_it_comes_on_top():
    included, on_top = Shopper(), Shopper()
    included.says(0, "Checkout Started", value=100, tax=19, total=100, currency="EUR", products=[{"product_id": "a", "price": 100}])
    on_top.says(0, "Checkout Started", value=100, tax=19, total=119, currency="EUR", products=[{"product_id": "a", "price": 100}])
    assert (included.cart.fees, on_top.cart.fees) == (None, 1900)


def test_history_builds_carts_and_decides_nothing():
    ann = Shopper()
    ann.says(0, "Product Added", live=False, **LAMP)
    ann.waits_until(60)
    assert (ann.cart.state, ann.cart.historical, ann.person.decisions) == ("abandoned", True, [])
    [told] = ann.derived("Cart Abandoned")
    assert told.props["historical"] is True


def test_a_live_touch_makes_an_imported_cart_a_present_one():
    ann = Shopper()
    ann.says(0, "Product Added", live=False, **LAMP)
    ann.says(5, "Cart Viewed", products=[LAMP])
    ann.waits_until(60)
    assert (ann.cart.historical, ann.reasons()) == (False, [("send", "fits", "ready")])


def test_no_more_than_twenty_ended_carts_are_listed_and_all_are_counted():
    ann = Shopper()
    for day in range(25):
        ann.says(day * 60, "Product Added", **LAMP, cart_id=f"c-{day}")
        ann.says(day * 60 + 1, "Order Completed", order_id=f"o-{day}", cart_id=f"c-{day}", total=1, currency="EUR")
    assert [cart.key for cart in ann.carts] == [f"c-{day}" for day in range(5, 25)]
    assert ann.person.carts_ended == {"ordered": 25}


def test_no_more_than_twenty_carts_are_open_at_once():
    ann = Shopper()
    for number in range(30):
        ann.says(0, "Product Added", **LAMP, cart_id=f"c-{number}")
    assert [cart.key for cart in ann.carts] == [f"c-{number}" for number in range(20)]


def test_a_cart_holds_at_most_a_hundred_products():
    ann = Shopper()
    for number in range(120):
        ann.says(0, "Product Added", product_id=f"p-{number}", price=1, currency="EUR")
    assert (len(ann.cart.items), ann.cart.value) == (100, 10_000)


def test_a_cart_keeps_at_most_forty_moments_of_friction_and_counts_them_all_for_the_person():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    for _ in range(50):
        ann.says(1, "Error Shown", message="no")
    assert (len(ann.cart.friction), ann.person.friction) == (40, {"Error Shown": 50})
    assert ann.cart.marks["Error Shown"].count == 50
    assert len(ann.cart.marks["Error Shown"].facts) == 5


def test_the_gap_is_the_workspace_s():
    ann = Shopper(rules=replace(RULES, cart_gap=5_000))
    ann.says(0, "Product Added", **LAMP)
    ann.time_passes_to(NOON + 5_001)
    assert (ann.cart.state, ann.cart.ended_at) == ("abandoned", NOON + 5_000)


def test_a_source_may_have_a_gap_of_its_own_and_the_one_that_spoke_last_says_how_long_the_cart_rests():
    ann = Shopper(rules=replace(RULES, cart_gaps={"9": 20_000}))
    ann.says(0, "Product Added", source=9, **LAMP)
    assert ann.cart.due == NOON + 20_000
    ann.says(0.1, "Product Viewed", source=1, **PAN)
    assert minutes(ann.cart.due) == 30.1
    ann.sees(1, "/", source=9)
    assert ann.cart.due == NOON + 80_000
    ann.says(0.5, "Product Viewed", source=1, told=1, **PAN)
    assert ann.cart.due == NOON + 80_000, "what happened before sets no rest"
    ann.time_passes_to(NOON + 80_001)
    assert (ann.cart.state, ann.cart.ended_at) == ("abandoned", NOON + 80_000)
    ann.says(5, "Cart Viewed", source=1)
    assert (ann.cart.state, minutes(ann.cart.due)) == ("open", 35)


def test_a_cart_emptied_a_minute_ago_is_taken_up_by_a_patient_source_only():
    for source, carts_then in ((1, 1), (9, 2)):
        ann = Shopper(rules=replace(RULES, cart_gaps={"9": 20_000}))
        ann.says(0, "Product Added", **LAMP)
        ann.says(1, "Product Removed", **LAMP)
        ann.says(2, "Product Added", source=source, **PAN)
        assert len(ann.carts) == carts_then


def test_two_who_become_one_rest_as_the_source_has_it_that_spoke_last():
    for first, then, rests_until in ((9, 1, 31), (1, 9, 1 + 1 / 3)):
        one = Shopper(1, rules=replace(RULES, cart_gaps={"9": 20_000}))
        other = Shopper(2, work=one.work)
        one.says(0.9, "Product Added", source=first, **LAMP)
        other.says(1, "Product Added", source=then, **LAMP)
        carts.join(one.work, one.person, other.person)
        assert minutes(one.cart.due) == rests_until


def test_facts_that_concern_no_cart_leave_a_person_without_one_as_they_are():
    ann = Shopper()
    before = ann.copy()
    for name in ("Product Viewed", "Link Clicked", "Survey Answered", "Products Searched"):
        ann.says(0, name, **LAMP)
    ann.sees(0, "/cart")
    ann.says(0, "", kind="identify")
    assert ann.copy() == before


def test_days_pass_between_two_orders_without_a_cart():
    ann = Shopper()
    ann.says(0, "Order Completed", order_id="o-1", total=5, currency="EUR")
    ann.says(DAY / MINUTE, "Order Completed", order_id="o-2", total=6, currency="EUR")
    assert [(cart.order, cart.revenue, cart.bare) for cart in ann.carts] == [("o-1", 500, True), ("o-2", 600, True)]
