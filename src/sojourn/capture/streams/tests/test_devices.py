"""What a broker's messages mean, whatever sensors write."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.capture.call import Call
from sojourn.capture.streams.devices import Devices, Message
from sojourn.capture.streams.sampling import Sampler
from sojourn.terms.outcomes import Quarantined, Reason
from sojourn.terms.streams import MqttSettings, Threshold, Topic, filters, pattern_trouble

NOW = 1_767_261_600_000
TOPICS = (Topic("devices/{device}/fault", "Device Fault"), Topic("devices/{device}/events/{event}", "{event}"), Topic("devices/{device}/{metric}"))
ANY = (Topic("zigbee/{device}"),)


def turn(topic: str, payload: bytes | str, topics: tuple[Topic, ...] = TOPICS, received: int = NOW, retained: bool = False) -> list[object]:
    devices = Devices(MqttSettings("mqtt://b", topics, every_seconds=0.0))
    return list(devices.turn(Message(topic, payload if isinstance(payload, bytes) else payload.encode(), received, retained)).calls)


@pytest.mark.parametrize(
    ("payload", "value", "unit"),
    [("21.5", 21.5, None), (" 7 ", 7, None), ("-3e2", -300.0, None), ("21.5 °C", 21.5, "°C"), ("55%", 55, "%"), ("on", True, None), ("false", False, None),
     ("open", "open", None), ('{"value": "21.50", "unit": "C"}', 21.5, "C"), ('{"v": 4, "u": "bar"}', 4, "bar"), ('"locked"', "locked", None)],
)  # fmt: skip
def test_a_payload_is_a_value_and_perhaps_a_unit(payload, value, unit):
    (call,) = turn("devices/d/m", payload)
    assert isinstance(call, Call)
    assert (call.event, call.properties) == ("Reading", {"device": "d", "metric": "m", "value": value} | ({"unit": unit} if unit else {}))


def test_an_object_of_numbers_is_a_reading_each():
    calls = turn("zigbee/door-7", '{"temperature": 21.3, "humidity": 50, "battery": 93, "contact": true, "ieee": "0x01", "time": 1767261600}', ANY)
    assert [(call.properties["metric"], call.properties["value"]) for call in calls] == [
        ("temperature", 21.3),
        ("humidity", 50),
        ("battery", 93),
        ("contact", True),
    ]
    assert {call.timestamp for call in calls} == {1_767_261_600}
    assert len({call.message_id for call in calls}) == 4


def test_the_first_topic_that_fits_counts():
    (fault,) = turn("devices/d/fault", '{"code": 12, "message": "no water", "userId": "ann"}')
    assert (fault.event, fault.user_id, fault.properties) == ("Device Fault", "ann", {"device": "d", "code": 12, "message": "no water"})
    (brewed,) = turn("devices/d/events/Coffee Brewed", '{"cups": 2}')
    assert (brewed.event, brewed.properties) == ("Coffee Brewed", {"device": "d", "cups": 2})


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("elsewhere/x", "1"),
        ("devices/d/m", b"\xff"),
        ("devices/d/m", ""),
        ("devices/d/m", "[1]"),
        ("devices/d/m", "{"),
        ("devices/d/m", '{"a": "b"}'),
        ("devices/d/m", '{"value": NaN}'),
    ],
)
def test_what_cannot_be_read_is_set_aside_whole(topic, payload):
    (aside,) = turn(topic, payload)
    assert isinstance(aside, Quarantined)
    assert aside.reason == Reason.UNMAPPED
    assert json.loads(aside.record)["topic"] == topic


def test_a_message_told_again_has_the_same_id_and_one_of_another_time_has_not():
    once, again, later = (turn("devices/d/m", json.dumps({"value": 1, "ts": ts}), received=at)[0] for ts, at in ((1, NOW), (1, NOW + 9_999_999), (2, NOW)))
    assert once.message_id == again.message_id != later.message_id
    retained = [turn("devices/d/m", "1", received=at, retained=True)[0].message_id for at in (NOW, NOW + 9_999_999)]
    assert retained[0] == retained[1]


@given(st.binary(max_size=300), st.text(max_size=40))
def test_no_message_makes_trouble(payload: bytes, level: str):
    for topics in (TOPICS, ANY):
        for found in turn(f"zigbee/{level}", payload, topics) + turn(f"devices/{level}/m", payload, topics):
            assert not isinstance(found, Call) or found.anonymous_id.startswith("device:")


def test_subscriptions_cover_each_topic_once():
    assert filters((*TOPICS, Topic("a/{x}/#"), Topic("a/b/c"))) == ["devices/+/events/+", "devices/+/+", "a/+/#"]
    assert [bool(pattern_trouble(one)) for one in ("a/{b}", "a/#", "", "a#", "#/a", "a/{B}", "a+/b", "x" * 256)] == [
        False,
        False,
        True,
        True,
        True,
        True,
        True,
        True,
    ]


def test_readings_are_kept_when_they_waited_and_moved():
    sampler = Sampler(60.0, 600.0, 0.5, ())
    kept = [second for second, value in ((0, 20.0), (30, 25.0), (60, 20.4), (90, 20.6), (100, 30.0), (149, 30.0), (150, 30.0), (749, 30.0), (750, 30.0))
            if sampler.judge("d", "t", value, NOW + second * 1000) is not None]  # fmt: skip
    assert kept == [0, 90, 150, 750]


def test_a_threshold_is_crossed_whatever_the_interval_and_left_by_the_dead_band():
    sampler = Sampler(3600.0, 3600.0, 1.0, (Threshold("t", 2.0, 8.0),))
    said = [
        (kept.crossed if (kept := sampler.judge("d", "t", value, NOW + n)) else None) for n, value in enumerate((5.0, 8.0, 8.1, 9.0, 7.5, 6.9, 1.9, 2.5, 3.0))
    ]
    assert said == ["", None, "above 8", None, None, "back in range", "below 2", None, "back in range"]


def test_each_device_and_metric_is_thinned_out_by_itself():
    sampler = Sampler(60.0, 600.0, 0.0, ())
    assert [sampler.judge(device, metric, 1, NOW) is not None for device, metric in (("a", "t"), ("b", "t"), ("a", "h"), ("a", "t"))] == [
        True,
        True,
        True,
        False,
    ]
    sampler.forget()
    assert sampler.judge("a", "t", 1, NOW) is not None
