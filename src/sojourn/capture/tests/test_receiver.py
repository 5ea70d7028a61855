"""200 means durable; trouble means 503 and nothing acknowledged; hostile traffic leaves few records."""

import asyncio
import threading

import pytest

from sojourn.adapters.memory.log import MemoryLog
from sojourn.capture import committer, reading
from sojourn.capture.tests.door import Door
from sojourn.ports.log import Full
from sojourn.ports.state import Unavailable
from sojourn.terms.facts import Flag

CALL = {"userId": "u-1", "event": "Viewed"}


class GatedLog(MemoryLog):
    """Appends only while the gate is open; may be broken."""

    def __init__(self, clock):
        super().__init__(clock)
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.failure = None
        self.sizes = []

    def append(self, arrivals):
        self.asked.set()
        assert self.gate.wait(20)
        self.sizes.append(len(arrivals))
        if self.failure is not None:
            raise self.failure
        return super().append(arrivals)


@pytest.fixture
def door():
    with Door() as one:
        one.log = one.app._committer._log = GatedLog(one.clock)
        yield one


def test_nothing_is_answered_before_the_append_returned_and_those_who_wait_share_the_next(door):
    async def scene():
        door.log.gate.clear()
        tasks = [asyncio.create_task(door.call("/v1/track", {**CALL, "messageId": "0"}))]
        await asyncio.to_thread(door.log.asked.wait, 20)
        tasks += [asyncio.create_task(door.call("/v1/track", {**CALL, "messageId": str(i)})) for i in range(1, 50)]
        for _ in range(10):
            await asyncio.sleep(0)
        assert [task.done() for task in tasks] == [False] * 50
        door.log.gate.set()
        return await asyncio.gather(*tasks)

    assert [answer.status for answer in door.run(scene())] == [200] * 50
    assert door.log.sizes == [1, 49]
    assert [fact.message_id for fact in door.facts()] == [str(i) for i in range(50)]


@pytest.mark.parametrize("failure", [Full("no space left"), OSError("the disk is gone")], ids=["full", "broken"])
def test_a_log_that_cannot_write_means_come_back_and_nothing_kept(door, failure):
    door.log.failure = failure
    answer = door.post("/v1/track", CALL, origin="https://shop.test")
    assert (answer.status, answer.headers["retry-after"], answer.json["code"]) == (503, "2", "unavailable")
    assert answer.headers["access-control-expose-headers"] == "Retry-After"
    assert door.facts() == []
    door.log.failure = None
    assert door.post("/v1/track", CALL).status == 200


@pytest.mark.parametrize("path", ["/v1/track", "/e/", "/hooks/hk_" + "a" * 32, "/sojourn.js?key=wk_shop"])
def test_while_nobody_can_say_whose_a_key_is_the_answer_is_to_come_again(path):
    class Broken:
        def holder(self, key):
            raise Unavailable("the database at sojourn.sqlite cannot be used now: disk I/O error")

        hook = holder

    with Door() as door:
        door.app._directory = door.app._snippet._directory = Broken()
        answer = door.post(path, CALL) if "sojourn.js" not in path else door.run(door.call(path, b"", None, "GET"))
    assert (answer.status, answer.headers["retry-after"], answer.json["code"]) == (503, "2", "unavailable")


def test_a_queue_that_is_full_turns_requests_away_at_once(door, monkeypatch):
    monkeypatch.setattr(committer, "QUEUE_ARRIVALS", 3)

    async def scene():
        door.log.gate.clear()
        first = asyncio.create_task(door.call("/v1/track", CALL))
        await asyncio.to_thread(door.log.asked.wait, 20)
        waiting = [asyncio.create_task(door.call("/v1/track", CALL)) for _ in range(3)]
        await asyncio.sleep(0)
        refused = await door.call("/v1/track", CALL)
        door.log.gate.set()
        return refused.status, [answer.status for answer in await asyncio.gather(first, *waiting)]

    assert door.run(scene()) == (503, [200] * 4)
    assert len(door.facts()) == 4


def test_a_commit_holds_no_more_facts_than_it_may(door, monkeypatch):
    monkeypatch.setattr(committer, "COMMIT_FACTS", 4)

    async def scene():
        door.log.gate.clear()
        first = asyncio.create_task(door.call("/v1/track", CALL))
        await asyncio.to_thread(door.log.asked.wait, 20)
        batch = {"batch": [{"type": "track", **CALL} for _ in range(2)]}
        waiting = [asyncio.create_task(door.call("/v1/batch", batch)) for _ in range(5)]
        await asyncio.sleep(0)
        door.log.gate.set()
        await asyncio.gather(first, *waiting)

    door.run(scene())
    assert door.log.sizes == [1, 2, 2, 1]


def test_a_thousand_bad_requests_leave_a_few_records_of_counts(door):
    for _ in range(1_000):
        assert door.post("/v1/track", b"nonsense").status == 400
    door.run(door.app.close())
    records = list(door.log.read(0, 1_000))  # one each second, so more than one on a slow machine
    assert len(records) < 100
    assert {record.source for record in records} == {7}
    assert sum(record.counts["bad_json"] for record in records) == 1_000
    assert not any(record.facts for record in records)


