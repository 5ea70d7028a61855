"""Requests as each protocol's specification shapes them: what the fuzzers begin with, and a way to put a mutated one on the wire."""

import base64
import gzip
import json
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import zstandard

from sojourn.capture.tests.door import SHOP
from sojourn.capture.tests.hooking import BODIES, SECRET, SECRETS, SIGN
from sojourn.ports.directory import HookHolder
from sojourn.terms.hooks import VENDORS, Hook, Rule

Json = Any


class Sent(NamedTuple):
    """A request. `key` is what stands in the Authorization header, if anything."""

    method: str
    path: str  # with its query
    headers: dict[str, str]
    body: bytes
    key: str | None = None


Pack = Callable[[Json], Sent]


class Spoken(NamedTuple):
    """A protocol: requests as values, and the ways in which its clients put them on the wire."""

    models: list[Json]
    packs: list[Pack]


def text(value: Json) -> bytes:
    return json.dumps(value).encode()


def _posted(path: str, media: str = "application/json", key: str | None = None, squeeze: Callable[[bytes], bytes] = bytes, coding: str = "") -> Pack:
    headers = {"content-type": media, **({"content-encoding": coding} if coding else {})}
    return lambda model: Sent("POST", path, headers, squeeze(text(model)), key)


def _flat(model: Json) -> list[tuple[str, str]]:
    fields = model if isinstance(model, dict) else {"data": model}
    return [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in fields.items()]


def query(model: Json) -> str:
    return urlencode(_flat(model), errors="surrogatepass")


def _asked(path: str, method: str = "GET") -> Pack:
    return lambda model: Sent(method, f"{path}?{query(model)}", {"content-type": ""}, b"")


def _form(path: str) -> Pack:
    return lambda model: Sent("POST", path, {"content-type": "application/x-www-form-urlencoded"}, query(model).encode())


def _based(path: str) -> Pack:
    form = {"content-type": "application/x-www-form-urlencoded"}
    return lambda model: Sent("POST", path + "?compression=base64", form, b"data=" + quote(base64.b64encode(text(model)).decode()).encode())


def _nested(model: Json) -> Json:
    """Snowplow's inner JSON, as text or as base64 by the name of its field."""
    if isinstance(model, list):
        return [_nested(one) for one in model]
    if not isinstance(model, dict):
        return model
    out = {}
    for name, value in model.items():
        if name in ("ue_px", "cx") and not isinstance(value, str):
            value = base64.urlsafe_b64encode(text(value)).decode().rstrip("=")
        elif name in ("ue_pr", "co") and not isinstance(value, str):
            value = json.dumps(value)
        out[name] = _nested(value) if name == "data" else value
    return out


def _tracked(model: Json) -> Sent:
    return Sent("POST", "/com.snowplowanalytics.snowplow/tp2", {"content-type": "application/json; charset=UTF-8"}, text(_nested(model)))


def _pixel(model: Json) -> Sent:
    events = model.get("data") if isinstance(model, dict) else None
    first = events[0] if isinstance(events, list) and events else model
    return Sent("GET", "/i?" + query(_nested(first)), {"content-type": ""}, b"")


def _bulk(model: Json) -> Sent:
    return Sent("POST", "/matomo.php", {"content-type": "application/json"}, text({"requests": ["?" + query(model), model]}))


def _binary(model: Json) -> Sent:
    """A CloudEvent whose attributes are headers."""
    event = model[0] if isinstance(model, list) and model else model
    event = event if isinstance(event, dict) else {"data": event}
    names = {name: value for name, value in event.items() if name not in ("data", "data_base64", "datacontenttype")}
    headers = {f"ce-{name.lower()}": quote(value if isinstance(value, str) else json.dumps(value), errors="replace") for name, value in names.items()}
    safe = {name.encode("ascii", "replace").decode().replace("\n", " ").replace("\0", " "): value for name, value in headers.items()}
    return Sent("POST", "/events", {"content-type": "application/json", **safe}, text(event.get("data")), "wk_shop")


