"""Long work gives way to short requests, gets on all the same, and nobody is counted as short for ever."""

import asyncio
import contextvars
import gzip
import json
import threading

import pytest
import uvloop

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.capture import bounds, decode, items, receiver, traffic
from sojourn.capture.protocols import lz_string, matomo
from sojourn.capture.tests.door import NOW, Door
from sojourn.capture.traffic import Pace, Traffic, give_way, keep

GOOD = {"type": "track", "event": "Viewed", "userId": "u-1"}
BROKEN = b'{"batch":[' + b",".join([b'{"type":"track","event":"Viewed","userId":"u-1","n":nan}'] * 200) + b"]}"


class Watch:
    """A monotonic clock in seconds, and a sleep that moves it; after `short_for` seconds of sleep the short requests are through."""

    def __init__(self, traffic: Traffic, short_for: float = 1e9) -> None:
        self.traffic = traffic
        self.now = 0.0
        self.slept = 0.0
        self.short_for = short_for

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        if self.slept >= self.short_for:
            self.traffic.short = 0


def work(pace: Pace, watch: Watch, seconds: float, part: float = 0.0001) -> None:
    for _ in range(round(seconds / part)):
        watch.now += part
        pace.pause()


def test_work_does_not_pause_where_nobody_waits():
    watch = Watch(Traffic())
    work(Pace(watch.traffic, watch, watch.sleep), watch, 1)
    assert watch.slept == 0


def test_work_pauses_until_the_short_requests_are_through():
    watch = Watch(Traffic(), short_for=0.002)
    watch.traffic.short = 2
    work(Pace(watch.traffic, watch, watch.sleep), watch, 1)
    assert watch.slept == pytest.approx(0.002)


def test_beside_short_requests_without_end_a_sixth_of_the_time_is_left_for_long_work():
    watch = Watch(Traffic())
    watch.traffic.short = 1
    work(Pace(watch.traffic, watch, watch.sleep), watch, 0.1)
    assert watch.now == pytest.approx(0.6, rel=0.1)


def test_giving_way_is_for_threads_that_keep_a_pace_and_ends_with_them():
    paused = []

    class Counted(Pace):
        def pause(self):
            paused.append(threading.current_thread())

    def aside():
        keep(Counted(Traffic()))
        give_way()

    give_way()
    contextvars.copy_context().run(aside)
    give_way()
    assert len(paused) == 1


def test_a_pause_on_the_event_loop_is_one_for_uvloop_too():
    loop = uvloop.new_event_loop()
    try:
        assert hasattr(loop.call_later(traffic.LET_BY_SECONDS, print), "when")  # else it is due at once
    finally:
        loop.close()


class HeldLog:
    """A log whose commits wait until the test lets them through."""

    def __init__(self) -> None:
        self.log = MemoryLog(SettableClock(NOW))
        self.through = threading.Event()

    def append(self, arrivals):
        assert self.through.wait(30)
        return self.log.append(arrivals)

    def __getattr__(self, name):
        return getattr(self.log, name)


@pytest.fixture
def held():
    return HeldLog()


@pytest.fixture
def door(held):
    with Door(held) as one:
        yield one
        held.through.set()


_sleep = asyncio.sleep


async def until(what):
    while not what():
        await _sleep(0.001)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/batch", BROKEN),
        ("/v1/batch", b'{"batch":[' + b'{"a":' * 5_000 + b"nan" + b"}" * 5_000 + b"]}"),
        ("/matomo.php", b'{"requests":[' + b",".join([b'"?idsite=wk_shop"'] * 500) + b"]}"),
        ("/v1/batch", json.dumps({"batch": [{**GOOD, "integrations": 1, "\x00": n} for n in range(500)]}).encode()),
    ],
    ids=["broken", "deep", "matomo", "exact"],
)
def test_what_is_read_in_another_thread_gives_way_to_a_short_request(door, held, monkeypatch, path, body):
    monkeypatch.setattr(traffic, "TURN_SECONDS", 0)
    naps = []

    class Noted(Pace):
        def __init__(self, its):
            def sleep(_seconds):
                naps.append(its.short)
                held.through.set()
                while its.short:
                    threading.Event().wait(0.001)

            super().__init__(its, sleep=sleep)

    monkeypatch.setattr(receiver, "Pace", Noted)

    async def scene():
        short = asyncio.create_task(door.call("/v1/track", {**GOOD, "messageId": "short"}))
        await until(lambda: door.app._traffic.short == 1)
        long = asyncio.create_task(door.call(path, body))
        return await short, await long

    short, long = door.run(scene())
    assert (short.status, long.status) in {(200, 200), (200, 400)}
    assert naps == [1]  # the only short one; what reads is not short, and goes on when it is alone
    assert door.app._traffic.short == 0


