"""From a body to calls: a fast decoder for what clients really send, an exact one for everything else.

Both give the same calls; the exact one also says what is wrong with each item, so that one bad item never loses the others.
"""

import json
import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sojourn.capture import bounds
from sojourn.capture.bounds import OutOfBounds
from sojourn.capture.call import Call, Candidate, Extra, Opened, Refused
from sojourn.capture.limits import BATCH_EVENTS, DEPTH, DEPTH_READ, EVENT_BYTES, QUARANTINE_BYTES
from sojourn.capture.plain import is_plain
from sojourn.terms.outcomes import Dropped, Quarantined, Reason


class _Batch(msgspec.Struct, rename="camel", gc=False):
    batch: list[Call]
    sent_at: Any = None
    context: Any = None
    integrations: Any = None
    write_key: Any = None


class _RawBatch(msgspec.Struct, rename="camel"):
    batch: list[msgspec.Raw] | msgspec.UnsetType = msgspec.UNSET
    sent_at: Any = None
    context: Any = None
    integrations: Any = None
    write_key: Any = None


_decode_batch = msgspec.json.Decoder(_Batch).decode
_decode_raw_batch = msgspec.json.Decoder(_RawBatch).decode
_decode_call = msgspec.json.Decoder(Call).decode
_decode_any = msgspec.json.Decoder().decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_encode = msgspec.json.Encoder().encode

_FIELDS: Final = {field.encode_name: field.name for field in msgspec.structs.fields(Call) if not field.encode_name.startswith("$")}
_BOM: Final = b"\xef\xbb\xbf"
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_BATCH_ARRAY: Final = re.compile(rb"\s*:\s*\[")
_TOKENS: Final = 1_000_000
"""How much of a broken body is taken apart by hand: some tenths of a second's work, and enough for 10,000 events."""
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
        raise _too_many(len(calls))
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


def _too_many(events: int) -> Refused:
    return Refused(413, Reason.TOO_MANY_EVENTS, f"{events} events in one batch; send at most {BATCH_EVENTS}")


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
    body = body.removeprefix(_BOM).strip(b" \t\r\n")
    if not body:
        raise Refused(400, Reason.BAD_JSON, "the body is empty")
    outer: dict[str, Any] = {}
    try:
        if body[:1] == b"[":
            items = [bytes(raw) for raw in _decode_list(body)]
        else:
            envelope = _decode_raw_batch(body)
            items = [body] if envelope.batch is msgspec.UNSET else [bytes(raw) for raw in envelope.batch]
            outer = {"sentAt": envelope.sent_at, "context": envelope.context, "integrations": envelope.integrations, "writeKey": envelope.write_key}
            if envelope.batch is msgspec.UNSET:
                outer = {}
    except _REFUSALS:
        items, outer = _take_apart(body)
    if len(items) > BATCH_EVENTS:
        raise _too_many(len(items))
    calls = [read_item(item) for item in items]
    return Opened(calls, _key(outer.get("writeKey"), calls), outer.get("sentAt"), outer.get("context"), outer.get("integrations"))


def _take_apart(body: bytes) -> tuple[list[bytes], dict[str, Any]]:
    """Cut the batch into its items without understanding them; a body without `batch` is one item. Errors: Refused(400)."""
    cuts, array = _cut(body)
    if array is None:
        if body[:1] != b"{":
            raise Refused(400, Reason.BAD_JSON, "the body is not a JSON object")
        return [body], {}
    if cuts is None:
        raise Refused(400, Reason.BAD_JSON, "the body is not JSON: its brackets do not match")
    try:
        outer = _loads(body[: array[0]] + b"]" + body[array[1] :]) if body[:1] == b"{" else {}
    except (ValueError, RecursionError):
        raise Refused(400, Reason.BAD_JSON, "the body is not JSON around its batch") from None
    return [item for start, end in cuts if (item := body[start:end].strip(b" \t\r\n"))], outer


