"""Umami: `/api/send`, for its tracker script and its Node client."""

from typing import Any, Final
from urllib.parse import urljoin

from sojourn.capture.call import Candidate, Opened
from sojourn.capture.decode import from_object
from sojourn.capture.items import open_items, read_object
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route, visitor
from sojourn.capture.protocols.plausible import context_of
from sojourn.terms.catalogue import canonical
from sojourn.terms.outcomes import Dropped, Reason

Json = dict[str, Any]


def _open(request: Request) -> Opened:
    """One event, or a list of them (`/api/batch`)."""
    items, _ = open_items(request.body, "batch")
    calls: list[Candidate] = []
    website = ""
    for item in items:
        event = read_object(item)
        if not isinstance(event, dict):
            calls.append(event)
            continue
        payload = event.get("payload")
        if not isinstance(payload, dict):
            calls.append(Dropped(Reason.BAD_SHAPE, "payload must be an object"))
            continue
        said = payload.get("website")
        website = website or (said if isinstance(said, str) else "")
        calls.append(from_object(_shape(event.get("type"), payload, visitor(request, website), request), item))
    return Opened(calls, website if website.startswith("wk_") else f"umami:{website}" if website else "")


def _shape(kind: Any, payload: Json, who: str, request: Request) -> Json:
    data = payload.get("data")
    props = dict(data) if isinstance(data, dict) else {}
    host, url = payload.get("hostname"), payload.get("url")
    if isinstance(host, str) and host and isinstance(url, str):
        url = _joined(host, url)
    context = context_of(url, payload.get("referrer"), request)
    if isinstance(payload.get("title"), str):
        context["page"]["title"] = payload["title"]
    if isinstance(payload.get("language"), str):
        context["locale"] = payload["language"]
    screen = str(payload.get("screen") or "").partition("x")
    if screen[0].isdecimal() and screen[2].isdecimal() and len(screen[0] + screen[2]) < 12:
        context["screen"] = {"width": int(screen[0]), "height": int(screen[2])}
    base: Json = {"anonymousId": who, "userId": payload.get("id"), "context": context, "timestamp": payload.get("timestamp"), "tag": payload.get("tag")}
    if kind == "identify":
        return {**base, "type": "identify", "traits": props}
    name = payload.get("name")
    if name is None:
        return {**base, "type": "page", "name": payload.get("title"), "properties": {**props, **context["page"]}}
    return {**base, "type": "track", "event": canonical(name) if isinstance(name, str) else name, "properties": props}


def _joined(host: str, url: str) -> str:
    """The whole address; what the client said where that is none."""
    try:
        return urljoin(f"https://{host}/", url)
    except ValueError:
        return url


def _sent(_note: Any, _results: Results) -> Reply:
    """The script sends `cache` back with its next call, and would stop for good on `disabled`."""
    return Reply({"cache": "", "disabled": False})


_ROUTE: Final = Route(_open, reply=_sent, visitors=True, own_key=True)
UMAMI: Final = Protocol("umami", {"/api/send": _ROUTE, "/api/batch": _ROUTE})
