"""Webhooks of shops: Shopify and WooCommerce. Both sign the body only, so ids, topics and times are taken from the body wherever it has them."""

from typing import Any, Final

from sojourn.capture.protocols.hooks_words import Told, Who, amounts, name_of, obj, objects, text
from sojourn.capture.protocols.wording import Json, number, some
from sojourn.capture.times import read_time
from sojourn.terms.hooks import SHOPIFY, WOOCOMMERCE
from sojourn.terms.time import DAY

Calls = list[Json] | None
"""What a webhook becomes; an empty list for what is understood and says nothing new, None for what is not understood."""


# -- Shopify


def shopify(topic: str, body: Any) -> Calls:
    """The calls of a Shopify webhook; `topic` is the header X-Shopify-Topic."""
    payload = obj(body)
    told = Told(SHOPIFY, topic, "", text(payload.get("updated_at")) or text(payload.get("created_at")) or None, _shopper(topic, payload))
    # The body's own time and id, not the delivery's: a copy of a signed body with other headers counts no second time.
    told.mark = f"shopify:{topic}:{text(payload.get('id')) or text(payload.get('token'))}:{told.at or ''}"
    match topic:
        case "orders/create":
            return [*told.identify(), _shopify_placed(told, payload)]
        case "orders/paid":
            return [] if payload.get("cancelled_at") else [_shopify_placed(told, payload), told.track("Order Updated", _shopify_order(payload))]
        case "orders/updated" | "orders/edited" | "orders/fulfilled":
            return [] if payload.get("cancelled_at") else [told.track("Order Updated", _shopify_order(payload))]
        case "orders/cancelled":
            props = some(order_id=text(payload.get("id")), reason=payload.get("cancel_reason"), currency=payload.get("currency"))
            return [told.track("Order Cancelled", props, at=payload.get("cancelled_at"))] if payload.get("cancelled_at") else []
        case "refunds/create":
            return [told.track("Order Refunded", _shopify_refund(payload))]
        case "checkouts/create":
            made = text(payload.get("created_at")) or None
            return [*told.identify(), told.track("Checkout Started", _shopify_checkout(payload), at=made)] if told.who.known else []
        case "checkouts/update":
            return _shopify_step(told, payload)
        case "customers/create" | "customers/update" | "customers/enable":
            return told.identify()
    return told.raw(f"Shopify {topic}", payload)


def _shopify_placed(told: Told, payload: Json) -> Json:
    """That there is an order: the same words whichever call tells of it, so that it counts once, and a shop may send only one of them."""
    props = {key: value for key, value in _shopify_order(payload).items() if key != "payment_status"}
    order = Told(told.vendor, "orders", f"shopify:order:{text(payload.get('id'))}", text(payload.get("created_at")) or told.at, told.who)
    return order.track("Order Completed", props)


def _shopper(topic: str, payload: Json) -> Who:
    customer = payload if topic.startswith("customers/") else obj(payload.get("customer"))
    address = obj(payload.get("billing_address")) or obj(payload.get("shipping_address"))
    email = text(payload.get("email")) or text(payload.get("contact_email")) or text(customer.get("email"))
    phone = text(payload.get("phone")) or text(customer.get("phone"))
    order = text(payload.get("order_id")) if topic.startswith(("refunds/", "fulfillments/")) else text(payload.get("id")) if topic.startswith("orders/") else ""
    traits = some(email=email, phone=phone, **name_of(customer, address))
    who = Who(SHOPIFY, text(customer.get("id")), traits=traits, links=(("shopify_order", order),) if order else ())
    return who.own_ids(payload.get("note_attributes"))


def _shopify_order(payload: Json) -> Json:
    shipping = obj(obj(payload.get("total_shipping_price_set")).get("shop_money")).get("amount")
    codes = objects(payload.get("discount_codes"))
    return {
        **some(
            order_id=text(payload.get("id")),
            order_number=text(payload.get("name")),
            cart_id=payload.get("cart_token"),
            checkout_id=payload.get("checkout_token"),
            currency=payload.get("currency"),
            payment_status=payload.get("financial_status"),
            coupon=codes[0].get("code") if codes else None,
        ),
        **amounts(
            total=payload.get("current_total_price") or payload.get("total_price"),
            subtotal=payload.get("current_subtotal_price") or payload.get("subtotal_price"),
            tax=payload.get("current_total_tax") or payload.get("total_tax"),
            discount=payload.get("current_total_discounts") or payload.get("total_discounts"),
            shipping=shipping,
        ),
        "products": _shopify_products(payload),
    }


def _shopify_checkout(payload: Json) -> Json:
    total = amounts(value=payload.get("total_price"))
    ids = some(cart_id=payload.get("cart_token"), checkout_id=payload.get("token"), currency=payload.get("currency"))
    return {**ids, **total, **some(url=payload.get("abandoned_checkout_url")), "products": _shopify_products(payload)}


def _shopify_products(payload: Json) -> list[Json]:
    return [
        some(
            product_id=text(line.get("product_id")) or text(line.get("sku")),
            sku=line.get("sku"),
            name=line.get("title"),
            variant=line.get("variant_title"),
            brand=line.get("vendor"),
            price=number(line.get("price")),
            quantity=line.get("quantity"),
        )
        for line in objects(payload.get("line_items"))
    ]


