"""Packing: a fact as msgpack, its deduplication key, and the digest of what the client said."""

from hashlib import blake2b
from struct import Struct
from typing import Any, Final

import msgspec

from sojourn.terms.facts import Item
from sojourn.terms.time import Millis

_encode = msgspec.msgpack.Encoder().encode
_uint64 = Struct(">BQ").pack
_HEADS: dict[tuple[str, str], bytes] = {}
_HEADS_KEPT: Final = 4_096
_FIELDS: Final = b"\x9c"
"""Msgpack's header of an array of the 12 fields of `Fact`."""


def key_base(workspace: int, source: int) -> bytes:
    """What stands before a messageId under the digest, so that a key means a workspace, a source and a messageId."""
    return b"%d:%d:" % (workspace, source)


def _digest(raw: bytes) -> int:
    # 63 bits, because SQL databases have signed integers only.
    return int.from_bytes(blake2b(raw, digest_size=8).digest(), "big") >> 1


def _head(kind: str, name: str) -> bytes:
    head = _HEADS.get((kind, name))
    if head is None:
        if len(_HEADS) >= _HEADS_KEPT:
            _HEADS.clear()
        head = _HEADS[kind, name] = _encode((kind, name))[1:]
    return head


def pack(
    base: bytes,
    kind: str,
    name: str,
    at: Millis,
    body: tuple[str, str | None, str | None, dict[str, Any], dict[str, Any]],
    context: dict[str, Any],
    link: str | None,
    flags: int,
    raw: dict[str, Any],
    said_time: str,
) -> Item:
    """Pack one fact; `body` is (messageId, anonymousId, userId, props, traits), `said_time` the time as the client wrote it.

    The packed bytes are those of msgspec's encoding of `Fact`, put together from pieces so that each is encoded once and the digest can leave out what a resend
    changes: `at`, flags, context, sentAt. Errors: OverflowError for whole numbers beyond 64 bits, ValueError or UnicodeEncodeError for lone surrogates.
    """
    head = _head(kind, name)
    said = _encode(body)
    packed = b"".join((_FIELDS, head, _uint64(0xCF, at), said[1:], _encode(context), _encode((link, flags, raw))[1:]))
    return Item(_digest(base + body[0].encode()), _digest(b"".join((head, said, (said_time if link is None else f"{said_time}|{link}").encode()))), packed)
