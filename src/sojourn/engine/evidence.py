"""Evidence: what happened around a cart is marked as it comes, and graded into kinds of evidence when the cart is left."""

import re
from functools import lru_cache
from typing import Any, Final

from sojourn.engine.cart_items import Props, text
from sojourn.terms.episodes import Episode, Evidence, Mark, Step
from sojourn.terms.facts import Fact
from sojourn.terms.ids import FactId
from sojourn.terms.time import MINUTE, Millis

MARKS_KEPT: Final = 60
FACTS_KEPT: Final = 5
STEPS_KEPT: Final = 20
LONG_CHECKOUT: Final[Millis] = 6 * MINUTE
"""From where a checkout counts as long; Baymard's test shoppers needed 2 to 4 minutes for a good one."""
DAYS_SHORT: Final = 3
DAYS_LONG: Final = 7

CART, CHECKOUT, ACCOUNT, SHIPPING, PAYMENT, REVIEW = "cart", "checkout", "account", "shipping", "payment", "review"
RANK: Final[dict[str, int]] = {CART: 0, CHECKOUT: 10, ACCOUNT: 20, SHIPPING: 30, PAYMENT: 40, REVIEW: 50}
_OTHER_RANK: Final = 15
_STEP_WORDS: Final = (
    (REVIEW, re.compile(r"review|confirm|summary|overview|place.?order|pr[uü]f|zusammenfassung")),
    (PAYMENT, re.compile(r"pay|billing|card|zahl|paiement|pago")),
    (SHIPPING, re.compile(r"ship|deliver|versand|liefer|livraison|env[ií]o|pick.?up")),
    (ACCOUNT, re.compile(r"account|login|log.in|sign|regist|customer|contact|information|address|email|anmeld|adresse|kunde|details")),
    (CHECKOUT, re.compile(r"checkout|start|begin|kasse")),
    (CART, re.compile(r"cart|basket|\bbag\b|warenkorb|panier|carrito")),
)
_DONE: Final = re.compile(r"thank|success|complete|confirmation|order.received|receipt|danke|merci|/orders?/")
_CART_PATH: Final = re.compile(r"/(?:shopping-?)?(?:cart|basket|bag|warenkorb|panier|carrito|carrello)(?:[/.?]|$)")
_CHECKOUT_PATH: Final = re.compile(r"/(?:checkouts?|kasse|commande|onepage)(?:[/.?]|$)(.*)")
_RETURNS_PATH: Final = re.compile(r"return|refund|r[uü]ckgabe|rueckgabe|widerruf|retour")
_SHIPPING_PATH: Final = re.compile(r"shipping|delivery|versand|lieferung|livraison")
_COUPON_PATH: Final = re.compile(r"coupon|promo|voucher|gutschein|discount|code.promo")

TECHNICAL: Final = ("Error Shown", "Request Failed")


# -- steps


@lru_cache(maxsize=4096)
def step_name(said: str) -> str:
    """A checkout step's common name (a key of RANK), else the shop's own, lower-case, at most 40 characters."""
    lowered = " ".join(said.lower().split())[:40]
    if lowered.isdigit():
        return f"step {lowered}"
    return next((name for name, words in _STEP_WORDS if words.search(lowered)), lowered)


@lru_cache(maxsize=16384)
def page_kind(path: str) -> str:
    """What a page is to a cart by its path: a step ("step:payment"), "returns_page", "shipping_page", "coupon_page"; empty for all others."""
    lowered = path.lower()
    if _DONE.search(lowered):
        return ""
    checkout = _CHECKOUT_PATH.search(lowered)
    if checkout:
        rest = re.sub(r"[^a-zü]+", " ", checkout.group(1).partition("?")[0]).strip()
        named = step_name(rest) if rest else CHECKOUT
        return f"step:{named if named in RANK else CHECKOUT}"
    if _CART_PATH.search(lowered):
        return f"step:{CART}"
    for kind, words in (("returns_page", _RETURNS_PATH), ("coupon_page", _COUPON_PATH), ("shipping_page", _SHIPPING_PATH)):
        if words.search(lowered):
            return kind
    return ""


def rank(step: str) -> int:
    """How far into the checkout a step lies; steps of a shop's own naming lie behind its beginning."""
    return RANK.get(step, _OTHER_RANK)


def enter(episode: Episode, name: str, at: Millis, completed: bool = False) -> str:
    """Put the person at a step; the step gone back from, when this is a way back inside the checkout, else empty.

    A fact older than the last activity is noted but moves nobody.
    """
    found = next((step for step in episode.steps if step.name == name), None)
    if found is None:
        if len(episode.steps) < STEPS_KEPT:
            episode.steps.append(Step(name, at, at, 0 if completed else 1, completed))
    else:
        found.first_at = min(found.first_at, at)
        found.last_at = max(found.last_at, at)
        found.views += 0 if completed else 1
        found.completed = found.completed or completed
    if rank(name) > rank(episode.reached):
        episode.reached = name
    if at < episode.last_at:
        return ""
    stay(episode, at)
    before, episode.step, episode.step_at = episode.step, name, at
    return before if rank(before) >= RANK[SHIPPING] and rank(name) < rank(before) and not completed else ""


