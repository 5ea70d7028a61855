"""The workload: Segment-shaped shopping events of about 850 bytes, in order of arrival, 1 % late; same seed, same bytes."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

START = 1_772_409_600_000  # 2026-03-02
MINUTE = 60_000
AGENTS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36",
)
CATEGORIES = ("Lamps", "Chairs", "Tables", "Rugs", "Shelves", "Clocks", "Mirrors", "Vases")


def iso(ms: int) -> str:
    """ISO 8601 with milliseconds and Z."""
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def events(count: int, customers: int = 50_000, seed: int = 7, days: int = 42) -> list[dict[str, Any]]:
    """`count` events of customers with Zipf-like activity, one to three devices each; a device is anonymous until its first identify."""
    rng = random.Random(seed)
    visits = int(count / 5)
    weights = [1 / (rank + 1) ** 0.8 for rank in range(customers)]
    who = rng.choices(range(customers), weights, k=visits)
    starts = sorted(START + int(rng.random() * days * 86_400_000) for _ in range(visits))
    devices: dict[int, list[dict[str, Any]]] = {}
    out: list[tuple[int, dict[str, Any]]] = []
    for start, customer in zip(starts, who, strict=True):
        known = devices.setdefault(customer, [])
        if not known or (len(known) < 3 and rng.random() < 0.04):
            known.append({"id": f"{rng.getrandbits(128):032x}", "agent": rng.choice(AGENTS), "known": False})
        out.extend(_visit(rng, customer, rng.choice(known), start))
    out.sort(key=lambda pair: pair[0])
    return [event for _, event in out[:count]]


def _visit(rng: random.Random, customer: int, device: dict[str, Any], at: int) -> Iterator[tuple[int, dict[str, Any]]]:
    """One visit: look at products, perhaps fill a cart, perhaps buy. Yields (arrival, event)."""
    product = rng.randrange(2_000)
    script = [("page", "Home")] + [("track", "Product Viewed")] * (1 + int(rng.expovariate(0.5)))
    if not device["known"] and rng.random() < 0.3:
        script.append(("identify", ""))
    if rng.random() < 0.38:
        script += [("track", "Product Added")] * (1 + int(rng.random() * 2.2)) + [("page", "Cart")]
        if rng.random() < 0.62:
            script += [("track", "Checkout Started")] + ([] if device["known"] else [("identify", "")])
            if rng.random() < 0.68:
                script.append(("track", "Order Completed"))
    for kind, name in script:
        if kind == "identify":
            device["known"] = True
        late = rng.randint(5_000, 894_000) if rng.random() < 0.01 else 0
        yield at + late, _event(rng, customer, device, product, (kind, name, at, at + late))
        at += int(rng.expovariate(1 / 45_000)) + 500
        if rng.random() < 0.5:
            product = rng.randrange(2_000)


def _event(rng: random.Random, customer: int, device: dict[str, Any], product: int, what: tuple[str, str, int, int]) -> dict[str, Any]:
    kind, name, at, arrival = what
    price = round(5 + product % 290 + product % 100 / 100, 2)
    url = f"https://shop.example/p/{product}"
    item = {
        "product_id": f"p-{product:05d}",
        "sku": f"SKU-{product:05d}",
        "name": f"Walnut {CATEGORIES[product % 8][:-1].lower()} {product}",
        "category": CATEGORIES[product % 8],
        "brand": f"brand-{product % 7}",
        "price": price,
        "quantity": 1 + product % 3,
    }
    event: dict[str, Any] = {
        "type": kind,
        "messageId": f"{rng.getrandbits(128):032x}",
        "anonymousId": device["id"],
        "userId": f"user-{customer:06d}" if device["known"] else None,
        "timestamp": iso(at),
        "sentAt": iso(arrival),
        "context": {
            "ip": f"203.0.113.{customer % 250}",
            "locale": "de-DE",
            "timezone": "Europe/Berlin",
            "userAgent": device["agent"],
            "library": {"name": "analytics.js", "version": "2.11.1"},
            "page": {"path": f"/p/{product}", "url": url, "referrer": "https://search.example/"},
            "campaign": {"source": "search", "medium": "cpc", "name": "spring"},
        },
    }
    if kind == "identify":
        event["traits"] = {"email": f"c{customer}@shop-mail.example", "first_name": f"Name{customer % 997}", "plan": "basic"}
    elif name == "Order Completed":
        total = round(price * item["quantity"], 2)
        event |= {"event": name, "properties": {"order_id": f"o-{rng.getrandbits(40):x}", "total": total, "currency": "EUR", "products": [item]}}
    elif kind == "track":
        event |= {"event": name, "properties": {**item, "currency": "EUR", "position": 1}}
    else:
        event |= {"name": name, "properties": {"path": "/", "title": f"{name} | Shop", "url": "https://shop.example/"}}
    return event