def _cut(body: bytes) -> tuple[list[tuple[int, int]] | None, tuple[int, int] | None]:
    """Where the items of the batch begin and end, and the array around them; None where there is none, or where its brackets do not match."""
    bare = body[:1] == b"["
    depth, inside, start = 0, False, 0
    cuts: list[tuple[int, int]] = []
    begin = 0
    for tokens, match in enumerate(_TOKEN.finditer(body)):
        if tokens > _TOKENS:
            raise Refused(400, Reason.BAD_JSON, "the body is not JSON, and too large to look for what is good in it")
        mark = body[match.start()]
        if mark in b"{[":
            depth += 1
            if not inside and mark == 0x5B and ((bare and depth == 1) or (depth == 2 and start == match.start())):
                inside, begin, start = True, match.end(), match.end()
                base = depth
        elif mark in b"}]":
            depth -= 1
            if inside and depth == base - 1:
                cuts.append((start, match.start()))
                return cuts, (begin, match.start() + 1)
        elif mark == 0x2C:
            if inside and depth == base:
                cuts.append((start, match.start()))
                start = match.end()
        elif not inside and not bare and depth == 1 and match.group() == b'"batch"':
            array = _BATCH_ARRAY.match(body, match.end())
            if array is not None:
                start = array.end() - 1
    return None, ((begin, begin) if inside else None)


class _BadNumber(ValueError):
    pass


def _refuse_constant(text: str) -> float:
    raise _BadNumber(f"{text} is not a JSON number")


def _read_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _BadNumber(f"{text[:20]} is more than a double holds")
    return number


def _read_int(text: str) -> int:
    if len(text) > 309:
        raise _BadNumber(f"a number of {len(text)} digits is more than a double holds")
    return int(text)


def _loads(text: bytes) -> Any:
    return json.loads(text.decode(), parse_constant=_refuse_constant, parse_float=_read_float, parse_int=_read_int)


def read_item(item: bytes) -> Candidate:
    """One item of a batch, exactly: a clean call, or what is wrong with it."""
    if len(item) > EVENT_BYTES:
        return Dropped(Reason.EVENT_TOO_LARGE, f"the event has {len(item)} bytes; at most {EVENT_BYTES} are taken")
    if bounds.openers(item) > DEPTH:
        depth = bounds.exact_depth(item, DEPTH_READ + 1)
        if depth > DEPTH_READ:
            return Dropped(Reason.TOO_DEEP, f"nested deeper than {DEPTH_READ} levels")
        if depth > DEPTH + 1:  # the event itself is a level
            return Quarantined(Reason.TOO_DEEP, item[:QUARANTINE_BYTES], f"nested deeper than {DEPTH} levels")
    try:
        value = _decode_any(item)
    except _REFUSALS:
        value = None
    if type(value) is dict and not bounds.needs_care(item):
        rest = {key: value.pop(key) for key in [key for key in value if key not in _FIELDS]}
        try:
            call = msgspec.convert(value, Call)
            if rest:
                call.extra = Extra(bounds.clean(rest))
            return call
        except (msgspec.ValidationError, OutOfBounds):
            value.update(rest)
    try:
        value = _loads(item) if value is None else value
    except _BadNumber as bad:
        return Dropped(Reason.BAD_NUMBER, str(bad))
    except UnicodeDecodeError:
        return Dropped(Reason.BAD_ENCODING, "the event is not UTF-8")
    except (ValueError, RecursionError):
        return Dropped(Reason.BAD_JSON, "the event is not JSON")
    if type(value) is not dict:
        return Dropped(Reason.BAD_SHAPE, "an event must be a JSON object")
    return from_object(value, item)


def from_object(value: dict[str, Any], item: bytes) -> Candidate:
    """A clean call from a decoded object; unknown fields go to `rest`. `item` is what is kept where a limit is broken."""
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
