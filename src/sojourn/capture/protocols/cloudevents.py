"""CloudEvents 1.0 over HTTP: binary, structured and batched, at `/events`.

Source: the CloudEvents specification 1.0.2 and its HTTP protocol binding.
"""

import re
from base64 import b64encode
from hashlib import blake2b
from typing import Any, Final
from urllib.parse import unquote_to_bytes

import msgspec

from sojourn.capture.answers import STATUS
from sojourn.capture.call import Candidate, Opened
from sojourn.capture.decode import from_object
from sojourn.capture.items import open_items, read_object, too_large
from sojourn.capture.limits import EVENT_BYTES, ID_CHARACTERS, MESSAGE_ID_CHARACTERS
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route
from sojourn.capture.screen import WISHES
from sojourn.terms.catalogue import canonical
from sojourn.terms.outcomes import Dropped, Reason

Json = dict[str, Any]
_BATCH: Final = b"application/cloudevents-batch+json"
_STRUCTURED: Final = b"application/cloudevents+json"
_ATTRIBUTE: Final = re.compile(rb"ce-([a-z0-9]{1,40})")
_NEEDED: Final = ("id", "source", "type")
_CORE: Final = frozenset(("specversion", "id", "source", "type", "time", "data", "data_base64"))
_KINDS: Final = frozenset(("identify", "track", "page", "screen", "group", "alias"))
# Where a person may be named: in extension attributes (which are lower case without marks), or inside the data.
_USER: Final = ("userid", "userId", "user_id", "customer_id", "customerId")
_ANONYMOUS: Final = ("anonymousid", "anonymousId", "anonymous_id", "deviceid", "device_id")
_CALL_FIELDS: Final = ("properties", "traits", "context", "groupId", "previousId", "category")


def _open(request: Request) -> Opened:
    media = request.headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if media == _BATCH or (b"ce-specversion" not in request.headers and request.body.lstrip()[:1] == b"["):
        items, _ = open_items(request.body, "events")
        return Opened([_structured(item) for item in items], note=len(items))
    if media == _STRUCTURED or b"ce-specversion" not in request.headers:
        return Opened([_structured(request.body)], note=1)
    return Opened([_binary(request, media)], note=1)


def _structured(item: bytes) -> Candidate:
    event = read_object(item)
    return _call(event, item) if isinstance(event, dict) else event


def _binary(request: Request, media: bytes) -> Candidate:
    """Attributes come as headers, percent-encoded UTF-8; the body is the data, whatever it is."""
    event: Json = {}
    for name, value in request.headers.items():
        found = _ATTRIBUTE.fullmatch(name)
        if found is not None:
            event[found[1].decode()] = _header(unquote_to_bytes(value))
    if media:
        event["datacontenttype"] = media.decode("latin-1")
    if len(request.body) > EVENT_BYTES:
        return too_large(len(request.body))
    if request.body:
        data = read_object(request.body) if media in (b"", b"application/json") or media.endswith(b"+json") else None
        if isinstance(data, dict):
            event["data"] = data
        elif data is not None and data.reason != Reason.BAD_SHAPE:
            return data
        else:
            event |= _value(request.body)
    return _call(event, request.body)


def _header(value: bytes) -> str:
    """UTF-8 as the binding has it; some clients let their HTTP library write what it can, which is Latin-1."""
    try:
        return value.decode()
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _value(body: bytes) -> Json:
    """Data that is no object: JSON or text as `data`, other bytes as they would stand in a structured event."""
    try:
        return {"data": msgspec.json.decode(body)}
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    try:
        text = body.decode()
    except UnicodeDecodeError:
        text = "\0"
    return {"data": text} if "\0" not in text else {"data_base64": b64encode(body).decode()}


