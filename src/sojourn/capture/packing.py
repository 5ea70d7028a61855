"""Packing: a fact as msgpack, its deduplication key, and the digest of what the client said."""

from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Any, Final

import msgspec

from sojourn.terms.facts import Item
from sojourn.terms.time import Millis

_encode = msgspec.msgpack.Encoder().encode
_number = int.from_bytes
_nothing = blake2b(digest_size=8).copy  # a copy costs less than a new one
pack_time = Struct(">BQ").pack
LONG_TIME: Final = 1 << 32
"""Times from here on, 19 February 1970 and later, take msgpack's longest number."""
HEADS: Final[dict[tuple[str, str], bytes]] = {}
"""Msgpack of kind and name, of calls whose name was found good."""
_HEADS_KEPT: Final = 4_096
_NOBODY: Final = b"\xc0"
"""Msgpack's nil."""
FIELDS: Final = b"\x9c"
"""Msgpack's header of an array of the 12 fields of `Fact`."""


@lru_cache(maxsize=1_024)
def key_base(workspace: int, source: int) -> blake2b:
    """The digest begun with what stands before a messageId, so that a key means a workspace, a source and a messageId; to be copied."""
    return blake2b(b"%d:%d:" % (workspace, source), digest_size=8)


def key_of(base: blake2b, message_id: str) -> int:
    """The deduplication key of a messageId; 63 bits, because SQL databases have signed integers only."""
    key = base.copy()
    key.update(message_id.encode())
    return _number(key.digest()) >> 1


def content_of(head: bytes, body: bytes, said_time: bytes) -> int:
    """The digest of what the client said, 63 bits."""
    digest = _nothing()
    digest.update(b"".join((head, body, said_time)))
    return _number(digest.digest()) >> 1


def said_again(body: bytes, message_id: str, anonymous_id: str | None, user_id: str | None) -> bytes:
    """The packed words of a call as far as a resend repeats them: beside an anonymous id some clients fill in the user id that they know by then.

    Source: docs/adr/0110-a-user-id-beside-an-anonymous-id-is-no-content.md
    """
    if anonymous_id is None or user_id is None:
        return body
    start = len(_encode((message_id, anonymous_id)))  # the header of so short an array is one byte, as is that of the call
    return b"".join((body[:start], _NOBODY, body[start + len(_encode(user_id)) :]))


def _head(kind: str, name: str) -> bytes:
    head = _encode((kind, name))[1:]
    if len(HEADS) >= _HEADS_KEPT:
        HEADS.clear()
    HEADS[kind, name] = head
    return head


def pack(
    base: blake2b,
    kind: str,
    name: str,
    at: Millis,
    said: tuple[str, str | None, str | None, dict[str, Any], dict[str, Any]],
    around: tuple[dict[str, Any], str | None, int, dict[str, Any]],
    said_time: str,
) -> Item:
    """Pack one fact: `said` is (messageId, anonymousId, userId, props, traits), `around` (context, link, flags, raw), `said_time` the client's own text.

    The packed bytes are those of msgspec's encoding of `Fact`, put together from pieces so that each is encoded once and the digest can leave out what a resend
    changes: `at`, context, flags, sentAt, and the user id beside an anonymous one. Errors: OverflowError for whole numbers beyond 64 bits, ValueError or
    UnicodeEncodeError for lone surrogates.
    """
    head = HEADS.get((kind, name)) or _head(kind, name)
    body = _encode(said)
    packed = b"".join((FIELDS, head, pack_time(0xCF, at) if at >= LONG_TIME else _encode(at), body[1:], _encode(around)[1:]))
    if around[1] is not None:
        said_time = f"{said_time}|{around[1]}"
    return Item(key_of(base, said[0]), content_of(head, said_again(body, *said[:3]), said_time.encode()), packed)
