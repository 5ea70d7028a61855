"""The calls of Segment's API become facts."""

import json
from base64 import b64encode
from urllib.parse import quote

import pytest

from sojourn.capture.tests.door import NOW, Door
from sojourn.terms.facts import Fact, Flag

ISO = "2026-11-18T11:06:40.000Z"
RAW = {"timestamp": ISO}


def test_a_track_call_becomes_a_fact_field_by_field():
    with Door() as door:
        answer = door.track(timestamp=ISO, properties={"price": 9.5}, anonymousId="a-1", context={"ip": "203.0.113.7"}, integrations={"All": False})
        assert (answer.status, answer.body) == (200, b'{"success":true}')
        assert door.facts() == [
            Fact(
                "track", "Viewed", NOW, "m-1", "a-1", "u-1", {"price": 9.5}, {}, {"ip": "203.0.113.7"}, None, 0, {**RAW, "integrations": {"All": False}},
            )
        ]  # fmt: skip


CALLS = [
    (
        {"type": "identify", "userId": "u-1", "traits": {"email": "ann@example.com"}},
        Fact("identify", "", NOW, "m-1", None, "u-1", {}, {"email": "ann@example.com"}, raw=RAW),
    ),
    ({"type": "track", "userId": "u-1", "event": " Viewed "}, Fact("track", "Viewed", NOW, "m-1", None, "u-1", raw=RAW)),
    (
        {"type": "page", "anonymousId": "a-1", "name": "Home", "category": "Shop", "properties": {"url": "https://x.test/"}},
        Fact("page", "Home", NOW, "m-1", "a-1", None, {"url": "https://x.test/", "category": "Shop"}, raw=RAW),
    ),
    ({"type": "screen", "anonymousId": "a-1"}, Fact("screen", "", NOW, "m-1", "a-1", raw=RAW)),
    (
        {"type": "group", "userId": "u-1", "groupId": 12, "traits": {"name": "Ann's"}},
        Fact("group", "", NOW, "m-1", None, "u-1", {}, {"name": "Ann's"}, {}, "12", raw=RAW),
    ),
    ({"type": "alias", "userId": "u-2", "previousId": "u-1"}, Fact("alias", "", NOW, "m-1", None, "u-2", link="u-1", raw=RAW)),
]


@pytest.mark.parametrize(("call", "fact"), CALLS, ids=[call["type"] for call, _ in CALLS])
@pytest.mark.parametrize("form", ["/v1/{}", "/v1/{}/", "/v1/{0[0]}", "batch", "/v1/b"])
def test_every_call_gives_the_same_fact_by_every_path(call, fact, form):
    whole = {**call, "messageId": "m-1", "timestamp": ISO}
    with Door() as door:
        if form in ("batch", "/v1/b"):
            answer = door.post("/v1/batch" if form == "batch" else form, {"batch": [whole]})
        else:
            del whole["type"]
            answer = door.post(form.format(call["type"]), whole)
        assert answer.status == 200
        assert door.facts() == [fact]


def test_import_marks_everything_as_history():
    with Door() as door:
        assert door.post("/v1/import", {"batch": [{"type": "track", "userId": "u-1", "event": "Order Completed", "messageId": "m"}]}).status == 200
        assert door.facts()[0].flags == Flag.HISTORICAL


def test_what_the_batch_says_lies_under_what_its_items_say():
    body = {
        "context": {"ip": "203.0.113.1", "library": {"name": "lib"}},
        "integrations": {"All": False},
        "batch": [
            {"type": "track", "userId": "u", "event": "A", "messageId": "1", "context": {"ip": "203.0.113.2"}, "integrations": {"X": True}},
            {"type": "track", "userId": "u", "event": "B", "messageId": "2"},
        ],
    }
    with Door() as door:
        door.post("/v1/batch", body)
        first, second = door.facts()
        assert first.context == {"ip": "203.0.113.2", "library": {"name": "lib"}}
        assert first.raw == {"integrations": {"All": False, "X": True}}
        assert second.context == body["context"]
        assert second.raw == {"integrations": {"All": False}}


