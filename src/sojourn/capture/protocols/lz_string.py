"""LZ-String as old PostHog clients for apps pack their bodies: LZ78 whose codes grow bit by bit, six bits to a character of base64.

Source: the description of the format beside the lz-string library.
"""

from typing import Final

from sojourn.capture.call import Refused
from sojourn.capture.items import spare_the_loop
from sojourn.capture.limits import GZIP_RATIO, GZIP_RATIO_FLOOR, KIB
from sojourn.capture.traffic import give_way
from sojourn.terms.outcomes import Reason

PACKED_BYTES: Final = 64 * KIB
"""So much is unpacked at most, a tenth of a second's work at worst; a hundred events of such a client are a third of it."""
_BITS: Final = {character: f"{value:06b}" for value, character in enumerate(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")} | {
    0x3D: "000000"
}
_CODES_AT_ONCE: Final = 64
_NARROW, _WIDE, _END = 0, 1, 2


def unpacked(packed: bytes) -> str:
    """The text. Errors: Refused(400) for what is no LZ-String, Refused(413) for too much before or after; on an event loop also Laborious."""
    if len(packed) > PACKED_BYTES:
        raise Refused(413, Reason.BODY_TOO_LARGE, f"the body has {len(packed)} bytes of LZ-String; at most {PACKED_BYTES} are unpacked")
    spare_the_loop(len(packed))
    try:
        units = _units(_Bits("".join([_BITS[character] for character in packed])), max(GZIP_RATIO_FLOOR, GZIP_RATIO * len(packed)))
        return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    except (KeyError, ValueError):
        raise Refused(400, Reason.BAD_ENCODING, "the body is no LZ-String in base64") from None


class _Bits:
    """Numbers out of a row of bits, each with its lowest bit first. Errors: ValueError where it ends too early."""

    def __init__(self, bits: str) -> None:
        self._bits = bits
        self._at = 0

    def take(self, width: int) -> int:
        at, self._at = self._at, self._at + width
        if self._at > len(self._bits):
            raise ValueError("it ends too early")
        return int(self._bits[at : self._at][::-1], 2)


def _units(bits: _Bits, most: int) -> str:
    """The UTF-16 units. A code stands for an earlier text, or says that a new unit of 8 or 16 bits follows, or that this is the end. Errors: ValueError."""
    known = ["", "", ""]
    out: list[str] = []
    size, width, room, before = 0, 2, 1, ""
    while (code := bits.take(width)) != _END:
        if not len(out) % _CODES_AT_ONCE:
            give_way()
        if code in (_NARROW, _WIDE):
            text = chr(bits.take(16 if code == _WIDE else 8))
            known.append(text)
            room -= 1
        elif code < len(known):
            text = known[code]
        elif code == len(known) and before:
            text = before + before[0]
        else:
            raise ValueError("a code for nothing")
        if not room:
            room, width = 1 << width, width + 1
        size += len(text)
        if size > most:
            raise Refused(413, Reason.BODY_TOO_LARGE, f"the body unpacks to more than {most} characters")
        out.append(text)
        if before:
            known.append(before + text[0])
            room -= 1
            if not room:
                room, width = 1 << width, width + 1
        before = text
    return "".join(out)
