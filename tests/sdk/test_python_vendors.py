"""Unmodified Python clients of other vendors deliver a visit of a shop, once, whatever happens on the way."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit
from urllib.request import Request, urlopen

import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent
from posthog import Posthog
from rudderstack.analytics.client import Client as Rudder
from snowplow_tracker import Emitter, PageView, SelfDescribing, SelfDescribingJson, Subject, Tracker

from sojourn.terms.facts import Fact, Flag
from tests.sdk.shop import Shop

LAMP = {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9, "quantity": 1, "currency": "EUR"}
ORDER = {"order_id": "o-1", "total": 79.9, "currency": "EUR"}
VISIT = [("page", "Home"), ("track", "Product Viewed"), ("identify", ""), ("track", "Order Completed")]
"""(kind, name) of what every client can say in some way."""
SHOP = "iglu:com.snowplowanalytics.snowplow.ecommerce"


def rudder(url: str, packed: bool = True) -> None:
    errors: list[Exception] = []
    client = Rudder("wk_shop", host=url, gzip=packed, timeout=1, upload_interval=0.1, max_retries=6, on_error=lambda error, _: errors.append(error))
    client.page(anonymous_id="anon-1", category="Shop", name="Home", properties={"url": "https://shop.example/"})
    client.track(anonymous_id="anon-1", event="Product Viewed", properties=LAMP)
    client.identify(user_id="ann", anonymous_id="anon-1", traits={"email": "ann@shop.example"})
    client.track(user_id="ann", event="Order Completed", properties=ORDER)
    client.flush()
    client.join()
    assert errors == []


def posthog(url: str, mode: str = "v0", packed: bool = False, **more: Any) -> None:
    errors: list[Exception] = []
    client = Posthog(
        "wk_shop",
        host=url,
        gzip=packed,
        timeout=1,
        flush_interval=0.1,
        max_retries=5,
        capture_mode=mode,
        on_error=lambda error, _: errors.append(error),
        **more,
    )
    nobody = {"$process_person_profile": False}
    client.capture("$pageview", distinct_id="anon-1", properties={"$current_url": "https://shop.example/", "title": "Home", **nobody})
    client.capture("Product Viewed", distinct_id="anon-1", properties={**LAMP, **nobody})
    client.set(distinct_id="ann", properties={"email": "ann@shop.example"})
    client.capture("Order Completed", distinct_id="ann", properties=ORDER)
    client.alias("anon-1", "ann")
    client.group_identify("company", "readers", {"name": "Readers"}, distinct_id="ann")
    client.shutdown()
    assert errors == []


def described(name: str, data: Any) -> SelfDescribingJson:
    return SelfDescribingJson(f"{SHOP}/{name}/jsonschema/1-0-0", data)


def snowplow(url: str, method: str = "post", base64: bool = True) -> None:
    where = urlsplit(url)
    delivered: list[Any] = []
    emitter = Emitter(
        str(where.hostname),
        protocol="http",
        port=where.port,
        method=method,  # type: ignore[arg-type]  # one of two texts
        batch_size=1 if method == "get" else 50,
        request_timeout=1,
        max_retry_delay_seconds=1,
        on_success=delivered.extend,
    )
    subject = Subject().set_domain_user_id("anon-1")
    tracker = Tracker("shop", emitters=emitter, subject=subject, app_id="wk_shop", encode_base64=base64)
    tracker.track(PageView(page_url="https://shop.example/", page_title="Home"))
    product = {"id": LAMP["product_id"], **{key: value for key, value in LAMP.items() if key != "product_id"}}
    tracker.track(SelfDescribing(described("snowplow_ecommerce_action", {"type": "product_view"}), context=[described("product", product)]))
    subject.set_user_id("ann")
    tracker.track(SelfDescribing(SelfDescribingJson("iglu:example.shop/identify/jsonschema/1-0-0", {"email": "ann@shop.example"})))
    order = {"transaction_id": "o-1", "revenue": 79.9, "currency": "EUR"}
    tracker.track(SelfDescribing(described("snowplow_ecommerce_action", {"type": "transaction"}), context=[described("transaction", order)]))
    tracker.flush()
    deadline = time.monotonic() + 30
    while len(delivered) < 4:
        assert time.monotonic() < deadline, delivered
        time.sleep(0.02)


def cloudevents(url: str) -> None:
    def event(number: int, kind: str, data: dict[str, Any]) -> CloudEvent:
        return CloudEvent({"id": f"e-{number}", "type": f"example.shop.{kind}", "source": "/shop", "cxlabel": "Birne 暖色 100 %"}, data)

    said = [
        event(1, "home", {"call": "page", "name": "Home", "anonymousId": "anon-1", "properties": {"url": "https://shop.example/"}}),
        event(2, "product.viewed", {"anonymousId": "anon-1", **LAMP}),
        event(3, "signed", {"call": "identify", "userId": "ann", "anonymousId": "anon-1", "traits": {"email": "ann@shop.example"}}),
        event(4, "order.completed", {"userId": "ann", **ORDER}),
    ]
    for number, one in enumerate(said):
        message = (to_structured_event if number % 2 else to_binary_event)(one)
        headers = {**message.headers, "authorization": "Bearer wk_shop"}
        assert urlopen(Request(url + "/events", message.body, headers), timeout=5).status == 200


CLIENTS: dict[str, Callable[[str], None]] = {
    "rudder": rudder,
    "rudder, plain": lambda url: rudder(url, packed=False),
    "posthog": posthog,
    "posthog, gzip": lambda url: posthog(url, packed=True),
    "posthog v1": lambda url: posthog(url, "v1"),
    "posthog v1, zstd": lambda url: posthog(url, "v1", capture_compression="zstd"),
    "posthog v1, deflate": lambda url: posthog(url, "v1", capture_compression="deflate"),
    "snowplow": snowplow,
    "snowplow, plain": lambda url: snowplow(url, base64=False),
    "snowplow, pixel": lambda url: snowplow(url, method="get"),
    "cloudevents": cloudevents,
}
LIBRARIES = {"rudder": "analytics-python", "posthog": "posthog-python", "snowplow": "shop", "cloudevents": None}
CAREFUL = ["rudder", "posthog", "posthog v1", "snowplow"]
"""Clients that send again what was not answered well."""


def shape(facts: list[Fact]) -> list[tuple[str, str]]:
    """Kind and name of what the visit says, whatever else a client tells beside it."""
    return [(fact.kind, fact.name) for fact in facts if fact.kind not in ("alias", "group")]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_event_of_the_visit_arrives_with_its_fields(tmp_path: Path, client: str):
    with Shop(tmp_path, []) as shop:
        CLIENTS[client](shop.url)
        facts = shop.facts()
    assert shape(facts) == VISIT
    page, view, signed, order = [fact for fact in facts if fact.kind not in ("alias", "group")]
    assert page.props["url"] == "https://shop.example/"
    assert (view.props, view.anonymous_id, view.user_id) == ({**LAMP, **others(client, view)}, "anon-1", None)
    assert (signed.traits["email"], signed.user_id) == ("ann@shop.example", "ann")
    assert (order.user_id, {key: order.props[key] for key in ORDER}) == ("ann", ORDER)
    assert page.context.get("library", {}).get("name") == LIBRARIES[client.replace(",", "").partition(" ")[0]]
    assert len({fact.message_id for fact in facts}) == len(facts)
    assert {fact.flags & (Flag.AT_LEAST_ONCE | Flag.TIME_GUESSED | Flag.CLAMPED | Flag.SANITISED) for fact in facts} == {0}
    if client.startswith("posthog"):
        assert [fact.link for fact in facts if fact.kind in ("alias", "group")] == ["ann", "readers"]


def others(client: str, fact: Fact) -> dict[str, Any]:
    """What a client adds to an event's own properties by itself."""
    return {key: value for key, value in fact.props.items() if key not in LAMP} if client.startswith("posthog") else {}


