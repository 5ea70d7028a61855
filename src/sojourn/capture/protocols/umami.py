"""Umami: `/api/send` for its tracker script and its clients on servers, `/api/batch`, and `/api/collect` of its first version.

Source: Umami's API for sending stats, and the request schema of its collect endpoint.
"""

import re
from typing import Any, Final
from urllib.parse import urljoin

import msgspec

from sojourn.capture.call import Candidate, Opened
from sojourn.capture.decode import from_object
from sojourn.capture.items import open_items, read_object
from sojourn.capture.protocols import Document, Protocol, Reply, Request, Results, Route, forwarded, visitor
from sojourn.capture.protocols.plausible import context_of
from sojourn.capture.protocols.wording import first, page_speed, some
from sojourn.terms.catalogue import NAMES, canonical
from sojourn.terms.outcomes import Dropped, Reason

Json = dict[str, Any]
_OURS: Final = {"productId": "product_id", "cartId": "cart_id", "checkoutId": "checkout_id", "orderId": "order_id"}


class _Note(msgspec.Struct):
    """How many events came, and which of them each call stands for."""

    events: int
    places: list[int]


def _open(request: Request) -> Opened:
    """One event, or a list of them (`/api/batch`)."""
    items, _ = open_items(request.body, "batch")
    calls: list[Candidate] = []
    places: list[int] = []
    website = ""
    for place, item in enumerate(items):
        event = read_object(item)
        payload = event.get("payload") if isinstance(event, dict) else None
        if not isinstance(event, dict):
            found: list[Candidate] = [event]
        elif not isinstance(payload, dict):
            found = [Dropped(Reason.BAD_SHAPE, "payload must be an object")]
        else:
            said = first(payload.get("website"), payload.get("pixel"), payload.get("link"))
            website = website or (said if isinstance(said, str) else "")
            base = _base(payload, website, request)
            found = [from_object({**base, **shape}, item) for shape in _shapes(event.get("type"), payload, base["context"]["page"])]
        calls += found
        places += [place] * len(found)
    return Opened(calls, website if website.startswith("wk_") else f"umami:{website}" if website else "", note=_Note(len(items), places))


def _base(payload: Json, website: str, request: Request) -> Json:
    """Who, when, where."""
    url = payload.get("url")
    if isinstance(url, str):
        url = _joined(_origin(payload, request), url)
    context = context_of(url, payload.get("referrer"), request)
    for ours, theirs in (("locale", "language"), ("ip", "ip"), ("userAgent", "userAgent")):
        if _text(payload, theirs):
            context[ours] = payload[theirs]
    if isinstance(payload.get("title"), str):
        context["page"]["title"] = payload["title"]
    screen = str(payload.get("screen") or "").partition("x")
    if screen[0].isdecimal() and screen[2].isdecimal() and len(screen[0] + screen[2]) < 12:
        context["screen"] = {"width": int(screen[0]), "height": int(screen[2])}
    return {
        "anonymousId": _visitor(payload, website, request),
        "userId": payload.get("id"),
        "messageId": _text(payload, "eventId") or None,
        "context": context,
        "timestamp": payload.get("timestamp"),
        "tag": payload.get("tag"),
    }


def _visitor(payload: Json, website: str, request: Request) -> str | None:
    """The browser's own id where the tracker made one, else a daily one. A server that names users but no addresses would give all of them the same."""
    address = _text(payload, "ip")
    if payload.get("id") and not address and b"origin" not in request.headers:
        return None
    return _text(payload, "vid") or visitor(request, website, address or forwarded(request), _text(payload, "userAgent"))


