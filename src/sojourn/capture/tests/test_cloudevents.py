"""CloudEvents 1.0: the three modes, who an event belongs to, and what it is called."""

import json

import pytest

from sojourn.capture.tests.door import basic

EVENT = {
    "specversion": "1.0", "id": "e-1", "source": "https://shop.example/checkout", "type": "com.example.order.completed", "time": "2026-11-18T11:06:00.123456Z",
    "userid": "u-1", "data": {"order_id": "o-1", "total": 49.9},
}  # fmt: skip


def post(door, body, content_type, **headers):
    answer = door.post("/events", body, content_type=content_type, **headers)
    assert answer.status == 200, answer.body
    return door.facts()


def test_a_structured_event_is_a_track_call_in_our_words(door):
    [fact] = post(door, EVENT, "application/cloudevents+json; charset=utf-8")
    assert (fact.kind, fact.name, fact.user_id, fact.message_id) == ("track", "Order Completed", "u-1", "https://shop.example/checkout e-1")
    assert (fact.props, fact.at) == ({"order_id": "o-1", "total": 49.9}, 1_794_999_960_123)
    assert fact.raw["cloudevent"] == {"source": EVENT["source"], "type": EVENT["type"], "userid": "u-1"}


def test_a_batch_loses_only_what_is_wrong(door):
    batch = [EVENT, {**EVENT, "id": ""}, {**EVENT, "id": "e-3", "specversion": "0.3"}, {**EVENT, "id": "e-4"}]
    answer = door.post("/events", batch, content_type="application/cloudevents-batch+json")
    assert (answer.status, answer.results) == (200, [(1, "dropped", "bad_shape"), (2, "dropped", "bad_shape")])
    assert [fact.message_id[-3:] for fact in door.facts()] == ["e-1", "e-4"]


def test_a_binary_event_has_its_attributes_in_headers(door):
    headers = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "urn:device:7", "ce-type": "reading", "ce-subject": "Birne%20%E6%9A%96"}
    [fact] = post(door, {"metric": "temperature", "value": 21.5}, "application/json", **headers)
    assert (fact.name, fact.anonymous_id, fact.props) == ("Reading", "Birne 暖", {"metric": "temperature", "value": 21.5})


def test_binary_data_of_any_type_is_kept_as_text(door):
    headers = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "urn:device:7", "ce-type": "note"}
    [fact] = post(door, b"too warm", "text/plain", **headers)
    assert (fact.anonymous_id, fact.props) == ("urn:device:7", {"data": "too warm"})


def test_a_broker_hears_nothing_where_nothing_is_lost_and_why_where_all_is(door):
    for _ in range(2):
        answer = door.post("/events", EVENT, content_type="application/cloudevents+json")
        assert (answer.status, answer.body) == (200, b"")
    answer = door.post("/events", {**EVENT, "id": ""}, content_type="application/cloudevents+json")
    assert (answer.status, answer.json["code"], answer.json["message"]) == (400, "bad_shape", "a CloudEvent needs id")
    answer = door.post("/events", {**EVENT, "type": "$erase"}, content_type="application/cloudevents+json")
    assert (answer.status, answer.json["code"]) == (403, "event_name_reserved")
    assert door.post("/events", [], content_type="application/cloudevents-batch+json").body == b""


def test_binary_data_that_is_no_text_is_kept_as_in_a_structured_event(door):
    headers = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "urn:device:7", "ce-type": "picture"}
    [fact] = post(door, b"\x00\xff\x01", "application/octet-stream", **headers)
    assert fact.props == {"data_base64": "AP8B"}
    [_, fact] = post(door, b"caf\xe9", "text/plain", **{**headers, "ce-id": "e-2"})
    assert fact.props == {"data_base64": "Y2Fm6Q=="}


def test_an_attribute_that_was_not_encoded_is_read_as_what_http_libraries_write(door):
    headers = {"ce-specversion": "1.0", "ce-id": "e-1", "ce-source": "urn:device:7", "ce-type": "reading", "ce-room": "K\u00fcche"}
    [fact] = post(door, {"value": 1}, "application/json", **headers)
    assert fact.raw["cloudevent"]["room"] == "Küche"


def test_the_same_source_and_id_count_once(door):
    post(door, EVENT, "application/cloudevents+json")
    assert len(post(door, EVENT, "application/cloudevents+json")) == 1
    assert len(post(door, {**EVENT, "source": "https://other.example/"}, "application/cloudevents+json")) == 2


def test_a_segment_call_inside_stays_what_it_is(door):
    data = {"call": "identify", "userId": "u-1", "anonymousId": "a-1", "traits": {"email": "ann@shop.example"}, "properties": {}}
    [fact] = post(door, {**EVENT, "userid": None, "data": data}, "application/cloudevents+json")
    assert (fact.kind, fact.user_id, fact.anonymous_id, fact.traits) == ("identify", "u-1", "a-1", {"email": "ann@shop.example"})


def test_a_long_source_still_gives_an_id_that_fits(door):
    [fact] = post(door, {**EVENT, "source": "urn:" + "x" * 400, "userid": None}, "application/cloudevents+json")
    assert len(fact.message_id) == 100
    assert len(fact.anonymous_id) == 255


@pytest.mark.parametrize("body", [b"", b"{", b"7", b"null", b"\xff"])
def test_what_is_no_event_is_refused_with_a_reason(door, body):
    answer = door.post("/events", body, content_type="application/cloudevents+json")
    assert (answer.status, answer.json["success"]) == (400, False)


def test_the_key_is_asked_for_as_everywhere(door):
    assert door.post("/events", EVENT, key=None).status == 401
    body = json.dumps(EVENT).encode()
    assert door.run(door.call("/events/", body, None, "POST", authorization=basic("wk_shop:"))).status == 200


def test_data_larger_than_an_event_may_be_is_no_event_whatever_it_is(door):
    attributes = {"ce_specversion": "1.0", "ce_id": "e-1", "ce_source": "/sensor", "ce_type": "reading"}
    answer = door.post("/events", b"x" * (1 << 20) + b"x", content_type="text/plain", **attributes)
    assert (answer.status, answer.json["reason"], door.facts()) == (413, "event_too_large", [])


def test_a_broker_that_asks_first_whether_it_may_deliver_is_told_that_it_may(door):
    answer = door.post("/events", b"", key=None, method="OPTIONS", webhook_request_origin="eventemitter.example", webhook_request_rate="120")
    assert (answer.status, answer.headers["webhook-allowed-origin"], answer.headers["webhook-allowed-rate"]) == (200, "eventemitter.example", "*")
    assert "webhook-allowed-origin" not in door.post("/events", b"", key=None, method="OPTIONS").headers
