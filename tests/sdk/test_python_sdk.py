"""The unmodified segment-analytics-python delivers a shopping journey, once, whatever happens on the way."""

from pathlib import Path

import pytest
from segment.analytics.client import Client

from sojourn.terms.facts import Flag
from tests.sdk.shop import JOURNEY, Shop

LAMP = {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9, "quantity": 1, "currency": "EUR"}


def shop_around(url: str, compressed: bool = False) -> list[Exception]:
    """Send the journey and wait until the SDK has nothing left to send; what it gave up on."""
    errors: list[Exception] = []
    client = Client(
        "wk_shop",
        host=url,
        gzip=compressed,
        timeout=1,
        upload_interval=0.1,
        max_total_backoff_duration=20,
        on_error=lambda error, _: errors.append(error),
    )
    client.page(anonymous_id="anon-1", category="Shop", name="Home", properties={"url": "https://shop.example/"})
    client.track(anonymous_id="anon-1", event="Product Viewed", properties=LAMP)
    client.identify(user_id="ann", anonymous_id="anon-1", traits={"email": "ann@shop.example"})
    client.group(user_id="ann", group_id="readers", traits={"name": "Readers"})
    client.track(user_id="ann", event="Product Added", properties={**LAMP, "cart_id": "cart-1"})
    client.track(user_id="ann", event="Checkout Started", properties={"cart_id": "cart-1", "value": 79.9, "shipping": 12.5, "currency": "EUR"})
    client.screen(user_id="ann", name="Checkout")
    client.track(user_id="ann", event="Order Completed", properties={"order_id": "o-1", "cart_id": "cart-1", "revenue": 79.9, "currency": "EUR"})
    client.alias(previous_id="ann", user_id="ann@shop.example")
    client.flush()
    client.shutdown()
    return errors


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_every_event_of_the_journey_arrives_with_its_fields(tmp_path: Path, compressed: bool):
    with Shop(tmp_path, []) as shop:
        assert shop_around(shop.url, compressed) == []
        facts = shop.facts()
    assert [(fact.kind, fact.name) for fact in facts] == JOURNEY
    assert (facts[1].props, facts[1].anonymous_id, facts[1].user_id) == (LAMP, "anon-1", None)
    assert (facts[2].traits, facts[2].anonymous_id, facts[2].user_id) == ({"email": "ann@shop.example"}, "anon-1", "ann")
    assert (facts[3].link, facts[8].link) == ("readers", "ann")
    assert {fact.context["library"]["name"] for fact in facts} == {"analytics-python"}
    assert {fact.flags & ~Flag.SKEWED for fact in facts} == {0}


@pytest.mark.parametrize("faults", [["500"], ["429"], ["503"], ["lost"], ["hang"], ["restart"], ["lost", "restart", "429"]], ids="-".join)
def test_after_faults_every_event_counts_once(tmp_path: Path, faults: list[str]):
    with Shop(tmp_path, faults) as shop:
        assert shop_around(shop.url) == []
        facts = shop.facts()
    assert sorted((fact.kind, fact.name) for fact in facts) == sorted(JOURNEY)
    assert len({fact.message_id for fact in facts}) == len(JOURNEY)
    assert [fault for fault, _ in shop.served if fault] == faults
    assert {status for fault, status in shop.served if not fault.isdigit()} == {200}


def test_without_deduplication_a_lost_answer_would_count_twice(tmp_path: Path):
    """The control arm of the test above: the SDK does send everything again, so once is the log's doing."""
    with Shop(tmp_path, ["lost"]) as shop:
        shop_around(shop.url)
        records = shop.log.read(0, 100)
    assert sum(record.counts.get("duplicate", 0) for record in records) > 0


def test_a_refused_key_is_reported_by_the_sdk_and_not_tried_again(tmp_path: Path):
    with Shop(tmp_path, []) as shop:
        errors: list[Exception] = []
        client = Client("wk_nobody", host=shop.url, upload_interval=0.1, max_total_backoff_duration=20, on_error=lambda error, _: errors.append(error))
        client.track(user_id="ann", event="Viewed")
        client.flush()
        client.shutdown()
        assert shop.facts() == []
    assert [(error.status, error.code) for error in errors] == [(401, "unknown_key")]  # type: ignore[attr-defined]
    assert shop.served == [("", 401)]
