"""What did not become a fact can be looked at for an hour, by source, and never fills the memory."""

import json

from sojourn.capture import recent
from sojourn.capture.tests.door import NOW, Door
from sojourn.terms.outcomes import Dropped, Missed, Reason
from sojourn.terms.time import HOUR, MINUTE

GOOD = {"type": "track", "event": "Viewed", "userId": "u-1", "messageId": "m-1"}


def seen(door: Door, source: int = 7, workspace: int = 1) -> list[Missed]:
    return door.app.recent.of(workspace, source, door.clock.now())


def test_what_was_kept_is_not_remembered(door):
    assert door.post("/v1/batch", {"batch": [GOOD]}).status == 200
    assert seen(door) == []


def test_a_dropped_call_is_remembered_with_its_reason_and_what_came(door):
    bad = {"type": "track", "event": "Viewed", "messageId": "m-2", "properties": {"product": "lamp"}}
    assert door.post("/v1/batch", {"batch": [GOOD, bad]}).status == 200
    (missed,) = seen(door)
    assert (missed.at, missed.outcome, missed.reason, missed.detail) == (NOW, "dropped", "no_identifier", "an event needs userId or anonymousId")
    assert json.loads(missed.payload) == bad
    assert seen(door, source=8) == []
    assert seen(door, workspace=2) == []


def test_a_repeated_call_is_remembered_as_it_came(door):
    for _ in range(2):
        door.post("/v1/batch", {"batch": [{**GOOD, "properties": {"page": 3}}]})
    (missed,) = seen(door)
    assert (missed.outcome, missed.reason) == ("duplicate", "duplicate")
    assert json.loads(missed.payload) == {"type": "track", "event": "Viewed", "userId": "u-1", "messageId": "m-1", "properties": {"page": 3}}


def test_an_event_set_aside_is_remembered_with_its_beginning(door):
    door.post("/v1/batch", {"batch": [{**GOOD, "properties": {f"p{n}": 1 for n in range(1_001)}}]})
    (missed,) = seen(door)
    assert (missed.outcome, missed.reason) == ("quarantined", "too_many_properties")
    assert len(missed.payload) == recent.PAYLOAD_BYTES


def test_a_body_that_is_no_json_is_remembered_as_it_came(door):
    assert door.post("/v1/batch", b"{'event': 'Viewed'}").status == 400
    (missed,) = seen(door)
    assert (missed.outcome, missed.reason, missed.payload) == ("dropped", "bad_json", b"{'event': 'Viewed'}")


def test_a_request_that_is_refused_whole_is_remembered_with_the_beginning_of_its_body(door):
    body = b'{"batch": [], "context": 7, "note": "' + b"x" * 5_000 + b'"}'
    assert door.post("/v1/batch", body).status == 400
    (missed,) = seen(door)
    assert (missed.outcome, missed.reason, missed.payload) == ("refused", "bad_shape", body[: recent.PAYLOAD_BYTES])


def test_a_request_whose_key_opens_nothing_belongs_to_nobody(door):
    assert door.post("/v1/batch", {"batch": [{}]}, key="wk_nobody").status == 401
    assert door.app.recent._sources == {}


def test_the_newest_hundred_of_a_source_stay(door):
    calls = [{"type": "track", "event": f"E{n}", "messageId": f"m{n}"} for n in range(150)]
    door.post("/v1/batch", {"batch": calls})
    names = [json.loads(missed.payload)["event"] for missed in seen(door)]
    assert names == [f"E{n}" for n in range(149, 49, -1)]


def test_nothing_is_remembered_for_longer_than_an_hour(door):
    door.post("/v1/batch", b"{")
    door.clock.set(NOW + HOUR - 1)
    assert len(seen(door)) == 1
    door.clock.set(NOW + HOUR)
    assert seen(door) == []
    door.post("/v1/batch", b"[")
    assert [missed.payload for missed, _ in door.app.recent._sources[1, 7]] == [b"["]


def test_the_source_that_was_quiet_for_longest_is_forgotten_first():
    kept = recent.Recent()
    for source in (*range(recent.SOURCES), 0, recent.SOURCES):
        kept.lost((1, source), NOW, [(0, Dropped(Reason.BAD_TYPE))], [Dropped(Reason.BAD_TYPE)], b"{}")
    assert len(kept._sources) == recent.SOURCES
    assert kept.of(1, 1, NOW + MINUTE) == []
    assert len(kept.of(1, 0, NOW + MINUTE)) == 2
