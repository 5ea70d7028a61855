"""Where keys may stand, what each may do, and what browsers need to hear."""

from base64 import b64encode

import pytest

from sojourn.capture.tests.door import Door, basic
from sojourn.terms.facts import Flag

CALL = {"userId": "u-1", "event": "Viewed", "messageId": "m-1"}

PLACES = {
    "basic with colon": ("", {"authorization": basic("wk_shop:")}, {}),
    "basic without colon": ("", {"authorization": basic("wk_shop")}, {}),
    "basic with a password": ("", {"authorization": basic("wk_shop:x")}, {}),
    "basic in capitals": ("", {"authorization": basic("wk_shop:").replace("Basic", "BASIC")}, {}),
    "bearer": ("", {"authorization": "Bearer wk_shop"}, {}),
    "query": ("?writeKey=wk_shop", {}, {}),
    "body": ("", {}, {"writeKey": "wk_shop"}),
    "empty basic and body": ("", {"authorization": basic(":")}, {"writeKey": "wk_shop"}),
}


@pytest.mark.parametrize(("query", "headers", "fields"), PLACES.values(), ids=PLACES.keys())
def test_a_write_key_is_found_in_all_its_places(query, headers, fields):
    with Door() as door:
        assert door.post(f"/v1/track{query}", {**CALL, **fields}, key=None, **headers).status == 200
        assert [(record.workspace, record.source) for record in door.log.read(0, 10)] == [(1, 7)]


def test_a_write_key_in_the_envelope_or_in_the_first_event_of_a_batch_is_found():
    item = {"type": "track", **CALL}
    with Door() as door:
        assert door.post("/v1/batch", {"writeKey": "wk_shop", "batch": [item]}, key=None).status == 200
        assert door.post("/v1/batch", {"batch": [{**item, "writeKey": "wk_other"}]}, key=None).status == 200
        assert [record.workspace for record in door.log.read(0, 10)] == [1, 2]


REFUSED = {
    "no key": ({}, {}),
    "empty key": ({"authorization": basic(":")}, {}),
    "unknown key": ({"authorization": basic("wk_nobody:")}, {}),
    "unknown key beside a good one in the body": ({"authorization": basic("wk_nobody:")}, {"writeKey": "wk_shop"}),
    "disabled key": ({"authorization": "Bearer wk_off"}, {}),
    "no base64": ({"authorization": "Basic ***"}, {}),
    "a very long key": ({"authorization": "Bearer " + "x" * 10_000}, {}),
    "a number in the body": ({}, {"writeKey": 5}),
    "another scheme": ({"authorization": "Digest wk_shop"}, {}),
    "bytes that are no text": ({"authorization": "Basic " + b64encode(b"\xff\xfe:").decode()}, {}),
}


@pytest.mark.parametrize(("headers", "fields"), REFUSED.values(), ids=REFUSED.keys())
def test_without_a_good_key_nothing_is_kept(headers, fields):
    with Door() as door:
        answer = door.post("/v1/track", {**CALL, **fields}, key=None, **headers)
        assert (answer.status, answer.json["code"]) == (401, "unknown_key")
        assert door.log.head() == 0
        assert door.app.stats()["refused_unknown_key"] == 1


def test_a_secret_key_is_trusted_from_a_server_and_refused_from_a_page():
    with Door() as door:
        assert door.post("/v1/track", CALL, key="sk_shop").status == 200
        assert door.facts()[0].flags == Flag.TRUSTED
        for key, fields, headers in (("sk_shop", {}, {}), (None, {"writeKey": "sk_shop"}, {"content_type": "text/plain"})):
            answer = door.post("/v1/track", {**CALL, **fields}, key=key, origin="https://shop.test", **headers)
            assert (answer.status, answer.json["code"]) == (403, "secret_key_in_browser")
        assert len(door.facts()) == 1


def test_the_same_message_id_counts_once_for_each_source():
    with Door() as door:
        assert [door.post("/v1/track", CALL, key=key).results for key in ("wk_shop", "wk_shop", "wk_other")] == [[], [(0, "duplicate", "duplicate")], []]
        assert len(door.facts()) == 2


def test_every_answer_lets_a_page_read_it():
    with Door() as door:
        answers = [
            door.post("/v1/track", CALL, origin="https://shop.test"),
            door.post("/v1/track", CALL, origin="https://shop.test"),
            door.post("/v1/track", b"nonsense", origin="https://shop.test"),
            door.post("/v1/track", CALL, key="wk_nobody", origin="https://shop.test"),
            door.post("/v1/nothing", CALL, origin="https://shop.test"),
            door.post("/v1/track", b"", method="GET", origin="https://shop.test"),
            door.post("/v1/track", b"", key=None, method="OPTIONS", origin="https://shop.test", access_control_request_headers="authorization,x-retry-count"),
        ]
        assert [answer.status for answer in answers] == [200, 200, 400, 401, 404, 405, 200]
        for answer in answers:
            assert answer.headers["access-control-allow-origin"] == "https://shop.test"
            assert answer.headers["access-control-allow-credentials"] == "true"
            assert answer.headers["access-control-expose-headers"] == "Retry-After"
            assert answer.headers["vary"] == "Origin"
            assert "set-cookie" not in answer.headers
        preflight = answers[-1].headers
        assert preflight["access-control-allow-headers"] == "authorization,x-retry-count"
        assert preflight["access-control-allow-methods"] == "GET, POST, OPTIONS"
        assert preflight["access-control-max-age"] == "86400"
        assert "access-control-allow-origin" not in door.post("/v1/track", CALL).headers


def test_headers_that_contradict_each_other_or_break_lines_are_refused():
    with Door() as door:
        assert door.post("/v1/track", CALL, authorization="Bearer wk_shop\r\nX-Admin: 1").status == 400
        assert door.post("/v1/track", CALL, transfer_encoding="chunked").status == 400
        assert door.post("/v1/track", CALL, content_length="12x").status == 400
        assert door.post("/v1/track", CALL, content_length="5").status == 400
        assert door.facts() == []


def test_the_app_says_which_paths_are_its_own():
    with Door() as door:
        paths = ["/v1/track", "/v1/t/", "/v1/anything", "/v1/projects/k/settings", "/", "/api/v1/people", "/v10/track"]
        assert [door.app.handles(path) for path in paths] == [True, True, True, True, False, False, False]
