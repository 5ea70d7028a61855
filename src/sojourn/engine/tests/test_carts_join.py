"""Two people turn out to be one: what becomes of their carts, timers and waiting messages."""

import msgspec
import pytest

from sojourn.engine import carts, decide
from sojourn.engine.tests.carting import LAMP, PAN, RULES, Shopper, minutes
from sojourn.engine.working import Working


def pair():
    work = Working(1, RULES)
    return Shopper(1, work=work), Shopper(2, work=work)


def joined(first, second):
    carts.join(first.work, first.person, second.person)
    decide.join(first.work, first.person, second.person)
    return first


def test_the_timer_of_an_anonymous_cart_is_carried_over_with_its_time():
    known, guest = pair()
    guest.says(5, "Product Added", **LAMP)
    joined(known, guest)
    assert (known.cart.state, minutes(known.cart.due)) == ("open", 35)
    assert minutes(carts.due(known.person, RULES)) == 35
    assert guest.carts == []
    known.waits_until(40)
    assert (known.cart.state, minutes(known.cart.ended_at), len(known.person.decisions)) == ("abandoned", 35, 1)


def test_a_cart_with_the_same_id_on_both_sides_is_one_cart():
    phone, laptop = pair()
    first = phone.says(0, "Product Added", **LAMP, cart_id="c-1")
    laptop.says(10, "Checkout Started", cart_id="c-1", value=49.9, currency="EUR", products=[LAMP])
    shown = laptop.says(11, "Shipping Cost Shown", cart_id="c-1", shipping=12.9, currency="EUR")
    second = laptop.cart.id
    cart = joined(phone, laptop).cart
    assert (cart.id, cart.absorbed, minutes(cart.started_at), minutes(cart.last_at), minutes(cart.due)) == (first, [second], 0, 11, 41)
    assert ([item.product for item in cart.items], cart.shipping, cart.reached, cart.marks["shipping"].facts) == (["lamp"], 1290, "checkout", [shown])


def test_carts_with_different_ids_stay_two():
    phone, laptop = pair()
    phone.says(0, "Product Added", **LAMP, cart_id="c-1")
    laptop.says(1, "Product Added", **LAMP, cart_id="c-2")
    assert joined(phone, laptop).states() == [("open", "c-1"), ("open", "c-2")]


def test_what_a_guest_put_in_is_taken_over_into_the_cart_of_the_one_who_signs_in():
    known, guest = pair()
    known.says(0, "Product Added", **PAN)
    guest.says(5, "Product Added", **LAMP)
    cart = joined(known, guest).cart
    assert ([item.product for item in cart.items], cart.value, minutes(cart.due)) == (["lamp", "pan"], 6990, 35)


def test_what_the_newer_side_took_out_stays_out():
    known, guest = pair()
    known.says(0, "Product Added", **LAMP)
    guest.says(5, "Product Added", **LAMP)
    guest.says(6, "Product Added", **PAN)
    guest.says(7, "Product Removed", product_id="lamp")
    assert [item.product for item in joined(known, guest).cart.items] == ["pan"]


def test_a_cart_emptied_on_the_newer_side_is_empty():
    phone, laptop = pair()
    phone.says(0, "Product Added", **LAMP, cart_id="c-1")
    laptop.says(5, "Product Added", **PAN, cart_id="c-1")
    laptop.says(6, "Product Removed", product_id="pan", cart_id="c-1")
    cart = joined(phone, laptop).cart
    assert (cart.state, cart.items, cart.due, phone.person.carts_ended) == ("emptied", [], None, {"emptied": 1})


def test_a_left_cart_taken_up_on_another_device_takes_its_message_back():
    phone, laptop = pair()
    phone.says(0, "Product Added", **LAMP, cart_id="c-1")
    phone.waits_until(31)
    laptop.says(60, "Cart Viewed", cart_id="c-1", products=[LAMP])
    cart = joined(phone, laptop).cart
    assert (cart.state, cart.reopened, cart.abandonments, minutes(cart.due), cart.ended_at) == ("open", 1, 1, 90, None)
    assert phone.person.carts_ended == {}
    assert phone.reasons() == [("send", "fits", "cancelled")]
    assert [cancel.reason for cancel in phone.work.cancels] == ["returned"]


