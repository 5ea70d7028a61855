"""Snowplow's tracker protocol: `tp2` by POST and the `/i` pixel, self-describing events and entities, the e-commerce plugin.

Source: Snowplow's tracker protocol and the Iglu schemas of com.snowplowanalytics.
"""

import binascii
from base64 import b64decode
from typing import Any, Final

import msgspec

from sojourn.capture.call import Candidate, Opened, Refused
from sojourn.capture.decode import from_object
from sojourn.capture.items import open_items, read_object
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route, visitor
from sojourn.capture.protocols.pixel import GIF
from sojourn.capture.protocols.plausible import context_of
from sojourn.capture.protocols.snowplow_events import self_described
from sojourn.capture.protocols.wording import identity_call, number, parameters
from sojourn.terms.catalogue import canonical
from sojourn.terms.outcomes import Dropped, Reason
from sojourn.terms.time import SECOND

Json = dict[str, Any]
_ORDER: Final = {"tr_id": "order_id", "tr_af": "affiliation", "tr_tt": "total", "tr_tx": "tax", "tr_sh": "shipping", "tr_cu": "currency"}
_ITEM: Final = {"ti_id": "order_id", "ti_sk": "product_id", "ti_nm": "name", "ti_ca": "category", "ti_pr": "price", "ti_qu": "quantity", "ti_cu": "currency"}
_STRUCTURED: Final = {"se_ca": "category", "se_la": "label", "se_pr": "property", "se_va": "value"}
_PING: Final = {"pp_miy": "from", "pp_may": "to"}
_NUMBERS: Final = frozenset(("total", "tax", "shipping", "price", "quantity", "value", "from", "to"))


def _post(request: Request) -> Opened:
    items, _ = open_items(request.body, "data")
    return _opened(items, request)


def _get(request: Request) -> Opened:
    said = parameters(request.query, 300)
    return _opened([msgspec.json.encode(said)], request)


def _opened(items: list[bytes], request: Request) -> Opened:
    """A collector asks for no key: the app's id names the source (or is its write key)."""
    calls: list[Candidate] = []
    app = None
    for item in items:
        event = read_object(item)
        if not isinstance(event, dict):
            calls.append(event)
            continue
        app = app or _text(event, "aid")
        calls += _calls(event, item, request)
    key = "" if not app else app if app.startswith("wk_") else f"snowplow:{app}"
    return Opened(calls, key)


def _calls(event: Json, item: bytes, request: Request) -> list[Candidate]:
    try:
        entities = _decoded(event, "cx", "co")
        described = _decoded(event, "ue_px", "ue_pr") if event.get("e") == "ue" else None
    except _Broken as broken:
        return [broken.dropped]
    contexts = _contexts(entities)
    base = _base(event, contexts, request)
    shapes: list[Json]
    match event.get("e"):
        case "pv":
            shapes = [{"type": "page", "name": event.get("page"), "properties": {**base["context"]["page"]}}]
        case "ue":
            shapes = self_described(described or {}, contexts)
        case "se":
            action = _text(event, "se_ac")
            known = identity_call(action, _text(event, "se_la"))
            shapes = [known or {"type": "track", "event": canonical(action), "properties": _taken(event, _STRUCTURED)}]
        case "tr":
            shapes = [{"type": "track", "event": "Order Completed", "properties": _taken(event, _ORDER)}]
        case "ti":
            shapes = [{"type": "track", "event": "Order Item", "properties": _taken(event, _ITEM)}]
        case "pp":
            shapes = [{"type": "track", "event": "Page Ping", "properties": _taken(event, _PING)}]
        case other:
            shapes = [{"type": "track", "event": canonical(other) if isinstance(other, str) else other}]
    eid = base["messageId"]
    return [
        from_object({**base, **shape, "messageId": f"{eid}-{number}" if number and isinstance(eid, str) else eid}, item) for number, shape in enumerate(shapes)
    ]


class _Broken(Exception):
    def __init__(self, dropped: Dropped) -> None:
        super().__init__(dropped.detail)
        self.dropped = dropped


