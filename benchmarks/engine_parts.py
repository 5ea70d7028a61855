"""What identity, portrait and sessions cost per event: `python benchmarks/engine_parts.py [events]`. CPU time, microseconds per event."""

import gc
import random
import sys
from time import process_time

import msgspec

from sojourn.engine import carts, decide, fold, identity, portrait, sessions
from sojourn.engine.defaults import default_rules
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact, Record
from sojourn.terms.ids import fact_id

SEED = 7
START = 1_760_000_000_000
BATCH = 5_000
AGENT = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"
NAMES = (*["page"] * 5, *["Product Viewed"] * 6, "Product List Viewed", "Product Added", "Cart Viewed", "Checkout Started", "Order Completed", "identify")


def events(count: int, people: int) -> list[Fact]:
    """Shop-shaped facts of `people` customers (Zipf), every tenth on a second device; event time rises, 1 % comes late."""
    rng = random.Random(SEED)
    weights = [1 / (rank + 10) for rank in range(people)]
    chosen = rng.choices(range(people), weights, k=count)
    out = []
    for number, who in enumerate(chosen):
        at = START + number * 40 - (rng.randrange(3_600_000) if rng.random() < 0.01 else 0)
        name = NAMES[rng.randrange(len(NAMES))]
        device = f"5b6f0b5e-8f2e-4a0e-9c53-{who:012d}" if who % 10 else f"5b6f0b5e-8f2e-4a0e-9c53-{who:010d}-{number % 2}"
        known = name == "identify" or (who % 3 == 0 and rng.random() < 0.5)
        url = f"https://shop.example/products/{number % 300}?ref=1"
        context = {
            "ip": "203.0.113.7",
            "userAgent": AGENT,
            "locale": "de-DE",
            "timezone": "Europe/Berlin",
            "screen": {"width": 1440, "height": 900, "density": 2},
            "page": {"url": url, "path": f"/products/{number % 300}", "referrer": "https://shop.example/"},
            "library": {"name": "analytics.js", "version": "2.0.0"},
        }
        if number % 20 == 0:
            context["campaign"] = {"source": "newsletter", "medium": "email", "name": "autumn"}
        props = {
            "product_id": f"p-{number % 300}",
            "sku": f"sku-{number % 300}",
            "category": f"c-{number % 12}",
            "brand": f"b-{number % 20}",
            "price": 19.99,
            "quantity": 1,
            "currency": "EUR",
            "cart_id": f"cart-{who}",
        }
        if name == "Order Completed":
            props = {"order_id": f"o-{number}", "total": 59.9, "currency": "EUR", "cart_id": f"cart-{who}", "products": [dict(props), dict(props)]}
        kind = name if name in ("page", "identify") else "track"
        traits = {"email": f"c{who}@shop.example", "name": f"Customer {who}", "plan": "free"} if name == "identify" else {}
        out.append(Fact(kind, name, at, f"message-{number:030d}", device, f"u-{who}" if known else None, props, traits, context))
    return out


def parts(facts: list[Fact]) -> dict[str, float]:
    """CPU seconds of each part, each timed on its own over the same facts in batches, with the others running untimed."""
    work = Working(1, default_rules(), now=START)
    spent = dict.fromkeys(("identity", "sessions", "portrait", "carts", "decide", "rearm"), 0.0)
    for begin in range(0, len(facts), BATCH):
        batch = facts[begin : begin + BATCH]
        moments = [Moment(fact_id(begin + n + 1, 0), max(START, fact.at), 1) for n, fact in enumerate(batch)]
        started = process_time()
        people = [identity.resolve(work, fact, moment) for fact, moment in zip(batch, moments, strict=True)]
        spent["identity"] += process_time() - started
        people = [work.person(person.id) for person in people]
        for name, part in (("sessions", sessions.fold), ("portrait", portrait.fold), ("carts", carts.fold), ("decide", decide.fold)):
            started = process_time()
            for person, fact, moment in zip(people, batch, moments, strict=True):
                part(work, person, fact, moment)
            spent[name] += process_time() - started
        started = process_time()
        for person in people:
            fold.rearm(work, person)
        spent["rearm"] += process_time() - started
        work.finish(begin)
    return spent


def whole(facts: list[Fact]) -> float:
    """CPU seconds of fold.fold over the same facts, one record of 20 facts after the other, people kept at hand."""
    work = Working(1, default_rules())
    records = [Record(1 + n // 20, START + n * 40 + 100, 1, 1, facts[n : n + 20]) for n in range(0, len(facts), 20)]
    started = process_time()
    for begin in range(0, len(records), BATCH // 20):
        chunk = records[begin : begin + BATCH // 20]
        due = sorted((person.due, person.id) for person in work.people.values() if person.due is not None and person.due < chunk[-1].at)
        fold.fold(work, chunk, due)
        work.finish(chunk[-1].position)
    spent = process_time() - started
    sizes = [len(msgspec.msgpack.encode(person)) for person in work.people.values()]
    print(f"{len(sizes)} people, {sum(sizes) / len(sizes):.0f} bytes each on average, {max(sizes)} at most")
    return spent


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    facts = events(count, count // 20)
    gc.freeze()
    spent = parts(facts)
    for name, seconds in spent.items():
        print(f"{name:>10} {seconds / count * 1e6:6.2f} µs/event")
    three = sum(spent[name] for name in ("identity", "sessions", "portrait"))
    print(f"{'these three':>11} {three / count * 1e6:5.2f} µs/event (aim: 5)")
    seconds = whole(facts)
    print(f"{'whole fold':>10} {seconds / count * 1e6:6.2f} µs/event, {count / seconds:,.0f} events per CPU-second")


if __name__ == "__main__":
    main()
