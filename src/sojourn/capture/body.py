"""Bodies: which media types and encodings are read, and inflating them without being blown up."""

import zlib
from typing import Final

import zstandard

from sojourn.capture.call import Refused
from sojourn.capture.limits import BODY_BYTES, GZIP_MEMBERS, GZIP_RATIO, GZIP_RATIO_FLOOR
from sojourn.terms.outcomes import Reason

_GZIP_MAGIC: Final = b"\x1f\x8b"
_ZSTD_WINDOW: Final = 8 << 20
_ZSTD_PIECE: Final = 512
# Clients put JSON, gzipped or not, under all of these: see the table in docs/reference/capture-http.md.
_MEDIA: Final = frozenset(
    (b"", b"application/json", b"text/plain", b"text/json", b"application/x-www-form-urlencoded", b"application/octet-stream", b"application/gzip")
)


def check_media(content_type: bytes) -> None:
    """Errors: Refused(415) for a content type that is not read here."""
    if content_type == b"application/json":
        return
    media = content_type.partition(b";")[0].strip().lower()
    if media not in _MEDIA and not media.endswith(b"+json"):
        shown = media.decode("latin-1")[:60]
        raise Refused(415, Reason.UNSUPPORTED_MEDIA, f"{shown} is not read here; send JSON as application/json or text/plain")


def is_packed(body: bytes, encoding: bytes) -> bool:
    """Whether `inflated` would have something to do."""
    return body[:2] == _GZIP_MAGIC or encoding not in (b"", b"identity")


def inflated(body: bytes, encoding: bytes) -> bytes:
    """The body without its gzip, zlib or Zstandard; gzip is looked for even where no header names it; one pass only. Errors: Refused(400, 413, 415)."""
    coding = encoding.strip().lower()
    if coding in (b"", b"identity"):
        return _gunzip(body) if body[:2] == _GZIP_MAGIC else body
    if coding in (b"gzip", b"x-gzip"):
        if body[:2] != _GZIP_MAGIC:
            raise Refused(400, Reason.BAD_ENCODING, "the header says gzip, but the body is not")
        return _gunzip(body)
    if coding == b"deflate":
        return _zlib(body)
    if coding == b"zstd":
        return _unzstd(body)
    shown = coding.decode("latin-1")[:60]
    raise Refused(415, Reason.UNSUPPORTED_MEDIA, f"Content-Encoding {shown} is not read here; send gzip, deflate, zstd or nothing")


def _most(body: bytes) -> int:
    """How many bytes a body may inflate to."""
    return min(BODY_BYTES, max(GZIP_RATIO_FLOOR, GZIP_RATIO * len(body)))


def _too_large(limit: int) -> Refused:
    return Refused(413, Reason.BODY_TOO_LARGE, f"the body inflates to more than {limit} bytes")


def _zlib(body: bytes) -> bytes:
    """Deflate as HTTP means it, in zlib's wrapping, or bare as some clients send it."""
    limit = _most(body)
    wrapped = len(body) > 1 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
    inflater = zlib.decompressobj(wbits=15 if wrapped else -15)
    try:
        whole = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise Refused(400, Reason.BAD_ENCODING, "the deflated body is damaged") from None
    if len(whole) > limit:
        raise _too_large(limit)
    if not inflater.eof or inflater.unused_data:
        raise Refused(400, Reason.BAD_ENCODING, "the deflated body is cut off, or something follows it")
    return whole


def _unzstd(body: bytes) -> bytes:
    """Fed in small pieces, since four bytes can stand for a block of 128 KiB."""
    limit = _most(body)
    inflater = zstandard.ZstdDecompressor(max_window_size=_ZSTD_WINDOW).decompressobj()
    out, size, at = [], 0, 0
    try:
        while not inflater.eof and at < len(body):
            out.append(inflater.decompress(body[at : at + _ZSTD_PIECE]))
            size += len(out[-1])
            at += _ZSTD_PIECE
            if size > limit:
                raise _too_large(limit)
    except zstandard.ZstdError:
        raise Refused(400, Reason.BAD_ENCODING, "the zstd body is damaged, or needs more than 8 MiB of memory") from None
    if not inflater.eof or inflater.unused_data or at < len(body):
        raise Refused(400, Reason.BAD_ENCODING, "the zstd body is cut off, or something follows its first frame")
    return b"".join(out)


def _gunzip(body: bytes) -> bytes:
    limit = _most(body)
    rest, out, size = body, [], 0
    for _ in range(GZIP_MEMBERS):
        inflater = zlib.decompressobj(wbits=31)
        try:
            part = inflater.decompress(rest, limit - size + 1)
        except zlib.error:
            raise Refused(400, Reason.BAD_ENCODING, "the gzip body is damaged") from None
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        if not inflater.eof:
            raise Refused(400, Reason.BAD_ENCODING, "the gzip body is cut off")
        out.append(part)
        rest = inflater.unused_data.lstrip(b"\0")
        if not rest:
            return b"".join(out)
    raise Refused(413, Reason.BODY_TOO_LARGE, f"the body has more than {GZIP_MEMBERS} gzip members")