LAMP = {"product_id": "p-1", "name": "Désk lamp", "price": 79.9, "quantity": 1, "currency": "EUR"}
CALL = {"type": "track", "messageId": "m-1", "userId": "ann", "anonymousId": "a-1", "event": "Product Added", "timestamp": "2026-11-18T11:00:00.000Z"}
SEGMENT = {
    "batch": [
        {**CALL, "properties": LAMP, "context": {"page": {"url": "https://shop.example/"}, "library": {"name": "x", "version": "1"}}},
        {"type": "identify", "messageId": "m-2", "userId": "ann", "traits": {"email": "ann@shop.example"}, "originalTimestamp": 1_795_000_000_000},
        {"type": "alias", "messageId": "m-3", "userId": "ann", "previousId": "a-1"},
        {"type": "group", "messageId": "m-4", "userId": "ann", "groupId": "g-1", "traits": {"name": "Readers"}},
        {"type": "merge", "messageId": "m-5", "mergeProperties": [{"type": "email", "value": "a@b.c"}, {"type": "mobile", "value": "+49"}]},
    ],
    "sentAt": "2026-11-18T11:00:01.000Z",
    "writeKey": "wk_shop",
    "context": {"ip": "127.0.0.1"},
    "integrations": {"All": True},
}
CHAIN = 'button.buy:attr__id="b"nth-child="1"nth-of-type="1"text="Buy";form:attr__name="f"href="/x"'


def _hogged(event: str, **props: Any) -> Json:
    common = {"token": "wk_shop", "distinct_id": "ann", "$device_id": "d-1", "$current_url": "https://shop.example/", "$lib": "web", "utm_source": "x"}
    return {"uuid": "0197-1", "event": event, "timestamp": "2026-11-18T11:00:00Z", "offset": 120, "$set": {"plan": "gold"}, "properties": {**common, **props}}


POSTHOG = {
    "api_key": "wk_shop",
    "sent_at": "2026-11-18T11:00:01.000Z",
    "historical_migration": False,
    "batch": [
        _hogged("$pageview", title="Home"),
        _hogged("$identify", **{"$anon_distinct_id": "anon-1"}),
        _hogged("$create_alias", alias="other"),
        _hogged("$groupidentify", **{"$group_type": "company", "$group_key": "g-1", "$group_set": {"name": "G"}}),
        _hogged("$autocapture", **{"$event_type": "click", "$elements_chain": CHAIN, "$el_text": "Buy"}),
        _hogged("$rageclick", **{"$elements_chain": CHAIN}),
        _hogged("$exception", **{"$exception_list": [{"type": "TypeError", "value": "x is not a function"}]}),
        _hogged("$web_vitals", **{"$web_vitals_LCP_value": 5_000.5, "$web_vitals_CLS_value": 0.1, "$web_vitals_LCP_event": {"a": 1}}),
        _hogged("survey sent", **{"$survey_id": "s", "$survey_response": "9", "$survey_response_q": "x", "$survey_questions": [{"id": "q", "scale": 10}]}),
        _hogged("$pageleave", **{"$prev_pageview_duration": 4.5}),
        _hogged("$autocapture", **{"$event_type": "click", "$elements": [{"tag_name": "a", "$el_text": "Help", "attr__href": "/help"}]}),
        _hogged("$feature_flag_called", **{"$feature_flag": "cart", "$feature_flag_response": "b", "$groups": {"company": "g-1"}}),
        {"event": "Seen", "properties": {"$insert_id": "i-1", "$time": 1_795_000_000.25, "distinct_id": "ann", "token": "wk_shop"}},
        {"$set": {"plan": "gold", "$os": "Linux"}, "$token": "wk_shop", "$distinct_id": "ann", "$device_id": "d-1"},
        _hogged("purchase", products=[LAMP], revenue="79.9"),
    ],
}
_PAYLOAD = "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4"
_GOOGLE = "iglu:com.google.analytics.enhanced-ecommerce"
_ACTION = "iglu:com.snowplowanalytics.snowplow.ecommerce"


def _described(schema: str, data: Json) -> Json:
    return {"schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0", "data": {"schema": schema, "data": data}}


