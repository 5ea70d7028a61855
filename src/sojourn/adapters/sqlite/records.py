"""Records as rows of the log file: bytes in, bytes out, checksums."""

import struct
import zlib
from collections.abc import Sequence
from typing import Final

import msgspec

from sojourn.ports.log import Damaged
from sojourn.terms.facts import Fact, Quarantine, Record
from sojourn.terms.time import Millis

Row = tuple[int, Millis, int, int, bytes, bytes, int]
"""position, at, workspace, source, keys (see keys.pack_entry), body, crc."""


class _Body(msgspec.Struct, array_like=True, gc=False):
    facts: list[Fact]
    counts: dict[str, int]
    quarantined: list[Quarantine]


_DECODER: Final = msgspec.msgpack.Decoder(_Body)
_ENCODER: Final = msgspec.msgpack.Encoder()
_HEAD: Final = struct.Struct("<qqqq")
EMPTY_BODY: Final = b"\x93\x90\x80\x90"
_NOTHING_ELSE: Final = b"\x80\x90"


def pack_body(facts: Sequence[bytes], counts: dict[str, int], quarantined: Sequence[Quarantine]) -> bytes:
    """Msgpack of [facts, counts, quarantined]; the facts come packed already and are joined as they are."""
    number = len(facts)
    head = bytes((0x93, 0x90 | number)) if number < 16 else b"\x93\xdc" + number.to_bytes(2, "big")
    if not counts and not quarantined:
        return b"".join((head, *facts, _NOTHING_ELSE))
    return b"".join((head, *facts, _ENCODER.encode(counts), _ENCODER.encode(quarantined)))


def checksum(position: int, at: Millis, workspace: int, source: int, keys: bytes, body: bytes) -> int:
    """CRC-32 over everything a row says."""
    return zlib.crc32(body, zlib.crc32(keys, zlib.crc32(_HEAD.pack(position, at, workspace, source))))


def read_row(row: Row) -> Record:
    """The record of a row. Errors: Damaged where the checksum does not fit or the body cannot be read."""
    position, at, workspace, source, keys, body, crc = row
    try:
        if checksum(position, at, workspace, source, keys, body) != crc:
            raise Damaged(position, "its checksum does not fit")
        parts = _DECODER.decode(body)
    except (TypeError, struct.error, msgspec.DecodeError) as error:
        raise Damaged(position, f"it cannot be read ({error})") from error
    return Record(position, at, workspace, source, parts.facts, parts.counts, parts.quarantined)
