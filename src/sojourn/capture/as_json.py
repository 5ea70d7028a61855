"""Calls and answers as JSON, whatever a client wrote into them."""

import json
from typing import Any, Final

import msgspec

from sojourn.capture.call import Extra


def _plain(value: object) -> object:
    return value.fields if isinstance(value, Extra) else repr(value)


_encode: Final = msgspec.json.Encoder(enc_hook=_plain).encode


def as_json(value: Any) -> bytes:
    """A value as JSON. Half a surrogate pair, which UTF-8 cannot hold, is escaped again as it came. Errors: RecursionError for what nests by the hundred."""
    try:
        return _encode(value)
    except UnicodeEncodeError:
        return json.dumps(msgspec.to_builtins(value, enc_hook=_plain)).encode()