def stay(episode: Episode, at: Millis) -> None:
    """Count the time up to `at` for the step the person is at, while the cart is open."""
    if not episode.step or episode.due is None or at <= episode.step_at:
        return
    for step in episode.steps:
        if step.name == episode.step:
            step.spent += at - episode.step_at
            break
    episode.step_at = at


# -- marks


def mark(episode: Episode, kind: str, fact: FactId, at: Millis, seen: dict[str, Any] | None = None) -> Mark | None:
    """Note that something happened; the values seen are those of the latest. None where the cart has 60 kinds already."""
    found = episode.marks.get(kind)
    if found is None:
        if len(episode.marks) >= MARKS_KEPT:
            return None
        found = episode.marks[kind] = Mark(1, at, at, fact, [fact], seen or {})
        return found
    found.count += 1
    if len(found.facts) < FACTS_KEPT:
        found.facts.append(fact)
    found.first_at = min(found.first_at, at)
    if at >= found.last_at:
        found.last_at, found.last = at, fact
        if seen:
            found.seen = seen
    return found


def merge_marks(into: dict[str, Mark], other: dict[str, Mark]) -> dict[str, Mark]:
    """The marks of two carts that turn out to be one, by kind in the order of the alphabet, so that it does not matter which was first."""
    merged: dict[str, Mark] = {}
    for kind in sorted({*into, *other})[:MARKS_KEPT]:
        a, b = into.get(kind), other.get(kind)
        if a is None or b is None:
            merged[kind] = a or b  # type: ignore[assignment]  # one of the two is there
            continue
        newer = a if (a.last_at, a.last) >= (b.last_at, b.last) else b
        facts = sorted({*a.facts, *b.facts})[:FACTS_KEPT]
        merged[kind] = Mark(a.count + b.count, min(a.first_at, b.first_at), newer.last_at, newer.last, facts, newer.seen)
    return merged


def looked_at(episode: Episode, fact: Fact, number: FactId) -> None:
    """Mark a look at a product: again at one in the cart, or at another of the same category, which is comparing."""
    props = fact.props
    product = text(props.get("product_id")) or text(props.get("sku"))
    if not product:
        return
    if any(item.product == product for item in episode.items):
        mark(episode, "revisited", number, fact.at, {"product": product})
        return
    category = text(props.get("category"))
    if category and any(item.category == category for item in episode.items):
        before = episode.marks.get("compared")
        others: list[str] = before.seen.get("products", []) if before else []
        if product not in others:
            mark(episode, "compared", number, fact.at, {"category": category, "products": [*others, product][-10:]})


def sorted_by_price(props: Props) -> bool:
    """Whether a product list is sorted by price, in Segment's form (`sorts`) or as plain text."""
    sorts = props.get("sorts")
    if isinstance(sorts, list):
        return any(isinstance(entry, dict) and "price" in text(entry.get("type")).lower() for entry in sorts)
    return "price" in text(props.get("sort")).lower() or "price" in text(props.get("sort_by")).lower()


# -- grades


def grade(episode: Episode) -> list[Evidence]:
    """All evidence a cart leaves, in a fixed order; kinds are keys of the RuleBook's weights.

    Errors: none. What was not seen leaves no entry; what its absence says is the RuleBook's business.
    """
    found: list[Evidence] = []
    _grade_costs(episode, found)
    _grade_price(episode, found)
    _grade_form(episode, found)
    _grade_trouble(episode, found)
    _grade_delivery(episode, found)
    _grade_looking(episode, found)
    _grade_exit(episode, found)
    return found


def _say(found: list[Evidence], kind: str, mark_: Mark, **seen: Any) -> None:
    found.append(Evidence(kind, list(mark_.facts), {**mark_.seen, **seen}))


def _grade_costs(episode: Episode, found: list[Evidence]) -> None:
    shown = episode.marks.get("shipping")
    if shown is not None and episode.shipping is not None:
        values = {"shipping": episode.shipping, "value": episode.value, "currency": episode.currency}
        per_cent = episode.shipping * 100 // episode.value if episode.value > 0 else (100 if episode.shipping else 0)
        grade_ = "free" if episode.shipping == 0 else "ratio_low" if per_cent < 8 else "ratio_mid" if per_cent < 20 else "ratio_high"
        _say(found, f"shipping_{grade_}", shown, **values, percent=per_cent)
    fees = episode.marks.get("fees")
    if fees is not None and episode.fees:
        per_cent = episode.fees * 100 // episode.value if episode.value > 0 else 100
        values = {"fees": episode.fees, "value": episode.value, "currency": episode.currency, "percent": per_cent}
        _say(found, "fees_ratio_low" if per_cent < 5 else "fees_ratio_high", fees, **values)
    page = episode.marks.get("shipping_page")
    if page is not None:
        _say(found, "shipping_page", page)