_BASE = {"aid": "wk_shop", "p": "web", "tna": "sp", "tv": "js-4", "eid": "e-1", "dtm": "1795000000000", "stm": "1795000001000", "duid": "d-1", "uid": "ann"}
SNOWPLOW = {
    "schema": _PAYLOAD,
    "data": [
        {**_BASE, "e": "pv", "url": "https://shop.example/?utm_source=x", "page": "Home", "refr": "https://a.example/", "res": "1920x1080", "lang": "de"},
        {
            **_BASE,
            "e": "ue",
            "ue_px": _described(f"{_ACTION}/snowplow_ecommerce_action/jsonschema/1-0-2", {"type": "add_to_cart", "name": "list"}),
            "cx": {
                "schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0",
                "data": [
                    {"schema": f"{_ACTION}/product/jsonschema/1-0-0", "data": {"id": "p-1", "price": 79.9, "currency": "EUR", "quantity": 1}},
                    {"schema": f"{_ACTION}/cart/jsonschema/1-0-0", "data": {"cart_id": "c-1", "total_value": 79.9, "currency": "EUR"}},
                    {"schema": f"{_ACTION}/transaction/jsonschema/1-0-0", "data": {"transaction_id": "o-1", "revenue": 79.9}},
                    {"schema": "iglu:com.snowplowanalytics.snowplow/client_session/jsonschema/1-0-2", "data": {"userId": "u-1", "sessionId": "s"}},
                ],
            },
        },
        {
            **_BASE,
            "e": "ue",
            "ue_pr": _described(f"{_GOOGLE}/action/jsonschema/1-0-0", {"action": "purchase"}),
            "co": {
                "schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-0",
                "data": [
                    {"schema": f"{_GOOGLE}/productFieldObject/jsonschema/1-0-0", "data": {"id": "p-1", "price": 79.9, "event": "e"}},
                    {"schema": f"{_GOOGLE}/actionFieldObject/jsonschema/1-0-0", "data": {"id": "o-1", "revenue": 79.9, "products": 1, "event": "e"}},
                ],
            },
        },
        {**_BASE, "e": "ue", "ttm": "1795000000000", "ue_pr": _described("iglu:com.snowplowanalytics.snowplow/site_search/jsonschema/1-0-0", {"terms": ["a"]})},
        {**_BASE, "e": "ue", "ue_pr": _described("iglu:com.snowplowanalytics.snowplow/web_vitals/jsonschema/1-0-0", {"lcp": 5_000, "cls": 0.1})},
        {**_BASE, "e": "se", "se_ca": "Shop", "se_ac": "alias", "se_la": "other", "se_va": "4.5"},
        {**_BASE, "e": "tr", "tr_id": "o-1", "tr_tt": "79.90", "tr_cu": "EUR"},
        {**_BASE, "e": "pp", "pp_miy": "0", "pp_may": "100"},
    ],
}
_SITE = {
    "idsite": "wk_shop",
    "rec": "1",
    "_id": "92ca3b419ffd7555",
    "uid": "ann",
    "url": "https://shop.example/?utm_source=x",
    "res": "1920x1080",
    "cdt": "1795000000",
}
MATOMO = [
    {**_SITE, "action_name": "Home", "_pks": "p-1", "_pkn": "Lamp", "_pkc": '["Lamps"]', "_pkp": "79.9", "dimension1": "gold", "lang": "de,en"},
    {**_SITE, "idgoal": "0", "ec_id": "o-1", "revenue": "79.90", "ec_items": [["p-1", "Lamp", ["Lamps"], 79.9, 1], ["p-2", "Bulb", "", "4.5"]], "ec_tx": "1"},
    {**_SITE, "search": "lamp", "search_cat": "Lamps", "search_count": "0"},
    {**_SITE, "e_c": "Identity", "e_a": "identify", "e_n": {"email": "ann@shop.example"}, "e_v": "4.5", "send_image": "0"},
    {
        **_SITE,
        "e_c": "Shop",
        "e_a": "Seen",
        "e_n": {"event": "e", "name": "n"},
        "cvar": {"1": ["plan", "gold"]},
        "_cvar": {"1": ["a", "b"]},
        "cip": "127.0.0.1",
    },
    {**_SITE, "ca": "1", "cra": "x is null", "cra_tp": "TypeError", "ma_id": "1"},
    {**_SITE, "link": "https://a.example/", "c_n": "Banner", "download": "x.pdf", "ping": "1"},
]
CLOUDEVENTS = [
    {
        "specversion": "1.0",
        "id": "e-1",
        "source": "https://shop.example/checkout",
        "type": "example.shop.product.added",
        "subject": "ann",
        "time": "2026-11-18T11:00:00.123456Z",
        "datacontenttype": "application/json",
        "userid": "ann",
        "data": {"call": "track", "userId": "ann", "anonymousId": None, "name": "Product Added", "properties": LAMP, "traits": {}},
    },
    {"specversion": "1.0", "id": "e-2", "source": "/sensor", "type": "reading", "data_base64": "AAECAw=="},
]
PLAUSIBLE = {
    "n": "Purchase",
    "u": "https://shop.example/?utm_source=x",
    "d": "wk_shop",
    "r": None,
    "p": {"plan": "gold"},
    "$": {"amount": "79.90", "currency": "EUR"},
}
UMAMI = {
    "type": "event",
    "payload": {"website": "wk_shop", "hostname": "shop.example", "url": "/p/1", "title": "Lamp", "screen": "1920x1080", "language": "de", "data": {"a": 1}},
}
BASKET = {"currency": "EUR", "cartId": "c-1", "orderId": "o-1", "tax": 1, "items": [{"productId": "p-1", "price": 79.9, "quantity": 1}], "cart_id": "c-2"}
UMAMIS = [
    UMAMI,
    {"type": "identify", "payload": {**UMAMI["payload"], "id": "ann", "ip": "127.0.0.1", "userAgent": "Firefox"}},
    {"type": "event", "payload": {**UMAMI["payload"], "name": "paid", "data": {"commerce": BASKET}, "vid": "v-1"}},
    {"type": "performance", "payload": {**UMAMI["payload"], "lcp": 5_000, "cls": 0.1}},
    {"type": "engagement", "payload": {**UMAMI["payload"], "engagement": 4_500}},
    {"type": "error", "payload": {"website": "wk_shop", "eventId": "e-1", "name": "TypeError", "message": "x is null", "handled": True}},
]
PIXEL = {"key": "wk_shop", "event": "Message Opened", "user_id": "ann", "timestamp": "2026-11-18T11:00:00Z", "url": "https://shop.example/", "message": "7"}

