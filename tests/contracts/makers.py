"""Facts, arrivals and people, made short for contract tests."""

import hashlib

import msgspec

from sojourn.terms.facts import Arrival, Fact, Item, Kind

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
