"""What to do at each vendor, in three lines, and what its calls look like."""

from dataclasses import dataclass
from typing import Any, Final

from sojourn.terms.hooks import GENERIC, META, SHOPIFY, STANDARD, STRIPE, TYPEFORM, VENDORS, WOOCOMMERCE


@dataclass(frozen=True, slots=True)
class Vendor:
    """`ours` where the secret is made here and pasted there, else the other way round. `reads` is what becomes facts without any mapping.

    `example` is a call as the vendor documents it, cut down; `topic` is what it is about.
    """

    key: str
    icon: str
    means: str
    ours: bool
    secret: str
    steps: tuple[str, ...]
    reads: tuple[tuple[str, str], ...]
    topic: str
    example: dict[str, Any]

    @property
    def title(self) -> str:
        """What to call it."""
        return VENDORS[self.key]


_LISTED: Final = (
    Vendor(
        SHOPIFY, "shopping-bag", "Orders, refunds, checkouts and customers of a Shopify shop.", False, "The key below the list of webhooks",
        (
            "In Shopify open Settings, Notifications, Webhooks, and create one for each event, with format JSON and this address.",
            "Take Order creation, Order payment, Order cancellation, Refund create, Checkout creation, Checkout update, Customer creation and update.",
            "Below the list Shopify says “Your webhooks will be signed with …”: paste that key here.",
        ),
        (
            ("orders/create, orders/paid", "Order Completed, once"), ("orders/cancelled", "Order Cancelled"), ("refunds/create", "Order Refunded"),
            ("checkouts/create", "Checkout Started"), ("checkouts/update", "Checkout Step Completed"), ("customers/create, customers/update", "who they are"),
        ),
        "orders/create",
        {"id": 820982911946154508, "name": "#1001", "email": "ann@example.com", "created_at": "2026-11-18T12:00:00+01:00", "currency": "EUR",
         "total_price": "54.80", "customer": {"id": 115310627314723954, "first_name": "Ann"},
         "line_items": [{"product_id": 7, "title": "Lamp", "price": "49.90", "quantity": 1}]},
    ),
    Vendor(
        STRIPE, "credit-card", "Payments that went through or failed, refunds, invoices.", False, "Signing secret of the endpoint, whsec_…",
        (
            "In Stripe open Developers, Webhooks, Add endpoint, and enter this address.",
            "Select checkout.session.completed, payment_intent.payment_failed, charge.refunded, invoice.paid, customer.created and customer.updated.",
            "Reveal the endpoint's signing secret, whsec_…, and paste it here.",
        ),
        (
            ("checkout.session.completed", "Order Completed"), ("payment_intent.payment_failed", "Payment Failed"), ("charge.refunded", "Order Refunded"),
            ("invoice.paid", "Order Completed"), ("invoice.payment_failed", "Payment Failed"), ("customer.created, customer.updated", "who they are"),
        ),
        "checkout.session.completed",
        {"id": "evt_1", "type": "checkout.session.completed", "created": 1795000000, "data": {"object": {
            "id": "cs_1", "payment_intent": "pi_1", "payment_status": "paid", "amount_total": 5480, "currency": "eur", "customer": "cus_1",
            "customer_details": {"email": "ann@example.com", "name": "Ann Lee"}}}},
    ),
    Vendor(
        WOOCOMMERCE, "building-store", "Orders and customers of a WooCommerce shop.", True, "Secret of the webhook",
        (
            "In WooCommerce open Settings, Advanced, Webhooks, Add webhook; status Active, delivery URL this address.",
            "Make one each for Order created, Order updated, Customer created and Customer updated.",
            "Paste the secret from here into Secret and save.",
        ),
        (
            ("order.created, order.updated", "Order Completed once, Order Updated, Order Cancelled, Payment Failed"),
            ("refunds inside an order", "Order Refunded, each once"), ("customer.created, customer.updated", "who they are"),
        ),
        "order.created",
        {"id": 727, "status": "processing", "currency": "EUR", "total": "54.80", "customer_id": 25, "date_created_gmt": "2026-11-18T11:00:00",
         "billing": {"email": "ann@example.com", "first_name": "Ann"}, "line_items": [{"product_id": 93, "name": "Lamp", "price": 49.9, "quantity": 1}]},
    ),
    Vendor(
        TYPEFORM, "list-check", "Each answer to each question of a form.", True, "Secret of the webhook",
        (
            "In Typeform open the form, Connect, Webhooks, Add a webhook, and enter this address.",
            "Open the webhook's menu, Edit, and paste the secret from here into Secret.",
            "Switch it on. Hidden fields user_id, anonymous_id and email say who answers.",
        ),
        (("form_response", "Survey Answered for each question, with nps and csat where the question says so"),),
        "form_response",
        {"event_type": "form_response", "form_response": {"form_id": "f1", "token": "t1", "submitted_at": "2026-11-18T11:00:00Z", "hidden": {"user_id": "u-5"},
         "definition": {"title": "After your order", "fields": [{"id": "q1", "title": "How likely are you to recommend us?"}]},
         "answers": [{"type": "number", "number": 9, "field": {"id": "q1", "type": "nps"}}]}},
    ),
    Vendor(
        META, "message-circle", "Messages, comments and mentions on your pages.", False, "App secret",
        (
            "In Meta for Developers open your app, Webhooks, and subscribe to Page, Instagram or WhatsApp with this address as callback URL.",
            "Enter the verify token from here; choose messages, comments and mentions.",
            "Paste the app secret, from App settings, Basic, here.",
        ),
        (("messages", "Message Received"), ("comments, feed", "Mention, by its author"), ("mentions", "Mention")),
        "instagram",
        {"object": "instagram", "entry": [{"id": "178", "time": 1795000000, "changes": [{"field": "comments", "value": {
            "id": "c1", "text": "Do you ship to Norway?", "from": {"id": "8", "username": "ann"}, "media": {"id": "p1"}}}]}]},
    ),
    Vendor(
        STANDARD, "shield-check", "Products that sign as standardwebhooks.com says: Svix, Clerk, Resend and others.", False, "Signing secret, whsec_…",
        (
            "Where the product lists its webhooks or endpoints, add this address.",
            "Choose the events you want to see.",
            "Copy the signing secret, whsec_…, and paste it here. Then say below what the events mean.",
        ),
        (),
        "plan.changed",
        {"type": "plan.changed", "timestamp": "2026-11-18T11:00:00Z", "data": {"user": {"id": "u-5", "email": "ann@example.com"}, "plan": "gold"}},
    ),
    Vendor(
        GENERIC, "code", "Your own systems, or a product that is not listed: JSON by POST.", True, "Secret, or nothing",
        (
            "Let the sender POST JSON to this address.",
            "It sends the secret as X-Webhook-Secret or as Bearer token, or signs the body as GitHub does (X-Hub-Signature-256).",
            "Send a call, then say below what it means.",
        ),
        (),
        "ticket.closed",
        {"id": "ev-1", "type": "ticket.closed", "at": "2026-11-18T11:00:00Z", "data": {"ticket": 12, "requester": {"id": "u-5", "email": "ann@example.com"}}},
    ),
)  # fmt: skip
LISTED: Final[dict[str, Vendor]] = {vendor.key: vendor for vendor in _LISTED}
"""Kind -> what to do, in the order in which they are offered."""