def test_a_long_batch_on_the_event_loop_pauses_between_its_parts_while_a_short_request_is_under_way(door, held, monkeypatch):
    pauses = []

    async def noted(seconds):
        pauses.append(seconds)
        await _sleep(seconds)
        if len(pauses) == 10:
            held.through.set()
            await until(lambda: not door.app._traffic.short)

    monkeypatch.setattr(receiver.asyncio, "sleep", noted)

    async def scene():
        short = asyncio.create_task(door.call("/v1/track", {**GOOD, "messageId": "short"}))
        await until(lambda: door.app._traffic.short)
        return await door.call("/v1/batch", {"batch": [{**GOOD, "messageId": f"m-{n}"} for n in range(1_000)]}), await short

    assert [answer.status for answer in door.run(scene())] == [200, 200]
    assert pauses[:10] == [traffic.LET_BY_SECONDS] * 10
    assert set(pauses[10:]) == {0}


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (GOOD, {}),
        (b"{", {}),
        (BROKEN, {}),
        (gzip.compress(b" " * 20_000_000), {"content_encoding": "gzip"}),
        (b"x", {"content_encoding": "br"}),
        ({"batch": [{**GOOD, "messageId": f"m-{n}"} for n in range(300)]}, {}),
        (GOOD, {"key": "wk_nobody"}),
        (GOOD, {"method": "PUT"}),
    ],
)
def test_whatever_becomes_of_a_request_it_is_not_under_way_any_more(door, held, body, headers):
    held.through.set()
    door.post("/v1/batch", body, **headers)
    assert door.app._traffic.short == 0


@pytest.mark.parametrize("body", [GOOD, {"batch": [{**GOOD, "properties": {"text": "x" * 300_000}}]}])
def test_nor_one_whose_sender_went_away(door, held, body):
    async def scene():
        await door.app._lane.acquire()
        waiting = asyncio.create_task(door.call("/v1/batch", body))
        await until(lambda: door.app._traffic.short or door.app._lane_bytes)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        door.app._lane.release()

    door.run(scene())
    held.through.set()
    assert door.app._traffic.short == 0


def pauses_in(work) -> int:
    """How often work that keeps a pace comes to a place where it may pause."""
    seen = []
    pace = Pace(Traffic())
    pace.pause = lambda: seen.append(1)

    def aside():
        keep(pace)
        work()

    contextvars.copy_context().run(aside)
    return len(seen)


class Letters:
    """What `_units` takes numbers from: so many times "a new unit follows" and the unit, then the end."""

    def __init__(self, many: int) -> None:
        self.rest = [2, *[65, 0] * many]

    def take(self, _width: int) -> int:
        return self.rest.pop()


@pytest.mark.parametrize(
    ("work", "pauses"),
    [
        (lambda: items._cut(b"[" + b"{}," * 1_000, b'"batch"'), 10),
        (lambda: [items.read_object(b"{}") for _ in range(10)], 10),
        (lambda: [decode.from_object({}, b"{}") for _ in range(10)], 10),
        (lambda: bounds.clean([{"a": 1}] * 9), 10),
        (lambda: lz_string._units(Letters(700), 1_000), 10),
        (lambda: [matomo._bulk_hit(b'"?idsite=1"') for _ in range(10)], 10),
    ],
    ids=["cut", "read", "calls", "values", "lz-string", "matomo"],
)
def test_each_part_of_long_work_is_a_place_to_pause(work, pauses):
    assert pauses_in(work) >= pauses
