"""Shoppers at the pace of a demo: a past in days, and visits that last half a minute instead of half an hour."""

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from random import Random
from typing import Any, Final

import msgspec

from sojourn.apps.demo.shop import ADDRESS, CURRENCY
from sojourn.apps.demo.shoppers import Journey, journeys
from sojourn.terms.time import DAY, HOUR, SECOND, Millis, from_datetime, to_iso

SEEDS: Final = 1_000
"""Each day of the past, and the present, has a seed of its own, so that no two shoppers have the same ids."""
PACE: Final = 12
"""So many times faster than people is a shopper of the present."""
LONGEST_REST: Final = 12 * SECOND
"""Well below the cart gap of the demo, so that nobody counts as gone while they type."""
COMES_BACK_AFTER: Final = 90 * SECOND
_WEEK: Final = (0.9, 0.85, 0.9, 1.0, 1.1, 1.2, 1.05)

BY_THEMSELVES: Final = 0.08
"""Of those who left a cart: how many come back and buy whatever we do."""
AFTER_FITTING: Final = 0.34
"""… after a mail about the very reason they left for."""
AFTER_OTHER: Final = 0.16
"""… after any other mail. The difference between these and BY_THEMSELVES is the planted effect of mail."""
JUST_LOOKS: Final = 0.2
"""Of those whom a mail does not move: how many follow its link all the same."""
HAD_ENOUGH: Final = 0.02
"""How many unsubscribe instead."""


class Plan(msgspec.Struct, frozen=True):
    """What a shopper who left a cart will do: chance is drawn once, before anybody knows which mail they get."""

    email: str
    truth: str
    draw: float
    enough: bool
    journey: Journey

    def buys(self, template_fits: bool | None) -> bool:
        """Whether they buy after a mail that fits or does not; None without any mail."""
        return self.draw < (BY_THEMSELVES if template_fits is None else AFTER_FITTING if template_fits else AFTER_OTHER)

    def looks(self) -> bool:
        """Whether they follow the link of a mail that does not move them."""
        return self.draw > 1 - JUST_LOOKS


def day_of_past(seed: int, shoppers: int, days: int, day: int, started_at: Millis) -> list[Journey]:
    """The shoppers of one day of the past: `day` 0 is the oldest. Who would still be under way when the demo begins is left out."""
    start = started_at - (days - day) * DAY
    weekday = (start // DAY + 3) % 7  # 1970-01-01 was a Thursday
    growth = 0.8 + 0.4 * day / max(days, 1)
    number = round(shoppers / max(days, 1) * _WEEK[weekday] * growth)
    found = journeys(seed * SEEDS + day, number, start, DAY)
    return [way for way in found if way.events and _at(way.events[-1]) < started_at - HOUR]


def present(seed: int, number: int) -> Journey:
    """The shopper of that number among those who come while one watches; times count from 0."""
    return next(journeys(seed * SEEDS + SEEDS - 1 + number * SEEDS * SEEDS, 1, 0, 1))


def rests(way: Journey) -> Iterator[tuple[Millis, dict[str, Any]]]:
    """The events of a shopper with the time after the one before, at the demo's pace."""
    before: Millis | None = None
    for event in way.events:
        at = _at(event)
        gap = 0 if before is None else at - before
        before = at
        yield (COMES_BACK_AFTER if gap > HOUR else min(gap // PACE, LONGEST_REST)), event


def plan_of(seed: int, way: Journey) -> Plan:
    """What a shopper who left a cart will do later."""
    random = Random(f"{seed}/later/{way.persona.anonymous_id}")
    return Plan(way.persona.email, way.truth, random.random(), random.random() < HAD_ENOUGH, way)


def return_and_buy(way: Journey, at: Millis) -> list[dict[str, Any]]:
    """A shopper comes back to the cart they left and buys it, within some seconds from `at` on."""
    cart: dict[str, dict[str, Any]] = {}
    for event in way.events:
        props = event.get("properties", {})
        if event.get("event") == "Product Added":
            line = cart.setdefault(props["product_id"], {**props, "quantity": 0})
            line["quantity"] += 1
        elif event.get("event") == "Product Removed":
            cart.pop(props["product_id"], None)
    lines = list(cart.values())
    worth = sum(line["price"] * line["quantity"] for line in lines)
    last = way.events[-1]
    told = [
        ("page", "Cart", "/cart", {}),
        ("track", "Cart Viewed", "/cart", {"products": lines}),
        ("track", "Checkout Started", "/checkout", {"value": worth, "currency": CURRENCY, "products": lines}),
        ("track", "Payment Info Entered", "/checkout/payment", {"payment_method": "card"}),
        ("track", "Order Completed", "/checkout/thank-you", {
            "order_id": f"o-back-{way.persona.anonymous_id}", "total": worth, "revenue": worth, "shipping": 0, "currency": CURRENCY, "products": lines,
        }),
    ]  # fmt: skip
    events = []
    for number, (kind, name, path, props) in enumerate(told):
        page = {"path": path, "url": ADDRESS + path}
        events.append({
            "type": kind, ("name" if kind == "page" else "event"): name, "properties": {**props, **(page if kind == "page" else {})},
            "anonymousId": way.persona.anonymous_id, **({"userId": way.persona.user_id} if way.persona.user_id else {}),
            "timestamp": to_iso(at + 2 * SECOND * number), "messageId": f"{last['messageId']}-back-{number}",
            "context": {**last["context"], "page": page},
        })  # fmt: skip
    return events


def _at(event: dict[str, Any]) -> Millis:
    return from_datetime(datetime.fromisoformat(event["timestamp"]))


_LINK: Final = re.compile(r"https?://[^\s<>\"]+(/[lu]/[^\s<>\"]+)")


def links_of(raw: bytes) -> tuple[str, str]:
    """The paths of a mail's links: back to the cart, and to unsubscribe; empty where it has none."""
    body = message_from_bytes(raw, policy=default).get_body(("plain",))
    found = _LINK.findall(body.get_content()) if body is not None else []
    return next((path for path in found if path.startswith("/l/")), ""), next((path for path in found if path.startswith("/u/")), "")
