"""Messages of devices: a topic and a payload become readings, faults, or events by name."""

import re
from typing import Any, Final

import msgspec

from sojourn.capture.call import Candidate
from sojourn.capture.decode import from_object
from sojourn.capture.items import read_object
from sojourn.capture.limits import EVENT_BYTES, ID_CHARACTERS, QUARANTINE_BYTES
from sojourn.capture.streams.sampling import Kept, Sampler, Value
from sojourn.capture.times import read_time
from sojourn.terms.ids import digest
from sojourn.terms.outcomes import Dropped, Quarantined, Reason
from sojourn.terms.streams import DEVICE_FAULT, NAME, READING, MqttSettings
from sojourn.terms.time import MINUTE, Millis

METRICS: Final = 100
"""Readings that one message makes at most."""

_NUMBER: Final = re.compile(r"\s*([+-]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(?:[eE][+-]?\d{1,2})?)\s*([^\d\s,;{}\[\]\"][^\s,;{}\[\]\"]{0,15})?\s*")
_TRUTH: Final = {"true": True, "false": False, "on": True, "off": False}
_VALUE: Final = ("value", "val", "v", "reading")
_UNIT: Final = ("unit", "units", "u", "uom")
_TIME: Final = ("timestamp", "time", "ts", "datetime")
_DEVICE: Final = ("device", "device_id", "deviceId", "serial", "sensor")
_METRIC: Final = ("metric", "measurement", "quantity", "name")
_USER: Final = ("user", "user_id", "userId", "customer_id", "customerId")
_CODE: Final = ("code", "fault", "error", "alarm")

Json = dict[str, Any]


class Message(msgspec.Struct, frozen=True):
    """One message of a broker, as it came."""

    topic: str
    payload: bytes
    received: Millis
    retained: bool = False


class Turned(msgspec.Struct):
    """What a message means: calls for capture, what was wrong with it, and how many readings said too little."""

    calls: list[Candidate]
    sampled: int = 0


class _About(msgspec.Struct):
    """What a message says about all that it tells."""

    names: dict[str, str]
    device: str
    user: Any
    time: Any
    at: Millis
    mark: str  # one and the same for the same message told twice


