"""Webhooks that come in: of which vendor, by which secret they are known, and what a call means where the house cannot know it by itself."""

from hashlib import sha256
from typing import Any, Final

import msgspec

from sojourn.terms.time import Millis

SHOPIFY, STRIPE, WOOCOMMERCE, TYPEFORM, META, STANDARD, GENERIC = "shopify", "stripe", "woocommerce", "typeform", "meta", "standard", "generic"
VENDORS: Final[dict[str, str]] = {
    SHOPIFY: "Shopify",
    STRIPE: "Stripe",
    WOOCOMMERCE: "WooCommerce",
    TYPEFORM: "Typeform",
    META: "Facebook, Instagram, WhatsApp",
    STANDARD: "Standard Webhooks",
    GENERIC: "Any JSON",
}
"""Kind of a webhook -> what to call it."""

EXPRESSION_CHARACTERS: Final = 500
RULES: Final = 50
PROPERTIES: Final = 40
"""Properties that one rule sets at most."""
NAME_CHARACTERS: Final = 200


class Rule(msgspec.Struct, frozen=True):
    """What calls of a topic mean. Every field but `topic` is a JMESPath expression over the call's JSON; empty ones say nothing.

    `topic` is empty for whatever nothing else gives a meaning. `event` is a name as it is, or an expression after `=`. `each` makes one event of every element
    of a list; the other expressions then read that element.
    """

    topic: str = ""
    event: str = ""
    each: str = ""
    user_id: str = ""
    anonymous_id: str = ""
    email: str = ""
    message_id: str = ""
    timestamp: str = ""
    properties: tuple[tuple[str, str], ...] = ()
    traits: tuple[tuple[str, str], ...] = ()


class Hook(msgspec.Struct, frozen=True):
    """What capture must know of a webhook. An empty secret is allowed for `generic` only: then whoever knows the address may send."""

    kind: str
    secret: str = ""
    token: str = ""
    rules: tuple[Rule, ...] = ()


class HookCall(msgspec.Struct, frozen=True):
    """A call that came in, as it is remembered for a while. `verdict` says what became of it: one line for each event, or why there is none.

    `whole` is False where only the beginning of the body was kept.
    """

    number: int  # of the process that took it in, ascending
    at: Millis
    topic: str
    outcome: str  # kept, dropped, quarantined, refused
    verdict: tuple[str, ...] = ()
    body: bytes = b""
    whole: bool = True


class Previewed(msgspec.Struct, frozen=True):
    """What a call would become: `facts` in the form of the calls of the API, or why there are none."""

    facts: tuple[dict[str, Any], ...] = ()
    problems: tuple[str, ...] = ()


def verify_token(token: str) -> str:
    """What Meta must send when it asks whether the address is ours; known to whoever knows the address."""
    return sha256(b"verify:" + token.encode()).hexdigest()[:24]
