"""Published priors and likelihood ratios for the causes of abandonment, as data for the RuleBook.

Source of the priors: Baymard Institute, "Cart Abandonment Rate Statistics", reasons for abandonment, wave of 2025 (US adults):
43 % had abandoned because they were "just browsing / not ready to buy"; of the others, several answers allowed: extra costs too high 39,
delivery too slow 21, did not trust the site with the card 19, had to create an account 19, checkout too long or complicated 18, returns policy 15,
errors or crashes 15, could not see the total up-front 14, too few payment methods 10, card declined 8 (percent).
How these became priors, and where the ratios come from, is told in docs/explanation/causes.md.
"""

from typing import Final

from sojourn.terms.episodes import Cause
from sojourn.terms.rules import Evidences

SOURCE: Final = "Baymard Institute, Cart Abandonment Rate Statistics, reasons for abandonment, 2025"
BROWSING: Final = 0.43
"""The share of "just browsing / not ready to buy"."""
BROWSING_SEEN: Final = 2 / 3
"""Of those, the share we call comparing or saving for later; the rest was interrupted and stays unknown."""
ANSWERS: Final[dict[str, float]] = {
    Cause.SHIPPING_COST: 26,  # two thirds of "extra costs too high"
    Cause.OTHER_FEES: 13,  # one third of it
    Cause.TOTAL_PRICE: 14,  # could not see the total up-front
    Cause.CONFUSING_CHECKOUT: 18,
    Cause.PAYMENT_TROUBLE: 18,  # too few methods, and declined
    Cause.FORCED_ACCOUNT: 19,
    Cause.DELIVERY_TIME: 21,
    Cause.OUT_OF_STOCK: 4,  # not asked by Baymard: our guess
    Cause.TECHNICAL_TROUBLE: 15,
    Cause.UNKNOWN: 34,  # trust and returns policy: causes for which there is no telling fact
}


def priors() -> dict[str, float]:
    """A prior for each cause, summing to 1 up to rounding at 6 digits: answers share what browsing leaves, each by its part of all answers given."""
    given = sum(ANSWERS.values())
    shares = {cause: (1 - BROWSING) * ANSWERS.get(cause, 0.0) / given for cause in Cause}
    shares[Cause.COMPARING] += BROWSING * BROWSING_SEEN
    shares[Cause.UNKNOWN] += BROWSING * (1 - BROWSING_SEEN)
    return {str(cause): round(share, 6) for cause, share in shares.items()}


_SHIP, _FEES, _PRICE = str(Cause.SHIPPING_COST), str(Cause.OTHER_FEES), str(Cause.TOTAL_PRICE)
_FORM, _PAY, _ACCOUNT = str(Cause.CONFUSING_CHECKOUT), str(Cause.PAYMENT_TROUBLE), str(Cause.FORCED_ACCOUNT)
_SLOW, _STOCK, _TECH, _LOOK = str(Cause.DELIVERY_TIME), str(Cause.OUT_OF_STOCK), str(Cause.TECHNICAL_TROUBLE), str(Cause.COMPARING)

_LADDER: Final = (_SHIP, _FEES, _FORM, _PAY, _ACCOUNT, _SLOW)
"""Causes that are met only in a checkout."""

