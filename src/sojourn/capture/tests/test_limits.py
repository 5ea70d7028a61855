"""Every limit holds at its edge: the last value that fits and the first that does not."""

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.capture import bounds
from sojourn.capture.tests.door import Door


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


def listed(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


FITS = {
    "user id": {"userId": "u" * 255},
    "anonymous id": {"anonymousId": "a" * 255},
    "message id": {"messageId": "m" * 100},
    "event name": {"event": "e" * 200},
    "depth": {"properties": nested(32)},
    "depth of lists": {"properties": {"a": listed(31)}},
    "brackets in text": {"properties": {"a": "[" * 500, "b": '\\"[{' * 200}},
    "properties": {"properties": {f"k{i}": i for i in range(1_000)}},
    "properties of an inner object": {"properties": {"a": {f"k{i}": i for i in range(1_000)}}},
    "key": {"properties": {"k" * 256: 1}},
    "key of wide characters": {"properties": {"é" * 256: 1}},
    "inner key": {"properties": {"a": [{"k" * 256: 1}]}},
    "long text": {"properties": {"a": "x" * 2_000, "b": "ends in a colon:"}},
    "traits": {"traits": {"a": "x" * (64 * 1024 - 8)}},
    "integer id": {"userId": 2**53 - 1},
    "event bytes": {"properties": {"v": "x" * ((1 << 20) - 200)}},
}
BREAKS = [
    ({"userId": "u" * 256}, 400, "identifier_too_long"),
    ({"anonymousId": "u" * 256}, 400, "identifier_too_long"),
    ({"messageId": "m" * 101}, 400, "message_id_too_long"),
    ({"event": "e" * 201}, 400, "event_name_too_long"),
    ({"event": ""}, 400, "no_event_name"),
    ({"event": 5}, 400, "bad_shape"),
    ({"event": "$Merge_Dangerously"}, 403, "event_name_reserved"),
    ({"properties": nested(33)}, 200, "too_deep"),
    ({"context": nested(33)}, 200, "too_deep"),
    ({"timestamp": nested(33)}, 200, "too_deep"),
    ({"properties": nested(127)}, 200, "too_deep"),
    ({"properties": nested(128)}, 400, "far_too_deep"),
    ({"properties": {"a": listed(32)}}, 200, "too_deep"),
    ({"properties": {f"k{i}": i for i in range(1_001)}}, 200, "too_many_properties"),
    ({"properties": {"a": {f"k{i}": i for i in range(1_001)}}}, 200, "too_many_properties"),
    ({"properties": {"k" * 257: 1}}, 200, "key_too_long"),
    ({"properties": {"é" * 257: 1}}, 200, "key_too_long"),
    ({"properties": {"a": [{"k" * 257: 1}]}}, 200, "key_too_long"),
    ({"properties": {'"' * 257: 1}}, 200, "key_too_long"),
    ({"properties": {"\\" * 257: 1}}, 200, "key_too_long"),
    ({"type": "identify", "traits": {"a": "x" * 64 * 1024}}, 400, "traits_too_large"),
    ({"properties": {"v": "x" * (1 << 20)}}, 413, "event_too_large"),
    ({"userId": 2**53}, 400, "bad_identifier"),
    ({"userId": 1.0}, 400, "bad_identifier"),
    ({"userId": True}, 400, "bad_identifier"),
    ({"userId": ["u"]}, 400, "bad_identifier"),
    ({"userId": "u\nBcc: x"}, 400, "bad_identifier"),
    ({"userId": "u\0"}, 400, "bad_identifier"),
    ({"anonymousId": "u\udc00"}, 400, "bad_identifier"),
    ({"messageId": {"a": 1}}, 400, "bad_identifier"),
    ({"properties": "a=1"}, 400, "bad_shape"),
    ({"context": [1]}, 400, "bad_shape"),
    ({"traits": [1]}, 400, "bad_shape"),
    ({"properties": {"v": float("nan")}}, 400, "bad_number"),
    ({"properties": {"v": float("-inf")}}, 400, "bad_number"),
    ({"type": "control"}, 400, "bad_type"),
    ({"type": None}, 400, "bad_type"),
    ({"type": "group"}, 400, "no_identifier"),
    ({"type": "alias"}, 400, "no_identifier"),
    ({"userId": None}, 400, "no_identifier"),
]
GOOD = {"type": "track", "userId": "u-1", "event": "Viewed", "messageId": "m-1"}


@pytest.mark.parametrize("fields", FITS.values(), ids=FITS.keys())
@pytest.mark.parametrize("extra", [{}, {"unknown": 1}], ids=["fast", "exact"])
def test_what_just_fits_is_kept(fields, extra):
    with Door() as door:
        assert door.post("/v1/batch", {"batch": [{**GOOD, **fields, **extra}]}).body == b'{"success":true}'
        fact = door.facts()[0]
        for field, value in fields.items():
            if field in ("properties", "traits"):
                assert {"properties": fact.props, "traits": fact.traits}[field] == value


@pytest.mark.parametrize(("fields", "status", "reason"), BREAKS, ids=[f"{reason}-{i}" for i, (_, _, reason) in enumerate(BREAKS)])
def test_what_just_breaks_a_limit_says_so_and_never_loses_its_neighbours(fields, status, reason):
    bad = {**GOOD, **fields}
    with Door() as door:
        alone = door.post("/v1/batch", {"batch": [bad]})
        assert alone.status == status
        outcome = "quarantined" if status == 200 else "dropped"
        assert alone.results == [(0, outcome, reason)]
        assert door.facts() == []
        assert door.counts() == {reason: 1}
        among = door.post("/v1/batch", {"batch": [{**GOOD, "messageId": "a"}, bad, {**GOOD, "messageId": "b"}]})
        assert (among.status, among.results) == (200, [(1, outcome, reason)])
        assert [fact.message_id for fact in door.facts()] == ["a", "b"]


RAW_BREAKS = [
    (b'{"type":"track","userId":"u","event":"e","properties":{"v":1e400}}', "bad_number"),
    (b'{"type":"track","userId":"u","event":"e","properties":{"v":' + b"9" * 5_000 + b"}}", "bad_number"),
    (b'{"type":"track","userId":"u","event":"\xed\xa0\x80"}', "bad_encoding"),
    (b'{"type":"track","userId":18446744073709551616,"event":"e"}', "bad_identifier"),
    (b'{"type":"track","userId":"u","event":"e","properties":{"v":' + b"[" * 5_000 + b"]" * 5_000 + b"}}", "far_too_deep"),
    (b"[1,2]", "bad_shape"),
    (b"null", "bad_shape"),
    (b'"text"', "bad_shape"),
    (b"17", "bad_shape"),
    (b'{"batch":[{"type":"track","userId":"u","event":"e"}]}', "bad_type"),
    (b'{"a" 1}', "bad_json"),
    (b"{'a':1}", "bad_json"),
    (b"nonsense", "bad_json"),
]


@pytest.mark.parametrize(("item", "reason"), RAW_BREAKS, ids=[f"{reason}-{i}" for i, (_, reason) in enumerate(RAW_BREAKS)])
def test_an_item_that_is_no_json_is_cut_out_of_its_batch(item, reason):
    good = [json.dumps({**GOOD, "messageId": name}).encode() for name in ("a", "b")]
    with Door() as door:
        answer = door.post("/v1/batch", b'{"context":{"ip":"203.0.113.9"},"batch":[' + good[0] + b" , " + item + b"," + good[1] + b'],"sentAt":null}')
        assert (answer.status, answer.results) == (200, [(1, "dropped", reason)])
        assert [(fact.message_id, fact.context) for fact in door.facts()] == [("a", {"ip": "203.0.113.9"}), ("b", {"ip": "203.0.113.9"})]


def test_wide_numbers_and_unsafe_texts_are_kept_as_text_that_is_safe():
    body = b'{"type":"track","userId":"u","event":"e\\u0000","messageId":"1","properties":{"order":123456789012345678901,"a\\u0000b":"x\\ud800y\\u0000"}}'
    with Door() as door:
        assert door.post("/v1/track", body).status == 200
        fact = door.facts()[0]
        assert (fact.name, fact.props) == ("e\ufffd", {"order": "123456789012345678901", "a\ufffdb": "x\ufffdy\ufffd"})
        assert door.counts() == {"sanitised": 1}


def test_a_wide_number_alone_is_noticed_too():
    with Door() as door:
        assert door.track(properties={"order": 2**64}).status == 200
        assert door.facts()[0].props == {"order": str(2**64)}


def test_whole_bodies_that_are_refused():
    with Door() as door:
        cases = [
            (b"", 400, "bad_json"), (b"nonsense", 400, "bad_json"), (b"null", 400, "bad_json"), (b'{"batch":[', 400, "bad_json"),
            (b'{"batch":[]} x', 400, "bad_json"),
            (b'{"batch":{}}', 400, "bad_type"), (b'{"batch":[{}],"context":5}', 400, "bad_shape"),
            (b"[" * 100_000 + b"]" * 100_000, 400, "far_too_deep"), (b"x" * (20 << 20), 400, "bad_json"),
            (b'{"event":"' + b"x" * (19 << 20) + b'"}', 413, "event_too_large"),
            (b" " * (20 << 20) + b"x", 413, "body_too_large"),
            (json.dumps({"batch": [{}] * 10_001}).encode(), 413, "too_many_events"),
        ]  # fmt: skip
        assert [(answer.status, answer.json["code"]) for answer in (door.post("/v1/batch", body) for body, _, _ in cases)] == [case[1:] for case in cases]
        assert door.facts() == []


def test_an_empty_batch_is_fine_and_leaves_nothing():
    with Door() as door:
        assert [door.post("/v1/batch", body).status for body in (b'{"batch":[]}', b"[]")] == [200, 200]
        assert door.log.head() == 0


def test_ten_thousand_events_in_a_batch_are_kept():
    with Door() as door:
        batch = [{**GOOD, "messageId": str(i)} for i in range(10_000)]
        assert door.post("/v1/batch", {"batch": batch}).body == b'{"success":true}'
        assert len(door.facts()) == 10_000


def test_bombs_and_broken_encodings():
    one = json.dumps(GOOD).encode()
    with Door() as door:
        cases = [
            (gzip.compress(b" " * (21 << 20)), "gzip", 413), (gzip.compress(b" " * (2 << 20)), "gzip", 413), (gzip.compress(b"") * 9, "gzip", 413),
            (gzip.compress(one)[:-9], "gzip", 400), (gzip.compress(gzip.compress(one)), "gzip", 400), (one, "gzip", 400),
            (gzip.compress(one)[:20] + b"xxxx", "", 400),
            (one, "br", 415), (one, "gzip, gzip", 415),
        ]  # fmt: skip
        assert [door.post("/v1/track", body, content_encoding=encoding).status for body, encoding, _ in cases] == [case[2] for case in cases]
        assert door.facts() == []
        good = [
            (gzip.compress(one), "gzip"),
            (gzip.compress(one), ""),
            (gzip.compress(one), "identity"),
            (gzip.compress(one[:9]) + gzip.compress(one[9:]), "x-gzip"),
        ]
        assert [door.post("/v1/track", body, content_encoding=encoding).status for body, encoding in good] == [200] * 4
        assert len(door.facts()) == 1


def test_a_very_regular_body_below_the_floor_is_no_bomb():
    body = json.dumps({**GOOD, "properties": {"v": "x" * 900_000}}).encode()
    assert len(body) > 100 * len(gzip.compress(body))
    with Door() as door:
        assert door.post("/v1/track", gzip.compress(body)).status == 200


def test_content_types_that_clients_use_are_read_and_others_refused():
    with Door() as door:
        types = ["text/plain;charset=UTF-8", "application/json; charset=utf-8", "", "application/x-www-form-urlencoded", "application/vnd.x+json"]
        assert [door.post("/v1/track", GOOD, content_type=one).status for one in types] == [200] * 5
        types = ["application/xml", "text/html", "multipart/form-data; boundary=x"]
        assert [door.post("/v1/track", GOOD, content_type=one).status for one in types] == [415] * 3
        assert door.counts() == {"duplicate": 4, "unsupported_media": 3}


def test_reserved_traits_are_left_out_and_counted_unless_a_secret_key_sets_them():
    call = {"type": "identify", "userId": "u", "traits": {"tenant_id": 2, "consent_email": True, "name": "Ann"}}
    with Door() as door:
        door.post("/v1/identify", {**call, "messageId": "1"})
        door.post("/v1/identify", {**call, "messageId": "2"}, key="sk_shop")
        assert [fact.traits for fact in door.facts()] == [{"name": "Ann"}, call["traits"]]
        assert door.counts() == {"reserved_trait": 2}


def test_event_names_beyond_the_limit_are_dropped_and_known_ones_go_on():
    with Door() as door:
        door.app._names._limit, door.app._names._burst = 3, 2
        first = [{**GOOD, "messageId": str(i), "event": f"e{i}"} for i in range(5)]
        answer = door.post("/v1/batch", {"batch": first})
        assert answer.results == [(3, "dropped", "too_many_event_names"), (4, "dropped", "too_many_event_names")]
        assert [fact.name for fact in door.facts()] == ["e0", "e1", "e2"]
        assert door.post("/v1/track", {**GOOD, "messageId": "x", "event": "e1"}).status == 200
        assert door.post("/v1/track", {**GOOD, "messageId": "y", "event": "new"}).status == 429
        answer = door.post("/v1/batch", {"batch": [{**GOOD, "event": f"f{i}"} for i in range(3)]})
        assert (answer.status, answer.headers["retry-after"]) == (429, "60")


@given(
    st.recursive(
        st.none() | st.text(max_size=5) | st.integers(), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4)
    )
)
def test_the_depth_of_a_text_is_that_of_its_value(value):
    def depth(one):
        if isinstance(one, dict):
            return 1 + max(map(depth, one.values()), default=0)
        return 1 + max(map(depth, one), default=0) if isinstance(one, list) else 0

    assert bounds.exact_depth(json.dumps(value).encode(), 64) == depth(value)


@given(st.lists(st.tuples(st.text('a"\\é', max_size=300), st.text('a":,\\', max_size=600)), max_size=5), st.booleans())
def test_a_long_key_is_never_overlooked(pairs, spaced):
    body = json.dumps(dict(pairs), ensure_ascii=False, separators=(", ", "  :  ") if spaced else (",", ":")).encode()
    if any(len(key) > 256 for key, _ in pairs):
        assert bounds.has_long_key(body)
