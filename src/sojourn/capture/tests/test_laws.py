"""Laws of the front door: the two decoders agree, nothing is lost, nothing raises, packed bytes are those of the fact."""

import json

import msgspec
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sojourn.capture.decode import open_batch, read_item
from sojourn.capture.intake import Intake, Names
from sojourn.capture.packing import key_base
from sojourn.capture.plain import Frame, pack_plain
from sojourn.capture.tests.door import KEYS, NOW, SHOP, Door
from sojourn.terms.facts import Fact
from sojourn.terms.outcomes import Dropped, Quarantined

KEPT_FIELDS = (
    "context",
    "traits",
    "properties",
    "userId",
    "anonymousId",
    "messageId",
    "event",
    "name",
    "type",
    "timestamp",
    "category",
    "groupId",
    "integrations",
)
TEXT = st.text(max_size=8)
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
ANYTHING = st.dictionaries(st.sampled_from(KEPT_FIELDS) | TEXT, VALUE, max_size=6)
NAME = st.sampled_from(("Viewed", " Viewed", "", "$erase", "x" * 201, 3, None))
GOOD = {"type": "track", "userId": "u", "event": "Viewed", "messageId": "m"}


def outcome(candidate):
    """What becomes of one call, without what is random."""
    turned = Intake(SHOP, NOW, mint=lambda: "minted").take(msgspec.structs.replace(open_batch(b'{"batch":[]}'), calls=[candidate]), Names())
    return [msgspec.msgpack.decode(item.packed, type=Fact) for item in turned.arrival.items], [reason.reason for _, reason in turned.others]


@given(ANYTHING)
def test_the_fast_and_the_exact_decoder_agree(fields):
    item = json.dumps({**GOOD, **fields}).encode("utf-8", "surrogatepass")
    fast = open_batch(b'{"batch":[' + item + b"]}").calls[0]
    (one, first), (two, second) = outcome(fast), outcome(read_item(item))
    assert first == second
    for left, right in zip(one, two, strict=True):
        # Sanitising is noticed where it happens; the facts themselves are the same.
        assert msgspec.structs.replace(left, flags=0) == msgspec.structs.replace(right, flags=0)


@settings(max_examples=60)
@given(st.lists(ANYTHING | VALUE, max_size=6))
def test_every_item_has_exactly_one_outcome_and_good_ones_are_all_kept(bad):
    batch = []
    for index, item in enumerate(bad):
        batch += [item, {**GOOD, "messageId": f"good-{index}"}]
    with Door() as door:
        answer = door.post("/v1/batch", json.dumps({"batch": batch}).encode("utf-8", "surrogatepass"))
        assert answer.status == 200
        kept = {fact.message_id for fact in door.facts()}
        assert {f"good-{index}" for index in range(len(bad))} <= kept
        not_kept = {index for index, what, _ in answer.results if what != "kept"}
        assert len(door.facts()) + len(not_kept) == len(batch)


@settings(max_examples=150)
@given(st.binary(max_size=60) | st.text('{}[]",:batch\\u0d8train1e', max_size=60).map(str.encode))
def test_no_bytes_whatever_give_a_server_error(body):
    with Door() as door:
        for prefix, suffix in ((b"", b""), (b'{"batch":[', b"]}"), (b'{"batch":[{"type":"track","userId":"u","event":"', b'"}]}')):
            assert door.post("/v1/batch", prefix + body + suffix).status in (200, 400)
        assert door.post("/v1/track", GOOD).status == 200


@given(ANYTHING)
@example({"timestamp": 1.0})
@example({"timestamp": "1970-01-01T00:00:01.000Z"})
def test_the_packed_bytes_are_those_of_the_fact(fields):
    turned = Intake(SHOP, NOW).take(open_batch(json.dumps({"batch": [{**GOOD, **fields}]}).encode("utf-8", "surrogatepass")), Names())
    for item in turned.arrival.items:
        fact = msgspec.msgpack.decode(item.packed, type=Fact)
        assert item.packed == msgspec.msgpack.encode(fact)
        assert 0 <= item.key < 2**63
        assert 0 <= item.content < 2**63