def _shopify_refund(payload: Json) -> Json:
    """What went back is the sum of the refunds that went through, in the currency of the transactions."""
    done = [one for one in objects(payload.get("transactions")) if one.get("kind") == "refund" and one.get("status") in ("success", None)]
    currency = next((one.get("currency") for one in done if one.get("currency")), None)
    sums = [number(one.get("amount")) for one in done]
    back = round(sum(one for one in sums if isinstance(one, int | float)), 4)
    return some(order_id=text(payload.get("order_id")), refund_id=text(payload.get("id")), currency=currency, refund=back, note=payload.get("note"))


def _shopify_step(told: Told, payload: Json) -> list[Json]:
    """How far a checkout is, by what it holds. One that was completed says so by its order."""
    if payload.get("completed_at") or not told.who.known:
        return []
    step = "shipping" if payload.get("shipping_lines") else "address" if payload.get("shipping_address") else "contact"
    return [*told.identify(), told.track("Checkout Step Completed", {**_shopify_checkout(payload), "step": step})]


# -- WooCommerce

_PLACED: Final = frozenset(("processing", "on-hold", "completed"))
_LATE: Final = 14 * DAY
"""An order that changes later than this was told of before: saying so again would be too late to be known as the same."""


def woocommerce(topic: str, body: Any) -> Calls:
    """The calls of a WooCommerce webhook; `topic` is the header X-WC-Webhook-Topic."""
    payload = obj(body)
    made, changed = _utc(payload, "date_created_gmt"), _utc(payload, "date_modified_gmt")
    told = Told(WOOCOMMERCE, topic, "", changed or made, _buyer(topic, payload))
    told.mark = f"woocommerce:{topic}:{text(payload.get('id'))}:{told.at or ''}"
    match topic:
        case "order.created" | "order.updated" | "order.restored":
            return _woo_order(told, payload, made)
        case "customer.created" | "customer.updated":
            return told.identify()
        case "order.deleted" | "customer.deleted" | "product.deleted" | "coupon.deleted":
            return []  # a record in the shop went; what had happened did happen
    return told.raw(f"WooCommerce {topic}", payload)


def _utc(payload: Json, field: str) -> str | None:
    said = text(payload.get(field))
    return f"{said}Z" if said and said[-1:].isdigit() and "+" not in said else said or None


def _buyer(topic: str, payload: Json) -> Who:
    billing = obj(payload.get("billing"))
    number_ = payload.get("id") if topic.startswith("customer.") else payload.get("customer_id")
    email = text(billing.get("email")) or text(payload.get("email"))
    traits = some(email=email, phone=text(billing.get("phone")), **name_of(payload, billing))
    order = text(payload.get("id")) if topic.startswith("order.") else ""
    links = (("woocommerce_order", order),) if order else ()
    return Who(WOOCOMMERCE, text(number_) if number_ else "", traits=traits, links=links).own_ids(payload.get("meta_data"))


def _woo_order(told: Told, payload: Json, made: str | None) -> list[Json]:
    status, order = text(payload.get("status")), text(payload.get("id"))
    found = told.identify() if told.topic == "order.created" else []
    if status == "failed":
        return [*found, told.track("Payment Failed", some(order_id=order, amount=number(payload.get("total")), currency=payload.get("currency")))]
    if status == "cancelled":
        return [*found, told.track("Order Cancelled", some(order_id=order, currency=payload.get("currency")))]
    if status in _PLACED:
        before, changed = read_time(made), read_time(told.at)
        if before is None or changed is None or changed - before < _LATE:
            # An order is often made while its payment waits. The same words whenever it is told, so that it counts once.
            placed = Told(told.vendor, "order", f"woocommerce:order:{order}", made or told.at, told.who)
            found.append(placed.track("Order Completed", _woo_props(payload)))
        if told.topic != "order.created":
            found.append(told.track("Order Updated", {**_woo_props(payload), **some(status=status, payment_method=payload.get("payment_method_title"))}))
    for refund in objects(payload.get("refunds")):
        # Each later call of the order tells of it again, so it counts once by the refund's own id and says the same each time.
        back = number(str(refund.get("total", "")).lstrip("-"))
        number_ = text(refund.get("id"))
        props = some(order_id=order, refund_id=number_, currency=payload.get("currency"), refund=back, note=refund.get("reason"))
        once = Told(told.vendor, "order.refunded", f"woocommerce:refund:{number_}", made, Who(WOOCOMMERCE, links=told.who.links))
        found.append(once.track("Order Refunded", props))
    return found


def _woo_props(payload: Json) -> Json:
    coupons = objects(payload.get("coupon_lines"))
    return {
        **some(
            order_id=text(payload.get("id")),
            order_number=text(payload.get("number")),
            currency=payload.get("currency"),
            coupon=coupons[0].get("code") if coupons else None,
        ),
        **amounts(
            total=payload.get("total"),
            tax=payload.get("total_tax"),
            shipping=payload.get("shipping_total"),
            discount=payload.get("discount_total"),
        ),
        "products": [
            some(
                product_id=text(line.get("product_id")),
                sku=line.get("sku"),
                name=line.get("name"),
                price=number(line.get("price")),
                quantity=line.get("quantity"),
            )
            for line in objects(payload.get("line_items"))
        ],
    }
