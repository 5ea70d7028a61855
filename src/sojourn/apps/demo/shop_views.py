"""The demo shop's pages: open to everybody, without a session; the cart lives in the visitor's browser."""

import json
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.http import require_safe

from sojourn.actions.api import verify_cart
from sojourn.apps.demo import shop_goods
from sojourn.apps.demo.actions import FREE_SHIPPING
from sojourn.apps.demo.queries import visitors_key
from sojourn.apps.demo.shop import CATALOGUE, CURRENCY, Product
from sojourn.apps.people.api import get_message
from sojourn.apps.workspace.api import salt_of, setting
from sojourn.terms.refusals import Refusal

CATEGORIES = tuple(dict.fromkeys(product.category for product in CATALOGUE))
STEPS = ("account", "address", "shipping", "payment", "short")
SORTS = {"": "Featured", "low": "Price, low to high", "high": "Price, high to low"}


def _page(request: HttpRequest, template: str, title: str, kind: str, **more: Any) -> HttpResponse:
    """A page of the shop. `kind` says to the shop's script which page it is.

    A mail leads to the page where the cart was left; the cart is brought back on its own page, so that is gone to first.
    """
    if "sojourn_cart" in request.GET and kind != "cart":
        return redirect(f"{reverse('shop_cart')}?{request.GET.urlencode()}")
    found = visitors_key()
    code = (setting(found[0], "free_shipping_code") if found else "") or FREE_SHIPPING
    facts = {
        "page": kind,
        "currency": CURRENCY,
        "goods": {one.id: {**shop_goods.goods_of(one), "picture": _picture(one)} for one in CATALOGUE},
        "tariff": shop_goods.tariff(),
        "free_code": code.upper(),
        **more.pop("facts", {}),
    }
    context = {
        "shop": shop_goods.NAME,
        "title": title,
        "categories": CATEGORIES,
        "key": found[1] if found else "",
        "ask_first": found is not None and setting(found[0], "browser_consent") == "ask_first",
        "told": json.dumps(facts),
        **more,
    }
    request.unidentified = True  # type: ignore[attr-defined]  # a shop does not ask which member of staff is looking
    response = render(request, template, context)
    response["Cache-Control"] = "no-store"
    return response


def _picture(product: Product) -> str:
    return static(f"demo/pictures/{product.id}.svg")


def _dressed(product: Product) -> dict[str, Any]:
    return {"id": product.id, "name": product.name, "category": product.category, "brand": product.brand, "price": product.price / 100,
            "picture": _picture(product), "sold_out": product.id in shop_goods.SOLD_OUT, **shop_goods.more(product)._asdict()}  # fmt: skip


@require_safe
def shelf(request: HttpRequest, category: str = "") -> HttpResponse:
    """All products, those of a category, or those a search finds."""
    chosen = next((name for name in CATEGORIES if name.lower() == category.lower()), "")
    if category and not chosen:
        raise Http404
    query, sort = request.GET.get("q", "").strip()[:100], request.GET.get("sort", "")
    words = query.lower().split()
    found = [p for p in CATALOGUE if chosen in ("", p.category) and all(word in f"{p.name} {p.category} {p.brand}".lower() for word in words)]
    if sort in ("low", "high"):
        found.sort(key=lambda product: product.price, reverse=sort == "high")
    facts = {"category": chosen, "query": query, "sort": sort if sort in SORTS else "", "shown": [product.id for product in found]}
    title = f"Results for “{query}”" if query else chosen or shop_goods.NAME
    listed = [_dressed(product) for product in found]
    return _page(
        request, "demo/shop/shelf.html", title, "shelf", facts=facts, products=listed, query=query, chosen=chosen, sort=facts["sort"], sorts=SORTS.items()
    )


@require_safe
def product(request: HttpRequest, product: str) -> HttpResponse:
    """One product."""
    found = next((one for one in CATALOGUE if one.id == product), None)
    if found is None:
        raise Http404
    others = [_dressed(one) for one in CATALOGUE if one.category == found.category and one is not found][:4]
    return _page(request, "demo/shop/product.html", found.name, "product", facts={"product": found.id}, product=_dressed(found), others=others)


@require_safe
def cart(request: HttpRequest) -> HttpResponse:
    """The cart; a link in a mail brings back the one it is about."""
    return _page(request, "demo/shop/cart.html", "Your cart", "cart", facts={"restore": _restored(request)})


def _restored(request: HttpRequest) -> dict[str, Any] | None:
    """What the sealed link of a mail says to bring back: products, offer, and whether to check out on one page. None without such a link."""
    sealed = verify_cart(salt_of, request.GET.get("sojourn_cart", ""))
    if sealed is None:
        return None
    try:
        message = get_message(sealed.workspace, sealed.intent)
    except Refusal:
        return None
    items: Any = message.data.get("items", [])
    found = {product: item.get("quantity", 1) for item in items if (product := _product_of(str(item.get("url", "")), str(item.get("name", ""))))}
    return {
        "cart_id": sealed.cart_id,
        "items": found,
        "offer": message.template if message.template == "free_shipping" else "",
        "short": message.template == "short_checkout",
    }


def _product_of(url: str, name: str) -> str:
    """The product that an address or a name means, empty where it is none of ours."""
    last = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return next((one.id for one in CATALOGUE if one.id == last), "") or next((one.id for one in CATALOGUE if one.name == name), "")


@require_safe
def checkout(request: HttpRequest, step: str) -> HttpResponse:
    """One step of the checkout, or all on one page."""
    if step not in STEPS:
        raise Http404
    title = {"account": "Your account", "address": "Where to", "shipping": "How", "payment": "Payment", "short": "Finish on one page"}[step]
    walk = (("address", "Address"), ("shipping", "Shipping"), ("payment", "Payment"))
    countries = [(code, place.name, place.example) for code, place in shop_goods.COUNTRIES.items()]
    return _page(request, f"demo/shop/checkout_{step}.html", title, f"checkout:{step}", step=step, walk=walk, countries=countries)


@require_safe
def thanks(request: HttpRequest) -> HttpResponse:
    """After an order."""
    return _page(request, "demo/shop/thanks.html", "Thank you", "thanks")


@require_safe
def returns(request: HttpRequest) -> HttpResponse:
    """How to send something back."""
    return _page(request, "demo/shop/returns.html", "Returns", "info")


@require_safe
def delivery(request: HttpRequest) -> HttpResponse:
    """What shipping costs, and how long it takes."""
    rows = [(place.name, place.base / 100, place.kilogram / 100, place.days) for place in shop_goods.COUNTRIES.values()]
    return _page(request, "demo/shop/delivery.html", "Shipping and delivery", "info", rows=rows, free_from=shop_goods.FREE_FROM // 100)
