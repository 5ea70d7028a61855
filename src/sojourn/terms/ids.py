"""Ids: identifiers of people, ids of facts and people, digests."""

from functools import lru_cache
from hashlib import blake2b
from typing import Final, NamedTuple

FACTS_PER_RECORD_BITS: Final = 14
"""A log record holds at most 2**14 facts (the batch limit is 10,000), so a fact's id is `position << 14 | index`."""

FactId = int
"""64-bit, ordered like the log: (record position, index in the record)."""

PersonId = int
"""The id of the fact that made the person. 0 means nobody (a fact that could not be linked)."""

NOBODY: Final[PersonId] = 0

ERASED: Final[PersonId] = -1
"""Where the identifier of an erased person leads: its facts are dropped into nobody."""

IdentifierKey = str
"""`type:value`, as in `email:ann@example.com`. The type never holds a colon."""

USER_ID: Final = "user_id"
ANONYMOUS_ID: Final = "anonymous_id"
EMAIL: Final = "email"
PHONE: Final = "phone"


class Identifier(NamedTuple):
    """A typed identifier of a person."""

    type: str
    value: str

    @property
    def key(self) -> IdentifierKey:
        """The canonical text, `type:value`."""
        return f"{self.type}:{self.value}"


def identifier(key: IdentifierKey) -> Identifier:
    """Read `type:value`. A text without a colon is taken as a user id, so that people can be looked up by hand."""
    kind, colon, value = key.partition(":")
    return Identifier(kind, value) if colon else Identifier(USER_ID, key)


def fact_id(position: int, index: int) -> FactId:
    """The id of the fact at `index` of the log record at `position`."""
    return position << FACTS_PER_RECORD_BITS | index


def position_of(fact: FactId) -> int:
    """The log position of the record that holds a fact."""
    return fact >> FACTS_PER_RECORD_BITS


def digest(*parts: str | int, size: int = 16) -> str:
    """Hex blake2b over the parts, each prefixed with its length so that ("ab", "c") and ("a", "bc") differ.

    `size` is in bytes; the text is twice as long.
    """
    return _fed(blake2b(digest_size=size), parts).hexdigest()


def digest_named(workspace: int, name: str, parts: tuple[str | int, ...]) -> str:
    """`digest(workspace, name, *parts)`; what begins alike again and again is hashed once."""
    return _fed(_begun(workspace, name).copy(), parts).hexdigest()


@lru_cache(maxsize=1024)
def _begun(workspace: int, name: str) -> blake2b:
    return _fed(blake2b(digest_size=16), (workspace, name))


def _fed(h: blake2b, parts: tuple[str | int, ...]) -> blake2b:
    for part in parts:
        raw = str(part).encode("utf-8", "surrogatepass")
        h.update(len(raw).to_bytes(4, "big") + raw)
    return h


def spread(parts: tuple[str | int, ...], width: int) -> int:
    """A number in [0, width) drawn from the digest of the parts: always the same for the same parts. 0 where width is not positive."""
    return int(digest(*parts, size=8), 16) % width if width > 0 else 0


def derived_id(message_id: str) -> FactId:
    """A 63-bit id for a fact the engine derived; it has no place of its own on the log. The top bit of the 63 is set, so it never meets a log id."""
    return int.from_bytes(blake2b(message_id.encode(), digest_size=8).digest(), "big") >> 2 | 1 << 62
