"""Items: a body cut into its events, and one event read exactly, so that one bad event never loses the others."""

import asyncio
import json
import re
from typing import Any, Final

import msgspec

from sojourn.capture import bounds
from sojourn.capture.call import Refused
from sojourn.capture.limits import BATCH_EVENTS, DEPTH, DEPTH_READ, EVENT_BYTES, QUARANTINE_BYTES
from sojourn.capture.traffic import give_way
from sojourn.terms.outcomes import Dropped, Quarantined, Reason

_BOM: Final = b"\xef\xbb\xbf"
_TOKEN: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"|[\[\]{},]', re.DOTALL)
_BATCH_ARRAY: Final = re.compile(rb"\s*:\s*\[")
_TOKENS: Final = 1_000_000
"""How much of a broken body is taken apart by hand: some tenths of a second's work, and enough for 10,000 events."""
_TOKENS_AT_ONCE: Final = 128
_AT_ONCE_BYTES: Final = 2_048
"""Up to here laborious work is done at once."""
_AT_ONCE_ITEMS: Final = 200
"""So many items are read at once, however small; one may take 50 microseconds."""
_REFUSALS: Final = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_decode_any = msgspec.json.Decoder().decode
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode
_decode_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class Laborious(Exception):
    """A body takes milliseconds to be taken apart or unpacked, which is nothing to do on an event loop: open it again in another thread."""


def spare_the_loop(size: int, at_once: int = _AT_ONCE_BYTES) -> None:
    """Call it before work that takes a microsecond for each byte, or many for each item. Errors: Laborious on an event loop, for more than `at_once`."""
    if size <= at_once:
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise Laborious


def too_many(events: int) -> Refused:
    """The refusal of a batch with more events than are taken at once."""
    return Refused(413, Reason.TOO_MANY_EVENTS, f"{events} events in one batch; send at most {BATCH_EVENTS}")


def too_large(size: int) -> Dropped:
    """What becomes of an event of so many bytes, where these are more than are taken."""
    return Dropped(Reason.EVENT_TOO_LARGE, f"the event has {size} bytes; at most {EVENT_BYTES} are taken")


def open_items(body: bytes, name: str) -> tuple[list[bytes], dict[str, Any]]:
    """The events of a body, unread, and the other fields around them.

    A body is an object with the events in its array `name`, a bare array of events, or one event. Errors: Refused(400, 413); on an event loop also Laborious.
    """
    body = body.removeprefix(_BOM).strip(b" \t\r\n")
    if not body:
        raise Refused(400, Reason.BAD_JSON, "the body is empty")
    outer: dict[str, Any] = {}
    try:
        if body[:1] == b"[":
            items = [bytes(raw) for raw in _decode_list(body)]
        else:
            fields = _decode_fields(body)
            inner = fields.pop(name, None)
            items = [body] if inner is None else [bytes(raw) for raw in _decode_list(inner)]
            if inner is not None:
                outer = {field: _decode_any(raw) for field, raw in fields.items()}
    except _REFUSALS:
        spare_the_loop(len(body))
        items, outer = _take_apart(body, name)
    if len(items) > BATCH_EVENTS:
        raise too_many(len(items))
    spare_the_loop(len(items), _AT_ONCE_ITEMS)
    return items, outer


def read_object(item: bytes) -> dict[str, Any] | Dropped | Quarantined:
    """One event as a JSON object, exactly; or what is wrong with it. Its texts and numbers are not made safe yet, see `bounds.clean`."""
    give_way()
    if len(item) > EVENT_BYTES:
        return too_large(len(item))
    if bounds.openers(item) > DEPTH:
        depth = bounds.exact_depth(item, DEPTH_READ + 1)
        if depth > DEPTH_READ:
            return Dropped(Reason.FAR_TOO_DEEP, f"nested deeper than {DEPTH_READ} levels")
        if depth > DEPTH + 1:  # the event itself is a level
            return Quarantined(Reason.TOO_DEEP, item[:QUARANTINE_BYTES], f"nested deeper than {DEPTH} levels")
    try:
        value = _decode_any(item)
    except _REFUSALS:
        value = None
    try:
        value = _loads(item) if value is None else value
    except _BadNumber as bad:
        return Dropped(Reason.BAD_NUMBER, str(bad))
    except UnicodeDecodeError:
        return Dropped(Reason.BAD_ENCODING, "the event is not UTF-8")
    except (ValueError, RecursionError):
        return Dropped(Reason.BAD_JSON, "the event is not JSON")
    return value if type(value) is dict else Dropped(Reason.BAD_SHAPE, "an event must be a JSON object")


def _take_apart(body: bytes, name: str) -> tuple[list[bytes], dict[str, Any]]:
    """Cut the array into its items without understanding them; a body without one is one item. Errors: Refused(400)."""
    cuts, array = _cut(body, b'"%s"' % name.encode())
    if array is None:
        if body[:1] != b"{":
            raise Refused(400, Reason.BAD_JSON, "the body is not a JSON object")
        return [body], {}
    if cuts is None:
        raise Refused(400, Reason.BAD_JSON, "the body is not JSON: its brackets do not match")
    try:
        outer = _loads(body[: array[0]] + b"]" + body[array[1] :]) if body[:1] == b"{" else {}
    except (ValueError, RecursionError):
        raise Refused(400, Reason.BAD_JSON, f"the body is not JSON around its {name}") from None
    return [item for start, end in cuts if (item := body[start:end].strip(b" \t\r\n"))], outer


def _cut(body: bytes, field: bytes) -> tuple[list[tuple[int, int]] | None, tuple[int, int] | None]:
    """Where the items of the array begin and end, and the array around them; None where there is none, or where its brackets do not match."""
    bare = body[:1] == b"["
    depth, inside, start = 0, False, 0
    cuts: list[tuple[int, int]] = []
    begin = 0
    for tokens, match in enumerate(_TOKEN.finditer(body)):
        if not tokens % _TOKENS_AT_ONCE:
            give_way()
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
        elif not inside and not bare and depth == 1 and match.group() == field:
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
