"""Episodes: one attempt at something with an end. A cart episode ends in an order, in abandonment, or emptied."""

from enum import StrEnum
from typing import Any, Final

import msgspec

from sojourn.terms.ids import FactId
from sojourn.terms.money import Minor
from sojourn.terms.time import Millis


class Cause(StrEnum):
    """Why a cart was left. The list is closed; `unknown` is a cause of its own with its own probability."""

    SHIPPING_COST = "shipping_cost"
    OTHER_FEES = "other_fees"
    TOTAL_PRICE = "total_price"
    CONFUSING_CHECKOUT = "confusing_checkout"
    PAYMENT_TROUBLE = "payment_trouble"
    FORCED_ACCOUNT = "forced_account"
    DELIVERY_TIME = "delivery_time"
    OUT_OF_STOCK = "out_of_stock"
    TECHNICAL_TROUBLE = "technical_trouble"
    COMPARING = "comparing"
    UNKNOWN = "unknown"


CAUSE_WORDS: Final[dict[str, str]] = {
    Cause.SHIPPING_COST: "Shipping cost",
    Cause.OTHER_FEES: "Other fees",
    Cause.TOTAL_PRICE: "Total price",
    Cause.CONFUSING_CHECKOUT: "Confusing checkout",
    Cause.PAYMENT_TROUBLE: "Payment trouble",
    Cause.FORCED_ACCOUNT: "Had to make an account",
    Cause.DELIVERY_TIME: "Delivery time",
    Cause.OUT_OF_STOCK: "Out of stock",
    Cause.TECHNICAL_TROUBLE: "Technical trouble",
    Cause.COMPARING: "Comparing",
    Cause.UNKNOWN: "Unknown",
}
"""What each cause is called on every screen."""


def cause_words(cause: str) -> str:
    """A cause as a person would name it; one that is not in the list by its key."""
    return CAUSE_WORDS.get(cause) or cause.replace("_", " ").capitalize()


class EpisodeState(StrEnum):
    """Where an episode is. `recovered` is an order after abandonment; `emptied` means every item was taken out, which is not abandonment."""

    OPEN = "open"
    ABANDONED = "abandoned"
    ORDERED = "ordered"
    RECOVERED = "recovered"
    EMPTIED = "emptied"


class Evidence(msgspec.Struct, array_like=True, gc=False):
    """One thing that speaks for or against causes: its kind (a key of the RuleBook's weights), the facts behind it, and what was seen."""

    kind: str
    facts: list[FactId]
    seen: dict[str, Any] = {}  # the values at that moment, ready to show: {"shipping": 1290, "value": 4990, "currency": "EUR"}


class CauseGuess(msgspec.Struct, array_like=True, gc=False):
    """One cause of the ranked list; probabilities of a list sum to 1. `evidence` are the kinds that raised it, strongest first."""

    cause: str
    probability: float  # rounded to 6 digits, so that bytes do not depend on the machine's last bit
    evidence: list[str]


class CartItem(msgspec.Struct, array_like=True, gc=False):
    """One product in a cart; `price` in minor units of the episode's currency."""

    product: str
    quantity: int
    price: Minor | None = None
    name: str = ""
    category: str = ""
    brand: str = ""
    url: str = ""
    image: str = ""


class Step(msgspec.Struct, array_like=True, gc=False):
    """One checkout step: when it was first seen, how often, and whether it was completed."""

    name: str
    first_at: Millis
    last_at: Millis
    views: int = 1
    completed: bool = False
    spent: Millis = 0  # time between entering it and the next thing seen after it


class Mark(msgspec.Struct, array_like=True, gc=False):
    """One kind of thing that happened around a cart, told together: how often, when, by which facts (the first five), and the values last seen."""

    count: int
    first_at: Millis
    last_at: Millis
    last: FactId
    facts: list[FactId]
    seen: dict[str, Any] = {}


class Friction(msgspec.Struct, array_like=True, gc=False):
    """A moment that hurt, inside an episode."""

    fact: FactId
    at: Millis
    kind: str  # the fact's name: "Rage Click", "Form Field Error", …
    detail: str = ""


class Episode(msgspec.Struct, array_like=True, gc=False):
    """One cart episode, from its first item to its end. Times are event time; money is in minor units of `currency`."""

    id: FactId  # the fact that opened it
    started_at: Millis
    last_at: Millis  # last cart activity
    key: str = ""  # cart_id or checkout_id; empty for the person's unnamed cart
    kind: str = "cart"
    state: str = EpisodeState.OPEN
    ended_at: Millis | None = None
    currency: str = ""
    value: Minor = 0  # of the items, or as Checkout Started said
    items: list[CartItem] = []
    steps: list[Step] = []
    reached: str = "cart"  # the furthest step reached
    shipping: Minor | None = None  # the last shipping cost shown
    fees: Minor | None = None  # other costs shown: tax beside the price, payment or service fees
    evidence: list[Evidence] = []
    friction: list[Friction] = []
    causes: list[CauseGuess] = []  # set when abandoned
    abandonments: int = 0
    reopened: int = 0
    order: str = ""  # order id, when ordered or recovered
    revenue: Minor = 0
    intent: str = ""  # the last intent decided for it
    messages: int = 0  # messages handed over for it
    historical: bool = False  # built from imported or late history only
    url: str = ""  # where the cart can be gone back to
    due: Millis | None = None  # when it counts as abandoned if nothing comes
    keys: list[str] = []  # every id it went by, typed: "cart_id:c-1", "checkout_id:k-1", "order_id:o-1"
    marks: dict[str, Mark] = {}  # what evidence is graded from when it ends
    abandoned_at: Millis | None = None  # the first time it counted as abandoned, event time
    bare: bool = False  # made by an order whose cart was never seen
    absorbed: list[FactId] = []  # ids of episodes that turned out to be this one
    step: str = ""  # the step the person is at now
    step_at: Millis = 0  # up to when time was counted for it
    items_at: Millis = 0  # when the whole cart was last listed by one fact
    removed: dict[str, Millis] = {}  # products taken out, and when, so that a late Product Added does not put them back
    url_said: bool = False  # `url` is what the shop named as the cart's address, not just the page that was looked at
