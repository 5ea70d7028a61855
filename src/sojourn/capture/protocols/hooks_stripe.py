"""Stripe's webhooks: payments, refunds, invoices and customers. Amounts come in Stripe's smallest unit, which is not always the currency's."""

from decimal import Decimal
from typing import Any, Final

from sojourn.capture.protocols.hooks_words import Told, Who, epoch, obj, objects, plain, text
from sojourn.capture.protocols.wording import Json, some
from sojourn.terms.hooks import STRIPE

# https://docs.stripe.com/currencies: not the digits of ISO 4217. ISK and UGX have none there, and are sent with two.
_WHOLE: Final = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split())
_THREE: Final = frozenset("BHD JOD KWD OMR TND".split())


def stripe(topic: str, body: Any) -> list[Json] | None:
    """The calls of an event; an empty list for what says nothing new, None for what is not understood."""
    event = obj(body)
    data = obj(event.get("data"))
    it = obj(data.get("object"))
    told = Told(STRIPE, topic, f"stripe:{text(event.get('id'))}", epoch(event.get("created")), _payer(topic, it))
    match topic:
        case "checkout.session.completed" | "checkout.session.async_payment_succeeded":
            return _session(told, it)
        case "payment_intent.payment_failed" | "checkout.session.async_payment_failed" | "charge.failed":
            return [told.track("Payment Failed", _failure(it))] if topic != "charge.failed" else []
        case "charge.refunded":
            return [told.track("Order Refunded", _refund(it, obj(data.get("previous_attributes"))))]
        case "invoice.paid":
            return [*told.identify(), told.track("Order Completed", _invoice(it))] if it.get("amount_paid") else []
        case "invoice.payment_failed":
            return [told.track("Payment Failed", some(invoice_id=it.get("id"), attempts=it.get("attempt_count"), **_amount(it, "amount_due")))]
        case "invoice.payment_succeeded" | "charge.succeeded" | "payment_intent.succeeded" | "payment_intent.created":
            return []  # told by invoice.paid or by the session
        case "customer.created" | "customer.updated":
            return told.identify()
    return told.raw(f"Stripe {topic}", it)


def _payer(topic: str, it: Json) -> Who:
    details = obj(it.get("customer_details")) or obj(it.get("billing_details"))
    it_is = topic in ("customer.created", "customer.updated", "customer.deleted")
    customer = it.get("id") if it_is else it.get("customer")
    customer = obj(customer).get("id") if isinstance(customer, dict) else customer
    failed = obj(obj(obj(it.get("last_payment_error")).get("payment_method")).get("billing_details"))
    given = (details.get("email"), it.get("customer_email"), it.get("receipt_email"), it.get("email"), failed.get("email"))
    email = next((text(one) for one in given if text(one)), "")
    name = text(details.get("name")) or text(it.get("customer_name")) or (text(it.get("name")) if it_is else "")
    phone = text(details.get("phone")) or text(it.get("customer_phone")) or (text(it.get("phone")) if it_is else "")
    payment = text(it.get("payment_intent")) or (text(it.get("id")) if it.get("object") == "payment_intent" else "")
    links = (("stripe_payment", payment),) if payment else ()
    who = Who(STRIPE, text(customer), user=text(it.get("client_reference_id")), traits=some(email=email, name=name, phone=phone), links=links)
    return who.own_ids(it.get("metadata"))


def major(amount: Any, currency: Any) -> int | float | None:
    """An amount of Stripe's in major units; None for what is no whole number."""
    if not isinstance(amount, int) or isinstance(amount, bool) or abs(amount) >= 10**15:
        return None
    code = text(currency).upper()
    return plain(Decimal(amount).scaleb(0 if code in _WHOLE else -3 if code in _THREE else -2))


def _amount(it: Json, field: str) -> Json:
    return some(amount=major(it.get(field), it.get("currency")), currency=text(it.get("currency")).upper())


def _order(it: Json) -> str:
    """The order's id: the shop's own where it said so, else what later calls name too."""
    meta = obj(it.get("metadata"))
    return text(meta.get("order_id")) or text(it.get("invoice")) or text(it.get("payment_intent")) or text(it.get("id"))


def _session(told: Told, it: Json) -> list[Json]:
    """A checkout that was paid. One that waits for the bank is told again when the money is there."""
    if it.get("payment_status") == "unpaid" or it.get("mode") == "setup":
        return []
    currency, parts = it.get("currency"), obj(it.get("total_details"))
    props = some(
        order_id=_order(it),
        checkout_id=it.get("id"),
        cart_id=obj(it.get("metadata")).get("cart_id"),
        total=major(it.get("amount_total"), currency),
        subtotal=major(it.get("amount_subtotal"), currency),
        shipping=major(parts.get("amount_shipping"), currency),
        tax=major(parts.get("amount_tax"), currency),
        discount=major(parts.get("amount_discount"), currency),
        currency=text(currency).upper(),
        payment_id=it.get("payment_intent"),
    )
    lines = objects(obj(it.get("line_items")).get("data"))
    if lines:
        props["products"] = [some(name=one.get("description"), quantity=one.get("quantity"), product_id=_product(one)) for one in lines]
    # By the session, not by the event: the two events that can say so count once.
    told.mark = f"stripe:{text(it.get('id'))}"
    return [*told.identify(), told.track("Order Completed", props, at=epoch(it.get("created")) if told.topic.endswith("completed") else None)]


def _product(line: Json) -> str:
    product = obj(line.get("price")).get("product")
    return text(obj(product).get("id")) or text(product)


def _failure(it: Json) -> Json:
    error = obj(it.get("last_payment_error"))
    amount = _amount(it, "amount") or _amount(it, "amount_total")
    return some(order_id=_order(it), **amount, code=error.get("code"), decline_code=error.get("decline_code"), message=error.get("message"))


def _refund(it: Json, before: Json) -> Json:
    """`amount_refunded` is the sum of all refunds so far: what this one gave back is the difference."""
    total, was = it.get("amount_refunded"), before.get("amount_refunded")
    this = total - was if isinstance(total, int) and isinstance(was, int) else total
    return some(order_id=_order(it), refund=major(this, it.get("currency")), currency=text(it.get("currency")).upper(), payment_id=it.get("payment_intent"))


def _invoice(it: Json) -> Json:
    lines = objects(obj(it.get("lines")).get("data"))
    return some(
        order_id=text(obj(it.get("metadata")).get("order_id")) or text(it.get("id")),
        total=major(it.get("amount_paid"), it.get("currency")),
        tax=major(it.get("tax"), it.get("currency")),
        currency=text(it.get("currency")).upper(),
        subscription_id=it.get("subscription") if isinstance(it.get("subscription"), str) else None,
        billing_reason=it.get("billing_reason"),
        products=[some(name=one.get("description"), quantity=one.get("quantity"), product_id=_product(one)) for one in lines] or None,
    )
