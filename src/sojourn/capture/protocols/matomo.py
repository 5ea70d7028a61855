"""Matomo's tracking API: `/matomo.php` by GET, POST and in bulk; e-commerce, site search, events, goals, custom dimensions.

Source: Matomo's Tracking HTTP API reference.
"""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from sojourn.capture.call import Candidate, Opened, Refused
from sojourn.capture.decode import from_object
from sojourn.capture.items import open_items, too_large
from sojourn.capture.limits import EVENT_BYTES
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route, visitor
from sojourn.capture.protocols.pixel import GIF
from sojourn.capture.protocols.plausible import context_of
from sojourn.capture.protocols.wording import identity_call, number, parameters, some
from sojourn.capture.traffic import give_way
from sojourn.terms.catalogue import canonical
from sojourn.terms.outcomes import Dropped, Reason

Json = dict[str, Any]
Hit = dict[str, str]
_LONGEST: Final = 1_000
_ORDER: Final = {"revenue": "total", "ec_st": "subtotal", "ec_tx": "tax", "ec_sh": "shipping", "ec_dt": "discount"}
# What Matomo's premium features send beside pages: none of it is one.
_FEATURES: Final = {"ma_id": "Media Ping", "fa_vid": "Form Ping", "hsr_vid": "Recording Ping"}
_VARIABLES: Final = ("_cvar", "cvar", "e_cvar")
# Matomo's campaign parameters, of which it takes those behind the # of an address too.
_CAMPAIGN: Final = re.compile(r"(?:mtm|matomo|pk|piwik)_(campaign|cpn|source|medium|keyword|kwd|content)")
_OF_CAMPAIGN: Final = {"campaign": "name", "cpn": "name", "keyword": "term", "kwd": "term"}
_SCRIPT_ERRORS: Final = "JavaScript Errors"
"""The category under which matomo.js tells errors as events: the action is where, the name is the message."""
_KEPT: Final = frozenset(("_pks", "_pkn", "_pkc", "_pkp", "token_auth"))


class _Note(msgspec.Struct):
    """What the answer depends on: bulk or not, whether a picture is wanted, and which hit each call came from."""

    bulk: bool
    picture: bool
    hits: list[int]


def _open(request: Request) -> Opened:
    body = request.body.strip()
    if body[:1] in (b"{", b"["):
        items, _ = open_items(body, "requests")
        hits = [_bulk_hit(item) for item in items]
        return _opened(hits, request, bulk=True)
    return _opened([{**parameters(request.query, _LONGEST), **parameters(body, _LONGEST)}], request, bulk=False)


def _bulk_hit(item: bytes) -> Hit | Dropped:
    """A hit of a bulk request: a query as text, or an object of its parameters."""
    give_way()
    if len(item) > EVENT_BYTES:
        return too_large(len(item))
    try:
        found = msgspec.json.decode(item)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Dropped(Reason.BAD_JSON, "the hit is not JSON")
    if isinstance(found, dict):
        return {str(key): value if isinstance(value, str) else msgspec.json.encode(value).decode() for key, value in found.items()}
    if not isinstance(found, str):
        return Dropped(Reason.BAD_SHAPE, "a hit must be a query, such as ?idsite=1&rec=1&url=…")
    try:
        return parameters((found.partition("?")[2] if "?" in found else found).encode("utf-8", "replace"), _LONGEST)
    except Refused as refused:
        return Dropped(Reason.BAD_SHAPE, refused.message)


def _opened(hits: list[Hit] | list[Hit | Dropped], request: Request, bulk: bool) -> Opened:
    calls: list[Candidate] = []
    places: list[int] = []
    site = ""
    for place, hit in enumerate(hits):
        if isinstance(hit, Dropped):
            found: list[Candidate] = [hit]
        else:
            site = site or hit.get("idsite", "").strip()
            size = sum(map(len, hit.values()))
            found = [too_large(size)] if size > EVENT_BYTES else [from_object(shape, msgspec.json.encode(hit)) for shape in _shapes(hit, request)]
        calls += found
        places += [place] * len(found)
    picture = not bulk and isinstance(hits[0], dict) and hits[0].get("send_image") != "0"
    key = "" if not site else site if site.startswith("wk_") else f"matomo:{site}"
    return Opened(calls, key, note=_Note(bulk, picture, places))