RULES = (
    Rule(topic="plan.changed", event="Plan Changed", user_id="data.user", timestamp="at", properties=(("plan", "data.plan"), ("all", "@"))),
    Rule(event="=type || 'Told'", each="list || [@]", anonymous_id="id || 'a-1'", email="email", traits=(("plan", "plan"),)),
)
HOOKED = {(token := f"hook-of-{kind:_<12}"): HookHolder(SHOP, Hook(kind, SECRETS.get(kind, SECRET), token, RULES)) for kind in VENDORS}
"""A webhook of each kind, by its token."""
SHOPIFY = {
    **BODIES["shopify"],
    "customer": {"id": 7, "first_name": "Ann", "last_name": "Day"},
    "note_attributes": [{"name": "userId", "value": "ann"}],
    "line_items": [{"product_id": 1, "title": "Lamp", "price": "49.90", "quantity": 1}],
    "transactions": [{"kind": "refund", "status": "success", "amount": "49.90", "currency": "EUR"}],
    "total_shipping_price_set": {"shop_money": {"amount": "4.90"}},
    "discount_codes": [{"code": "SPRING"}],
}
STRIPE = {
    **BODIES["stripe"],
    "type": "checkout.session.completed",
    "data": {
        "object": {
            "id": "cs_1", "amount_total": 4990, "currency": "eur", "created": 1_795_000_000, "metadata": {"order_id": "o-1"}, "client_reference_id": "ann",
            "customer_details": {"email": "ann@shop.example"}, "total_details": {"amount_tax": 790},
            "line_items": {"data": [{"description": "Lamp", "quantity": 1, "price": {"product": "prod_1"}}]},
        }
    },
}  # fmt: skip
WOOCOMMERCE = {
    **BODIES["woocommerce"],
    "refunds": [{"id": 3, "total": "-4.90"}],
    "line_items": SHOPIFY["line_items"],
    "date_created_gmt": "2026-11-18T11:00:00",
}
LISTED = [{"type": "plan.changed", "id": 1, "email": "ann@shop.example", "plan": "gold"}, {"id": "2"}]