def test_two_messages_waiting_for_what_is_one_cart_become_one():
    phone, laptop = pair()
    phone.says(0, "Product Added", **LAMP, cart_id="c-1")
    laptop.says(5, "Product Added", **PAN, cart_id="c-1")
    phone.waits_until(60)
    laptop.waits_until(60)
    assert len(phone.work.intents) == 2
    joined(phone, laptop)
    assert phone.person.carts_ended == {"abandoned": 1}
    assert phone.reasons() == [("send", "fits", "ready"), ("send", "fits", "cancelled")]
    assert [cancel.reason for cancel in phone.work.cancels] == ["merged"]


def test_an_order_known_to_the_shop_ends_the_cart_that_was_anonymous_until_now():
    known, guest = pair()
    guest.says(0, "Product Added", **LAMP)
    known.says(8, "Order Completed", order_id="o-1", products=[LAMP], total=49.9, currency="EUR")
    joined(known, guest)
    assert (known.cart.state, known.cart.order, known.cart.revenue, known.cart.reached) == ("ordered", "o-1", 4990, "cart")
    assert known.person.carts_ended == {"ordered": 1}
    known.waits_until(100)
    assert known.person.decisions == []


def test_an_order_known_to_the_shop_takes_back_the_message_of_the_anonymous_cart():
    known, guest = pair()
    guest.says(0, "Product Added", **LAMP)
    guest.waits_until(31)
    known.says(40, "Order Completed", order_id="o-1", products=[LAMP], total=49.9, currency="EUR")
    joined(known, guest)
    assert (known.cart.state, known.reasons()) == ("recovered", [("send", "fits", "cancelled")])
    assert [cancel.reason for cancel in known.work.cancels] == ["ordered"]


def test_the_same_order_on_both_sides_counts_once():
    a, b = pair()
    a.says(0, "Order Completed", order_id="o-1", total=5, currency="EUR")
    b.says(0, "Order Completed", order_id="o-1", total=5, currency="EUR")
    joined(a, b)
    assert ([cart.order for cart in a.carts], a.person.carts_ended) == (["o-1"], {"ordered": 1})


def story(first, second, which):
    match which:
        case "unnamed":
            first.says(0, "Product Added", **LAMP)
            second.says(3, "Product Added", **PAN)
        case "named":
            first.says(0, "Product Added", **LAMP, cart_id="c-1")
            second.says(3, "Product Added", **PAN, cart_id="c-1")
            second.says(4, "Error Shown", message="no")
        case "left":
            first.says(0, "Product Added", **LAMP)
            first.waits_until(40)
            second.says(50, "Product Added", **PAN)
        case "bought":
            first.says(0, "Product Added", **LAMP)
            second.says(3, "Order Completed", order_id="o-1", products=[LAMP], total=49.9, currency="EUR")
        case "apart":
            first.says(0, "Product Added", **LAMP, cart_id="c-1")
            second.says(3, "Product Added", **PAN, cart_id="c-2")
            second.says(4, "Order Completed", order_id="o-1", cart_id="c-2", total=20, currency="EUR")


@pytest.mark.parametrize("which", ["unnamed", "named", "left", "bought", "apart"])
def test_it_does_not_matter_which_of_the_two_takes_the_other_in(which):
    one, other = pair()
    story(one, other, which)
    joined(one, other)
    left, right = pair()
    story(left, right, which)
    joined(right, left)
    assert msgspec.msgpack.encode(one.carts) == msgspec.msgpack.encode(right.carts)
    assert (one.person.carts_ended, one.person.friction) == (right.person.carts_ended, right.person.friction)