def _shapes(hit: Hit, request: Request) -> list[Json]:
    base = _base(hit, request)
    shapes = _calls(hit, base)
    for shape in shapes:
        dimensions = {**_variables(hit), **{key: value for key, value in hit.items() if key.startswith("dimension") and value}}
        if dimensions and isinstance(shape.get("properties"), dict):
            shape["properties"] = {**dimensions, **shape["properties"]}
    return [{**base, **shape} for shape in shapes]


def _variables(hit: Hit) -> Json:
    """Custom variables, which came before dimensions: an object of pairs of name and value."""
    out: Json = {}
    for field in _VARIABLES:
        try:
            found = msgspec.json.decode(hit[field]) if hit.get(field, "")[:1] == "{" else {}
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            continue
        pairs = [pair for pair in found.values() if isinstance(pair, list) and len(pair) == 2]
        out |= {name: value for name, value in pairs if isinstance(name, str) and name and isinstance(value, str | int | float)}
    return out


def _base(hit: Hit, request: Request) -> Json:
    """Who, when, where. Matomo sends no id of a hit: only an order can be told from its repetition."""
    user = hit.get("uid") or None
    # A picture on a page without scripts says nothing of the page: the browser does.
    url = hit.get("url") or ("" if request.body else request.headers.get(b"referer", b"").decode("utf-8", "replace"))
    context = context_of(url, hit.get("urlref"), request)
    campaign = _campaign(url)
    if campaign:
        context["campaign"] = {**context.get("campaign", {}), **campaign}
    if hit.get("action_name"):
        context["page"]["title"] = hit["action_name"]
    for ours, theirs in (("userAgent", "ua"), ("ip", "cip")):
        if hit.get(theirs):
            context[ours] = hit[theirs]
    if hit.get("lang"):
        context["locale"] = hit["lang"].partition(",")[0]
    width, _, height = hit.get("res", "").partition("x")
    if width.isdecimal() and height.isdecimal() and len(width + height) < 12:
        context["screen"] = {"width": int(width), "height": int(height)}
    return {
        "userId": user,
        "anonymousId": hit.get("cid") or hit.get("_id") or (None if user else visitor(request, hit.get("idsite", ""), hit.get("cip", ""), hit.get("ua", ""))),
        "messageId": f"matomo-order-{hit['ec_id'][:80]}" if hit.get("ec_id") else None,
        "timestamp": hit.get("cdt"),
        "sentAt": hit.get("sent_at"),  # of our own script, with hits that waited in a page
        "context": context,
        "matomo": {key: value for key, value in hit.items() if key not in _KEPT},
    }


def _campaign(url: str) -> Json:
    """What Matomo's parameters say of the campaign that led to an address."""
    if _CAMPAIGN.search(url) is None:
        return {}
    said = parse_qsl(re.sub(r"^[^?#]*", "", url[:4096]).replace("?", "&").replace("#", "&"))
    found = [(_CAMPAIGN.fullmatch(name), value) for name, value in said if value]
    return {_OF_CAMPAIGN.get(match[1], match[1]): value for match, value in found if match}


