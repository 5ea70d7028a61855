"""Sensors through a real Mosquitto: what is acknowledged is on the log, and a thermometer does not drown a portrait."""

import json

import pytest

from sojourn.ports.log import Full
from sojourn.runtime.stream_tap import Tap
from sojourn.terms.streams import MqttSettings, Threshold, Topic
from tests.streams.broker import Broker
from tests.streams.house import House, eventually

TOPICS = (Topic("devices/{device}/fault", "Device Fault"), Topic("devices/{device}/events/{event}", "{event}"), Topic("devices/{device}/{metric}"))


def settings(broker: Broker, **changes: object) -> MqttSettings:
    return MqttSettings(**{"url": broker.url, "topics": TOPICS, "every_seconds": 60.0, **changes})  # type: ignore[arg-type]


def live(house: House) -> None:
    eventually(lambda: house.told()["state"] == "live", say=house.told)


def at(second: int, value: float, **more: object) -> str:
    return json.dumps({"value": value, "unit": "°C", "time": f"2026-01-01T10:{second // 60:02d}:{second % 60:02d}Z", **more})


@pytest.mark.parametrize("version", [4, 5])
def test_a_reading_becomes_a_fact_of_the_device_and_of_its_owner(house: House, broker: Broker, version: int):
    house.stream("mqtt", settings(broker, version=version))
    with house.running():
        live(house)
        broker.publish(("devices/boiler-1/temperature", at(0, 61.5, userId="ann")), ("devices/boiler-1/fault", '{"code": "E12", "message": "no water"}'))
        eventually(lambda: len(house.facts()) == 2, say=house.told)
    reading, fault = house.facts()
    assert (reading.kind, reading.name, reading.user_id, reading.anonymous_id) == ("track", "Reading", "ann", "device:boiler-1")
    assert reading.props == {"device": "boiler-1", "metric": "temperature", "value": 61.5, "unit": "°C"}
    assert reading.context["externalIds"] == [{"id": "boiler-1", "type": "device", "collection": "devices", "encoding": "none"}]
    assert reading.at == 1_767_261_600_000
    assert (fault.name, fault.props) == ("Device Fault", {"device": "boiler-1", "code": "E12", "message": "no water"})
    assert house.told()["tally"] == {"received": 2, "kept": 2, "duplicates": 0, "sampled": 0, "refused": 0, "passed_over": 0}
    assert [one["verdict"] for one in house.told()["seen"]] == ["kept", "kept"]


def test_ten_readings_a_minute_leave_one_and_each_crossing_and_the_rest_is_counted(house: House, broker: Broker):
    house.stream("mqtt", settings(broker, thresholds=(Threshold("temperature", high=8.0, fault=True),), dead_band=0.5))
    values = [4.0, 4.1, 4.2, 9.0, 9.1, 7.9, 7.4, 4.0, 4.0, 4.0]
    with house.running():
        live(house)
        broker.publish(*(("devices/fridge/temperature", at(6 * number, value)) for number, value in enumerate(values)))
        eventually(lambda: house.told()["tally"]["received"] == 10, say=house.told)
    assert [(fact.name, fact.props["value"], fact.props.get("crossed")) for fact in house.facts()] == [
        ("Reading", 4.0, None),
        ("Device Fault", 9.0, "above 8"),
        ("Reading", 7.4, "back in range"),  # 7.9 lies within the dead band of the threshold
    ]
    assert house.facts()[1].props["code"] == "temperature above 8"
    assert house.counts() == {"sampled_away": 7}
    assert house.told()["tally"]["sampled"] == 7


def test_what_was_published_while_nobody_listened_comes_when_somebody_listens_again(house: House, broker: Broker):
    house.stream("mqtt", settings(broker, every_seconds=0.0))
    with house.running():
        live(house)
    broker.publish(*(("devices/d/count", at(number, number)) for number in range(50)))
    assert house.facts() == []
    with house.running():
        eventually(lambda: len(house.facts()) == 50, say=house.told)
    assert [fact.props["value"] for fact in house.facts()] == list(range(50))


def test_what_the_log_did_not_take_is_not_acknowledged_and_comes_again_once(house: House, broker: Broker, monkeypatch: pytest.MonkeyPatch):
    house.stream("mqtt", settings(broker, every_seconds=0.0))
    whole, tries = Tap.take, []

    def full(tap: Tap, calls: list, sampled: int = 0) -> list[str]:
        tries.append(len(calls))
        if len(tries) == 1:
            raise Full("the disk is full")
        return whole(tap, calls, sampled)

    monkeypatch.setattr(Tap, "take", full)
    with house.running():
        live(house)
        broker.publish(("devices/d/count", at(1, 1)))
        eventually(lambda: "The log takes nothing in now" in house.told()["trouble"], say=house.told)
        assert house.facts() == []
        eventually(lambda: len(house.facts()) == 1, say=house.told)
    assert house.facts()[0].props["value"] == 1
    assert len(tries) == 2


def test_the_same_message_twice_counts_once(house: House, broker: Broker):
    house.stream("mqtt", settings(broker, every_seconds=0.0))
    with house.running():
        live(house)
        broker.publish(("devices/d/count", at(1, 1)), ("devices/d/count", at(1, 1)))
        eventually(lambda: house.told()["tally"]["received"] == 2, say=house.told)
    assert len(house.facts()) == 1
    assert house.told()["tally"]["duplicates"] == 1


def test_a_broker_that_goes_away_is_found_again(house: House, broker: Broker):
    house.stream("mqtt", settings(broker, every_seconds=0.0))
    with house.running():
        live(house)
        broker.stop()
        eventually(lambda: house.told()["state"] == "trouble", say=house.told)
        broker.start()
        live(house)
        broker.publish(("devices/d/count", at(1, 1)))
        eventually(lambda: len(house.facts()) == 1, say=house.told)


def test_a_wrong_password_is_said_in_words(house: House, broker: Broker):
    house.stream("mqtt", settings(broker, url=f"mqtt://{'nobody'}:wrong@127.0.0.1:{broker.port}"))
    with house.running():
        eventually(lambda: house.told()["state"] == "trouble", say=house.told)
    assert "Not authorized" in house.told()["trouble"]
    assert "wrong" not in house.told()["trouble"]


def test_a_message_that_cannot_be_read_is_set_aside_with_its_payload(house: House, broker: Broker):
    house.stream("mqtt", settings(broker))
    with house.running():
        live(house)
        broker.publish(("devices/d/temperature", b"\xff\xfe"), ("devices/d/temperature", "[1, 2]"))
        eventually(lambda: len(house.aside()) == 2, say=house.told)
    assert [reason for reason, _, _ in house.aside()] == ["unmapped", "unmapped"]
    assert json.loads(house.aside()[1][1]) == {"topic": "devices/d/temperature", "payload": "[1, 2]"}
    assert house.facts() == []


def test_a_stream_that_is_switched_off_listens_no_more(house: House, broker: Broker):
    house.stream("mqtt", settings(broker, every_seconds=0.0))
    with house.running():
        live(house)
        house.off()
        eventually(lambda: "disconnected" in broker.said(), say=broker.said)
        broker.publish(("devices/d/count", at(1, 1)))
    assert house.facts() == []
