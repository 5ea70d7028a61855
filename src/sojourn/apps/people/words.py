"""Causes and evidence in the words a marketer reads: one sentence for each thing that was seen around a cart."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sojourn.terms.episodes import cause_words
from sojourn.terms.money import exponent, to_amount
from sojourn.terms.time import HOUR, MINUTE, SECOND, Millis

__all__ = ["cause_words", "evidence_words", "money_words", "span_words"]

Seen = Mapping[str, Any]


def money_words(minor: object, currency: str) -> str:
    """Minor units as `12.90 EUR`; empty where there is no amount."""
    if not isinstance(minor, int) or isinstance(minor, bool):
        return ""
    return f"{to_amount(minor, currency):,.{exponent(currency)}f} {currency}".strip()


def span_words(ms: Millis) -> str:
    """A stretch of time as people say it: `20 s`, `12 min`, `3 h`, `5 days`; less than a second is `1 s`."""
    if ms < MINUTE:
        return f"{max(1, round(ms / SECOND))} s"
    if ms < HOUR:
        return f"{round(ms / MINUTE)} min"
    if ms < 48 * HOUR:
        return f"{round(ms / HOUR)} h"
    return f"{round(ms / (24 * HOUR))} days"


def evidence_words(kind: str, seen: Seen, currency: str) -> str:
    """One thing that was seen, as a sentence without its full stop.

    `seen` is what the evidence kept, amounts in minor units of its own currency or else of `currency`; `left_after_ms`, where the caller
    adds it, is how long after the last sighting the cart was last touched. Errors: none; a kind that is not known is shown as it is.
    """
    say = _WORDS.get(kind)
    code = seen.get("currency")
    if say is None:
        return kind.replace("_", " ").capitalize()
    return say(seen, code if isinstance(code, str) and code else currency)


def _cost(what: str, key: str) -> Callable[[Seen, str], str]:
    def say(seen: Seen, currency: str) -> str:
        amount, share = money_words(seen.get(key), currency), seen.get("percent")
        if not amount:
            return f"Saw {what}"
        part = f", {share} % of the cart" if isinstance(share, int | float) and share > 0 else ""
        return f"Saw {what} of {amount}{part}"

    return say


def _left(after: str) -> Callable[[Seen, str], str]:
    def say(seen: Seen, _currency: str) -> str:
        later = seen.get("left_after_ms")
        if isinstance(later, int) and later > 0:
            return f"Left {span_words(later)} after {after}{_detail(seen)}"
        return f"Left right after {after}{_detail(seen)}"

    return say


def _times(one: str, many: str) -> Callable[[Seen, str], str]:
    """`many` has a place for the number; what the mark says in detail follows."""

    def say(seen: Seen, _currency: str) -> str:
        times = seen.get("times")
        said = many.format(times) if isinstance(times, int) and times > 1 else one
        return said + _detail(seen)

    return say


def _plain(text: str) -> Callable[[Seen, str], str]:
    return lambda _seen, _currency: text


def _detail(seen: Seen) -> str:
    """What exactly, as far as it was said: the field, the message, the code."""
    found = seen.get("detail") or seen.get("reason")
    return f" ({found[:120]})" if isinstance(found, str) and found else ""


def _coupon(verb: str) -> Callable[[Seen, str], str]:
    def say(seen: Seen, _currency: str) -> str:
        code, times = seen.get("coupon"), seen.get("times")
        named = f"coupon {code[:60]}" if isinstance(code, str) and code else "a coupon"
        return f"{verb.format(named)}{f', {times} times' if isinstance(times, int) and times > 1 else ''}{_detail(seen)}"

    return say


def _delivery(judged: str) -> Callable[[Seen, str], str]:
    def say(seen: Seen, _currency: str) -> str:
        days = seen.get("days")
        if not isinstance(days, int | float) or isinstance(days, bool):
            return f"Saw a delivery time that is {judged}"
        return f"Saw a delivery time of {days:g} day{'' if days == 1 else 's'}"

    return say


def _compared(seen: Seen, _currency: str) -> str:
    products, category, times = seen.get("products"), seen.get("category"), seen.get("times")
    number = len(products) if isinstance(products, list) and products else times if isinstance(times, int) else 1
    of = f" in {category[:60]}" if isinstance(category, str) and category else ""
    return f"Looked at {number} other product{'' if number == 1 else 's'}{of} with the cart in hand"


def _long(seen: Seen, _currency: str) -> str:
    spent = seen.get("spent_ms")
    return f"Spent {span_words(spent)} in the checkout" if isinstance(spent, int) else "Spent long in the checkout"


def _stage(before: str, at: str) -> Callable[[Seen, str], str]:
    def say(seen: Seen, _currency: str) -> str:
        step = seen.get("step") or seen.get("reached")
        return at.format(str(step).replace("_", " ")[:60]) if isinstance(step, str) and step not in ("", "checkout") else before

    return say


_ERRORS: Final = _times("Met a form error", "Met {} form errors")
_TROUBLE: Final = _times("Met an error", "Met {} errors")
_WORDS: Final[dict[str, Callable[[Seen, str], str]]] = {
    "shipping_free": _plain("Saw that shipping is free"),
    **dict.fromkeys(("shipping_ratio_low", "shipping_ratio_mid", "shipping_ratio_high"), _cost("shipping", "shipping")),
    "left_after_shipping_shown": _left("shipping was shown"),
    "shipping_page": _plain("Read the page about shipping"),
    **dict.fromkeys(("fees_ratio_low", "fees_ratio_high"), _cost("taxes and fees", "fees")),
    "left_after_fees_shown": _left("taxes and fees were shown"),
    "coupon_denied": _coupon("Tried {}, which was refused"),
    "coupon_tried": _coupon("Tried {} without success"),
    "coupon_searched": _times("Went looking for a coupon", "Went looking for a coupon {} times"),
    "left_after_coupon_denied": _left("the coupon was refused"),
    "price_sorted": _plain("Sorted products by price"),
    "removed_after_total": _times("Took something out after seeing the total", "Took things out {} times after seeing the total"),
    **dict.fromkeys(("form_errors_1", "form_errors_2", "form_errors_3plus"), _ERRORS),
    "form_abandoned": _times("Gave up on a form", "Gave up on a form {} times"),
    "left_after_form_error": _left("a form error"),
    "backtracked_1": _times("Went back in the checkout", "Went back in the checkout {} times"),
    "backtracked_2plus": _times("Went back in the checkout", "Went back in the checkout {} times"),
    "time_on_checkout_long": _long,
    "payment_failed_1": _times("A payment failed", "{} payments failed"),
    "payment_failed_2plus": _times("Payments failed", "{} payments failed"),
    "left_after_payment_failed": _left("the payment failed"),
    "left_at_payment": _plain("Left at the payment step"),
    "account_required": _plain("Was told to make an account"),
    "left_after_account_required": _left("being told to make an account"),
    "delivery_short": _delivery("short"),
    "delivery_mid": _delivery("neither short nor long"),
    "delivery_long": _delivery("long"),
    "left_after_delivery_shown": _left("the delivery time was shown"),
    "out_of_stock": _plain("Met a product that is out of stock"),
    "left_after_out_of_stock": _left("a product was out of stock"),
    "errors_1": _TROUBLE,
    "errors_2plus": _TROUBLE,
    "page_slow": _times("Waited for a slow page", "Waited for slow pages {} times"),
    "rage_clicks": _times("Clicked in anger", "Clicked in anger {} times"),
    "dead_clicks": _times("Clicked where nothing happened", "Clicked {} times where nothing happened"),
    "left_after_error": _left("an error"),
    "compared_1": _compared,
    "compared_2plus": _compared,
    "revisited": _times("Looked again at a product in the cart", "Looked again at products in the cart {} times"),
    "saved_for_later": _times("Saved something for later", "Saved things for later {} times"),
    "came_back": _times("Had left this cart before and come back", "Had left this cart before and come back {} times"),
    "returns_page": _plain("Read the page about returns"),
    "left_before_checkout": _plain("Left before the checkout"),
    "left_in_checkout": _stage("Left in the checkout", "Left at the step {}"),
}
"""By the evidence kinds of the built-in weights; a test holds this list complete."""
