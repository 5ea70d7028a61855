"""Whatever stands in a fact's properties, carts stay in one piece: nothing breaks, nothing grows without bound."""

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.engine import carts
from sojourn.engine.carts import _HANDLERS
from sojourn.engine.tests.carting import LAMP, NOON, Shopper
from sojourn.terms.facts import Fact
from sojourn.terms.person import Person

ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=True), st.text(max_size=12), st.sampled_from(["1e400", "NaN", "-5", "٣", "9" * 400, "²"]),
    st.lists(st.integers(), max_size=2), st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)  # fmt: skip
NAMES = (
    "product_id sku name id price quantity currency category value subtotal revenue total shipping tax fees products cart_id checkout_id order_id step "
    "step_name url path days coupon_id reason metric value_ms status label count sorts sort query cart_url product_id context type target"
).split()
PROPS = st.dictionaries(st.sampled_from(NAMES), st.one_of(ODD, st.lists(st.dictionaries(st.sampled_from(NAMES), ODD, max_size=4), max_size=3)), max_size=8)
FACT = st.tuples(st.sampled_from(sorted(_HANDLERS)), PROPS, st.integers(-100, 100))


@given(st.lists(FACT, max_size=12), st.dictionaries(st.sampled_from(["page", "campaign"]), ODD, max_size=2))
@settings(max_examples=250)
def test_odd_properties_break_nothing(facts, context):
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    for event, props, minute in facts:
        ann.says(minute, event, told=101, context=context, kind="track", **{name: value for name, value in props.items() if name != "context"})
    ann.waits_until(1_000)
    assert carts.due(ann.person, ann.work.rules) is None
    for cart in ann.carts:
        assert 0 <= cart.value <= 10**15
        assert all(0 < item.quantity <= 1_000_000 for item in cart.items)
    assert isinstance(msgspec.msgpack.decode(ann.copy(), type=Person), Person)


@given(PROPS)
@settings(max_examples=100)
def test_odd_pages_break_nothing(props):
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP)
    ann.says(1, "Page", kind="page", **{name: value for name, value in props.items() if name != "context"})
    assert len(ann.carts) == 1


def test_an_id_of_any_length_is_cut_and_a_number_is_an_id_too():
    ann = Shopper()
    ann.says(0, "Product Added", **LAMP, cart_id="c" * 4_000)
    ann.says(1, "Product Added", **LAMP, cart_id=77)
    assert [cart.key for cart in ann.carts] == ["c" * 255, "77"]


def test_a_cart_with_everything_full_stays_small():
    ann = Shopper()
    for number in range(150):
        ann.says(number / 10, "Product Added", product_id="p" * 290 + str(number), name="n" * 5_000, price=1, currency="EUR", cart_id="c")
        ann.says(number / 10, "Checkout Step Viewed", step=f"{number} " + "s" * 500, cart_id="c", checkout_id=f"k{number}")
        ann.says(number / 10, "Error Shown", message="m" * 5_000)
    ann.waits_until(100)
    assert len(ann.copy()) < 100_000


def test_handlers_take_facts_without_any_properties():
    for event in sorted(_HANDLERS):
        ann = Shopper()
        ann.says(0, "Product Added", **LAMP)
        ann.says(1, event)
        assert len(ann.carts) == 1, event
    assert Fact("track", "x", NOON, "m").props == {}
