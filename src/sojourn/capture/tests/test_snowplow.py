"""Snowplow's tracker protocol: payloads, pixels, self-describing events, entities, the e-commerce plugin."""

import json
from base64 import urlsafe_b64encode
from urllib.parse import urlencode

import pytest

from sojourn.capture.protocols.pixel import GIF
from sojourn.capture.tests.door import NOW, SHOP, Door

TP2 = "/com.snowplowanalytics.snowplow/tp2"
EVENT = {"e": "pv", "eid": "e-1", "aid": "shop", "duid": "d-1", "p": "web", "tna": "sp", "tv": "js-4.10.1", "url": "https://shop.example/", "page": "Home"}
ECOMMERCE = "com.snowplowanalytics.snowplow.ecommerce"


@pytest.fixture
def door():
    with Door() as made:
        made.directory.put("snowplow:shop", SHOP)
        yield made


def send(door, **fields):
    schema = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
    answer = door.post(TP2, {"schema": schema, "data": [{**EVENT, **fields}]}, key=None, content_type="application/json; charset=UTF-8")
    assert answer.status == 200, answer.body
    return door.facts()


def described(schema, data):
    return {
        "schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0",
        "data": {"schema": f"iglu:{schema}/jsonschema/1-0-0", "data": data},
    }


def entities(**named):
    found = [{"schema": f"iglu:{ECOMMERCE}/{name}/jsonschema/1-0-0", "data": one} for name, all_ in named.items() for one in all_]
    return json.dumps({"schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0", "data": found})


def shop(door, kind, **named):
    return send(door, e="ue", ue_pr=json.dumps(described(f"{ECOMMERCE}/snowplow_ecommerce_action", {"type": kind})), co=entities(**named))


def test_a_page_view(door):
    [fact] = send(door, uid="u-1", refr="https://news.example/", res="1920x1080", lang="de", tz="Europe/Berlin")
    assert (fact.kind, fact.name, fact.user_id, fact.anonymous_id, fact.message_id) == ("page", "Home", "u-1", "d-1", "e-1")
    assert fact.props == {"url": "https://shop.example/", "path": "/", "referrer": "https://news.example/", "title": "Home"}
    assert (fact.context["timezone"], fact.context["library"]) == ("Europe/Berlin", {"name": "sp", "version": "js-4.10.1"})


def test_the_pixel_answers_with_a_dot(door):
    packed = urlsafe_b64encode(json.dumps(described("com.acme/lamp_lit", {"watts": 5})).encode()).rstrip(b"=").decode()
    answer = door.run(door.call("/i?" + urlencode({**EVENT, "e": "ue", "ue_px": packed}), b"", None, "GET"))
    assert (answer.status, answer.headers["content-type"], answer.body) == (200, "image/gif", GIF)
    [fact] = door.facts()
    assert (fact.name, fact.props) == ("lamp_lit", {"watts": 5})


def test_the_devices_clock_is_corrected_and_a_true_time_stands(door):
    [first] = send(door, dtm=str(NOW - 3_600_000 - 5_000), stm=str(NOW - 3_600_000))
    assert first.at == NOW - 5_000
    second = send(door, eid="e-2", dtm=str(NOW - 3_600_000), stm=str(NOW - 3_600_000), ttm=str(NOW - 7_000))[1]
    assert second.at == NOW - 7_000


def test_a_sending_time_cut_to_seconds_corrects_the_clock_all_the_same(door):
    [fact] = send(door, dtm=str(NOW - 3_600_000 + 700), stm=str(NOW - 3_600_000))
    assert fact.at == NOW


def test_adding_two_products_is_two_facts_with_ids_of_their_own(door):
    products = [{"id": "p-1", "name": "Lamp", "price": 79.9, "currency": "EUR", "quantity": 1}, {"id": "p-2", "price": 4.5, "currency": "EUR"}]
    first, second = shop(door, "add_to_cart", product=products, cart=[{"cart_id": "c-1", "total_value": 84.4, "currency": "EUR"}])
    assert (first.name, first.message_id, second.message_id) == ("Product Added", "e-1", "e-1-1")
    assert first.props == {"cart_id": "c-1", "currency": "EUR", "product_id": "p-1", "name": "Lamp", "price": 79.9, "quantity": 1}


def test_a_transaction_is_an_order(door):
    [fact] = shop(
        door,
        "transaction",
        transaction=[
            {"transaction_id": "o-1", "revenue": 84.4, "currency": "EUR", "shipping": 4.9, "tax": 0, "discount_code": "SPRING", "payment_method": "card"}
        ],
        product=[{"id": "p-1", "price": 79.9}],
    )
    assert fact.name == "Order Completed"
    assert fact.props["order_id"] == "o-1"
    assert (fact.props["total"], fact.props["shipping"], fact.props["coupon"], fact.props["products"]) == (
        84.4,
        4.9,
        "SPRING",
        [{"product_id": "p-1", "price": 79.9}],
    )


@pytest.mark.parametrize(
    ("kind", "named", "name"),
    [
        ("product_view", {"product": [{"id": "p-1"}]}, "Product Viewed"),
        ("list_view", {"product": [{"id": "p-1"}]}, "Product List Viewed"),
        ("remove_from_cart", {"product": [{"id": "p-1"}]}, "Product Removed"),
        ("checkout_step", {"checkout_step": [{"step": 2}]}, "Checkout Step Viewed"),
        ("refund", {"refund": [{"transaction_id": "o-1", "refund_amount": 5}]}, "Order Refunded"),
        ("transaction_error", {"transaction_error": [{"error_code": "E1"}]}, "Payment Failed"),
        ("promo_click", {"promotion": [{"id": "x"}]}, "Promotion Clicked"),
    ],
)
def test_actions_of_the_plugin_get_our_names(door, kind, named, name):
    assert [fact.name for fact in shop(door, kind, **named)] == [name]


