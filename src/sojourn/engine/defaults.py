"""Defaults: the RuleBook a workspace begins with."""

from typing import Any, Final

import msgspec

from sojourn.engine.priors import EVIDENCES
from sojourn.terms.episodes import Cause
from sojourn.terms.facts import CART_ABANDONED
from sojourn.terms.rules import Automation, RuleBook

ABANDONED_CART: Final = Automation(
    name="abandoned-cart",
    trigger=CART_ABANDONED,
    templates={
        Cause.SHIPPING_COST.value: "free_shipping",
        Cause.OTHER_FEES.value: "price_help",
        Cause.TOTAL_PRICE.value: "price_help",
        Cause.CONFUSING_CHECKOUT.value: "short_checkout",
        Cause.PAYMENT_TROUBLE.value: "payment_help",
        Cause.FORCED_ACCOUNT.value: "short_checkout",
        Cause.DELIVERY_TIME.value: "delivery_help",
        Cause.OUT_OF_STOCK.value: "stock_help",
        Cause.TECHNICAL_TROUBLE.value: "short_checkout",
        Cause.COMPARING.value: "reminder",
        Cause.UNKNOWN.value: "reminder",
    },
)
"""A cart was left: one email that fits the reason."""


def default_rules(version: int = 1, **overrides: Any) -> RuleBook:
    """The RuleBook of a new workspace, with fields of terms.rules.RuleBook set apart by name. Errors: TypeError on an unknown field."""
    return msgspec.structs.replace(RuleBook(version=version, automations=(ABANDONED_CART,), evidence=EVIDENCES), **overrides)