WEIGHTS: Final[dict[str, dict[str, float]]] = {
    "shipping_free": {_SHIP: 0.03, _PRICE: 1.1},
    "shipping_ratio_low": {_SHIP: 0.5},
    "shipping_ratio_mid": {_SHIP: 2.0},
    "shipping_ratio_high": {_SHIP: 6.0, _PRICE: 1.3},
    "left_after_shipping_shown": {_SHIP: 6.0, _SLOW: 0.7, _PAY: 0.2, _FORM: 0.5, _TECH: 0.6},
    "shipping_page": {_SHIP: 3.0, _SLOW: 2.5},
    "fees_ratio_low": {_FEES: 2.0},
    "fees_ratio_high": {_FEES: 7.0, _PRICE: 1.5},
    "left_after_fees_shown": {_FEES: 5.0, _PRICE: 1.5},
    "coupon_denied": {_PRICE: 5.0, _SHIP: 1.3},
    "coupon_tried": {_PRICE: 3.0},
    "coupon_searched": {_PRICE: 4.0},
    "left_after_coupon_denied": {_PRICE: 5.0},
    "price_sorted": {_PRICE: 2.5, _LOOK: 1.6},
    "removed_after_total": {_PRICE: 4.0, _SHIP: 1.8, _FEES: 1.5},
    "form_errors_1": {_FORM: 1.8, _TECH: 1.2, _PAY: 1.2},
    "form_errors_2": {_FORM: 5.0, _TECH: 1.5, _PAY: 1.3},
    "form_errors_3plus": {_FORM: 12.0, _TECH: 1.8, _PAY: 1.4},
    "form_abandoned": {_FORM: 4.0, _ACCOUNT: 1.5},
    "left_after_form_error": {_FORM: 5.0, _TECH: 1.3},
    "backtracked_1": {_FORM: 1.8, _SHIP: 1.2, _PRICE: 1.2},
    "backtracked_2plus": {_FORM: 5.0, _SHIP: 1.2, _PRICE: 1.3},
    "time_on_checkout_long": {_FORM: 3.0, _TECH: 1.6, _PAY: 1.6},
    "payment_failed_1": {_PAY: 10.0, _TECH: 1.5},
    "payment_failed_2plus": {_PAY: 30.0, _TECH: 1.8},
    "left_after_payment_failed": {_PAY: 5.0},
    "left_at_payment": {_PAY: 3.0, _FORM: 1.3, _ACCOUNT: 0.4, _SHIP: 0.6, _LOOK: 0.5},
    "account_required": {_ACCOUNT: 5.0},
    "left_after_account_required": {_ACCOUNT: 6.0, _PAY: 0.2, _SHIP: 0.5},
    "delivery_short": {_SLOW: 0.15},
    "delivery_mid": {_SLOW: 1.3},
    "delivery_long": {_SLOW: 6.0},
    "left_after_delivery_shown": {_SLOW: 4.0, _PAY: 0.4},
    "out_of_stock": {_STOCK: 25.0},
    "left_after_out_of_stock": {_STOCK: 4.0},
    "errors_1": {_TECH: 5.0, _PAY: 1.3},
    "errors_2plus": {_TECH: 12.0, _PAY: 1.3},
    "page_slow": {_TECH: 2.5},
    "rage_clicks": {_TECH: 3.5, _FORM: 2.5, _PAY: 1.3},
    "dead_clicks": {_TECH: 2.5, _FORM: 1.8},
    "left_after_error": {_TECH: 5.0},
    "compared_1": {_LOOK: 2.0, _PRICE: 1.3},
    "compared_2plus": {_LOOK: 4.0, _PRICE: 1.5},
    "revisited": {_LOOK: 1.8},
    "saved_for_later": {_LOOK: 5.0},
    "came_back": {_LOOK: 1.8, _PRICE: 1.3},
    "returns_page": {_LOOK: 1.2},
    "left_before_checkout": {_LOOK: 1.6, _STOCK: 1.2, **dict.fromkeys(_LADDER, 0.12), _PRICE: 0.6, _TECH: 0.6},
    "left_in_checkout": {_LOOK: 0.35, _STOCK: 0.8},
}
"""P(kind seen | cause) / P(kind seen | unknown). Judgement, rounded; a later set is learned and takes this one's place in the RuleBook."""

_FAMILY: Final[dict[str, tuple[str, ...]]] = {
    "shipping": ("shipping_free", "shipping_ratio_low", "shipping_ratio_mid", "shipping_ratio_high", "left_after_shipping_shown", "shipping_page"),
    "fees": ("fees_ratio_low", "fees_ratio_high", "left_after_fees_shown"),
    "price": ("coupon_denied", "coupon_tried", "coupon_searched", "left_after_coupon_denied", "price_sorted", "removed_after_total"),
    "form": (
        *("form_errors_1", "form_errors_2", "form_errors_3plus", "form_abandoned", "left_after_form_error"),
        *("backtracked_1", "backtracked_2plus", "time_on_checkout_long"),
    ),
    "payment": ("payment_failed_1", "payment_failed_2plus", "left_after_payment_failed"),
    "account": ("account_required", "left_after_account_required"),
    "delivery": ("delivery_short", "delivery_mid", "delivery_long", "left_after_delivery_shown"),
    "stock": ("out_of_stock", "left_after_out_of_stock"),
    "technical": ("errors_1", "errors_2plus", "page_slow", "rage_clicks", "dead_clicks", "left_after_error"),
    "looking": ("compared_1", "compared_2plus", "revisited", "saved_for_later", "came_back", "returns_page"),
    "stage": ("left_before_checkout", "left_in_checkout", "left_at_payment"),
}

ABSENT: Final[dict[str, dict[str, float]]] = {
    "shipping": {_SHIP: 0.2},
    "fees": {_FEES: 0.25},
    "price": {_PRICE: 0.6},
    "form": {_FORM: 0.25},
    "payment": {_PAY: 0.3},
    "account": {_ACCOUNT: 0.15},
    "delivery": {_SLOW: 0.2},
    "stock": {_STOCK: 0.15},
    "technical": {_TECH: 0.25},
    "looking": {_LOOK: 0.7},
}
"""Nothing of the family was seen although the cart reached a checkout. Never near 0: many shops do not send every fact."""

EVIDENCES: Final = Evidences(
    priors=priors(),
    weights=WEIGHTS,
    source=SOURCE,
    families={kind: family for family, kinds in _FAMILY.items() for kind in kinds},
    absent=ABSENT,
)