def _hooked(kind: str, **signing: str) -> Pack:
    """A call of that vendor, signed."""
    token = next(token for token, held in HOOKED.items() if held.hook.kind == kind)

    def pack(model: Json) -> Sent:
        body = text(model)
        return Sent("POST", f"/hooks/{token}", {"content-type": "application/json", **SIGN[kind](body, **signing)}, body)

    return pack


SPOKEN: dict[str, Spoken] = {
    "segment": Spoken(
        [SEGMENT, SEGMENT["batch"][0], SEGMENT["batch"]],
        [
            _asked("/v1/pixel/track"),
            _posted("/v1/batch"),
            _posted("/v1/track", "text/plain"),
            _posted("/v1/import", key="wk_shop", squeeze=gzip.compress, coding="gzip"),
        ],
    ),
    "rudder": Spoken(
        [SEGMENT["batch"][4], SEGMENT],
        [
            _posted("/v1/merge", key="wk_shop"),
            _posted("/beacon/v1/batch?writeKey=wk_shop", "text/plain"),
            _posted("/v1/batch", "application/x-www-form-urlencoded", "wk_shop", gzip.compress),
            _asked("/sourceConfig/"),
            lambda model: Sent("GET", "/pixel/v1/track?writeKey=wk_shop&" + query(model), {"content-type": ""}, b""),
        ],
    ),
    "posthog": Spoken(
        [POSTHOG, POSTHOG["batch"], *POSTHOG["batch"]],
        [
            _posted("/batch/"),
            _posted("/i/v0/e/", "text/plain", squeeze=gzip.compress),
            _posted("/i/v1/analytics/events", key="wk_shop", squeeze=zstandard.compress, coding="zstd"),
            _posted("/i/v1/analytics/events", key="wk_shop", squeeze=zlib.compress, coding="deflate"),
            _based("/e/"),
            _based("/engage/"),
            _posted("/flags/?v=2"),
            lambda model: Sent("GET", "/e/?" + query({"data": model}), {"content-type": ""}, b""),
        ],
    ),
    "snowplow": Spoken([SNOWPLOW, *({"data": [one]} for one in SNOWPLOW["data"])], [_tracked, _pixel]),
    "matomo": Spoken(MATOMO, [_asked("/matomo.php"), _asked("/piwik.php", "POST"), _form("/matomo.php"), _bulk]),
    "plausible": Spoken([PLAUSIBLE], [_posted("/api/event", "text/plain")]),
    "umami": Spoken([*UMAMIS, UMAMIS], [_posted("/api/send"), _posted("/api/batch"), _posted("/api/collect", "text/plain")]),
    "cloudevents": Spoken(
        [CLOUDEVENTS, *CLOUDEVENTS],
        [
            _binary,
            _posted("/events", "application/cloudevents+json", "wk_shop"),
            _posted("/events", "application/cloudevents-batch+json; charset=utf-8", "wk_shop"),
        ],
    ),
    "hooks": Spoken(
        [SHOPIFY, STRIPE, WOOCOMMERCE, LISTED, {"list": LISTED}, BODIES["typeform"], BODIES["meta"], BODIES["generic"]],
        [
            *(_hooked("shopify", topic=topic) for topic in ("orders/create", "orders/paid", "refunds/create", "checkouts/update", "other/one")),
            *(_hooked("woocommerce", topic=topic) for topic in ("order.created", "order.updated", "customer.updated")),
            *(_hooked(kind) for kind in ("stripe", "typeform", "meta", "standard", "generic")),
        ],
    ),
    "pixel": Spoken([PIXEL], [_asked("/pixel.gif"), _asked("/pixel.gif", "POST")]),
}
