"""A workspace of one million believable people, for benchmarks and screenshots: python -m benchmarks.million FOLDER [PEOPLE].

It is written as the engine writes, portraits, identifiers, carts and messages included; the log and the lake stay empty. Same seed, same people.
"""

import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from sojourn.terms.effects import Commit, Intent
from sojourn.terms.episodes import CartItem, CauseGuess, Episode, Evidence, Friction, Step
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Consent, Decayed, Decision, IdentifierEntry, Money, OpenSession, Person, Sessions, Touch, Trait
from sojourn.terms.time import DAY, HOUR, MINUTE, Millis

PEOPLE = 1_000_000
WORKSPACE = 1
AT_ONCE = 5_000
FIRST_POSITION = 10**9
"""The people's ids lie behind all that the log of the folder will ever hold."""

STALE = 3 * DAY
"""A folder that was filled longer ago is filled anew: `in the last 30 days` would mean something else in it."""

DONE = "million.done"
FIRST = "Ann Ben Cleo Dora Emil Finn Greta Hugo Ida Jonas Klara Leo Mia Nils Olga Paul Rosa Sam Tina Uwe Vera Wim Yara Zoe".split()
LAST = "Adler Berg Conti Dahl Evans Fischer Garcia Hansen Ivers Jensen Kowalski Larsen Moreau Novak Olsen Peeters Quist Rossi Silva Tanaka Ueda Weber".split()
PRODUCTS = [
    (f"p-{n:05d}", f"{wood} {thing}")
    for n, (wood, thing) in enumerate((w, t) for w in ("Oak", "Ash", "Walnut", "Pine") for t in ("lamp", "chair", "desk", "shelf"))
]
PLACES = (("DE", "Berlin", "Europe/Berlin"), ("FR", "Lyon", "Europe/Paris"), ("US", "Austin", "America/Chicago"), ("NL", "Utrecht", "Europe/Amsterdam"))
DEVICES = (("iPhone", "iOS", "Safari"), ("Pixel", "Android", "Chrome"), ("", "Windows", "Firefox"), ("", "macOS", "Safari"))
CAUSES = {
    "shipping_cost": 0.34,
    "comparing": 0.16,
    "unknown": 0.16,
    "confusing_checkout": 0.1,
    "payment_trouble": 0.07,
    "forced_account": 0.06,
    "total_price": 0.05,
    "delivery_time": 0.04,
    "out_of_stock": 0.02,
}
STATES = {"abandoned": 0.6, "ordered": 0.28, "recovered": 0.08, "emptied": 0.04}
SKIPS = ("no_address", "no_consent", "unsubscribed", "frequency_cap")


def build(folder: Path, people: int = PEOPLE, seed: int = 7, now: Millis | None = None) -> Path:
    """Fill a new installation in `folder`; where it has been filled lately nothing is done. The environment of this process points there from then on."""
    from benchmarks.home import fresh

    now = now if now is not None else time.time_ns() // 1_000_000
    done = folder / DONE
    house = fresh(folder)
    if done.exists() and done.read_text().split() and int(done.read_text().split()[0]) > now - STALE:
        return folder
    path = folder / "sojourn.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for table in ("person", "identifier", "episode", "intent", "minute", "merged"):
            connection.execute(f"DELETE FROM people_{table}")
    state = house.state()
    for commit in _commits(random.Random(seed), people, now):
        progress = state.progress()
        # The position stays: the log is empty, and what comes on it later is folded from its beginning.
        state.commit([commit], progress, type(progress)(progress.position, now))
    state.close()
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        _settle(connection, now)
        _minutes(connection, random.Random(seed), now)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    done.write_text(f"{now} {people}\n")
    return folder


def _commits(rng: random.Random, people: int, now: Millis) -> Iterator[Commit]:
    for start in range(0, people, AT_ONCE):
        commit = Commit(WORKSPACE, 0, now)
        for number in range(start, min(people, start + AT_ONCE)):
            somebody = _somebody(rng, number, now)
            commit.people.append(somebody)
            commit.identifiers |= {key: IdentifierEntry(somebody.id) for key in somebody.identifiers}
            commit.intents += _intents(somebody)
        yield commit


