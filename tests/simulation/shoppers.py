"""Scripts of a simulated shop: who does what when, in the order in which clients send it."""

from random import Random
from typing import Any, Final

import msgspec

from sojourn.terms.time import MINUTE, SECOND, Millis, to_iso

SPAN: Final[Millis] = 6 * 60 * MINUTE
_PRODUCTS: Final = ("lamp", "stool", "rug", "vase")


class Sent(msgspec.Struct):
    """One event on its way: when the client sends it first, and what."""

    at: Millis
    event: dict[str, Any]


class Shopper(msgspec.Struct):
    """What the simulation knows about one shopper."""

    user: str
    address: str
    devices: list[str]
    reachable: bool


def script(rng: Random, start: Millis) -> tuple[list[Shopper], list[Sent]]:
    """Between 3 and 7 shoppers and everything they do within six hours, some of it told late, on up to two devices each."""
    shoppers: list[Shopper] = []
    sent: list[Sent] = []
    for number in range(rng.randint(3, 7)):
        devices = [f"a{number}-{k}" for k in range(rng.randint(1, 2))]
        shopper = Shopper(f"u{number}", f"u{number}@example.com", devices, rng.random() < 0.85)
        shoppers.append(shopper)
        sent.extend(_visits(rng, shopper, start, number))
    sent.sort(key=lambda one: (one.at, one.event["messageId"]))
    return shoppers, sent


def _visits(rng: Random, shopper: Shopper, start: Millis, number: int) -> list[Sent]:
    told: list[Sent] = []
    known: set[str] = set()

    def say(at: Millis, device: str, kind: str, **fields: Any) -> None:
        event: dict[str, Any] = {"type": kind, "messageId": f"{number}-{len(told)}", "anonymousId": device, "timestamp": to_iso(at), **fields}
        if device in known:
            event["userId"] = shopper.user
        late = rng.choice((0, 0, 0, rng.randint(1, 120) * SECOND, rng.randint(1, 50) * MINUTE))
        told.append(Sent(at + late, event))

    for visit in range(rng.randint(1, 3)):
        device = rng.choice(shopper.devices)
        at = start + rng.randrange(SPAN)
        if shopper.reachable and device not in known and rng.random() < 0.7:
            known.add(device)
            say(at, device, "identify", traits={"email": shopper.address})
        cart = {"cart_id": f"c{number}-{visit if rng.random() < 0.8 else 0}"}
        for _ in range(rng.randint(1, 3)):
            at += rng.randint(5, 400) * SECOND
            say(
                at,
                device,
                "track",
                event="Product Added",
                properties={**cart, "product_id": rng.choice(_PRODUCTS), "price": 20, "quantity": 1, "currency": "EUR"},
            )
        at += rng.randint(5, 400) * SECOND
        if rng.random() < 0.5:
            say(at, device, "track", event="Shipping Cost Shown", properties={**cart, "shipping": 12, "value": 20, "currency": "EUR"})
        if shopper.reachable and device not in known and rng.random() < 0.5:
            known.add(device)
            say(at, device, "identify", traits={"email": shopper.address})
        if rng.random() < 0.45:
            at += rng.choice((60 * SECOND, 29 * MINUTE, 30 * MINUTE, 31 * MINUTE, 45 * MINUTE, 70 * MINUTE))
            say(at, device, "track", event="Order Completed", properties={**cart, "order_id": f"o{number}-{visit}", "total": 20, "currency": "EUR"})
    return told
