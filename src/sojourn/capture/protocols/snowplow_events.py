"""Self-describing events of Snowplow as calls in our words."""

from collections.abc import Callable
from typing import Any, Final

from sojourn.capture.protocols.wording import identity_call, page_speed, some
from sojourn.terms.catalogue import canonical

Json = dict[str, Any]
Entities = dict[str, list[Json]]
_SHOP: Final = "com.snowplowanalytics.snowplow.ecommerce"
_PRODUCT: Final = {"id": "product_id"}
_ACTIONS: Final = {
    "product_view": "Product Viewed",
    "list_view": "Product List Viewed",
    "list_click": "Product Clicked",
    "add_to_cart": "Product Added",
    "remove_from_cart": "Product Removed",
    "checkout_step": "Checkout Step Viewed",
    "transaction": "Order Completed",
    "refund": "Order Refunded",
    "transaction_error": "Payment Failed",
    "promo_view": "Promotion Viewed",
    "promo_click": "Promotion Clicked",
}
_GOOGLE: Final = "com.google.analytics.enhanced-ecommerce"
_GOOGLES_ACTIONS: Final = {
    "click": "Product Clicked",
    "detail": "Product Viewed",
    "add": "Product Added",
    "remove": "Product Removed",
    "checkout": "Checkout Step Viewed",
    "checkout_option": "Checkout Step Completed",
    "purchase": "Order Completed",
    "refund": "Order Refunded",
    "promo_click": "Promotion Clicked",
    "view": "Product List Viewed",
}
_GOOGLES_EACH: Final = frozenset(("click", "detail", "add", "remove"))
_EACH: Final = frozenset(("product_view", "list_click", "add_to_cart", "remove_from_cart"))


def self_described(event: Json, entities: Entities) -> list[Json]:
    """The calls of a self-describing event, whose own data stands in `data`, wrapped in `unstruct_event`."""
    inner = event.get("data") if isinstance(event.get("data"), dict) and "schema" in event.get("data", {}) else event
    schema, data = inner.get("schema"), inner.get("data")  # type: ignore[union-attr]  # a dict either way
    parts = schema.removeprefix("iglu:").split("/") if isinstance(schema, str) else []
    name = parts[1] if len(parts) > 1 else ""
    said: Json = dict(data) if isinstance(data, dict) else {} if data is None else {"data": data}
    shape = _KNOWN.get("/".join(parts[:2]))
    if shape is not None:
        return shape(said, entities)
    known = identity_call(name, said)
    if known is not None:
        return [known]
    return [{"type": "track", "event": canonical(name) or None, "properties": said, "schema": schema}]


def _track(event: str, /, **fields: Any) -> Json:
    return {"type": "track", "event": event, "properties": some(**fields)}


def _link(said: Json, _: Entities) -> list[Json]:
    return [_track("Link Clicked", url=said.get("targetUrl"), href=said.get("targetUrl"), id=said.get("elementId"), label=said.get("elementContent"))]


def _field(said: Json, _: Entities) -> list[Json]:
    """That a field was changed or reached; never what was typed into it."""
    return [_track("Field Changed", form=said.get("formId"), field=said.get("elementId") or said.get("nodeName"), type=said.get("type"))]


def _form(said: Json, _: Entities) -> list[Json]:
    return [_track("Form Submitted", form=said.get("formId"))]


def _search(said: Json, _: Entities) -> list[Json]:
    terms = said.get("terms")
    query = " ".join(str(term) for term in terms) if isinstance(terms, list) else terms
    call = _track("Products Searched", query=query, results=said.get("totalResults"))
    empty = [_track("Search Without Result", query=query)] if said.get("totalResults") == 0 else []
    return [call, *empty]


def _error(said: Json, _: Entities) -> list[Json]:
    return [_track("Error Shown", message=said.get("message"), type=said.get("exceptionName"), url=said.get("fileName"))]


def _screen(said: Json, _: Entities) -> list[Json]:
    return [{"type": "screen", "name": said.get("name"), "properties": {key: value for key, value in said.items() if value is not None}}]


def _vitals(said: Json, _: Entities) -> list[Json]:
    return [_track(name, **measured) for name, measured in page_speed(said)]