def _decoded(event: Json, packed: str, plain: str) -> Json | None:
    """The JSON that stands in a field, in base64 or plainly."""
    text = event.get(packed)
    if isinstance(text, str) and text:
        raw = text.replace("+", "-").replace("/", "_").encode("utf-8", "replace")
        try:
            found = read_object(b64decode(raw + b"=" * (-len(raw) % 4), altchars=b"-_", validate=True))
        except binascii.Error:
            raise _Broken(Dropped(Reason.BAD_ENCODING, f"{packed} is not base64")) from None
    else:
        text = event.get(plain)
        if isinstance(text, dict):
            return text
        if not isinstance(text, str) or not text:
            return None
        found = read_object(text.encode("utf-8", "replace"))
    if not isinstance(found, dict):
        raise _Broken(found if isinstance(found, Dropped) else Dropped(found.reason, found.detail))
    return found


def _contexts(entities: Json | None) -> dict[str, list[Json]]:
    """Entities by `vendor/name`."""
    out: dict[str, list[Json]] = {}
    listed = entities.get("data") if entities else None
    for one in listed if isinstance(listed, list) else []:
        if isinstance(one, dict) and isinstance(one.get("schema"), str) and isinstance(one.get("data"), dict):
            out.setdefault("/".join(one["schema"].removeprefix("iglu:").split("/")[:2]), []).append(one["data"])
    return out


def _base(event: Json, contexts: dict[str, list[Json]], request: Request) -> Json:
    """Who, when, where. `ttm` is a true time and stands; `dtm` is the device's, corrected by `stm`."""
    session = next(iter(contexts.get("com.snowplowanalytics.snowplow/client_session", [])), {})
    anonymous = _text(event, "duid") or session.get("userId") or _text(event, "nuid") or _text(event, "tnuid")
    user = _text(event, "uid")
    context = context_of(event.get("url"), event.get("refr"), request)
    if _text(event, "page"):
        context["page"]["title"] = event["page"]
    for ours, theirs in (("userAgent", "ua"), ("locale", "lang"), ("timezone", "tz"), ("ip", "ip")):
        if _text(event, theirs):
            context[ours] = event[theirs]
    width, _, height = _text(event, "res").partition("x")
    if width.isdecimal() and height.isdecimal() and len(width + height) < 12:
        context["screen"] = {"width": int(width), "height": int(height)}
    context["library"] = {"name": event.get("tna") or "snowplow", "version": event.get("tv")}
    base: Json = {
        "userId": user or None,
        "anonymousId": anonymous or (None if user else visitor(request, _text(event, "aid"))),
        "messageId": event.get("eid"),
        "timestamp": event.get("ttm") or event.get("dtm"),
        "sentAt": None if event.get("ttm") else _sent(event),
        "context": context,
        "snowplow": {"app": event.get("aid"), "platform": event.get("p"), "tracker": event.get("tna"), "session": event.get("sid"), "entities": contexts},
    }
    if event.get("ttm"):
        base["originalTimestamp"] = event["ttm"]
    return base


def _sent(event: Json) -> Any:
    """When it was sent. Some trackers cut that to whole seconds, so that it may seem to lie before the event itself."""
    created, sent = number(event.get("dtm")), number(event.get("stm"))
    if type(created) is int and type(sent) is int and 0 < created - sent < SECOND:
        return str(created)
    return event.get("stm")


def _taken(event: Json, names: dict[str, str]) -> Json:
    return {ours: number(event[theirs]) if ours in _NUMBERS else event[theirs] for theirs, ours in names.items() if event.get(theirs) not in (None, "")}


def _text(event: Json, key: str) -> str:
    value = event.get(key)
    return value if isinstance(value, str) else ""


def _dot(_note: Any, _results: Results) -> Reply:
    return Reply(GIF, b"image/gif", headers=((b"cache-control", b"no-store"),))


def _final(refused: Refused) -> Refused:
    """Snowplow's trackers keep whatever met 413, 404 or 408 and send it again for ever; 400 ends it."""
    return Refused(400, refused.reason, refused.message) if refused.status in (404, 405, 408, 413, 415) else refused


_GET_OR_HEAD: Final = frozenset(("GET",))
_POST: Final = Route(_post, refuse=_final, visitors=True)
SNOWPLOW: Final = Protocol(
    "snowplow",
    {
        "/com.snowplowanalytics.snowplow/tp2": _POST,
        "/i": Route(_get, reply=_dot, refuse=_final, methods=_GET_OR_HEAD, visitors=True),
        "/ice.png": Route(_get, reply=_dot, refuse=_final, methods=_GET_OR_HEAD, visitors=True),
    },
)
