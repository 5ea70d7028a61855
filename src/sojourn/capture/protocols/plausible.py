"""Plausible's events API: `/api/event`, in the short form of its script and the long one of its documentation."""

from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit

from sojourn.capture.call import Candidate, Opened
from sojourn.capture.decode import from_object
from sojourn.capture.items import open_items, read_object
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route, forwarded, visitor
from sojourn.capture.protocols.wording import number, some
from sojourn.terms.catalogue import canonical

Json = dict[str, Any]
_NAMES: Final = {
    "Outbound Link: Click": "Link Clicked",
    "File Download": "File Downloaded",
    "Form: Submission": "Form Submitted",
    "404": "Error Shown",
    "engagement": "Page Left",
}
_CAMPAIGN: Final = {"utm_source": "source", "utm_medium": "medium", "utm_campaign": "name", "utm_content": "content", "utm_term": "term"}


def _open(request: Request) -> Opened:
    """One event. Who sent it is not said: a daily visitor id is made."""
    items, _ = open_items(request.body, "events")
    calls: list[Candidate] = []
    domain = ""
    for item in items:
        event = read_object(item)
        if not isinstance(event, dict):
            calls.append(event)
            continue
        said = _either(event, "d", "domain")
        domain = domain or (said.split(",")[0].strip() if isinstance(said, str) else "")
        calls.append(from_object(_shape(event, visitor(request, domain, forwarded(request)), request), item))
    return Opened(calls, domain if domain.startswith("wk_") else f"plausible:{domain}" if domain else "")


def _shape(event: Json, who: str, request: Request) -> Json:
    name, url = _either(event, "n", "name"), _either(event, "u", "url")
    props = _object(_either(event, "p", "props", "m", "meta"))
    revenue = _object(_either(event, "$", "revenue"))
    props |= some(revenue=number(revenue.get("amount")), currency=revenue.get("currency"))
    context = context_of(url, _either(event, "r", "referrer"), request)
    base: Json = {"anonymousId": who, "context": context, "version": event.get("v")}
    if name == "pageview":
        return {**base, "type": "page", "properties": {**props, **context["page"]}}
    if name == "engagement":
        spent = event.get("e")
        props |= {
            key: value
            for key, value in (("seconds", spent / 1000 if isinstance(spent, int | float) else None), ("scrolled", event.get("sd")))
            if value is not None
        }
    return {**base, "type": "track", "event": _NAMES.get(name, canonical(name)) if isinstance(name, str) else name, "properties": props}


def _object(said: Any) -> Json:
    """An object, which older scripts put into a text."""
    if isinstance(said, str) and said[:1] == "{":
        found = read_object(said.encode("utf-8", "replace"))
        said = found if isinstance(found, dict) else None
    return dict(said) if isinstance(said, dict) else {}


def context_of(url: Any, referrer: Any, request: Request) -> Json:
    """Page, campaign and browser, as far as an address and the request say them."""
    page: Json = {}
    campaign: Json = {}
    if isinstance(url, str) and url:
        page["url"] = url
        try:
            parts = urlsplit(url)
        except ValueError:
            parts = None
        if parts is not None:
            page["path"] = parts.path or "/"
            campaign = {_CAMPAIGN[key]: value for key, value in parse_qsl(parts.query[:4096]) if key in _CAMPAIGN and value}
    if isinstance(referrer, str) and referrer:
        page["referrer"] = referrer
    agent = request.headers.get(b"user-agent", b"").decode("utf-8", "replace")
    return {"page": page, **({"campaign": campaign} if campaign else {}), **({"userAgent": agent} if agent else {})}


def _either(event: Json, *names: str) -> Any:
    return next((event[name] for name in names if event.get(name) not in (None, "")), None)


def _accepted(_note: Any, results: Results) -> Reply:
    """202, as Plausible says and some of its clients require; with its header where the event was not kept."""
    dropped = any(result["outcome"] in ("dropped", "quarantined") for result in results)
    return Reply(b"ok", b"text/plain", 202, ((b"x-plausible-dropped", b"1"),) if dropped else ())


PLAUSIBLE: Final = Protocol("plausible", {"/api/event": Route(_open, reply=_accepted, visitors=True, own_key=True)})
