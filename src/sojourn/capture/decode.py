"""From a body to calls: a fast decoder for what clients really send, an exact one for everything else.

Both give the same calls; the exact one also says what is wrong with each item, so that one bad item never loses the others.
"""

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sojourn.capture import bounds
from sojourn.capture.bounds import OutOfBounds
from sojourn.capture.call import Call, Candidate, Extra, Opened
from sojourn.capture.items import open_items, read_object, too_many
from sojourn.capture.limits import BATCH_EVENTS, EVENT_BYTES, QUARANTINE_BYTES
from sojourn.capture.merging import is_merge, merged
from sojourn.capture.plain import is_plain
from sojourn.capture.traffic import give_way
from sojourn.terms.outcomes import Quarantined


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[Call]
    sent_at: Any = None
    context: Any = None
    integrations: Any = None
    write_key: Any = None


_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_call = msgspec.json.Decoder(Call).decode

_FIELDS: Final = {field.encode_name: field.name for field in msgspec.structs.fields(Call) if not field.encode_name.startswith("$")}
_REFUSALS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def open_batch(body: bytes) -> Opened:
    """Read a body that holds `batch`, or a bare list of calls, or one call. Errors: Refused(400, 413)."""
    if len(body) > EVENT_BYTES or bounds.needs_care(body):
        return _open_exactly(body)
    try:
        envelope = _decode_batch(body)
    except _REFUSALS:
        return _open_exactly(body)
    calls = envelope.batch
    if len(calls) > BATCH_EVENTS:
        raise too_many(len(calls))
    return Opened(calls, _key(envelope.write_key, calls), envelope.sent_at, envelope.context, envelope.integrations, bool(calls) and is_plain(body))  # type: ignore[arg-type]


def open_single(body: bytes) -> Opened:
    """Read a body that is one call; a body that holds `batch` is read as such all the same. Errors: Refused(400, 413)."""
    if len(body) > EVENT_BYTES or bounds.needs_care(body):
        return _open_exactly(body)
    try:
        call = _decode_call(body)
    except _REFUSALS:
        return _open_exactly(body)
    return Opened([call], _key(None, [call]), plain=is_plain(body))


def _key(outer: Any, calls: Sequence[Candidate]) -> str:
    """The write key in a body: the envelope's, or else that of the first call which has one."""
    if type(outer) is str and outer:
        return outer
    for call in calls:
        if type(call) is Call and type(call.write_key) is str and call.write_key:
            return call.write_key
    return ""


def _open_exactly(body: bytes) -> Opened:
    """Read a body item by item, whatever is wrong with some of them."""
    items, outer = open_items(body, "batch")
    calls = [read_item(item) for item in items]
    return Opened(calls, _key(outer.get("writeKey"), calls), outer.get("sentAt"), outer.get("context"), outer.get("integrations"))


def read_item(item: bytes) -> Candidate:
    """One item of a batch, exactly: a clean call, or what is wrong with it."""
    value = read_object(item)
    if not isinstance(value, dict):
        return value
    if is_merge(value):
        return from_object(merged(value), item)
    if not (bounds.needs_care(item) or b"\\ud" in item or b"\\uD" in item):  # surrogates, which need a look at their other half
        rest = {key: value.pop(key) for key in [key for key in value if key not in _FIELDS]}
        try:
            call = msgspec.convert(value, Call)
            if rest:
                call.extra = Extra(bounds.clean(rest))
            return call
        except (msgspec.ValidationError, OutOfBounds):
            value.update(rest)
    return from_object(value, item)


def from_object(value: dict[str, Any], item: bytes) -> Candidate:
    """A clean call from a decoded object; unknown fields go to `rest`. `item` is what is kept where a limit is broken."""
    give_way()
    fields: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    sanitised = False
    try:
        for key, part in value.items():
            # Ids keep what they are: whether they are acceptable is said by shields.identifier.
            whole = bounds.clean(part) if type(part) in (dict, list) or key not in _IDS else part
            sanitised = sanitised or whole != part
            name = _FIELDS.get(key)
            if name is not None:
                fields[name] = whole
            else:
                rest.update(bounds.clean({key: whole}))
                sanitised = sanitised or key not in rest
    except OutOfBounds as broken:
        return Quarantined(broken.reason, item[:QUARANTINE_BYTES], broken.detail)
    return Call(**fields, extra=Extra(rest, sanitised) if rest or sanitised else None)


_IDS: Final = frozenset(("messageId", "anonymousId", "userId", "groupId", "previousId", "writeKey"))