@pytest.mark.parametrize(
    ("schema", "data", "name", "props"),
    [
        ("com.snowplowanalytics.snowplow/link_click", {"targetUrl": "/x", "elementId": "a"}, "Link Clicked", {"url": "/x", "href": "/x", "id": "a"}),
        ("com.snowplowanalytics.snowplow/change_form", {"formId": "f", "elementId": "card", "value": "4111"}, "Field Changed", {"form": "f", "field": "card"}),
        ("com.snowplowanalytics.snowplow/application_error", {"message": "x is null"}, "Error Shown", {"message": "x is null"}),
        ("com.snowplowanalytics.snowplow/web_vitals", {"lcp": 5000, "cls": 0}, "Page Slow", {"metric": "lcp", "value_ms": 5000}),
        ("com.acme/order_completed", {"order_id": "o-1"}, "Order Completed", {"order_id": "o-1"}),
    ],
)
def test_self_describing_events_get_our_names(door, schema, data, name, props):
    [fact] = send(door, e="ue", ue_pr=json.dumps(described(schema, data)))
    assert (fact.name, fact.props) == (name, props)


def test_what_fits_nowhere_is_kept(door):
    session = {"schema": "iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2", "data": {"userId": "s-1", "sessionIndex": 4}}
    [fact] = send(door, duid=None, co=json.dumps({"data": [session]}), p="mob")
    assert fact.anonymous_id == "s-1"
    assert fact.raw["snowplow"]["entities"] == {"com.snowplowanalytics.snowplow/client_session": [{"userId": "s-1", "sessionIndex": 4}]}


def test_one_broken_event_loses_no_other(door):
    answer = door.post(TP2, {"data": [{**EVENT, "e": "ue", "ue_px": "%%%"}, {**EVENT, "eid": "e-2"}, 7]}, key=None)
    assert (answer.status, answer.results) == (200, [(0, "dropped", "bad_encoding"), (2, "dropped", "bad_shape")])
    assert [fact.message_id for fact in door.facts()] == ["e-2"]


def test_what_a_tracker_would_send_for_ever_ends_with_400(door):
    body = b'{"data":[' + b",".join([b'{"e":"pv"}'] * 10_001) + b"]}"
    assert door.post(TP2, body, key=None).status == 400
    assert door.post(TP2, {"data": [{**EVENT, "aid": "nobody"}]}, key=None).status == 401


def google(door, action, **named):
    vendor = "com.google.analytics.enhanced-ecommerce"
    found = [{"schema": f"iglu:{vendor}/{name}/jsonschema/1-0-0", "data": one} for name, one in named.items()]
    return send(door, e="ue", ue_pr=json.dumps(described(f"{vendor}/action", {"action": action})), co=json.dumps({"schema": "iglu:contexts", "data": found}))


LAMP = {"id": "p-1", "name": "Lamp", "price": 79.9, "quantity": 2, "currency": "EUR"}
OURS = {"product_id": "p-1", "name": "Lamp", "price": 79.9, "quantity": 2, "currency": "EUR"}


@pytest.mark.parametrize(
    ("action", "named", "name", "props"),
    [
        ("add", {"productFieldObject": LAMP}, "Product Added", OURS),
        ("detail", {"productFieldObject": LAMP}, "Product Viewed", OURS),
        ("view", {"impressionFieldObject": LAMP}, "Product List Viewed", {"products": [OURS]}),
        ("view", {"promoFieldObject": {"id": "pr-1"}}, "Promotion Viewed", {"id": "pr-1"}),
        ("checkout", {"actionFieldObject": {"step": 2}, "productFieldObject": LAMP}, "Checkout Step Viewed", {"step": 2, "products": [OURS]}),
        (
            "purchase",
            {"actionFieldObject": {"id": "o-1", "revenue": 159.8, "tax": 25.5}, "productFieldObject": LAMP},
            "Order Completed",
            {"order_id": "o-1", "total": 159.8, "tax": 25.5, "products": [OURS]},
        ),
    ],
)
def test_googles_enhanced_e_commerce_says_the_same(door, action, named, name, props):
    [fact] = google(door, action, **named)
    assert (fact.kind, fact.name, fact.props) == ("track", name, props)


def test_a_click_on_a_button_a_struct_event_and_a_ping(door):
    [click] = send(door, e="ue", ue_pr=json.dumps(described("com.snowplowanalytics.snowplow/button_click", {"label": "Buy", "id": "b"})))
    assert (click.name, click.props) == ("Button Clicked", {"label": "Buy", "id": "b"})
    added = send(door, eid="e-2", e="se", se_ca="shop", se_ac="add-to-basket", se_va="2")[1]
    assert (added.name, added.props) == ("Product Added", {"category": "shop", "value": 2})
    ping = send(door, eid="e-3", e="pp", pp_miy="0", pp_may="340")[2]
    assert (ping.name, ping.props) == ("Page Ping", {"from": 0, "to": 340})


def test_entities_may_have_fields_of_any_name(door):
    [fact] = shop(door, "transaction", transaction=[{"transaction_id": "o-1", "revenue": 5, "event": "e", "products": 7, "self": 1}])
    assert (fact.name, fact.props["order_id"], fact.props["event"]) == ("Order Completed", "o-1", "e")