class Devices:
    """Reads the messages of one broker."""

    def __init__(self, settings: MqttSettings) -> None:
        self._topics = [(_matcher(topic.pattern), topic.event) for topic in settings.topics]
        self._identifier = settings.identifier
        self._sampler = Sampler(settings.every_seconds, settings.at_least_seconds, settings.dead_band, settings.thresholds)

    def forget(self) -> None:
        """Take the next readings for the first, where the last did not reach the log."""
        self._sampler.forget()

    def turn(self, message: Message) -> Turned:
        """What a message means. One that fits no topic, or that cannot be read, is set aside with its payload."""
        for matcher, event in self._topics:
            found = matcher.fullmatch(message.topic)
            if found is not None:
                return self._read(message, event, found.groupdict())
        return _aside(message, Reason.UNMAPPED, f"no topic of this stream fits {message.topic[:100]}")

    def _read(self, message: Message, event: str, names: dict[str, str]) -> Turned:
        if len(message.payload) > EVENT_BYTES:
            return Turned([Dropped(Reason.EVENT_TOO_LARGE, f"the message has {len(message.payload)} bytes; at most {EVENT_BYTES} are taken")])
        inside = _payload(message.payload)
        if isinstance(inside, Dropped | Quarantined):
            return _aside(message, inside.reason, inside.detail)
        device = names.pop("device", None) or _first(inside, _DEVICE)
        if device is None or isinstance(device, bool | dict | list | float):
            return _aside(message, Reason.NO_IDENTIFIER, "neither the topic nor the payload names a device")
        time = _first(inside, _TIME)
        at = read_time(time) if time is not None else None
        # Without a time of its own a message that is told twice can only be known by when it came: within the same minute it is one.
        moment = str(time) if time is not None else "retained" if message.retained else str(message.received // MINUTE)
        mark = digest(message.topic, message.payload.hex(), moment)
        user = names.pop("user", None) or _first(inside, _USER)
        about = _About(names, str(device), user, time, message.received if at is None else at, mark)
        if event == READING:
            return self._readings(message, inside, about)
        if event == DEVICE_FAULT:
            return Turned([self._call(about, DEVICE_FAULT, {"code": _first(inside, _CODE + _VALUE), **_rest(inside, _CODE + _VALUE)}, "")])
        name = names.pop("event", None) or inside.pop("event", None) if event == "{event}" else event
        return Turned([self._call(about, str(name or "Device Event"), inside, "")])

    def _readings(self, message: Message, inside: Json, about: _About) -> Turned:
        metric = about.names.pop("metric", None) or _first(inside, _METRIC)
        value = _first(inside, _VALUE)
        unit = about.names.pop("unit", None) or _first(inside, _UNIT)
        if value is not None and metric is not None:
            found: list[tuple[str, Any]] = [(str(metric), value)]
        else:
            found = [(f"{metric}.{name}" if metric else name, part) for name, part in _rest(inside, ()).items() if _measured(part)]
        found = [(name, part) for name, part in found if _measured(part) or isinstance(part, str)][:METRICS]
        if not found:
            return _aside(message, Reason.BAD_SHAPE, 'the payload holds no number: send 21.5, or JSON such as {"value": 21.5}')
        turned = Turned([])
        rest = _rest(inside, (*_VALUE, *_METRIC, *(name for name, _ in found)))
        for name, part in found:
            kept = self._sampler.judge(about.device, name, part, about.at)
            if kept is None:
                turned.sampled += 1
            else:
                turned.calls.append(self._reading(about, (name, part, unit), kept, rest))
        return turned

    def _reading(self, about: _About, said: tuple[str, Value, Any], kept: Kept, rest: Json) -> Candidate:
        metric, value, unit = said
        props: Json = {**rest, "metric": metric[:ID_CHARACTERS], "value": value, "unit": unit}
        if kept.crossed:
            props["crossed"] = kept.crossed
        if kept.fault:
            props["limit"] = kept.limit
            props["code"] = f"{metric[:ID_CHARACTERS]} {kept.crossed}"
        return self._call(about, DEVICE_FAULT if kept.fault else READING, props, metric)

    def _call(self, about: _About, event: str, props: Json, part: str) -> Candidate:
        props = {name: value for name, value in {**about.names, **_rest(props, _UNIT[1:]), "device": about.device}.items() if value is not None}
        shape: Json = {
            "type": "track",
            "event": event,
            "messageId": f"mqtt-{digest(about.mark, part)}",
            "userId": about.user,
            "anonymousId": f"{self._identifier}:{about.device}"[:ID_CHARACTERS],
            "timestamp": about.time if isinstance(about.time, str | int | float) else None,
            "properties": props,
            "context": {"externalIds": [{"id": about.device, "type": self._identifier, "collection": "devices", "encoding": "none"}]},
        }
        return from_object(shape, b"")


def _matcher(pattern: str) -> re.Pattern[str]:
    parts = []
    seen: set[str] = set()
    for level in pattern.split("/"):
        named = NAME.fullmatch(level)
        if named is not None and named[1] not in seen:
            seen.add(named[1])
            parts.append(f"(?P<{named[1]}>[^/]+)")
        elif level == "+" or named is not None:
            parts.append("[^/]*")
        elif level == "#":
            parts.append(".*")
        else:
            parts.append(re.escape(level))
    whole = "/".join(parts)
    return re.compile(whole.removesuffix("/.*") + "(?:/.*)?" if whole.endswith("/.*") else whole, re.DOTALL)


def _payload(payload: bytes) -> Json | Dropped | Quarantined:
    """A payload as an object; a bare number, truth value or word is its `value`."""
    if payload.lstrip()[:1] == b"{":
        whole = read_object(payload)
        return _numbers(whole) if isinstance(whole, dict) else whole
    try:
        text = payload.decode().strip().strip('"')
    except UnicodeDecodeError:
        return Dropped(Reason.BAD_ENCODING, "the payload is neither text nor JSON")
    if text.lower() in _TRUTH:
        return {"value": _TRUTH[text.lower()]}
    number = _NUMBER.fullmatch(text)
    if number is not None:
        value = float(number[1])
        return {"value": int(value) if re.fullmatch(r"[+-]?\d+", number[1]) else value, **({"unit": number[2]} if number[2] else {})}
    if not text or len(text) > 200 or text[:1] in "[{<":
        return Dropped(Reason.BAD_SHAPE, "the payload is neither a number, a short word nor a JSON object")
    return {"value": text}


def _numbers(whole: Json) -> Json:
    """Numbers that came as text are numbers, where the whole object is one value."""
    for name in _VALUE:
        value = whole.get(name)
        if isinstance(value, str):
            number = _NUMBER.fullmatch(value)
            if number is not None and number[2] is None:
                whole[name] = float(number[1])
    return whole


def _measured(value: Any) -> bool:
    return isinstance(value, int | float)


def _first(inside: Json, names: tuple[str, ...]) -> Any:
    return next((inside[name] for name in names if inside.get(name) not in (None, "")), None)


def _rest(inside: Json, without: tuple[str, ...]) -> Json:
    known = frozenset((*without, *_TIME, *_USER, *_DEVICE[1:]))
    return {name: value for name, value in inside.items() if name not in known}


def _aside(message: Message, reason: Reason, detail: str) -> Turned:
    record = msgspec.json.encode({"topic": message.topic, "payload": message.payload.decode("utf-8", "replace")[: QUARANTINE_BYTES // 8]})
    return Turned([Quarantined(Reason.UNMAPPED, record[:QUARANTINE_BYTES], f"{detail} ({reason.value})" if reason != Reason.UNMAPPED else detail)])
