"""The shoppers of the demo: same seed, same journeys; well-formed events; a planted reason for every cart that is left."""

from collections import Counter
from datetime import datetime

import pytest

from sojourn.apps.demo.shoppers import MIX, fact_of, journeys, stream
from sojourn.terms.time import HOUR

START = 1_767_614_400_000
ISO = datetime.fromisoformat


@pytest.fixture(scope="module")
def ways():
    return list(journeys(7, 2_000, START))


def test_the_same_seed_gives_the_same_journeys_and_another_gives_others():
    assert list(journeys(1, 30, START)) == list(journeys(1, 30, START))
    assert list(journeys(1, 30, START)) != list(journeys(2, 30, START))


def test_they_begin_in_order_within_the_span(ways):
    begins = [ISO(way.events[0]["timestamp"]).timestamp() * 1000 for way in ways]
    assert begins == sorted(begins)
    assert begins[0] >= START
    assert begins[-1] < START + 6 * HOUR


def test_every_left_cart_has_a_reason_and_nobody_else_has(ways):
    assert all(bool(way.truth) == (way.outcome in ("abandoned", "recovered")) for way in ways)
    assert all(way.truth in MIX for way in ways if way.truth)
    assert sum(MIX.values()) == pytest.approx(1)


def test_the_mix_of_reasons_is_as_planned(ways):
    left = Counter(way.truth for way in ways if way.truth)
    total = sum(left.values())
    assert all(abs(left[cause] / total - share) < 0.03 for cause, share in MIX.items())


def test_buyers_and_those_won_back_order_once_and_others_never(ways):
    for way in ways:
        orders = [event for event in way.events if event.get("event") == "Order Completed"]
        assert len(orders) == (1 if way.outcome in ("ordered", "recovered") else 0)


def test_some_meet_dear_shipping_and_buy_all_the_same(ways):
    def dear(way):
        shown = [event["properties"] for event in way.events if event.get("event") == "Shipping Cost Shown"]
        return any(props["shipping"] >= 0.15 * props["value"] for props in shown)

    assert sum(dear(way) for way in ways if way.outcome == "ordered") > 50
    assert sum(dear(way) for way in ways if way.truth == "shipping_cost") > 50


def test_the_tracking_of_some_loses_kinds_of_event(ways):
    blind = [way for way in ways if way.lost]
    assert 0.1 < len(blind) / len(ways) < 0.2
    assert all(event.get("event") not in way.lost for way in blind for event in way.events)


def test_about_half_say_who_they_are_and_only_then_carry_a_user_id(ways):
    for way in ways:
        said = False
        for event in way.events:
            said = said or event["type"] == "identify"
            assert event.get("userId") == (way.persona.user_id if said else None)
    named = sum(1 for way in ways if any(event["type"] == "identify" for event in way.events))
    assert 0.2 < named / len(ways) < 0.55


def test_message_ids_are_never_repeated_and_times_run_forward(ways):
    ids = [event["messageId"] for way in ways for event in way.events]
    assert len(ids) == len(set(ids))
    assert all(way.events == sorted(way.events, key=lambda event: event["timestamp"]) for way in ways)


def test_the_stream_is_everything_in_the_order_of_time(ways):
    events = stream(ways[:50])
    assert len(events) == sum(len(way.events) for way in ways[:50])
    assert [event["timestamp"] for event in events] == sorted(event["timestamp"] for event in events)


def test_an_event_becomes_the_fact_the_log_would_hold(ways):
    event = next(event for event in ways[0].events if event["type"] == "track")
    fact = fact_of(event)
    assert (fact.kind, fact.name, fact.message_id, fact.anonymous_id) == ("track", event["event"], event["messageId"], event["anonymousId"])
    assert fact.at == round(ISO(event["timestamp"]).timestamp() * 1000)