def _somebody(rng: random.Random, number: int, now: Millis) -> Person:
    """One person: four of five are anonymous, most of whom never had a cart."""
    known = rng.random() < 0.2
    last = now - int(rng.random() ** 2 * 120 * DAY)
    first = last - int(rng.expovariate(1 / (20 * DAY))) if rng.random() < 0.6 else last - int(rng.random() * 20 * MINUTE)
    made = Person(
        id=fact_id(FIRST_POSITION + number, 0), identified=known, identifiers=[f"anonymous_id:{rng.getrandbits(64):016x}"], first_seen=first, last_seen=last
    )
    visits = 1 + int((last - first) / (6 * DAY))
    made.facts = visits * rng.randint(2, 9)
    made.counts = {"page": made.facts // 2, "Product Viewed": made.facts - made.facts // 2}
    made.days = {last // DAY: {"page": 2, "Product Viewed": 1}}
    made.about = _about(rng, last)
    made.affinity = {f"category:{rng.choice(PRODUCTS)[1].split()[1].title()}s": Decayed(float(rng.randint(1, 9)), last) for _ in range(2)}
    made.first_touch = made.last_touch = Touch(first, "search", "cpc", "spring", "https://search.example/", "https://shop.example/")
    opened = OpenSession(id=made.id, start=last - 5 * MINUTE, last=last, facts=4, pages=2, entry="/") if last > now - 30 * MINUTE else None
    made.sessions = Sessions(visits, visits * 4 * MINUTE, 0, opened)
    if known:
        _known(rng, made, number)
    if rng.random() < (0.9 if known else 0.16):
        _shop(rng, made, now)
    return made


def _about(rng: random.Random, at: Millis) -> dict[str, Trait]:
    country, city, zone = rng.choice(PLACES)
    device, os, browser = rng.choice(DEVICES)
    said = {"country": country, "city": city, "timezone": zone, "device": device, "os": os, "browser": browser, "language": "de-DE"}
    return {key: Trait(value, at, 1, "m") for key, value in said.items() if value}


def _known(rng: random.Random, made: Person, number: int) -> None:
    first, last = rng.choice(FIRST), rng.choice(LAST)
    email = f"c{number}@shop-mail.example"
    made.identifiers += [f"user_id:u-{number}", f"email:{email}"]
    said = {"email": email, "first_name": first, "last_name": last, "plan": rng.choice(("basic", "plus"))}
    made.traits = {key: Trait(value, made.first_seen, 1, "m") for key, value in said.items()}
    if rng.random() < 0.7:
        made.consent["email:marketing"] = Consent(rng.random() < 0.9, made.first_seen, 1)


def _shop(rng: random.Random, made: Person, now: Millis) -> None:
    """Carts, what became of them, and what was decided about those that were left."""
    held_out = rng.random() < 0.1
    for place in range(1 + (int(rng.expovariate(1.2)) if made.identified else 0)):
        at = made.last_seen if place == 0 else made.last_seen - int(rng.random() * max(1, made.last_seen - made.first_seen))
        made.carts.append(_cart(rng, fact_id(made.id >> 14, 1 + place), at, now))
    made.carts.sort(key=lambda cart: (cart.started_at, cart.id))
    for cart in made.carts:
        if cart.abandoned_at is not None:
            _decide(rng, made, cart, held_out)
        if cart.state in ("ordered", "recovered"):
            money = made.money.setdefault(cart.currency, Money())
            money.orders, money.revenue, money.last_order_at = money.orders + 1, money.revenue + cart.revenue, max(money.last_order_at, cart.ended_at or 0)
        if cart.state != "open":
            made.carts_ended[cart.state] = made.carts_ended.get(cart.state, 0) + 1
        else:
            made.due = cart.due


def _cart(rng: random.Random, number: int, at: Millis, now: Millis) -> Episode:
    currency = "EUR" if rng.random() < 0.93 else rng.choice(("USD", "GBP"))
    items = [CartItem(*product[:1], rng.randint(1, 2), rng.randint(9, 290) * 100 - 10, product[1]) for product in rng.sample(PRODUCTS, rng.randint(1, 3))]
    value = sum(item.quantity * (item.price or 0) for item in items)
    cart = Episode(id=number, started_at=at - rng.randint(1, 15) * MINUTE, last_at=at, key=f"c-{number}", currency=currency, value=value, items=items)
    cart.keys = [f"cart_id:{cart.key}"]
    cart.reached = rng.choice(("cart", "cart", "contact", "shipping", "payment"))
    if cart.reached != "cart":
        cart.steps = [Step(cart.reached, at - MINUTE, at)]
        cart.shipping = rng.choice((0, 490, 690, 1290))
    cart.due = at + 30 * MINUTE
    if cart.due > now:
        return cart
    cart.state = rng.choices(list(STATES), list(STATES.values()))[0]
    cart.ended_at = cart.due if cart.state == "abandoned" else at
    cart.due = None
    if cart.state in ("abandoned", "recovered"):
        _leave(rng, cart, at)
    if cart.state in ("ordered", "recovered"):
        cart.order, cart.revenue = f"o-{number}", value + (cart.shipping or 0)
    return cart


def _leave(rng: random.Random, cart: Episode, at: Millis) -> None:
    cart.abandoned_at = at + 30 * MINUTE
    cart.abandonments = 1
    if cart.state == "recovered":
        cart.ended_at = cart.abandoned_at + int(rng.expovariate(1 / (20 * HOUR)))
    first = rng.choices(list(CAUSES), list(CAUSES.values()))[0]
    sure = round(rng.uniform(0.35, 0.9), 6)
    others = [cause for cause in ("unknown", "comparing", "shipping_cost") if cause != first][:2]
    cart.causes = [
        CauseGuess(first, sure, ["shipping_high"] if first == "shipping_cost" else []),
        *(CauseGuess(c, round((1 - sure) / 2, 6), []) for c in others),
    ]
    seen = {"shipping": cart.shipping or 1290, "value": cart.value, "currency": cart.currency}
    cart.evidence = [Evidence("shipping_high", [cart.id], seen)] if first == "shipping_cost" else []
    if first in ("confusing_checkout", "technical_trouble"):
        cart.friction = [Friction(cart.id, at, rng.choice(("Rage Click", "Form Field Error")), "postcode")]


def _decide(rng: random.Random, made: Person, cart: Episode, held_out: bool) -> None:
    """What the rules would have decided. Who is held out buys less often: the effect is planted."""
    at = cart.abandoned_at or 0
    granted = made.consent.get("email:marketing")
    reachable = made.identified and (granted is None or granted.granted) and rng.random() < 0.9
    outcome = "skip" if not reachable else "hold_out" if held_out else "send"
    reason = {"send": "fits", "hold_out": "held_out"}.get(outcome) or (rng.choice(SKIPS[1:]) if made.identified else SKIPS[0])
    if outcome == "hold_out" and cart.state == "recovered" and rng.random() < 0.5:
        cart.state, cart.ended_at, cart.order, cart.revenue = "abandoned", cart.abandoned_at, "", 0
    number = f"i{cart.id:x}"
    if outcome != "skip":
        cart.intent, cart.messages = number, int(outcome == "send")
    made.decisions.append(
        Decision(
            number,
            "abandoned-cart",
            outcome,
            reason,
            at,
            "email",
            1,
            cart.id,
            cart.causes[0].cause,
            "reminder",
            {"value": cart.value, "currency": cart.currency},
        )
    )


def _intents(somebody: Person) -> list[Intent]:
    address = somebody.traits["email"].value if somebody.traits else ""
    return [
        Intent(
            id=made.id,
            workspace=WORKSPACE,
            person=somebody.id,
            automation=made.automation,
            rule_version=1,
            episode=made.episode,
            channel="email",
            purpose="marketing",
            kind="bulk",
            template=made.template,
            cause=made.cause,
            address=address,
            decided_at=made.at,
            ready_at=made.at,
            expires_at=made.at + DAY,
            state="held_out" if made.outcome == "hold_out" else "ready",
            data={"cart": {"value": "49.90 EUR"}},
        )
        for made in somebody.decisions
        if made.outcome != "skip"
    ]


def _settle(connection: sqlite3.Connection, now: Millis) -> None:
    """What waits is handed over, but for the last minutes and one in thirty that the last look stopped."""
    values: dict[str, Any] = {"late": now - 2 * MINUTE}
    connection.execute(
        "UPDATE people_intent SET state = 'refused', reason = 'ordered', settled_at = decided_at + 60000"
        " WHERE state = 'ready' AND decided_at < :late AND person / 16384 % 30 = 0",
        values,
    )
    connection.execute(
        "UPDATE people_intent SET state = 'accepted', handed_at = decided_at + 2000, settled_at = decided_at + 2500, attempts = 1"
        " WHERE state = 'ready' AND decided_at < :late",
        values,
    )


def _minutes(connection: sqlite3.Connection, rng: random.Random, now: Millis) -> None:
    rows = [(WORKSPACE, minute, rng.randint(900, 1_500)) for minute in range(now // MINUTE - 1_439, now // MINUTE + 1)]
    connection.executemany("INSERT INTO people_minute (workspace_id, minute, events) VALUES (?, ?, ?)", rows)


if __name__ == "__main__":
    if not 2 <= len(sys.argv) <= 3:
        sys.exit("usage: python -m benchmarks.million FOLDER [PEOPLE]")
    began = time.monotonic()
    build(Path(sys.argv[1]).resolve(), int(sys.argv[2]) if len(sys.argv) == 3 else PEOPLE)
    print(f"ready after {time.monotonic() - began:.0f} s; SOJOURN_HOME={sys.argv[1]} sojourn up shows it")
