"""A workspace, its rules and one intent, as tests of the actions need them."""

from typing import Any

import msgspec

from sojourn.actions.mail_settings import MailSettings
from sojourn.terms.effects import Intent
from sojourn.terms.facts import CART_ABANDONED
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import DAY, Millis, QuietHours

AT: Millis = 1_767_268_800_000  # 2026-01-01T12:00:00Z
SALT = bytes(range(32))
RULES = RuleBook(
    version=3,
    automations=(Automation("abandoned-cart", CART_ABANDONED, {"unknown": "reminder"}),),
    morning_spread=0,
    quiet_hours=QuietHours(21 * 60, 8 * 60),
)
MAIL = MailSettings(
    workspace=1,
    salt=SALT,
    public_url="https://cx.shop.example",
    from_name="Fjäll & Co",
    from_email="hello@shop.example",
    reply_to="help@shop.example",
    postal_address="1 Main Street, Springfield",
)
DATA: dict[str, Any] = {
    "first_name": "Ann",
    "items": [{"name": "Boots", "quantity": 2, "price": "€99.80", "image": ""}],
    "more_items": 0,
    "item_count": 2,
    "value": "€99.80",
    "shipping": "€12.90",
    "currency": "EUR",
    "cart_id": "c-1",
    "cart_url": "https://shop.example/cart?size=42#items",
}


def intent(number: int = 1, **changes: Any) -> Intent:
    """A bulk message about a cart, due now."""
    made = Intent(
        id=f"{number:032x}",
        workspace=1,
        person=100 + number,
        automation="abandoned-cart",
        rule_version=3,
        episode=200,
        channel="email",
        purpose="marketing",
        kind="bulk",
        template="free_shipping",
        cause="shipping_cost",
        address=f"ann{number}@example.com",
        decided_at=AT,
        ready_at=AT,
        expires_at=AT + DAY,
        data=DATA,
        zone="UTC",
    )
    return msgspec.structs.replace(made, **changes)
