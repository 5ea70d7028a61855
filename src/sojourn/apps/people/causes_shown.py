"""The causes of a cart made ready to be read: names, shares, and for each what was seen, in words, with the number of facts behind it."""

from dataclasses import dataclass
from typing import Any, Final

from sojourn.apps.people.words import cause_words, evidence_words
from sojourn.terms.episodes import Episode, Evidence

SHOWN_SHARE: Final = 0.01
"""Causes below it are left out of pages; the API has them."""

_MARK_OF: Final[dict[str, tuple[str, ...]]] = {
    "left_after_shipping_shown": ("shipping",),
    "left_after_fees_shown": ("fees",),
    "left_after_coupon_denied": ("coupon_denied",),
    "left_after_form_error": ("Form Field Error",),
    "left_after_payment_failed": ("Payment Failed",),
    "left_after_account_required": ("Account Required Shown",),
    "left_after_delivery_shown": ("delivery",),
    "left_after_out_of_stock": ("Out Of Stock Shown",),
    "left_after_error": ("Error Shown", "Request Failed"),
}
"""By which mark of the cart it is known when the last thing was met."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing that was seen. `facts` is how many facts show it; 0 for what is told by absence or by times."""

    kind: str
    text: str
    facts: int


@dataclass(frozen=True, slots=True)
class CauseShown:
    """One cause with its share of the probability, in [0, 1], and what raised it, the strongest first. `width` is the share of 1,000, for a bar."""

    cause: str
    name: str
    share: float
    width: int
    seen: tuple[Sighting, ...]


def episode_causes(cart: Episode) -> list[CauseShown]:
    """The causes of a cart, likeliest first, without those below one per cent; empty where it was never left."""
    found = {entry.kind: entry for entry in cart.evidence}
    return [
        CauseShown(guess.cause, cause_words(guess.cause), guess.probability, round(guess.probability * 1000), _seen(cart, found, guess.evidence))
        for guess in cart.causes
        if guess.probability >= SHOWN_SHARE
    ]


def sightings(cart: Episode) -> tuple[Sighting, ...]:
    """Everything that was seen around a cart, in the order it was graded."""
    found = {entry.kind: entry for entry in cart.evidence}
    return _seen(cart, found, list(found))


def _seen(cart: Episode, found: dict[str, Evidence], kinds: list[str]) -> tuple[Sighting, ...]:
    return tuple(Sighting(kind, evidence_words(kind, _values(cart, found.get(kind), kind), cart.currency), _facts(found.get(kind))) for kind in kinds)


def _facts(entry: Evidence | None) -> int:
    return len(entry.facts) if entry is not None else 0


def _values(cart: Episode, entry: Evidence | None, kind: str) -> dict[str, Any]:
    """What was seen, and how long after it the cart was last touched, where the cart still knows."""
    seen = dict(entry.seen) if entry is not None else {}
    met = [mark.last_at for name in _MARK_OF.get(kind, ()) if (mark := cart.marks.get(name)) is not None]
    if met and cart.last_at > max(met):
        seen["left_after_ms"] = cart.last_at - max(met)
    return seen