def _grade_price(episode: Episode, found: list[Evidence]) -> None:
    marks = episode.marks
    denied, tried, applied = marks.get("coupon_denied"), marks.get("coupon_entered"), marks.get("coupon_applied")
    if denied is not None and (applied is None or applied.last_at < denied.last_at):
        _say(found, "coupon_denied", denied, times=denied.count)
    elif tried is not None and applied is None:
        _say(found, "coupon_tried", tried, times=tried.count)
    for kind, name in (("coupon_page", "coupon_searched"), ("price_sorted", "price_sorted"), ("removed_after_total", "removed_after_total")):
        if kind in marks:
            _say(found, name, marks[kind], times=marks[kind].count)


def _grade_form(episode: Episode, found: list[Evidence]) -> None:
    marks = episode.marks
    errors = marks.get("Form Field Error")
    if errors is not None:
        _say(found, f"form_errors_{errors.count if errors.count < 3 else '3plus'}", errors, times=errors.count)
    if "Form Abandoned" in marks:
        _say(found, "form_abandoned", marks["Form Abandoned"])
    back = marks.get("Back Tracked")
    if back is not None:
        _say(found, "backtracked_1" if back.count == 1 else "backtracked_2plus", back, times=back.count)
    spent = sum(step.spent for step in episode.steps if rank(step.name) > 0)
    if spent >= LONG_CHECKOUT:
        found.append(Evidence("time_on_checkout_long", [], {"spent_ms": spent}))


def _grade_trouble(episode: Episode, found: list[Evidence]) -> None:
    marks = episode.marks
    failed = marks.get("Payment Failed")
    if failed is not None:
        _say(found, "payment_failed_1" if failed.count == 1 else "payment_failed_2plus", failed, times=failed.count)
    for kind, name in (("Account Required Shown", "account_required"), ("Out Of Stock Shown", "out_of_stock")):
        if kind in marks:
            _say(found, name, marks[kind])
    errors = [marks[kind] for kind in TECHNICAL if kind in marks]
    if errors:
        times = sum(entry.count for entry in errors)
        facts = [number for entry in errors for number in entry.facts]
        found.append(Evidence("errors_1" if times == 1 else "errors_2plus", facts[:FACTS_KEPT], {**errors[-1].seen, "times": times}))
    for kind, name in (("Page Slow", "page_slow"), ("Rage Click", "rage_clicks"), ("Dead Click", "dead_clicks")):
        if kind in marks:
            _say(found, name, marks[kind], times=marks[kind].count)


def _grade_delivery(episode: Episode, found: list[Evidence]) -> None:
    shown = episode.marks.get("delivery")
    if shown is not None:
        days = shown.seen.get("days", 0)
        _say(found, "delivery_short" if days <= DAYS_SHORT else "delivery_long" if days >= DAYS_LONG else "delivery_mid", shown)


def _grade_looking(episode: Episode, found: list[Evidence]) -> None:
    marks = episode.marks
    compared = marks.get("compared")
    if compared is not None:
        _say(found, "compared_1" if compared.count == 1 else "compared_2plus", compared, times=compared.count)
    for kind in ("revisited", "saved_for_later", "returns_page"):
        if kind in marks:
            _say(found, kind, marks[kind], times=marks[kind].count)
    if episode.reopened:
        found.append(Evidence("came_back", [], {"times": episode.reopened}))


_LAST_SEEN: Final = (
    ("shipping", "left_after_shipping_shown"),
    ("fees", "left_after_fees_shown"),
    ("coupon_denied", "left_after_coupon_denied"),
    ("Form Field Error", "left_after_form_error"),
    ("Payment Failed", "left_after_payment_failed"),
    ("Account Required Shown", "left_after_account_required"),
    ("delivery", "left_after_delivery_shown"),
    ("Out Of Stock Shown", "left_after_out_of_stock"),
    ("Error Shown", "left_after_error"),
    ("Request Failed", "left_after_error"),
)


def _grade_exit(episode: Episode, found: list[Evidence]) -> None:
    """Where they left, and what the last thing was that they met there: nothing of the checkout came after it."""
    if rank(episode.reached) == 0:
        # A shop may show shipping and delivery in the cart already: then what weighs against the reasons of a checkout does not hold.
        if "shipping" not in episode.marks and "delivery" not in episode.marks:
            found.append(Evidence("left_before_checkout", [], {"reached": episode.reached}))
    elif episode.step == PAYMENT and "Payment Failed" not in episode.marks:
        found.append(Evidence("left_at_payment", [], {"reached": episode.reached}))
    else:
        found.append(Evidence("left_in_checkout", [], {"reached": episode.reached, "step": episode.step}))
    met = [(entry.last_at, entry.last, kind, entry) for name, kind in _LAST_SEEN if (entry := episode.marks.get(name)) is not None]
    if not met:
        return
    at, number, kind, entry = max(met, key=lambda last: last[:2])
    # Who goes back to the cart has not gone on; who left, comes back later and looks at the cart did not leave it this time for what was met last time.
    came_back = episode.reopened > 0 and episode.abandoned_at is not None and at < episode.abandoned_at
    went_on = max((step.last_at for step in episode.steps if came_back or rank(step.name) > 0), default=0)
    if at >= went_on and not (kind == "left_after_shipping_shown" and not episode.shipping):
        found.append(Evidence(kind, [number], dict(entry.seen)))