def _call(event: Json, item: bytes) -> Candidate:
    if not str(event.get("specversion", "")).startswith("1."):
        return Dropped(Reason.BAD_SHAPE, "specversion must be 1.0: this endpoint takes CloudEvents 1.0")
    for name in _NEEDED:
        if not isinstance(event.get(name), str) or not event[name].strip():
            return Dropped(Reason.BAD_SHAPE, f"a CloudEvent needs {name}")
    return from_object(_shape(event), item)


def _shape(event: Json) -> Json:
    """The call: named by its type in the catalogue's words, its person from attributes or data, else from subject, else from its source."""
    data = event.get("data")
    inside: Json = dict(data) if isinstance(data, dict) else {}
    extensions = {name: value for name, value in event.items() if name not in _CORE}
    user, anonymous = _who(extensions, inside, _USER), _who(extensions, inside, _ANONYMOUS)
    if user is None and anonymous is None:
        anonymous = _short(str(extensions.get("subject") or event["source"]), ID_CHARACTERS)
    shape: Json = {
        "userId": user,
        "anonymousId": anonymous,
        "messageId": _short(f"{event['source']} {event['id']}", MESSAGE_ID_CHARACTERS),
        "timestamp": event.get("time"),
        "cloudevent": {"source": event["source"], "type": event["type"], **extensions},
    }
    kind = inside.pop("call", inside.pop("type", None)) if {"properties", "traits"} & inside.keys() else None
    if isinstance(kind, str) and kind in _KINDS:  # the data is a call of Segment's, wrapped
        name = inside.pop("event", None) or inside.pop("name", None)
        if kind == "alias" and not inside.get("previousId"):
            shape["previousId"], shape["anonymousId"] = anonymous, None
        if kind == "group" and not inside.get("groupId"):
            traits = inside.get("traits")
            shape["groupId"] = (traits.get("id") or traits.get("name")) if isinstance(traits, dict) else None
        fields: Json = {field: inside.pop(field) for field in _CALL_FIELDS if field in inside}
        return {**shape, **fields, "type": kind, "event" if kind == "track" else "name": name, "rest": inside or None}
    if inside:
        shape["properties"] = inside
    elif data is not None:
        shape["properties"] = {"data": data}
    elif event.get("data_base64") is not None:
        shape["properties"] = {"data_base64": event["data_base64"]}
    return {**shape, "type": "track", "event": canonical(event["type"])}


def _who(extensions: Json, inside: Json, names: tuple[str, ...]) -> Any:
    found = next((extensions[name] for name in names if extensions.get(name) not in (None, "")), None)
    for name in names:
        value = inside.get(name)
        if value not in (None, ""):
            found = found or value
            if name in ("userId", "anonymousId"):
                del inside[name]
        elif name in inside:
            del inside[name]
    return found


def _short(text: str, limit: int) -> str:
    """The text, or where it is too long its beginning with a digest of the whole."""
    if len(text) <= limit:
        return text
    digest = blake2b(text.encode("utf-8", "replace"), digest_size=12).hexdigest()
    return f"{text[: limit - 25]}~{digest}"


def _answer(note: Any, results: Results) -> Reply:
    """Nothing at all where nothing was lost: brokers take any other body for an event, and send the whole again where it is none.

    Source: Knative's data plane specification, event delivery.
    """
    lost = [result for result in results if result["outcome"] == "dropped" and result["reason"] not in WISHES]
    if not lost:
        return Reply(b"", b"text/plain")
    content: Json = {
        "success": len(lost) < note,
        "code": lost[0]["reason"],
        "message": lost[0]["detail"],
        "reason": lost[0]["reason"],
        "results": list(results),
    }
    if content["success"]:
        return Reply({"success": True, "results": content["results"]})
    reasons = {result["reason"] for result in lost}
    return Reply(content, status=STATUS.get(lost[0]["reason"], 400) if len(reasons) == 1 else 400)


_ROUTE: Final = Route(_open, reply=_answer, any_media=True, all_headers=True)
CLOUDEVENTS: Final = Protocol("cloudevents", {"/events": _ROUTE, "/cloudevents": _ROUTE})
