"""RudderStack: what differs from Segment."""

import json

from sojourn.capture.tests.door import basic


def facts(door):
    return [fact for record in door.log.read(0, 100) for fact in record.facts]


def merge(door, *pairs, **fields):
    pairs = [{"type": kind, "value": value} for kind, value in pairs]
    answer = door.post("/v1/merge", {"mergeProperties": pairs, "messageId": "m-1", **fields})
    assert answer.status == 200, answer.body
    return facts(door)[-1]


def test_a_browser_gets_a_source_that_is_switched_on(door):
    answer = door.run(door.call("/sourceConfig/?p=npm&writeKey=wk_shop", b"", None, "GET", authorization=basic("wk_shop:"), origin="https://shop.example"))
    assert (answer.status, answer.json["source"]["writeKey"], answer.json["source"]["enabled"], answer.json["source"]["destinations"]) == (
        200,
        "wk_shop",
        True,
        [],
    )
    assert answer.headers["access-control-allow-origin"] == "https://shop.example"
    assert door.run(door.call("/sourceConfig/?writeKey=wk_nobody", b"", None, "GET")).status == 401


def test_a_beacon_takes_its_key_from_the_query(door):
    body = json.dumps({"batch": [{"type": "track", "event": "Left", "userId": "", "anonymousId": "a-1", "messageId": "m-1"}]}).encode()
    assert door.post("/beacon/v1/batch?writeKey=wk_shop", body, key=None, content_type="text/plain").status == 200
    assert [(fact.name, fact.user_id, fact.anonymous_id) for fact in facts(door)] == [("Left", None, "a-1")]


def test_merging_two_user_ids_is_an_alias(door):
    fact = merge(door, ("user_id", "u-1"), ("user_id", "u-2"))
    assert (fact.kind, fact.user_id, fact.link) == ("alias", "u-1", "u-2")


def test_merging_a_user_and_a_device_is_an_identify(door):
    fact = merge(door, ("userId", "u-1"), ("anonymousId", "a-1"))
    assert (fact.kind, fact.user_id, fact.anonymous_id, fact.traits) == ("identify", "u-1", "a-1", {})


def test_merging_an_email_and_a_phone_gives_both_to_one_person(door):
    fact = merge(door, ("email", "ann@shop.example"), ("mobile", "+1 202 555 0147"))
    assert (fact.kind, fact.user_id, fact.traits) == ("identify", None, {"email": "ann@shop.example", "phone": "+1 202 555 0147"})
    again = merge(door, ("mobile", "+1 202 555 0147"), ("email", "ann@shop.example"), messageId="m-2")
    assert fact.anonymous_id == again.anonymous_id
    assert fact.anonymous_id.startswith("merge-")


def test_a_merge_inside_a_batch_loses_nobody(door):
    batch = [
        {"type": "merge", "messageId": "m-1", "mergeProperties": [{"type": "user_id", "value": "u-1"}, {"type": "email", "value": "a@b.example"}]},
        {"type": "track", "event": "Seen", "userId": "u-1", "messageId": "m-2"},
        {"type": "merge", "messageId": "m-3", "mergeProperties": [{"type": "user_id", "value": "u-1"}]},
    ]
    answer = door.post("/v1/batch", {"batch": batch})
    assert (answer.status, answer.results) == (200, [(2, "dropped", "bad_type")])
    assert [(fact.kind, fact.user_id, fact.traits) for fact in facts(door)] == [("identify", "u-1", {"email": "a@b.example"}), ("track", "u-1", {})]


def test_a_pixel_says_its_fields_in_the_query(door):
    said = "writeKey=wk_shop&anonymousId=a-1&event=Mail%20Opened&properties.campaign=spring&context.library.name=AMP"
    answer = door.run(door.call("/pixel/v1/track?" + said, b"", None, "GET"))
    assert (answer.status, answer.body[:6]) == (200, b"GIF89a")
    assert door.run(door.call("/pixel/v1/page?writeKey=wk_shop&anonymousId=a-1&name=Home", b"", None, "GET")).status == 200
    opened, home = facts(door)
    assert (opened.name, opened.anonymous_id, opened.props, opened.context) == ("Mail Opened", "a-1", {"campaign": "spring"}, {"library": {"name": "AMP"}})
    assert (home.kind, home.name) == ("page", "Home")
