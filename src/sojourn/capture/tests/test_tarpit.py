"""Bad requests wait for their answers, good ones never do, and a large body lets small ones through."""

import asyncio
import gc
import gzip
import json
import random
import sys
import threading

import pytest

from sojourn.capture import items, receiver, tarpit
from sojourn.capture.call import Call, Opened
from sojourn.capture.intake import Intake, Names, finished
from sojourn.capture.tarpit import Tarpit
from sojourn.capture.tests.door import NOW, SHOP, Door
from sojourn.ports.directory import KeyHolder, Policy
from sojourn.ports.log import Full

GOOD = {"type": "track", "event": "Viewed", "userId": "u-1"}
BAD = {"type": "nonsense", "userId": "u-1"}
CRAWLER = {**GOOD, "context": {"userAgent": "Googlebot/2.1 (+http://www.google.com/bot.html)"}}


class Sleeper:
    """A sleep that ends when the test says so; notes how long it should have been."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.asked, self.over = asyncio.Event(), asyncio.Event()

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        self.asked.set()
        await self.over.wait()


@pytest.fixture
def sleeper():
    return Sleeper()


@pytest.fixture
def door(sleeper):
    with Door() as one:
        one.app._tarpit = Tarpit(25, sleeper)
        yield one


def batch(*events):
    return {"batch": [{**event, "messageId": f"m-{number}"} for number, event in enumerate(events)]}


def test_an_answer_waits_50_times_its_cost_and_again_for_each_that_waits_already_and_8_seconds_at_most():
    pit = Tarpit()
    assert pit.wait(0.0095) == pytest.approx(0.5)
    pit.held = 3
    assert pit.wait(0.0095) == pytest.approx(2.0)
    assert pit.wait(10) == 8.0
    assert Tarpit(0).wait(10) == 0


def test_a_bad_request_is_held_while_good_ones_are_answered(door, sleeper):
    async def scene():
        bad = asyncio.create_task(door.call("/v1/track", b"not json"))
        await sleeper.asked.wait()
        assert [(await door.call("/v1/track", {**GOOD, "messageId": str(n)})).status for n in range(3)] == [200] * 3
        assert (bad.done(), door.app.stats()["held"]) == (False, 1)
        sleeper.over.set()
        return await bad

    answer = door.run(scene())
    assert (answer.status, door.app.stats()["held"]) == (400, 0)
    assert sleeper.seconds[0] > 25 * tarpit.REQUEST_SECONDS


@pytest.mark.parametrize(
    ("body", "key", "status", "held"),
    [
        (b"{", "wk_shop", 400, True),
        (GOOD, "wk_nobody", 401, True),
        (BAD, "wk_shop", 400, True),
        (batch(GOOD, BAD, BAD), "wk_shop", 200, True),
        (batch(GOOD, BAD), "wk_shop", 200, False),
        (batch(GOOD), "wk_shop", 200, False),
        (CRAWLER, "wk_shop", 200, False),
    ],
)
def test_what_is_mostly_bad_is_held_and_nothing_else(door, sleeper, body, key, status, held):
    door.directory.put("wk_shop", KeyHolder(1, 7, "Shop", policy=Policy(bots=True)))
    sleeper.over.set()
    assert door.post("/v1/batch", body, key).status == status
    assert bool(sleeper.seconds) is held


def test_trouble_of_ours_is_told_at_once(door, sleeper):
    def full(_arrival):
        raise Full("the disk is full")

    door.app._committer.submit = full
    assert door.post("/v1/track", GOOD).status == 503
    assert sleeper.seconds == []


def test_beyond_the_most_that_are_held_the_answer_comes_at_once_and_the_connection_is_closed(door, sleeper, monkeypatch):
    monkeypatch.setattr(tarpit, "HELD_ANSWERS", 1)

    async def scene():
        first = asyncio.create_task(door.call("/v1/track", b"{"))
        await sleeper.asked.wait()
        second = await door.call("/v1/track", b"{")
        sleeper.over.set()
        return await first, second

    first, second = door.run(scene())
    assert ("connection" in first.headers, second.headers["connection"]) == (False, "close")


def test_a_sender_that_goes_away_while_it_is_held_leaves_nothing_behind(door, sleeper):
    async def scene():
        held = asyncio.create_task(door.call("/v1/track", b"{"))
        await sleeper.asked.wait()
        held.cancel()
        await asyncio.gather(held, return_exceptions=True)

    door.run(scene())
    assert door.app.stats()["held"] == 0


@pytest.mark.parametrize("policy", [Policy(), Policy(bots=True)])
def test_many_calls_are_taken_in_a_few_at_a_time(policy):
    def opened():
        return Opened([Call(type="track", event="Viewed", user_id=f"u-{n}" if n % 7 else None, message_id=f"m-{n}") for n in range(1_050)], plain=True)

    holder = KeyHolder(1, 7, "Shop", policy=policy)
    steps = Intake(holder, NOW).steps(opened(), Names())
    pauses = 0
    try:
        while True:
            next(steps)
            pauses += 1
    except StopIteration as end:
        turned = end.value
    assert pauses >= 42
    assert turned == Intake(holder, NOW).take(opened(), Names())
    assert (len(turned.arrival.items), len(turned.others), turned.others[1][0]) == (900, 150, 7)


def test_names_that_two_batches_bring_at_the_same_time_are_counted_once():
    names = Names(limit=250, burst=10)
    batches = [Intake(SHOP, NOW).steps(Opened([Call(type="track", event=f"Seen {n}", user_id="u-1") for n in range(200)]), names) for _ in range(2)]
    for steps in batches:
        next(steps)
    assert [len(finished(steps).arrival.items) for steps in batches] == [200, 200]


def test_a_single_call_is_taken_in_without_a_pause():
    steps = Intake(SHOP, NOW).steps(Opened([Call(type="track", event="Viewed", user_id="u-1")]), Names())
    with pytest.raises(StopIteration):
        next(steps)


def test_large_bodies_wait_for_each_other_and_small_ones_do_not(door):
    large = batch(*({**GOOD, "properties": {"text": "x" * 100}} for _ in range(1_000)))

    async def scene():
        await door.app._lane.acquire()
        waiting = asyncio.create_task(door.call("/v1/batch", large))
        small = await door.call("/v1/track", {**GOOD, "messageId": "small"})
        assert (small.status, waiting.done()) == (200, False)
        door.app._lane.release()
        return await waiting

    assert door.run(scene()).status == 200
    assert len(door.facts()) == 1_001


def test_a_large_packed_body_is_inflated_by_another_thread(door, sleeper, monkeypatch):
    sleeper.over.set()
    threads = []
    inflated = receiver.inflated
    monkeypatch.setattr(receiver, "inflated", lambda *given: threads.append(threading.current_thread() is threading.main_thread()) or inflated(*given))
    noise = random.Random(1).randbytes(12_000).hex()
    for text in ("x", noise):
        assert door.post("/v1/track", gzip.compress(json.dumps({**GOOD, "messageId": text[:9], "properties": {"text": text}}).encode())).status == 200
    assert door.post("/v1/batch", gzip.compress(b" " * 20_000_000), content_encoding="gzip").status == 413
    assert door.post("/v1/track", {**GOOD, "properties": {"text": noise}}).status == 200
    assert threads == [True, False, False, True]
    assert len(door.facts()) == 3


def test_large_bodies_that_wait_beyond_a_limit_are_asked_to_come_back(door, monkeypatch):
    monkeypatch.setattr(receiver, "LANE_BYTES", 400_000)
    large = [batch({**GOOD, "userId": f"u-{n}", "properties": {"text": "x" * 300_000}}) for n in range(3)]

    async def scene():
        await door.app._lane.acquire()
        waiting = asyncio.create_task(door.call("/v1/batch", large[0]))
        await door.call("/v1/track", {**GOOD, "messageId": "small"})
        turned_away = await door.call("/v1/batch", gzip.compress(json.dumps(large[1]).encode()))
        door.app._lane.release()
        return await waiting, turned_away

    first, second = door.run(scene())
    assert (first.status, second.status, second.headers["retry-after"]) == (200, 503, "2")
    assert door.post("/v1/batch", large[2]).status == 200
    assert [fact.user_id for fact in door.facts()] == ["u-1", "u-0", "u-2"]


def test_a_sender_that_goes_away_while_its_large_body_waits_leaves_nothing_behind(door):
    async def scene():
        await door.app._lane.acquire()
        waiting = asyncio.create_task(door.call("/v1/batch", batch({**GOOD, "properties": {"text": "x" * 300_000}})))
        await door.call("/v1/track", {**GOOD, "messageId": "small"})
        assert door.app._lane_bytes > 300_000
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        door.app._lane.release()

    door.run(scene())
    assert (door.app._lane_bytes, door.app._lane.locked()) == (0, False)


@pytest.mark.parametrize(("key", "size", "status"), [("wk_shop", 20_000, 400), ("wk_shop", 200_000, 400), ("wk_nobody", 20_000, 401)])
def test_nothing_keeps_the_body_of_a_refused_request(door, sleeper, key, size, status):
    sleeper.over.set()
    body = b"[" + b"x" * size
    gc.disable()
    try:
        before = sys.getrefcount(body)
        assert door.post("/v1/batch", body, key).status == status
        assert sys.getrefcount(body) == before
    finally:
        gc.enable()


def test_a_large_body_that_is_broken_is_refused_with_its_reason_and_counted(door, sleeper):
    sleeper.over.set()
    assert door.post("/v1/batch", b'{"batch":[' + b'{"event":' * 20_000).json["reason"] == "bad_json"
    assert door.counts() == {"bad_json": 1}
    assert door.post("/v1/track", GOOD).status == 200


@pytest.mark.parametrize(
    ("path", "before", "item"),
    [("/matomo.php", b'{"requests":[', b'"?idsite=wk_shop"'), ("/batch", b'{"api_key":"wk_shop","batch":[', b"{}"), ("/v1/batch", b'{"batch":[', b"1")],
)
def test_very_many_small_events_are_read_by_another_thread(door, sleeper, monkeypatch, path, before, item):
    sleeper.over.set()
    monkeypatch.setattr(items, "_AT_ONCE_ITEMS", 20)
    threads = []
    spared = receiver._opened
    monkeypatch.setattr(
        receiver, "_opened", lambda route, request: threads.append(threading.current_thread() is threading.main_thread()) or spared(route, request)
    )
    for many in (20, 21):
        door.post(path, before + b",".join([item] * many) + b"]}")
    assert threads == [True, True, False]


def test_a_broken_body_is_taken_apart_by_another_thread_and_its_good_events_are_kept(door, sleeper, monkeypatch):
    sleeper.over.set()
    threads = []
    cut = items._cut
    monkeypatch.setattr(items, "_cut", lambda body, field: threads.append(threading.current_thread()) or cut(body, field))
    good = json.dumps({**GOOD, "messageId": "m-1", "properties": {"text": "x" * 3_000}})
    assert door.post("/v1/batch", f'{{"batch":[{good},{{"event":nan}}]}}'.encode()).results == [(1, "dropped", "bad_json")]
    assert door.post("/v1/batch", b'{"batch":[{"event":nan}]}').status == 400
    assert [thread is threading.main_thread() for thread in threads] == [False, True]
    assert len(door.facts()) == 1
