"""Hostile and broken input from the shared fixtures, each against its listed outcome, through the real app.

Where the fixtures are missing only our own cases in src/sojourn/capture/tests hold, and the output says so.
"""

import asyncio
import base64
import functools
import gzip
import io
import json
import warnings
import zipfile
import zlib
from pathlib import Path

import pytest

from sojourn.capture.limits import BODY_SECONDS
from sojourn.capture.reading import judge
from sojourn.capture.tests.door import KEYS, Answer, Door

FIXTURE = Path(__file__).parents[3] / "shared" / "fixtures" / "bad_inputs.jsonl"
NAMESPACE = {"json": json, "gzip": gzip, "zlib": zlib, "base64": base64, "io": io, "zipfile": zipfile, "functools": functools}
SECRETS = {"$WK_REVOKED": "wk_off", "$WK": "wk_shop", "$SK": "sk_shop"}
# Not about this API (the read API is the runtime's), or about time on a socket (tested by `judge` below).
ELSEWHERE = {"write-key-on-read-api", "slow-body", "content-length-lies"}


def cases():
    if not FIXTURE.exists():
        return []
    lines = [json.loads(line) for line in FIXTURE.read_text().splitlines()]
    return [case for case in lines if case["channel"] == "capture" and case["name"] not in ELSEWHERE]


CASES = cases()


def test_the_fixtures_are_there_or_their_absence_is_said():
    if not CASES:
        warnings.warn(f"{FIXTURE} is missing: only the repository's own hostile cases were tried", UserWarning, stacklevel=1)


test_the_fixtures_are_there_or_their_absence_is_said = pytest.mark.filterwarnings("default")(test_the_fixtures_are_there_or_their_absence_is_said)


def body_of(payload):
    if isinstance(payload, bytes):
        return payload
    if isinstance(payload, dict) and "$raw" in payload:
        return payload["$raw"].encode()
    return json.dumps(payload).encode("utf-8", "surrogatepass")


def send(door: Door, payload, headers) -> Answer:
    body = body_of(payload)
    path = "/v1/batch" if b'"batch"' in body[:200] else "/v1/track"
    fields = {name.lower().replace("-", "_"): value for name, value in headers.items()}
    for placeholder, key in SECRETS.items():
        if "authorization" in fields:
            fields["authorization"] = fields["authorization"].replace(placeholder, key)
    return door.post(path, body, **fields)


def expect(case, door, answers):
    outcome = case["expected"]
    last = answers[-1]
    statuses = [answer.status for answer in answers]
    if outcome in ("accept", "accept-sanitised"):
        assert set(statuses) == {200}
        assert len(door.facts()) == len(answers)
    elif outcome == "accept-partial":
        assert statuses == [200]
        assert len(door.facts()) == 99
        assert [index for index, _, _ in last.results] == [57]
    elif outcome == "accept-deduped":
        assert set(statuses) == {200}
        assert [reason for _, _, reason in last.results] in (["duplicate"], ["message_id_conflict"])
    elif outcome == "quarantine":
        assert statuses == [200]
        assert [kind for _, kind, _ in last.results] == ["quarantined"]
        assert door.facts() == []
        assert len(door.quarantined()) == 1
    else:
        assert statuses == [int(outcome.removeprefix("reject-"))]
        assert {"code", "message"} <= last.json.keys()
        assert door.facts() == []


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_each_hostile_input_has_its_outcome_and_the_next_good_request_works(case):
    payload = eval(case["gen"], NAMESPACE) if "gen" in case else case["payload"]
    steps = case.get("steps") or [payload]
    with Door() as door:
        answers = [send(door, step, case.get("headers", {})) for step in steps]
        assert max(answer.status for answer in answers) < 500
        expect(case, door, answers)
        before = len(door.facts())
        good = door.post("/v1/track", {"userId": "u-2", "event": "Good", "messageId": "good"})
        assert (good.status, len(door.facts())) == (200, before + 1)


def test_a_body_that_stops_short_of_its_length_is_refused_and_one_that_drips_is_asked_to_come_again():
    assert judge(BODY_SECONDS + 0.1, silent=BODY_SECONDS, size=15).status == 400
    assert judge(4.0, silent=0.5, size=4).status == 408
    assert judge(BODY_SECONDS + 0.1, silent=0.1, size=200_000).status == 408
    assert judge(BODY_SECONDS + 0.1, silent=BODY_SECONDS + 0.1, size=0).status == 408
    assert judge(9.0, silent=0.1, size=200_000) is None


def test_two_hundred_dripping_senders_do_not_stop_good_traffic():
    async def drip(door, over):
        waiting = asyncio.Event()

        async def receive():
            if not waiting.is_set():
                waiting.set()
                return {"type": "http.request", "body": b"{", "more_body": True}
            await over.wait()
            return {"type": "http.disconnect"}

        scope = {"type": "http", "method": "POST", "path": "/v1/track", "query_string": b"", "headers": [(b"authorization", b"Bearer wk_shop")]}

        async def send(_):
            raise AssertionError("nobody is there to be answered")

        await door.app(scope, receive, send)

    async def scene(door):
        over = asyncio.Event()
        drips = [asyncio.create_task(drip(door, over)) for _ in range(200)]
        await asyncio.sleep(0)
        good = await door.call("/v1/track", {"userId": "u-2", "event": "Good", "messageId": "good"})
        over.set()
        await asyncio.gather(*drips)
        return good

    with Door() as door:
        assert door.run(scene(door)).status == 200
        assert len(door.facts()) == 1
        assert door.app.stats()["gone"] == 200
        assert door.app._watch._readings == set()
        assert KEYS["wk_shop"].enabled
