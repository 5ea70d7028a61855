"""Bodies: which media types and encodings are read, and inflating them without being blown up."""

import zlib
from typing import Final

from sojourn.capture.call import Refused
from sojourn.capture.limits import BODY_BYTES, GZIP_MEMBERS, GZIP_RATIO, GZIP_RATIO_FLOOR
from sojourn.terms.outcomes import Reason

_GZIP_MAGIC: Final = b"\x1f\x8b"
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


def inflated(body: bytes, encoding: bytes) -> bytes:
    """The body without its gzip, which is looked for even where no header names it; one pass only. Errors: Refused(400, 413, 415)."""
    coding = encoding.strip().lower()
    if coding in (b"", b"identity"):
        return _gunzip(body) if body[:2] == _GZIP_MAGIC else body
    if coding not in (b"gzip", b"x-gzip"):
        raise Refused(415, Reason.UNSUPPORTED_MEDIA, f"Content-Encoding {coding.decode('latin-1')[:60]} is not read here; send gzip or nothing")
    if body[:2] != _GZIP_MAGIC:
        raise Refused(400, Reason.BAD_ENCODING, "the header says gzip, but the body is not")
    return _gunzip(body)


def _gunzip(body: bytes) -> bytes:
    limit = min(BODY_BYTES, max(GZIP_RATIO_FLOOR, GZIP_RATIO * len(body)))
    rest, out, size = body, [], 0
    for _ in range(GZIP_MEMBERS):
        inflater = zlib.decompressobj(wbits=31)
        try:
            part = inflater.decompress(rest, limit - size + 1)
        except zlib.error:
            raise Refused(400, Reason.BAD_ENCODING, "the gzip body is damaged") from None
        size += len(part)
        if size > limit:
            raise Refused(413, Reason.BODY_TOO_LARGE, f"the body inflates to more than {limit} bytes")
        if not inflater.eof:
            raise Refused(400, Reason.BAD_ENCODING, "the gzip body is cut off")
        out.append(part)
        rest = inflater.unused_data.lstrip(b"\0")
        if not rest:
            return b"".join(out)
    raise Refused(413, Reason.BODY_TOO_LARGE, f"the body has more than {GZIP_MEMBERS} gzip members")
