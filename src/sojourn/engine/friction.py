"""Moments that hurt, told from clicks and notices that only look like it."""

import re
from typing import Any, Final

from sojourn.engine.cart_items import Props, text
from sojourn.terms.facts import Fact

KINDS: Final = frozenset((
    *("Rage Click", "Dead Click", "Form Field Error", "Form Abandoned", "Error Shown", "Request Failed", "Page Slow", "Back Tracked"),
    *("Search Without Result", "Payment Failed", "Coupon Denied", "Account Required Shown", "Out Of Stock Shown"),
))  # fmt: skip
"""Facts that may be friction. Delivery times and costs are not: they are offers, weighed as evidence."""
RAGE_CLICKS: Final = 3
SLOW_MS: Final[dict[str, int]] = {"lcp": 4_000, "fcp": 3_000, "ttfb": 1_800, "inp": 500, "fid": 300, "tti": 7_300, "load": 6_000}
"""From where a page counts as slow, milliseconds: the "poor" bounds of Web Vitals (web.dev); 3,000 for a metric that is not listed."""
_OTHER_SLOW: Final = 3_000

_REPEATED: Final = re.compile(
    r"stepper|spinbutton|quantity|(?:\b|_)(?:qty|plus|minus|increment|decrement|increase|decrease|dates?|map|stars?|rating|canvas|zoom|games?)(?:\b|_)|"
    r"carousel|slider|swiper|gallery|calendar|date-?time|date-?picker|month|picker|video|player|dblclick|double-?click",
    re.IGNORECASE,
)
"""Things one clicks many times on purpose."""
_SIGNS: Final = frozenset("+-−–<>‹›«»←→")
"""Labels of steppers and of arrows that turn pages."""
_SILENT: Final = re.compile(
    r"copy|clipboard|download|\.pdf\b|\.zip\b|_blank|mailto:|tel:|canvas|video|player|contenteditable|(?:\b|_)map(?:\b|_)", re.IGNORECASE
)
"""Things whose click does something a page cannot see."""
_FOREIGN: Final = re.compile(r"image|img|font|beacon|ping|analytics|tracking|pixel|favicon|media", re.IGNORECASE)
"""Requests that fail without anybody noticing."""
_TARGET: Final = ("selector", "target", "element", "label", "text", "role", "tag", "class", "id", "type", "href")


def judge(fact: Fact) -> str | None:
    """What hurt, in a few words for people (may be empty), or None where this fact is no friction after all."""
    props = fact.props
    match fact.name:
        case "Rage Click":
            return _rage(props)
        case "Dead Click":
            return None if _true(props, "selection", "new_tab", "download") or _SILENT.search(_target(props)) else _short(props, *_TARGET[:4])
        case "Page Slow":
            metric = text(props.get("metric")).lower()
            took = props.get("value_ms")
            slow = isinstance(took, int | float) and not isinstance(took, bool) and took >= SLOW_MS.get(metric, _OTHER_SLOW)
            return f"{metric or 'page'} {took:.0f} ms" if slow and isinstance(took, int | float) else None
        case "Request Failed":
            return _request(props)
        case "Form Field Error":
            return _short(props, "field", "form", "message")
        case "Form Abandoned":
            return _short(props, "last_field", "form")
        case "Back Tracked":
            return _short(props, "from", "to")
    return _short(props, "reason", "message", "query", "product_id", "coupon_id", "step") if fact.name in KINDS else None


def page_of(fact: Fact) -> str:
    """The path of the page it happened on, as far as the fact says; at most 300 characters."""
    props = fact.props
    found = text(props.get("path")) or text(props.get("page"))
    if not found:
        page = fact.context.get("page")
        found = text(page.get("path")) if isinstance(page, dict) else ""
    return found


def _rage(props: Props) -> str | None:
    clicks = props.get("count", props.get("clicks"))
    if isinstance(clicks, int | float) and not isinstance(clicks, bool) and clicks < RAGE_CLICKS:
        return None
    if _true(props, "selection") or _REPEATED.search(_target(props)) or any(text(props.get(name)).strip() in _SIGNS for name in ("label", "text")):
        return None
    return _short(props, *_TARGET[:4])


def _request(props: Props) -> str | None:
    status = props.get("status")
    if _true(props, "third_party", "aborted") or _FOREIGN.search(text(props.get("resource")) + " " + text(props.get("type"))):
        return None
    if isinstance(status, int) and 200 <= status < 400:
        return None
    return " ".join(part for part in (text(status), text(props.get("url")) or text(props.get("path"))) if part)[:200]


def _target(props: Props) -> str:
    return " ".join(part for name in _TARGET if (part := text(props.get(name))))


def _short(props: Props, *names: str) -> str:
    return ": ".join(part for name in names if (part := text(props.get(name), 100)))[:200]


def _true(props: dict[str, Any] | Props, *names: str) -> bool:
    return any(props.get(name) is True for name in names)
