"""What just happened, and why messages were not sent, in words."""

from collections.abc import Mapping
from dataclasses import dataclass

from sojourn.apps.messages import api as messages
from sojourn.apps.people.api import Happening
from sojourn.terms.money import to_amount
from sojourn.terms.time import Millis

_ICON = {"abandoned": "shopping-cart-x", "recovered": "shopping-cart-check", "ordered": "shopping-bag", "sent": "send", "held_out": "hand-stop"}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of what just happened. `text` goes on from the person's name; `cause` is a key or empty; `cart` and `intent` name the record behind it."""

    kind: str
    icon: str
    at: Millis
    person: int
    name: str
    text: str
    cause: str
    cart: int
    intent: str


def moment(one: Happening) -> Moment:
    """A happening in words."""
    return Moment(one.kind, _ICON.get(one.kind, "point"), one.at, one.person, one.person_name, _text(one), one.cause, one.cart, one.intent)


def _text(one: Happening) -> str:
    worth = f"{to_amount(one.value, one.currency):,} {one.currency}" if one.value and one.currency else ""
    if one.kind == "abandoned":
        return f"left a cart of {worth}" if worth else "left a cart"
    if one.kind == "recovered":
        return f"came back and ordered for {worth}" if worth else "came back and ordered"
    if one.kind == "ordered":
        return f"ordered for {worth}" if worth else "ordered"
    if one.kind == "sent":
        return "was written to"
    if one.kind == "held_out":
        return "was held back at random"
    return one.kind.replace("_", " ")


def reason_lines(reasons: Mapping[str, int], most: int) -> list[tuple[str, str, int]]:
    """(reason, its words, how many) of why nothing was sent, the most first; the rest together under an empty reason."""
    ranked = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    lines = [(reason, _first_up(messages.reason_short(reason)), n) for reason, n in ranked[:most]]
    rest = sum(n for _, n in ranked[most:])
    return [*lines, ("", "Other reasons", rest)] if rest else lines


def _first_up(text: str) -> str:
    return text[:1].upper() + text[1:]
