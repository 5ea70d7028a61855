"""What Segment's real SDKs put on the wire, replayed from the shared recordings and checked field by field.

Where the recordings are missing nothing is replayed, and the output says so; the real SDKs run in tests/sdk all the same.
"""

import base64
import json
import warnings
from pathlib import Path

import pytest

from sojourn.capture.tests.door import NOW, Door
from sojourn.terms.facts import Flag

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "clients"
RECORDINGS = sorted(FIXTURES.glob("segment-*.jsonl")) if FIXTURES.exists() else []
LETTERS = {"i": "identify", "t": "track", "p": "page", "s": "screen", "g": "group", "a": "alias"}


@pytest.mark.filterwarnings("default")
def test_the_recordings_are_there_or_their_absence_is_said():
    if not RECORDINGS:
        warnings.warn(f"{FIXTURES} is missing: no recorded client was replayed", UserWarning, stacklevel=1)


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def calls_of(line):
    body = line["body_decoded"]
    if "batch" in body:
        return [(call["type"], call, body) for call in body["batch"]]
    return [(LETTERS[line["path"].removeprefix("/v1/")], body, body)]


def check(fact, kind, call, envelope):
    """What a fact must hold of the call it came from, said without the code under test."""
    assert fact.kind == kind
    assert fact.message_id == call["messageId"]
    assert fact.user_id == (call.get("userId") or None)
    assert fact.anonymous_id == (call.get("anonymousId") or None)
    assert fact.name == ((call["event"] if kind == "track" else call.get("name") or "") if kind in ("track", "page", "screen") else "")
    props = dict(call.get("properties") or {})
    if call.get("category"):
        props.setdefault("category", call["category"])
    assert fact.props == props
    traits = call.get("traits") or {}
    if kind == "identify":
        traits = {**call.get("context", {}).get("traits", {}), **traits}
    assert fact.traits == traits
    assert fact.context == {**envelope.get("context", {}), **call["context"]}
    assert fact.link == {"group": call.get("groupId"), "alias": call.get("previousId")}.get(kind)
    assert fact.raw["timestamp"] == call["timestamp"]
    assert fact.raw["sentAt"] == call.get("sentAt", envelope.get("sentAt"))
    assert not fact.flags & (Flag.TIME_GUESSED | Flag.SANITISED | Flag.AT_LEAST_ONCE | Flag.HISTORICAL)
    assert 0 <= fact.at <= NOW + 86_400_000


@pytest.mark.parametrize("path", RECORDINGS, ids=[path.stem for path in RECORDINGS])
def test_every_recorded_event_becomes_one_fact_with_every_field(path):
    expected = {}
    with Door() as door:
        for key in {line["path"].split("/")[3] for line in lines(path) if line["path"].endswith("/settings")}:
            door.directory.put(key, door.directory.holder("wk_shop"))
        door.directory.put("wk_test", door.directory.holder("wk_shop"))
        for line in lines(path):
            headers = {name.lower().replace("-", "_"): value for name, value in line["headers"].items() if name.lower() != "content-length"}
            answer = door.post(line["path"], base64.b64decode(line["body_b64"] or ""), key=None, method=line["method"], **headers)
            assert answer.status == 200
            if line["method"] == "POST":
                for kind, call, envelope in calls_of(line):
                    expected.setdefault(call["messageId"], (kind, call, envelope))
        facts = door.facts()
        assert [fact.message_id for fact in facts] == list(expected)
        for fact in facts:
            check(fact, *expected[fact.message_id])