def test_counts_reach_the_log_by_themselves(door, monkeypatch):
    monkeypatch.setattr(committer, "FLUSH_SECONDS", 0.01)
    door.post("/v1/track", b"nonsense")

    async def wait():
        assert await asyncio.to_thread(door.log.wait, 0, 20)

    door.run(wait())
    assert door.log.read(0, 10)[0].counts == {"bad_json": 1}


def test_counts_that_could_not_be_written_wait_for_the_next_time(door):
    door.post("/v1/track", b"nonsense")
    door.log.failure = Full("no space left")
    door.run(door.app._committer._flush_counts())
    door.log.failure = None
    assert door.counts() == {"bad_json": 1}


def test_a_resend_says_duplicate_and_other_content_says_conflict(door):
    assert door.track().results == []
    assert door.track(sentAt="2026-11-18T11:06:41Z", _metadata={"retry": 1}, context={"attempt": 2}).results == [(0, "duplicate", "duplicate")]
    assert door.track(properties={"other": 1}).results == [(0, "kept", "message_id_conflict")]
    assert [fact.flags & Flag.CONFLICT for fact in door.facts()] == [0, Flag.CONFLICT]


@pytest.mark.parametrize("around", [{"timestamp": "2026-11-18T11:06:39.123Z"}, {"anonymousId": "\u00e4"}], ids=["the short way", "the long way"])
def test_a_resend_after_a_sign_in_is_the_same_event_although_it_names_the_user_now(door, around):
    door.track(messageId="m-0")  # makes the name known
    assert [door.track(**{"anonymousId": "a-1", **around, "userId": user}).results for user in (None, "ann", "anna")] == [
        [],
        [(0, "duplicate", "duplicate")],
        [(0, "duplicate", "duplicate")],
    ]
    assert door.track(**{"anonymousId": "a-1", **around, "userId": "ann", "properties": {"other": 1}}).results == [(0, "kept", "message_id_conflict")]


def test_an_event_of_another_user_without_an_anonymous_id_is_another_event(door):
    assert door.track(userId="ann").results == []
    assert door.track(userId="bob").results == [(0, "kept", "message_id_conflict")]


def test_an_event_without_message_id_counts_each_time_and_says_so(door):
    for _ in range(2):
        assert door.post("/v1/track", CALL).body == b'{"success":true}'
    first, second = door.facts()
    assert first.message_id != second.message_id
    assert (first.flags, second.flags) == (Flag.AT_LEAST_ONCE, Flag.AT_LEAST_ONCE)
    assert door.counts() == {"message_id_minted": 2}


def test_what_is_set_aside_keeps_its_first_64_kib(door):
    body = b'{"type":"track","userId":"u","event":"e","properties":{"' + b"k" * 100_000 + b'":1}}'
    assert door.post("/v1/track", body).results == [(0, "quarantined", "key_too_long")]
    assert door.quarantined() == [("key_too_long", body[: 64 * 1024])]


def stream(door, pause, chunks, **headers):
    """Send a body in chunks and then wait for ever."""

    async def scene():
        sent, left, over = [], list(chunks), asyncio.Event()

        async def receive():
            if left:
                await asyncio.sleep(pause)
                return {"type": "http.request", "body": left.pop(0), "more_body": True}
            await over.wait()
            raise AssertionError

        async def send(message):
            sent.append(message)

        fields = [(b"authorization", b"Bearer wk_shop"), *((name.encode(), value.encode()) for name, value in headers.items())]
        scope = {"type": "http", "method": "POST", "path": "/v1/track", "query_string": b"", "headers": fields}
        await asyncio.wait_for(door.app(scope, receive, send), 20)
        return sent[0]["status"]

    return door.run(scene())


def test_a_body_that_never_ends_is_ended_by_the_clock(door, monkeypatch):
    monkeypatch.setattr(reading, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(reading, "_LOOK_SECONDS", 0.05)
    assert stream(door, 0, []) == 408
    monkeypatch.setattr(reading, "BODY_SILENCE_SECONDS", 0.1)
    assert stream(door, 0, [b'{"type"']) == 400
    assert door.app._watch._readings == set()
    assert door.counts() == {"body_too_slow": 2}
    assert door.post("/v1/track", CALL).status == 200


def test_a_body_in_pieces_is_put_together(door):
    async def scene():
        chunks = [b'{"userId":"u","event":', b'"Viewed"', b"}"]
        sent = []

        async def receive():
            chunk = chunks.pop(0)
            return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}

        async def send(message):
            sent.append(message)

        headers = [(b"authorization", b"Bearer wk_shop"), (b"transfer-encoding", b"chunked")]
        await door.app({"type": "http", "method": "POST", "path": "/v1/track", "query_string": b"", "headers": headers}, receive, send)
        return sent[0]["status"]

    assert door.run(scene()) == 200
    assert door.facts()[0].name == "Viewed"


def test_the_lifespan_starts_and_on_its_end_puts_counts_on_the_log(door):
    async def scene():
        messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
        sent = []

        async def receive():
            return messages.pop(0)

        async def send(message):
            sent.append(message["type"])

        await door.app({"type": "lifespan"}, receive, send)
        return sent

    door.post("/v1/track", b"nonsense")
    assert door.run(scene()) == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert door.log.read(0, 10)[0].counts == {"bad_json": 1}
