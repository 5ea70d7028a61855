"""Packing: a fact as msgpack, its deduplication key, and the digest of what the client said."""

from hashlib import blake2b
from struct import Struct
from typing import Any, Final

import msgspec

from sojourn.terms.facts import Item
from sojourn.terms.time import Millis

_encode = msgspec.msgpack.Encoder().encode
_number = int.from_bytes
_uint64 = Struct(">BQ").pack
_HEADS: dict[tuple[str, str], bytes] = {}
_HEADS_KEPT: Final = 4_096
_FIELDS: Final = b"\x9c"
"""Msgpack's header of an array of the 12 fields of `Fact`."""


def key_base(workspace: int, source: int) -> blake2b:
    """The digest begun with what stands before a messageId, so that a key means a workspace, a source and a messageId."""
    return blake2b(b"%d:%d:" % (workspace, source), digest_size=8)


def _head(kind: str, name: str) -> bytes:
    head = _encode((kind, name))[1:]
    if len(_HEADS) >= _HEADS_KEPT:
        _HEADS.clear()
    _HEADS[kind, name] = head
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
    changes: `at`, context, flags, sentAt. Errors: OverflowError for whole numbers beyond 64 bits, ValueError or UnicodeEncodeError for lone surrogates.
    """
    head = _HEADS.get((kind, name)) or _head(kind, name)
    body = _encode(said)
    packed = b"".join((_FIELDS, head, _uint64(0xCF, at), body[1:], _encode(around)[1:]))
    if around[1] is not None:
        said_time = f"{said_time}|{around[1]}"
    key = base.copy()
    key.update(said[0].encode())
    # 63 bits, because SQL databases have signed integers only.
    return Item(
        _number(key.digest()) >> 1,
        _number(blake2b(b"".join((head, body, said_time.encode())), digest_size=8).digest()) >> 1,
        packed,
    )
