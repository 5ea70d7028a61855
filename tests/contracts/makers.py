"""Facts, arrivals and people, made short for contract tests."""

import hashlib

import msgspec

from sojourn.terms.effects import Intent
from sojourn.terms.facts import Arrival, Fact, Item, Kind
from sojourn.terms.person import Person, Trait
from sojourn.terms.time import DAY

START = 1_767_225_600_000
"""2026-01-01T00:00:00Z, a day's first millisecond."""


def word(text: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


def fact(message_id: str, name: str = "Product Added", at: int = START, **props: object) -> Fact:
    return Fact(kind=Kind.TRACK, name=name, at=at, message_id=message_id, anonymous_id="a-1", props=props)


def item(message_id: str, **props: object) -> Item:
    """An item whose key follows the messageId and whose content follows everything."""
    made = fact(message_id, **props)
    packed = msgspec.msgpack.encode(made)
    return Item(word(message_id), word(packed.hex()), packed)


def arrival(*message_ids: str, workspace: int = 1, source: int = 7) -> Arrival:
    return Arrival(workspace, source, [item(m) for m in message_ids])


def person(number: int, *keys: str, due: int | None = None, **traits: object) -> Person:
    return Person(
        id=number,
        identified=any(key.startswith("user_id:") for key in keys),
        identifiers=list(keys),
        first_seen=START,
        last_seen=START + number,
        facts=1,
        traits={name: Trait(value, START, 7, "m1") for name, value in traits.items()},
        due=due,
    )


def intent(number: str, of: int = 16384, **changes: object) -> Intent:
    made = Intent(
        id=number,
        workspace=1,
        person=of,
        automation="abandoned-cart",
        rule_version=1,
        episode=99,
        channel="email",
        purpose="marketing",
        kind="bulk",
        template="free_shipping",
        cause="shipping_cost",
        address="Ann@Example.com",
        decided_at=START,
        ready_at=START,
        expires_at=START + DAY,
        data={"cart": {"value": "19.99 EUR"}},
        zone="Europe/Berlin",
    )
    return msgspec.structs.replace(made, **changes)
