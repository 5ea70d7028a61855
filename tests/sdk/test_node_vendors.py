"""Unmodified Node clients of other vendors deliver a visit of a shop, once, whatever happens on the way."""

import os
import subprocess
from pathlib import Path

import pytest

from sojourn.terms.facts import Flag
from tests.sdk.conftest import FOLDER
from tests.sdk.shop import Shop

LAMP = {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9, "quantity": 1, "currency": "EUR"}
ORDER = {"order_id": "o-1", "total": 79.9, "currency": "EUR"}
VISIT = [("page", "Home"), ("track", "Product Viewed"), ("identify", ""), ("track", "Order Completed")]
FAULTS = [
    *(("rudder", fault) for fault in ("500", "503", "429", "lost")),
    *(("posthog", fault) for fault in ("503", "lost")),
    *(("posthog v1", fault) for fault in ("500", "hang")),
    *(("snowplow", fault) for fault in ("500", "lost", "hang")),
]
"""Clients that try again, each with what the others' tries leave open."""


def visit(node: str, client: str, url: str, timeout: int = 10_000) -> str:
    """Send all of it; what the client complained of."""
    name, _, mode = client.partition(" ")
    environment = {**os.environ, **({"POSTHOG_CAPTURE_MODE": mode} if mode else {})}
    command = [node, "vendors.js", name, url, str(timeout)]
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, timeout=60, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.mark.parametrize("client", ["rudder", "posthog", "posthog v1", "snowplow", "cloudevents"])
def test_every_event_of_the_visit_arrives_with_its_fields(tmp_path: Path, node: str, client: str):
    with Shop(tmp_path, []) as shop:
        assert visit(node, client, shop.url) == ""
        facts = shop.facts()
    assert [(fact.kind, fact.name) for fact in facts] == VISIT
    page, view, signed, order = facts
    assert page.props["url"] == "https://shop.example/"
    assert (view.props, view.anonymous_id, view.user_id) == (LAMP, "anon-1", None)
    assert (signed.traits["email"], signed.user_id) == ("ann@shop.example", "ann")
    assert (order.user_id, {key: order.props[key] for key in ORDER}) == ("ann", ORDER)
    assert len({fact.message_id for fact in facts}) == len(facts)
    assert {fact.flags & (Flag.AT_LEAST_ONCE | Flag.TIME_GUESSED | Flag.CLAMPED | Flag.SANITISED) for fact in facts} == {0}


def test_umamis_client_knows_no_ids_so_one_daily_visitor_does_it_all(tmp_path: Path, node: str):
    with Shop(tmp_path, []) as shop:
        assert visit(node, "umami", shop.url) == ""
        facts = shop.facts()
    assert [(fact.kind, fact.name) for fact in facts] == VISIT
    assert (facts[1].props, facts[2].traits, facts[3].props) == (LAMP, {"email": "ann@shop.example"}, ORDER)
    assert facts[1].context["page"]["url"] == "https://shop.example/p/1"
    [visitor] = {fact.anonymous_id for fact in facts}
    assert str(visitor).startswith("visitor-")


def test_matomos_client_sends_single_hits_and_bulk(tmp_path: Path, node: str):
    with Shop(tmp_path, []) as shop:
        assert visit(node, "matomo", shop.url) == ""
        facts = shop.facts()
    assert [(fact.kind, fact.name) for fact in facts] == VISIT
    assert facts[1].props == {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9}
    assert (facts[2].traits, facts[2].user_id) == ({"email": "ann@shop.example"}, "ann")
    assert (facts[3].props["order_id"], facts[3].props["total"]) == ("o-1", 79.9)
    assert {fact.anonymous_id for fact in facts} == {"92ca3b419ffd7555"}


@pytest.mark.parametrize(("client", "fault"), FAULTS)
def test_after_a_fault_every_event_counts_once(tmp_path: Path, node: str, client: str, fault: str):
    with Shop(tmp_path, [fault]) as shop:
        # RudderStack's holds for all its tries together; only an answer that never comes needs a short one.
        visit(node, client, shop.url, timeout=1_500 if fault == "hang" else 10_000)
        facts = shop.facts()
    assert sorted((fact.kind, fact.name) for fact in facts) == sorted(VISIT)
    assert len({fact.message_id for fact in facts}) == len(facts)
    assert [found for found, _ in shop.served if found] == [fault]