def test_traits_of_identify_may_come_in_the_context_only_and_the_call_own_win():
    with Door() as door:
        door.post("/v1/identify", {"userId": "u", "messageId": "1", "context": {"traits": {"plan": "free", "name": "Ann"}}, "traits": {"plan": "gold"}})
        assert door.facts()[0].traits == {"plan": "gold", "name": "Ann"}


def test_null_empty_and_missing_ids_are_no_id():
    with Door() as door:
        door.post("/v1/track", {"userId": None, "anonymousId": " a-1 ", "event": "A", "messageId": "1"})
        door.post("/v1/track", {"userId": "", "anonymousId": "a-1", "event": "A", "messageId": "2"})
        assert [(f.user_id, f.anonymous_id) for f in door.facts()] == [(None, "a-1"), (None, "a-1")]
        answer = door.post("/v1/track", {"userId": "  ", "anonymousId": None, "event": "A", "messageId": "3"})
        assert (answer.status, answer.json["code"]) == (400, "no_identifier")


def test_fields_that_fit_nowhere_are_kept_under_their_own_name():
    with Door() as door:
        door.track(channel="server", _metadata={"nodeVersion": "v20"}, colour="red", sentAt=ISO, timestamp=ISO)
        assert door.facts()[0].raw == {"timestamp": ISO, "sentAt": ISO, "_metadata": {"nodeVersion": "v20"}, "channel": "server", "colour": "red"}


def test_the_write_key_is_never_stored():
    with Door() as door:
        door.post("/v1/t", {"userId": "u", "event": "A", "writeKey": "wk_shop", "messageId": "1"}, key=None)
        assert "wk_shop" not in repr(door.log.read(0, 10))
        assert len(door.facts()) == 1


def test_settings_make_the_browser_sdk_send_to_the_host_it_asked():
    with Door() as door:
        answer = door.post("/v1/projects/wk_shop/settings", b"", key=None, method="GET", host="shop.example:8000", origin="https://page.test")
        assert answer.status == 200
        assert answer.json["integrations"]["Segment.io"] == {"apiKey": "wk_shop", "apiHost": "shop.example:8000/v1", "protocol": "http"}
        assert answer.headers["access-control-allow-origin"] == "https://page.test"
        assert door.post("/v1/projects/wk_nobody/settings", b"", key=None, method="GET").status == 401


PIXEL = {"writeKey": "wk_shop", "userId": "u-1", "event": "Email Opened", "messageId": "m-1", "properties": {"subject": "Frühling", "n": 1}}


@pytest.mark.parametrize(
    "query",
    [
        "data=" + b64encode(json.dumps(PIXEL).encode()).decode().rstrip("="),
        "data=" + quote(b64encode(json.dumps(PIXEL).encode()).decode()),
        "data=" + quote(json.dumps(PIXEL)),
    ],
    ids=["base64 without its end", "base64", "JSON"],
)
def test_a_pixel_holds_a_call(query: str):
    with Door() as door:
        answer = door.run(door.call("/v1/pixel/track?" + query, b"", None, "GET"))
        assert (answer.status, answer.headers["content-type"], answer.body[:6]) == (200, "image/gif", b"GIF89a")
        [fact] = door.facts()
        assert (fact.kind, fact.name, fact.user_id, fact.props) == ("track", "Email Opened", "u-1", PIXEL["properties"])


def test_a_pixel_may_say_its_fields_one_by_one():
    with Door() as door:
        said = "userId=u-1&name=Home&properties.plan=gold&context.page.url=https%3A%2F%2Fx.test%2F&context=7&writeKey=wk_shop"
        assert door.run(door.call("/v1/pixel/page?" + said, b"", None, "GET")).status == 200
        [fact] = door.facts()
        assert (fact.kind, fact.name, fact.props, fact.user_id) == ("page", "Home", {"plan": "gold"}, "u-1")
        assert fact.context == {"page": {"url": "https://x.test/"}}
        assert door.run(door.call("/v1/pixel/track?data=%21", b"", None, "GET")).status == 400
        assert door.run(door.call("/v1/pixel/track?" + said.replace("shop", "nobody"), b"", None, "GET")).status == 401


def test_how_segments_clients_fare_is_not_asked_but_answered():
    with Door() as door:
        assert door.post("/v1/m", {"series": []}, key=None).status == 200
        assert door.facts() == []
