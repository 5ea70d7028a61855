"""Keys: where a client may put its write key, and what may be done with it."""

import binascii
from base64 import b64decode
from typing import Final
from urllib.parse import parse_qs

from sojourn.capture.call import Refused
from sojourn.ports.directory import Directory, KeyHolder

_LONGEST = 256
_READ: Final[dict[bytes, str]] = {}
"""Authorization headers and the key in them. Whether a key still opens anything is asked anew each time."""
_READ_KEPT: Final = 1_024


def key_in_headers(authorization: bytes, query: bytes) -> str:
    """The key of `Authorization: Basic` (with and without colon) or `Bearer`, else of `?writeKey=`; empty where there is none."""
    read = _READ.get(authorization)
    if read is not None:
        return read
    scheme, _, value = authorization.partition(b" ")
    match scheme.lower():
        case b"basic":
            try:
                key = b64decode(value.strip(), validate=True).partition(b":")[0]
            except binascii.Error:
                raise unknown() from None
        case b"bearer":
            key = value.strip()
        case _:
            key = b""
    if not key and b"writeKey=" in query:
        try:
            found = parse_qs(query[:4096].decode("latin-1"), max_num_fields=50).get("writeKey")
        except ValueError:  # more parameters than anybody's
            raise unknown() from None
        return found[0].strip() if found else ""
    text = key.decode("utf-8", "replace").strip()
    if text and len(text) <= _LONGEST:
        if len(_READ) >= _READ_KEPT:
            _READ.clear()
        _READ[authorization] = text
    return text


def holder(directory: Directory, key: str, from_browser: bool) -> KeyHolder:
    """Who sends. Errors: Refused(401) for no, unknown and disabled keys, Refused(403) for a secret key from a browser."""
    found = directory.holder(key) if 0 < len(key) <= _LONGEST else None
    if found is None or not found.enabled:
        raise unknown()
    if found.secret and from_browser:
        message = "a secret key came from a browser (Origin header): anybody can read it there. Replace it now, and use the source's write key in pages"
        raise Refused(403, "secret_key_in_browser", message)
    return found


def unknown() -> Refused:
    """The same answer whatever is wrong with a key."""
    return Refused(401, "unknown_key", "the write key is missing, unknown or disabled; send a source's key as Basic user name, Bearer token or writeKey")