@pytest.mark.parametrize("fault", ["500", "503", "429", "lost", "hang", "restart"])
@pytest.mark.parametrize("client", CAREFUL)
def test_after_a_fault_every_event_counts_once(tmp_path: Path, client: str, fault: str):
    with Shop(tmp_path, [fault]) as shop:
        CLIENTS[client](shop.url)
        facts = shop.facts()
    assert sorted(shape(facts)) == sorted(VISIT)
    assert len({fact.message_id for fact in facts}) == len(facts)
    assert [found for found, _ in shop.served if found] == [fault]
    assert {status for found, status in shop.served if not found.isdigit()} == {200}


def test_matomo_hits_as_matomopy_sends_them(tmp_path: Path):
    """Matomopy is a thin shell around a form; it neither tries again nor names its hits, so only the order is told from its repetition."""
    base = {"idsite": "wk_shop", "rec": "1", "apiv": "1", "rand": "1", "send_image": "0", "_id": "92ca3b419ffd7555", "url": "https://shop.example/"}
    view = {"action_name": "Home", "_pks": "lamp-1", "_pkn": "Désk lamp", "_pkp": "79.9"}
    order = {"uid": "ann", "idgoal": "0", "ec_id": "o-1", "revenue": "79.9", "ec_items": '[["lamp-1","Désk lamp","Lamps",79.9,1]]'}
    with Shop(tmp_path, []) as shop:
        for hit in (view, order, order):
            assert urlopen(shop.url + "/matomo.php", urlencode({**base, **hit}).encode(), timeout=5).status == 200
        facts = shop.facts()
    assert [(fact.kind, fact.name) for fact in facts] == [("page", "Home"), ("track", "Product Viewed"), ("track", "Order Completed")]
    assert facts[1].props == {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9}
    products = [{"product_id": "lamp-1", "name": "Désk lamp", "category": "Lamps", "price": 79.9, "quantity": 1}]
    assert (facts[2].props, facts[2].user_id, facts[2].anonymous_id) == (
        {"order_id": "o-1", "products": products, "total": 79.9},
        "ann",
        "92ca3b419ffd7555",
    )
