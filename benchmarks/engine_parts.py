"""What identity, portrait and sessions cost per event, beside a bare loop: `python benchmarks/engine_parts.py [events]`. CPU microseconds per event."""

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
BATCH = 500
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


def parts(packed: list[bytes]) -> dict[str, list[float]]:
    """CPU seconds per batch of each part, each timed on its own over the same facts in batches just decoded, as in the real loop."""
    decoder = msgspec.msgpack.Decoder(Fact)
    work = Working(1, default_rules(), now=START)
    spent: dict[str, list[float]] = {name: [] for name in ("identity", "sessions", "portrait", "carts", "decide", "rearm")}
    for begin in range(0, len(packed), BATCH):
        batch = [decoder.decode(one) for one in packed[begin : begin + BATCH]]
        moments = [Moment(fact_id(begin + n + 1, 0), max(START, fact.at), 1) for n, fact in enumerate(batch)]
        started = process_time()
        people = [identity.resolve(work, fact, moment) for fact, moment in zip(batch, moments, strict=True)]
        spent["identity"].append(process_time() - started)
        people = [work.person(person.id) for person in people]
        for name, part in (("sessions", sessions.fold), ("portrait", portrait.fold), ("carts", carts.fold), ("decide", decide.fold)):
            started = process_time()
            for person, fact, moment in zip(people, batch, moments, strict=True):
                part(work, person, fact, moment)
            spent[name].append(process_time() - started)
        started = process_time()
        for person in people:
            fold.rearm(work, person)
        spent["rearm"].append(process_time() - started)
        work.finish(begin)
    return spent


def bare(packed: list[bytes]) -> list[float]:
    """CPU seconds per batch of the least one can do: ids to people, counts, traits and sessions in plain dicts, nothing proven."""
    ids: dict[str, int] = {}
    people: dict[int, dict] = {}
    decoder = msgspec.msgpack.Decoder(Fact)
    spent = []
    for begin in range(0, len(packed), BATCH):
        batch = [decoder.decode(one) for one in packed[begin : begin + BATCH]]
        started = process_time()
        _bare_batch(ids, people, batch, begin)
        spent.append(process_time() - started)
    return spent


def _bare_batch(ids: dict[str, int], people: dict[int, dict], batch: list[Fact], begin: int) -> None:
    for number, fact in enumerate(batch, begin):
        device = "a:" + fact.anonymous_id
        who = ids.get(device)
        if fact.user_id is not None:
            known = ids.setdefault("u:" + fact.user_id, number if who is None else who)
            ids[device] = who = known
        elif who is None:
            ids[device] = who = number
        person = people.get(who)
        if person is None:
            person = people[who] = {"first": fact.at, "counts": {}, "traits": {}, "sessions": 0, "last": 0}
        counts = person["counts"]
        counts[fact.name] = counts.get(fact.name, 0) + 1
        if fact.traits:
            for name, value in fact.traits.items():
                person["traits"][name] = (value, fact.at)
        if fact.at - person["last"] > 1_800_000:
            person["sessions"] += 1
        person["last"] = max(person["last"], fact.at)


def whole(packed: list[bytes]) -> list[float]:
    """CPU seconds per batch of fold.fold over the same facts, records of 20 facts each, all people kept at hand."""
    work = Working(1, default_rules())
    decoder = msgspec.msgpack.Decoder(Fact)
    spent = []
    for begin in range(0, len(packed), BATCH):
        batch = [decoder.decode(one) for one in packed[begin : begin + BATCH]]
        records = [Record(1 + (begin + n) // 20, START + (begin + n) * 40 + 800, 1, 1, batch[n : n + 20]) for n in range(0, len(batch), 20)]
        due = sorted((person.due, person.id) for person in work.people.values() if person.due is not None and person.due < records[-1].at)
        started = process_time()
        fold.fold(work, records, due)
        work.finish(records[-1].position)
        spent.append(process_time() - started)
    sizes = [len(msgspec.msgpack.encode(person)) for person in work.people.values()]
    print(f"{len(sizes)} people, {sum(sizes) / len(sizes):.0f} bytes each on average, {max(sizes)} at most")
    return spent


def show(name: str, spent: list[float]) -> float:
    """Print the mean and the quietest tenth of the batches, which is what the code costs when the neighbours sleep; the latter, in µs per event."""
    mean = sum(spent) / len(spent) / BATCH * 1e6
    quiet = sorted(spent)[len(spent) // 10] / BATCH * 1e6
    print(f"{name:>12} {mean:6.2f} µs/event, quiet {quiet:6.2f}")
    return quiet


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    count -= count % BATCH
    facts = [msgspec.msgpack.encode(fact) for fact in events(count, count // 20)]
    gc.freeze()
    least = show("bare dicts", bare(facts))
    quiet = {name: show(name, spent) for name, spent in parts(facts).items()}
    three = sum(quiet[name] for name in ("identity", "sessions", "portrait"))
    print(f"identity, sessions and portrait together, quiet: {three:.2f} µs/event (aim: 5), {three / least:.1f} times the bare loop")
    each = show("whole fold", whole(facts))
    print(f"{1e6 / each:,.0f} events per CPU-second when quiet")


if __name__ == "__main__":
    main()
