"""Segment's HTTP tracking API: the eight calls, their one-letter forms, its tracking pixel, and the settings document of its browser SDK."""

import binascii
import re
from base64 import b64decode
from collections.abc import Callable
from typing import Any, Final

from msgspec import UNSET, MsgspecError, Raw, Struct, UnsetType, structs
from msgspec.json import decode, encode

from sojourn.capture.call import Call, Opened, Refused
from sojourn.capture.decode import open_batch, open_single
from sojourn.capture.limits import QUARANTINE_BYTES
from sojourn.capture.protocols import Document, Protocol, Request, Route
from sojourn.capture.protocols.pixel import dot
from sojourn.capture.protocols.wording import nested, parameters
from sojourn.terms.facts import Kind
from sojourn.terms.outcomes import Quarantined, Reason

_SETTINGS: Final = re.compile(r"/v1/projects/([^/]{1,200})/settings")
_HOST: Final = re.compile(rb"[A-Za-z0-9.\-\[\]:_]{1,255}")


def _batch(request: Request) -> Opened:
    return open_batch(request.body)


def _body(request: Request) -> bytes:
    return request.body


def _query(request: Request) -> bytes:
    """The call that a picture's address holds: as JSON in `data`, in base64 or not, or field by field with dots in the names."""
    said = parameters(request.query[:16_384], 300)
    text = said.get("data", "").strip()
    if not text:
        return encode(nested(said))
    if text[0] == "{":
        return text.encode("utf-8", "replace")
    packed = text.replace(" ", "+").replace("-", "+").replace("_", "/").rstrip("=").encode("utf-8", "replace")
    try:
        return b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, Reason.BAD_ENCODING, "`data` is neither JSON nor base64 of it") from None


def pixel(kind: str) -> Route:
    """A picture that is a call, for mail and for pages without scripts."""
    return Route(_single_of(kind, _query), kind, methods=frozenset(("GET",)), reply=dot, any_media=True)


def _single_of(kind: str, read: Callable[[Request], bytes] = _body) -> Callable[[Request], Opened]:
    """The address says what the call is. The call says so too from here on: one that is set aside is driven again without its address."""

    def single(request: Request) -> Opened:
        opened = open_single(read(request))
        for index, call in enumerate(opened.calls):
            if type(call) is Call:
                call.type = kind
            elif type(call) is Quarantined:
                opened.calls[index] = structs.replace(call, record=_said(call.record, kind))
        return opened

    return single


class _Typed(Struct):
    type: Raw | UnsetType = UNSET


def _said(record: bytes, kind: str) -> bytes:
    """What was set aside, with its type in it; as it is where it names one, was cut off, or would become too long to be kept whole."""
    try:
        named = decode(record, type=_Typed).type is not UNSET
    except (MsgspecError, RecursionError, UnicodeDecodeError):
        return record
    said = b'{"type":"' + kind.encode() + b'",' + record.lstrip()[1:]
    return record if named or len(said) >= QUARANTINE_BYTES else said


def _routes() -> dict[str, Route]:
    routes: dict[str, Route] = {}
    for kind in (Kind.IDENTIFY, Kind.TRACK, Kind.PAGE, Kind.SCREEN, Kind.GROUP, Kind.ALIAS):
        routes[f"/v1/{kind.value}"] = routes[f"/v1/{kind.value[0]}"] = Route(_single_of(kind.value), kind.value)
        routes[f"/v1/pixel/{kind.value}"] = pixel(kind.value)
    routes["/v1/batch"] = routes["/v1/b"] = Route(_batch)
    routes["/v1/import"] = Route(_batch, historical=True)
    return routes


def _document(path: str) -> Document | None:
    if path == "/v1/m":  # how its own clients fare, which they tell without a key
        return Document("", lambda _: {"success": True}, methods=frozenset(("POST",)))
    match = _SETTINGS.fullmatch(path)
    return Document(match[1], _settings) if match else None


def _settings(request: Request) -> Any:
    """The least that makes @segment/analytics-next send, and send to the host it asked: a page then sets only its `cdnURL`."""
    found = _SETTINGS.fullmatch(request.path)
    # The SDK sends with the key that stands here, not with the one it asked by.
    destination: dict[str, Any] = {"apiKey": found[1]} if found else {}
    host = request.headers.get(b"host", b"")
    if _HOST.fullmatch(host):
        destination |= {"apiHost": f"{host.decode()}/v1", "protocol": request.scheme}
    return {"integrations": {"Segment.io": destination}, "metrics": {"sampleRate": 0}, "plan": {}, "edgeFunction": {}}


SEGMENT: Final = Protocol("segment", _routes(), _document)
