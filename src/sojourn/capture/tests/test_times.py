"""Reading and correcting event times."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.capture.tests.door import NOW, Door
from sojourn.capture.times import event_time, read_time
from sojourn.terms.facts import Flag
from sojourn.terms.time import DAY, HOUR, MINUTE, to_iso

TEN = 1_795_082_400_000  # 2026-11-19T10:00:00Z

READ = [
    ("2026-11-19T10:00:00.000Z", TEN),
    ("2026-11-19T10:00:00.123Z", TEN + 123),
    ("2026-11-19T10:00:00Z", TEN),
    ("2026-11-19T12:00:00+02:00", TEN),
    ("2026-11-19T12:00:00+0200", TEN),
    ("2026-11-19T10:00:00.123456+00:00", TEN + 123),
    ("2026-11-19T10:00:00.123+00:00", TEN + 123),
    ("2026-11-19T10:00:00", TEN),
    ("2026-11-19 10:00:00", TEN),
    (" 2026-11-19T10:00:00Z ", TEN),
    ("2026-11-19", TEN - 10 * HOUR),
    ("Thu, 19 Nov 2026 12:00:00 +0200", TEN),
    ("Thu, 19 Nov 2026 10:00:00 GMT", TEN),
    (TEN, TEN),
    (TEN // 1000, TEN),
    (TEN / 1000 + 0.123, TEN + 123),
    (str(TEN), TEN),
    (str(TEN // 1000), TEN),
    ("2016-12-31T23:59:60Z", 1_483_228_800_000),
    ("2016-12-31T23:59:60.500Z", 1_483_228_800_000),
    ("1970-01-01T00:00:00.000Z", 0),
]


@pytest.mark.parametrize(("text", "at"), READ, ids=[str(text) for text, _ in READ])
def test_a_time_is_read_the_same_the_first_and_the_second_time(text, at):
    assert read_time(text) == at
    assert read_time(text) == at


NOT_READ = [
    "0000-01-01T00:00:00Z", "294277-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "2026-13-01T00:00:00Z", "2026-11-19T10:1500:00",
    "2026-11-19T25:00:00.000Z", "2026-11-19T10:00:61.000Z", "yesterday", "", " ", 0, -1, 1e300, float("nan"), True, {"$date": 1}, [1], "9" * 40, "x" * 100_000,
]  # fmt: skip


@pytest.mark.parametrize("value", NOT_READ, ids=[repr(value)[:30] for value in NOT_READ])
def test_what_is_no_time_between_1970_and_9999_is_none(value):
    assert read_time(value) is None


@given(st.integers(0, 4_000_000_000_000))
def test_every_millisecond_reads_back_from_what_browsers_and_python_write(at):
    iso = to_iso(at)
    assert read_time(iso) == at
    assert read_time(iso[:-1] + "+00:00") == at
    assert read_time(datetime.fromtimestamp(at // 1000, UTC).isoformat()) == at // 1000 * 1000


@given(st.text(max_size=40) | st.integers() | st.floats() | st.none())
def test_no_value_whatever_raises(value):
    at = read_time(value)
    assert at is None or 0 <= at < 253_402_300_800_000


def test_a_clock_two_hours_behind_is_corrected_by_sent_at():
    assert event_time(NOW - 2 * HOUR - MINUTE, None, NOW - 2 * HOUR, NOW) == (NOW - MINUTE, Flag.SKEWED)
    assert event_time(None, NOW - 2 * HOUR - MINUTE, NOW - 2 * HOUR, NOW) == (NOW - MINUTE, Flag.SKEWED)


def test_a_clock_three_days_ahead_is_corrected_and_not_clamped():
    assert event_time(NOW + 3 * DAY, None, NOW + 3 * DAY + 500, NOW) == (NOW - 500, Flag.SKEWED)


def test_a_clock_within_a_second_is_right():
    assert event_time(NOW - 5_000, None, NOW - 999, NOW) == (NOW - 5_000, 0)
    assert event_time(NOW - 5_000, None, NOW - 1_000, NOW) == (NOW - 4_000, Flag.SKEWED)


def test_sent_at_before_the_event_is_ignored():
    assert event_time(NOW - MINUTE, None, NOW - 2 * MINUTE, NOW) == (NOW - MINUTE, 0)


def test_an_explicit_timestamp_beside_the_original_one_wins():
    assert event_time(NOW - DAY, NOW - HOUR, NOW - HOUR, NOW) == (NOW - DAY, 0)
    assert event_time("nonsense", NOW - 2 * HOUR - MINUTE, NOW - 2 * HOUR, NOW) == (NOW - MINUTE, Flag.SKEWED)


def test_more_than_a_day_ahead_is_clamped_and_a_day_is_not():
    assert event_time(NOW + DAY, None, None, NOW) == (NOW + DAY, 0)
    assert event_time(NOW + DAY + 1, None, None, NOW) == (NOW, Flag.CLAMPED)


def test_no_time_at_all_is_when_it_came():
    assert event_time(None, None, NOW - HOUR, NOW) == (NOW, 0)
    assert event_time("2026-11-19T10:1500:00", None, None, NOW) == (NOW, Flag.TIME_GUESSED)


def test_all_times_are_kept_as_they_were_sent_and_every_change_is_counted():
    with Door() as door:
        door.track(messageId="1", timestamp="2031-01-01T00:00:00Z")
        door.track(messageId="2", timestamp="nonsense", originalTimestamp=[1], sentAt={"a": 1})
        door.post(
            "/v1/batch", {"sentAt": to_iso(NOW - HOUR), "batch": [{"type": "page", "userId": "u", "timestamp": to_iso(NOW - 2 * HOUR), "messageId": "3"}]}
        )
        assert [(fact.at, fact.flags) for fact in door.facts()] == [(NOW, Flag.CLAMPED), (NOW, Flag.TIME_GUESSED), (NOW - HOUR, Flag.SKEWED)]
        assert [fact.raw for fact in door.facts()] == [
            {"timestamp": "2031-01-01T00:00:00Z"},
            {"timestamp": "nonsense", "originalTimestamp": [1], "sentAt": {"a": 1}},
            {"timestamp": to_iso(NOW - 2 * HOUR), "sentAt": to_iso(NOW - HOUR)},
        ]
        assert door.counts() == {"time_clamped": 1, "time_malformed": 1, "skew_corrected": 1}


@pytest.mark.parametrize(
    ("said", "kept"), [(r'"a\u0000b"', "a\ufffdb"), (r'"\ud800"', "\ufffd"), (str(2**70), str(2**70)), (r'{"a\u0000":"\udc00"}', {"a\ufffd": "\ufffd"})]
)
def test_what_a_batch_says_of_its_sending_is_made_safe_to_keep(said, kept):
    with Door() as door:
        assert door.post("/v1/batch", b'{"batch":[{"type":"track","event":"Viewed","userId":"u","messageId":"1"}],"sentAt":%s}' % said.encode()).status == 200
        assert [fact.raw["sentAt"] for fact in door.facts()] == [kept]


@pytest.mark.parametrize(
    "said", ['"sentAt":' + "[" * 40 + "]" * 40, '"context":{"a":' + "[" * 40 + "]" * 40 + "}", '"context":{"' + "k" * 300 + '":1}', '"context":[]']
)
def test_a_batch_that_says_too_much_of_all_its_events_is_refused_and_counts_as_nothing_set_aside(said):
    with Door() as door:
        answer = door.post("/v1/batch", f'{{"batch":[{{"type":"page","userId":"u","messageId":"1"}}],{said}}}'.encode())
        assert (answer.status, answer.json["reason"]) == (400, "bad_shape")