@given(ANYTHING, st.integers(0, 10**9))
def test_a_resend_at_any_later_time_has_the_same_key_and_content(fields, later):
    body = {"batch": [{**GOOD, **fields, "messageId": "m"}]}
    first = Intake(SHOP, NOW).take(open_batch(json.dumps({**body, "sentAt": NOW}).encode("utf-8", "surrogatepass")), Names())
    again = Intake(SHOP, NOW + later).take(open_batch(json.dumps({**body, "sentAt": NOW + later}).encode("utf-8", "surrogatepass")), Names())
    assert [(item.key, item.content) for item in first.arrival.items] == [(item.key, item.content) for item in again.arrival.items]
    assert [type(one) for _, one in first.others] == [type(one) for _, one in again.others]
    assert all(type(one) in (Dropped, Quarantined) for _, one in first.others)


PLAIN = st.fixed_dictionaries(
    {"type": st.sampled_from(("track", "page", "screen", "identify")), "messageId": st.sampled_from(("m", " m", "", "x" * 101)), "event": NAME},
    optional={
        "name": NAME,
        "anonymousId": st.sampled_from(("a", "a ", "", "x" * 256, 7)),
        "userId": st.sampled_from(("u", None, "", 1.5)),
        "timestamp": st.sampled_from(
            ("2026-11-18T11:06:39.123Z", "2026-11-18T11:06:39.123456Z", "2026-11-20T11:06:39.123Z", "2026-13-18T11:06:39.123Z", 1, None)
        ),
        "context": st.sampled_from(({"ip": "203.0.113.1"}, {"traits": {"plan": "gold"}}, {}, None)),
        "properties": st.sampled_from(({"price": 1.5}, {"n": 2**70}, {}, None)),
        "category": st.just("Lamps"),
        "traits": st.sampled_from(({"plan": "basic"}, {"tenant_id": 1, "plan": "basic"}, {"long": "x" * 9_000}, {"long": "x" * 70_000}, {}, None)),
        "sentAt": st.just("2026-11-18T11:06:00.000Z"),
        "originalTimestamp": st.just("2026-11-18T11:06:00.000Z"),
        "integrations": st.sampled_from(({"All": False}, {})),
        "_metadata": st.just({"x": 1}),
        "version": st.just(2),
        "channel": st.just("server"),
    },
)
ENVELOPE = st.fixed_dictionaries(
    {},
    optional={
        "sentAt": st.sampled_from(("2026-11-18T11:06:40.000Z", "2026-11-18T11:00:00.000Z", 2**70)),
        "context": st.just({"locale": "de"}),
        "integrations": st.just({"All": True}),
    },
)


@settings(max_examples=400)
@given(PLAIN | ANYTHING.map(lambda fields: {**GOOD, **fields}), ENVELOPE, st.sampled_from((SHOP, KEYS["sk_shop"])))
def test_a_plain_call_becomes_the_same_item_the_short_way_and_the_long_way(call, envelope, holder):
    body = json.dumps({**envelope, "batch": [call]}, ensure_ascii=False).encode("utf-8", "surrogatepass")
    names = Names()
    names.known(1).update(("Viewed", "$erase"))
    opened = open_batch(body)
    short = Intake(holder, NOW, mint=lambda: "minted").take(opened, names)
    long = Intake(holder, NOW, mint=lambda: "minted").take(msgspec.structs.replace(opened, plain=False), names)
    assert short == long


def test_what_an_sdk_writes_is_plain():
    call = {
        "type": "track",
        "messageId": "m",
        "userId": "u",
        "event": "Viewed",
        "timestamp": "2026-11-18T11:06:39.123Z",
        "properties": {"price": 1},
        "context": {},
    }
    opened = open_batch(json.dumps({"batch": [call]}).encode())
    intake = Intake(SHOP, NOW)
    names = Names()
    intake.take(opened, names)
    assert opened.plain
    assert pack_plain(opened.calls[0], Frame(key_base(1, 7), "", names.known(1), NOW, 0, None, None)) is not None
    assert not open_batch(json.dumps({"batch": [{**call, "event": "\u00e4"}]}).encode()).plain