def _shapes(kind: Any, payload: Json, page: Json) -> list[Json]:
    data = first(payload.get("data"), payload.get("event_data"), payload.get("eventData"))
    props: Json = dict(data) if isinstance(data, dict) else {}
    match kind:
        case "identify":
            return [{"type": "identify", "traits": props}]
        case "performance":
            return [_track(name, {**props, **said}) for name, said in page_speed(payload)]
        case "engagement":
            spent = payload.get("engagement")
            return [_track("Page Left", {**props, **some(seconds=spent / 1000 if isinstance(spent, int | float) else None)})]
        case "error":
            said = {key: payload.get(key) for key in ("message", "handled", "release", "environment")}
            return [_track("Error Shown", {**props, **some(type=payload.get("name"), **said)})]
        case _:
            name = first(payload.get("name"), payload.get("event_name"), payload.get("eventName"), payload.get("event_type"))
    if name is None:
        return [{"type": "page", "name": payload.get("title"), "properties": {**props, **page}}]
    props |= some(value=payload.get("event_value"))
    return [_bought(name, props) if isinstance(props.get("commerce"), dict) else _track(name, props)]


def _track(name: Any, props: Json) -> Json:
    return {"type": "track", "event": canonical(name) if isinstance(name, str) else name, "properties": props}


def _bought(name: Any, props: Json) -> Json:
    """What Umami says of a basket: one that has an order's id was paid for. Prices are without tax and shipping."""
    basket = props.pop("commerce")
    listed = basket.pop("items", None)
    items = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    cost = sum(_amount(one.get("price")) * _amount(one.get("quantity", 1)) for one in items)
    said, *products = [{_OURS.get(key, key): value for key, value in one.items() if value not in (None, "")} for one in (basket, *items)]
    call = _track(name, {**said, "products": products, **props})
    if said.get("order_id"):
        call["properties"].setdefault("total", round(cost + _amount(basket.get("tax")) + _amount(basket.get("shipping")), 4))
        call["event"] = call["event"] if isinstance(name, str) and call["event"] in NAMES else "Order Completed"
    else:
        call["properties"].setdefault("value", round(cost, 4))
    return call


def _amount(value: Any) -> float:
    return value if type(value) in (int, float) and abs(value) < 1e12 else 0.0


def _text(payload: Json, name: str) -> str:
    value = payload.get(name)
    return value if isinstance(value, str) else ""


def _origin(payload: Json, request: Request) -> str:
    """Where the page is: what the browser says of it has its scheme and port too. Empty where nobody says."""
    host, origin = _text(payload, "hostname"), request.headers.get(b"origin", b"").decode("ascii", "replace")
    if origin.startswith("http") and (not host or re.fullmatch(rf"https?://{re.escape(host)}(:\d+)?", origin)):
        return origin
    return f"https://{host}" if host else ""


def _joined(origin: str, url: str) -> str:
    """The whole address; what the client said where that is none."""
    try:
        return urljoin(origin + "/", url) if origin else url
    except ValueError:
        return url


def _sent(_note: Any, _results: Results) -> Reply:
    """The script sends `cache` back with its next call, and would stop for good on `disabled`."""
    return Reply({"cache": "", "disabled": False})


def _counted(note: Any, results: Results) -> Reply:
    bad: dict[int, Json] = {}
    for result in results:
        if result["outcome"] in ("dropped", "quarantined"):
            bad.setdefault(note.places[result["index"]], {"message": result.get("detail") or result["reason"]})
    details = [{"index": place, "response": said} for place, said in sorted(bad.items())]
    return Reply({"size": note.events, "processed": note.events - len(bad), "errors": len(bad), "details": details})


def _collected(_note: Any, _results: Results) -> Reply:
    """The first version's script takes the answer's text for its cache."""
    return Reply(b"", b"text/plain")


def _document(path: str) -> Document | None:
    if path != "/api/heartbeat":
        return None
    return Document("", lambda _: {"ok": True}, methods=frozenset(("GET", "POST")))


UMAMI: Final = Protocol(
    "umami",
    {
        "/api/send": Route(_open, reply=_sent, visitors=True, own_key=True),
        "/api/batch": Route(_open, reply=_counted, visitors=True, own_key=True),
        "/api/collect": Route(_open, reply=_collected, visitors=True, own_key=True),
    },
    _document,
)
