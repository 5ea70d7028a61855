"""How much a source may send."""

import pytest

from sojourn.capture.call import Refused
from sojourn.capture.rates import Rates
from sojourn.capture.tests.door import NOW, Door
from sojourn.ports.directory import KeyHolder, Policy

SLOW = KeyHolder(1, 7, "Shop", policy=Policy(rate=10, burst=20))


def test_a_burst_goes_through_and_then_the_rate_holds():
    rates = Rates()
    for _ in range(20):
        rates.take(SLOW, 1, 1_000)
    with pytest.raises(Refused) as refused:
        rates.take(SLOW, 1, 1_000)
    assert (refused.value.status, refused.value.reason, refused.value.retry_after) == (429, "rate_limited", 1)
    rates.take(SLOW, 1, 1_100)
    with pytest.raises(Refused):
        rates.take(SLOW, 1, 1_100)


def test_a_batch_larger_than_the_burst_goes_through_once_and_is_earned_back():
    rates = Rates()
    rates.take(SLOW, 120, 0)
    with pytest.raises(Refused) as refused:
        rates.take(SLOW, 1, 9_900)
    assert refused.value.retry_after == 1
    rates.take(SLOW, 120, 10_100)


def test_nobody_is_asked_to_stay_away_longer_than_five_minutes():
    rates = Rates()
    rates.take(SLOW, 10_000, 0)
    with pytest.raises(Refused) as refused:
        rates.check(SLOW, 0)
    assert refused.value.retry_after == 300


def test_a_clock_that_runs_backwards_earns_nothing_and_costs_nothing():
    rates = Rates()
    rates.take(SLOW, 19, 10_000)
    rates.take(SLOW, 1, 5_000)
    with pytest.raises(Refused):
        rates.check(SLOW, 5_000)


def test_one_source_does_not_use_up_what_another_may_send():
    rates = Rates()
    rates.take(SLOW, 20, 0)
    rates.take(KeyHolder(1, 8, "Other", policy=Policy(rate=1, burst=1)), 1, 0)


def test_a_source_above_its_limit_hears_429_and_when_to_come_back_and_the_next_door_does_not():
    with Door() as door:
        door.directory.put("wk_shop", KeyHolder(1, 7, "Shop", policy=Policy(rate=1, burst=2)))
        call = {"event": "Viewed", "userId": "u-1"}
        answers = [door.post("/v1/track", {**call, "messageId": f"m-{n}"}) for n in range(3)]
        assert [answer.status for answer in answers] == [200, 200, 429]
        assert (answers[2].headers["retry-after"], answers[2].json["reason"]) == ("1", "rate_limited")
        assert door.post("/v1/track", call, key="wk_other").status == 200
        door.clock.set(NOW + 1_000)
        assert door.post("/v1/track", {**call, "messageId": "m-3"}).status == 200
        assert door.counts()["rate_limited"] == 1


def test_the_limit_holds_for_keys_in_the_body_too_and_posthogs_clients_hear_what_they_keep_events_on():
    with Door() as door:
        door.directory.put("phc_shop", KeyHolder(1, 7, "Shop", policy=Policy(rate=1, burst=1)))
        event = {"api_key": "phc_shop", "batch": [{"event": "Viewed", "distinct_id": "u-1", "properties": {}}]}
        assert [door.post("/batch", event, key=None).status for _ in range(2)] == [200, 503]
        assert door.counts()["rate_limited"] == 1
        [missed] = door.app.recent.of(1, 7, NOW)
        assert (missed.outcome, missed.reason, b"phc_shop" in missed.payload) == ("refused", "rate_limited", True)


def test_bodies_that_cannot_be_read_use_up_the_limit_too():
    with Door() as door:
        door.directory.put("wk_shop", KeyHolder(1, 7, "Shop", policy=Policy(rate=1, burst=3)))
        assert [door.post("/v1/batch", b"{").status for _ in range(5)] == [400, 400, 400, 429, 429]
        door.clock.set(NOW + 1_000)
        assert door.post("/v1/track", {"event": "Viewed", "userId": "u-1"}).status == 200