def _calls(hit: Hit, base: Json) -> list[Json]:
    page = base["context"]["page"]
    if hit.get("search"):
        searched = _track("Products Searched", query=hit["search"], category=hit.get("search_cat"), results=number(hit.get("search_count")))
        return [searched, _track("Search Without Result", query=hit["search"])] if hit.get("search_count") == "0" else [searched]
    if hit.get("e_c") or hit.get("e_a"):
        return [_event(hit)]
    if hit.get("idgoal") == "0":
        return [_shop(hit)]
    if hit.get("idgoal"):
        return [_track("Goal Reached", goal=hit["idgoal"], revenue=number(hit.get("revenue")))]
    if hit.get("link"):
        return [_track("Link Clicked", url=hit["link"], href=hit["link"])]
    if hit.get("download"):
        return [_track("File Downloaded", url=hit["download"])]
    if hit.get("c_n"):
        return [_track("Content Clicked" if hit.get("c_i") else "Content Seen", content=hit["c_n"], piece=hit.get("c_p"), target=hit.get("c_t"))]
    if hit.get("cra"):
        return [_track("Error Shown", message=hit["cra"], type=hit.get("cra_tp"), url=hit.get("cra_ru"))]
    other = next((name for field, name in _FEATURES.items() if hit.get(field)), None)
    if other is not None or hit.get("ca") == "1":
        return [_track(other or "Custom Action", url=hit.get("url"))]
    if hit.get("ping") == "1":
        return [_track("Page Ping", url=hit.get("url"))]
    view: Json = {"type": "page", "name": hit.get("action_name") if len(hit.get("action_name", "")) <= 200 else None, "properties": dict(page)}
    category = _category(hit.get("_pkc", ""))
    if hit.get("_pks") or hit.get("_pkn"):
        return [view, _track("Product Viewed", product_id=hit.get("_pks"), name=hit.get("_pkn"), category=category, price=number(hit.get("_pkp")))]
    return [view, _track("Product List Viewed", category=category)] if category else [view]


def _category(said: str) -> str | list[Any]:
    """Of a product: one, or a list of some as JSON."""
    try:
        found = msgspec.json.decode(said) if said[:1] == "[" else said
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        found = said
    return found if isinstance(found, list) else said


def _event(hit: Hit) -> Json:
    """An event of category, action, name and value; a name that is a JSON object is its properties."""
    action, name = hit.get("e_a") or hit.get("e_c", ""), hit.get("e_n", "")
    said: Json = {}
    if name[:1] == "{":
        try:
            found = msgspec.json.decode(name)
            said = found if isinstance(found, dict) else {}
        except (msgspec.DecodeError, RecursionError):
            said = {}
    if hit.get("e_c") == _SCRIPT_ERRORS:
        return _track("Error Shown", message=name, url=action)
    known = identity_call(action, said or name)
    if known is not None:
        return known
    return _track(canonical(action), **{"category": hit.get("e_c"), "label": None if said else name, "value": number(hit.get("e_v")), **said})


def _shop(hit: Hit) -> Json:
    """An order, or what lies in the cart now."""
    products = _products(hit.get("ec_items", ""))
    if hit.get("ec_id"):
        amounts = {ours: number(hit.get(theirs)) for theirs, ours in _ORDER.items()}
        return _track("Order Completed", order_id=hit["ec_id"], products=products, **amounts)
    return _track("Cart Viewed", products=products, value=number(hit.get("revenue")))


def _products(text: str) -> list[Json]:
    """Lists of sku, name, category (or categories), price, quantity."""
    try:
        listed = msgspec.json.decode(text) if text else []
    except (msgspec.DecodeError, RecursionError):
        return []
    names = ("product_id", "name", "category", "price", "quantity")
    found = [one for one in listed if isinstance(one, list)] if isinstance(listed, list) else []
    return [some(**dict(zip(names, one, strict=False))) for one in found]


def _track(event: str, /, **fields: Any) -> Json:
    return {"type": "track", "event": event, "properties": some(**fields)}


def _answer(note: Any, results: Results) -> Reply:
    if note.bulk:
        invalid = sorted({note.hits[result["index"]] for result in results if result["outcome"] in ("dropped", "quarantined")})
        told: Json = {"status": "success", "tracked": len(set(note.hits)) - len(invalid), "invalid": len(invalid)}
        return Reply({**told, "invalid_indices": invalid} if invalid else told)
    if not note.picture:
        return Reply(b"", b"text/plain")
    return Reply(GIF, b"image/gif", headers=((b"cache-control", b"no-store"),))


_ROUTE: Final = Route(_open, reply=_answer, methods=frozenset(("GET", "POST")), any_media=True, visitors=True, all_headers=True)
# Where Matomo lay in a folder of its host, pages go on naming the folder.
_IN_FOLDER: Final = re.compile(r"(?:/[\w.\-]{1,60}){1,3}/(?:matomo|piwik)\.php")
MATOMO: Final = Protocol("matomo", dict.fromkeys(("/matomo.php", "/piwik.php"), _ROUTE), find=lambda path: _ROUTE if _IN_FOLDER.fullmatch(path) else None)
