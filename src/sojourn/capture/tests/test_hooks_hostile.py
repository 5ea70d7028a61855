"""Webhooks of which anything may come: runaway expressions, broken bodies, any object at all."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.capture.call import Call
from sojourn.capture.protocols.hooks import mapped
from sojourn.capture.tests.door import SHOP
from sojourn.capture.tests.hooking import BODIES, SECRET, put, send
from sojourn.terms.hooks import Hook, Rule
from sojourn.terms.time import HOUR

DOUBLING = "|".join(["[@,@]"] * 80)
HOSTILE = [
    DOUBLING,
    "|".join(["[@,@]", "[]"] * 60),
    f"to_string({DOUBLING})",
    f"sort_by([`1`,`2`], &{DOUBLING})",
    f"({DOUBLING}) == ({'|'.join(['[@,@]'] * 10)})",
    "|".join(["join(@, [@,@,@,@,@,@,@])"] * 20),
    "(" * 249 + "a" + ")" * 249,
    "!" * 490 + "a",
    "a[::0]",
    "[",
    "nope(@)",
    "length()",
    "not_null()",
    "abs('x')",
    "x" * 501,
]


@pytest.mark.parametrize("expression", HOSTILE)
def test_a_runaway_expression_ends_and_its_call_is_set_aside(door, expression):
    put(door, "generic", rules=(Rule(event="Bad", user_id="data.user", properties=(("x", expression),)),))
    assert send(door, "generic").status == 200
    found = [reason for reason, _ in door.quarantined()] or [fact.props.get("x") for fact in door.facts()]
    assert found in (["unmapped"], [None])


@pytest.mark.parametrize("field", [{"properties": (("x", "&a"),)}, {"properties": (("x", "[to_array(&a)]"),)}, {"timestamp": "&a"}, {"user_id": "&a"}])
def test_an_expression_that_finds_an_expression_is_said_to_be_wrong(door, field):
    put(door, "generic", rules=(Rule(event="Bad", **{"user_id": "data.user", **field}),))
    assert "no value: & stands only" in send(door, "generic").json["results"][0]["detail"]


def test_numbers_that_an_expression_makes_too_large_are_left_out(door):
    rule = Rule(event="Sums", user_id="id", properties=(("a", "sum(b)"), ("c", "{d: to_number(e), f: [sum(b), `1`]}")))
    put(door, "generic", rules=(rule,))
    assert send(door, "generic", b'{"id":"u-1","b":[1e308,1e308],"e":"1e999"}').status == 200
    assert [fact.props for fact in door.facts()] == [{"c": {"d": None, "f": [None, 1]}}]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"1", b'"x"', b"{", b"[" * 100_000, b'{"a":' * 200 + b"1" + b"}" * 200, b"\xff\xfe", b'{"type":"\\ud800"}', b'{"type":1e999}',
        b'{"data":{"object":[]},"type":"customer.created","created":"x"}', b'{"type":"invoice.paid","data":{"object":{"amount_paid":1e300,"currency":5}}}',
        b'{"type":"charge.refunded","data":{"object":{"amount_refunded":9999999999999999999999,"customer":{"id":{}}},"previous_attributes":7}}',
        b'{"object":"instagram","entry":[{"messaging":[{"sender":{"id":7},"timestamp":9e99,"message":{"mid":1}},3,null]},null],"form_response":{"answers":[1]}}',
        b'{"id":{},"line_items":[{"price":{}},null,{"price":"1e999"}],"customer":[],"refunds":[{"total":{}}],"status":"completed","created_at":5,"email":"a"}',
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("kind", "signing"),
    [("shopify", {"topic": "orders/create"}), ("shopify", {"topic": "refunds/create"}), ("stripe", {}), ("typeform", {}),
     ("woocommerce", {"topic": "order.updated"}), ("meta", {}), ("standard", {}), ("generic", {})],
)  # fmt: skip
def test_a_signed_but_broken_body_is_never_an_error_of_ours(door, kind, signing, body):
    put(door, kind)
    assert send(door, kind, body, **signing).status == 200
    assert send(door, kind).status == 200


def test_a_huge_body_is_refused_before_it_is_read(door):
    put(door, "shopify")
    assert send(door, "shopify", b'{"a":"' + b"x" * (21 << 20) + b'"}').status == 413
    assert send(door, "shopify", b'{"a":"' + b"x" * (2 << 20) + b'"}').results == [(0, "dropped", "event_too_large")]


def test_the_newest_calls_are_remembered_for_an_hour_with_what_became_of_them(door):
    put(door, "shopify")
    send(door, "shopify")
    send(door, "shopify", headers={})
    heard = door.app.heard.of(SHOP.workspace, SHOP.source, door.clock.now())
    assert [(call.outcome, call.topic) for call in heard] == [("refused", ""), ("kept", "orders/create")]
    assert heard[1].verdict == ("identify", "Order Completed")
    assert json.loads(heard[1].body) == BODIES["shopify"]
    assert door.app.heard.of(2, SHOP.source, door.clock.now()) == []
    door.clock.advance(HOUR)
    assert door.app.heard.of(SHOP.workspace, SHOP.source, door.clock.now()) == []


# -- whatever else comes

KEYS = """
id type object data created customer email phone name amount amount_total amount_paid amount_refunded amount_due currency metadata payment_intent
invoice lines line_items customer_details total_details previous_attributes payment_status client_reference_id last_payment_error payment_method
billing_details created_at updated_at cancelled_at note_attributes transactions kind status refunds total price quantity product_id discount_codes
total_shipping_price_set shop_money order_id billing shipping_lines date_created_gmt date_modified_gmt customer_id coupon_lines meta_data value key
form_response answers field fields definition hidden token submitted_at title number choices labels label other entry messaging changes sender
recipient message mid text timestamp from comment_id media contacts wa_id profile messages body verb item time event_type
""".split()
SAID = "paid eur JPY refund success 1e400 -1 2026-11-18T11:00:00Z instagram comments messages form_response nps number completed refunded add comment".split()
LEAVES = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8) | st.sampled_from(SAID)
PARTS = st.recursive(LEAVES, lambda part: st.lists(part, max_size=3) | st.dictionaries(st.sampled_from(KEYS), part, max_size=8), max_leaves=25)
OBJECTS = st.dictionaries(st.sampled_from(KEYS), PARTS, max_size=12)
TOPICS = {
    "shopify": ["orders/create", "orders/paid", "orders/cancelled", "refunds/create", "checkouts/create", "checkouts/update", "customers/update", "other/one"],
    "woocommerce": ["order.created", "order.updated", "customer.created", "product.updated"],
    "stripe": [
        "checkout.session.completed",
        "payment_intent.payment_failed",
        "charge.refunded",
        "invoice.paid",
        "invoice.payment_failed",
        "customer.created",
        "x.y",
    ],
    "typeform": ["form_response"],
    "meta": ["page", "instagram", "whatsapp_business_account"],
}


@pytest.mark.parametrize(("kind", "topic"), [(kind, topic) for kind, topics in TOPICS.items() for topic in topics])
@settings(max_examples=30)
@given(payload=OBJECTS)
def test_any_object_becomes_calls_or_a_reason_and_never_an_error(kind, topic, payload):
    inside = {"stripe": {"type": topic, "data": {"object": payload, **payload}}, "typeform": {"form_response": payload}, "meta": {"entry": [payload]}}
    found = mapped(Hook(kind, SECRET), topic, json.dumps(inside.get(kind, payload)).encode())
    for one in found:
        assert not isinstance(one, Call) or one.type in ("track", "identify")
