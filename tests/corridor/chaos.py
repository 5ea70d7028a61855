"""A shop's stream with everything that goes wrong with identity in it: shared devices, aliases in circles, placeholders, late and skewed events."""

from datetime import datetime
from random import Random
from typing import Any

from sojourn.apps.demo.shoppers import journeys, stream
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND, Millis, from_datetime, to_iso


def events(seed: int, shoppers: int, start: Millis) -> list[tuple[Millis, dict[str, Any]]]:
    """(when it arrives, the call), in the order of arrival. Same arguments, same stream."""
    rng = Random(f"chaos/{seed}")
    told = [(from_datetime(datetime.fromisoformat(event["timestamp"])), event) for event in stream(journeys(seed, shoppers, start))]
    devices = sorted({event["anonymousId"] for _, event in told if event.get("anonymousId")})
    users = sorted({event["userId"] for _, event in told if event.get("userId")}) or ["u-1"]
    for number in range(shoppers):
        at = start + rng.randrange(8 * HOUR)
        told.append((at, _confusion(rng, number, at, devices, users)))
    late = [(at + rng.choice((0, 0, 0, 0, 30 * SECOND, 20 * MINUTE, 2 * HOUR, 2 * DAY)), event) for at, event in told]
    return sorted(late, key=lambda one: (one[0], one[1]["messageId"]))


def _confusion(rng: Random, number: int, at: Millis, devices: list[str], users: list[str]) -> dict[str, Any]:
    event: dict[str, Any] = {"messageId": f"chaos-{number}", "timestamp": to_iso(at)}
    device, user, other = rng.choice(devices), rng.choice(users), rng.choice(users)
    match rng.randrange(7):
        case 0:
            return {**event, "type": "identify", "anonymousId": device, "userId": user}
        case 1:
            return {**event, "type": "alias", "previousId": device, "userId": user}
        case 2:
            return {**event, "type": "alias", "previousId": user, "userId": other}
        case 3:
            return {**event, "type": "track", "event": "Product Viewed", "anonymousId": device, "userId": "undefined", "properties": {"product_id": "p1"}}
        case 4:
            return {**event, "type": "track", "event": "Product Added", "userId": user, "properties": {"product_id": "p9", "price": 9, "currency": "EUR"}}
        case 5:
            return {
                **event,
                "type": "track",
                "event": "Order Completed",
                "userId": user,
                "properties": {"order_id": f"x{number}", "total": 9, "currency": "EUR"},
            }
        case _:
            return {**event, "type": "group", "anonymousId": device, "groupId": "g-1"}