def _old_cart(event: str) -> Callable[[Json, Entities], list[Json]]:
    def shape(said: Json, _: Entities) -> list[Json]:
        fields = {key: said.get(key) for key in ("name", "category", "quantity", "currency")}
        return [_track(event, product_id=said.get("sku"), price=said.get("unitPrice"), **fields)]

    return shape


def _action(said: Json, entities: Entities) -> list[Json]:
    """An action of the e-commerce plugin: what it is about stands in the entities."""
    kind = str(said.get("type"))
    products = [_product(one) for one in entities.get(f"{_SHOP}/product", [])]
    event = _ACTIONS.get(kind, canonical(kind))
    cart = _first(entities, "cart")
    around: Json = {"cart_id": cart.get("cart_id"), "currency": cart.get("currency"), "list_id": said.get("name")}
    if kind in _EACH and products:
        return [_track(event, **{**around, **product}) for product in products]
    match kind:
        case "transaction" | "transaction_error" | "refund":
            about = {**_first(entities, "transaction"), **_first(entities, kind)}
            around |= {
                "order_id": about.pop("transaction_id", None),
                "total": about.pop("refund_amount", about.get("revenue")),
                "reason": about.get("error_code") or about.get("error_description") or about.get("refund_reason"),
                "coupon": about.pop("discount_code", None),
                **about,
            }
        case "checkout_step":
            around |= _first(entities, "checkout_step")
        case "promo_view" | "promo_click":
            around |= _first(entities, "promotion")
        case _:
            pass
    if cart.get("total_value") is not None:
        around.setdefault("value", cart["total_value"])
    return [_track(event, **{**around, "products": products or None})]


def _googles_action(said: Json, entities: Entities) -> list[Json]:
    """An action of the plugin for Google's enhanced e-commerce, the one before Snowplow's own."""
    kind = str(said.get("action"))
    products = [_product(one) for name in ("productFieldObject", "impressionFieldObject") for one in entities.get(f"{_GOOGLE}/{name}", [])]
    around = {key: value for key, value in next(iter(entities.get(f"{_GOOGLE}/actionFieldObject", [])), {}).items() if value is not None}
    promotions = entities.get(f"{_GOOGLE}/promoFieldObject", [])
    event = "Promotion Viewed" if kind == "view" and promotions and not products else _GOOGLES_ACTIONS.get(kind, canonical(kind))
    if kind in ("purchase", "refund"):
        around = {"order_id": around.pop("id", None), "total": around.pop("revenue", None), **around}
    if kind in _GOOGLES_EACH and products:
        return [_track(event, **{**around, **product}) for product in products]
    if event in ("Promotion Viewed", "Promotion Clicked"):
        around = {**around, **(promotions[0] if promotions else {})}
    return [_track(event, **{**around, "products": products or None})]


def _button(said: Json, _: Entities) -> list[Json]:
    return [_track("Button Clicked", label=said.get("label"), id=said.get("id"), name=said.get("name"))]


def _product(one: Json) -> Json:
    return {_PRODUCT.get(key, key): value for key, value in one.items() if value is not None}


def _first(entities: Entities, name: str) -> Json:
    return dict(next(iter(entities.get(f"{_SHOP}/{name}", [])), {}))


_CORE: Final = "com.snowplowanalytics.snowplow"
_KNOWN: Final[dict[str, Callable[[Json, Entities], list[Json]]]] = {
    f"{_SHOP}/snowplow_ecommerce_action": _action,
    f"{_GOOGLE}/action": _googles_action,
    f"{_CORE}/link_click": _link,
    f"{_CORE}/button_click": _button,
    f"{_CORE}/change_form": _field,
    f"{_CORE}/focus_form": _field,
    f"{_CORE}/submit_form": _form,
    f"{_CORE}/site_search": _search,
    f"{_CORE}/application_error": _error,
    f"{_CORE}/web_vitals": _vitals,
    f"{_CORE}/add_to_cart": _old_cart("Product Added"),
    f"{_CORE}/remove_from_cart": _old_cart("Product Removed"),
    f"{_CORE}/screen_view": _screen,
    "com.snowplowanalytics.mobile/screen_view": _screen,
}
