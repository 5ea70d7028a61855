"""Event times: reading what clients write, and correcting clocks that are off."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from sojourn.terms.facts import Flag
from sojourn.terms.time import DAY, MINUTE, SECOND, Millis, from_datetime

SKEW_TOLERANCE: Final = SECOND
"""Clocks closer than this to ours are right: the difference is the network's, and correcting it would shuffle a client's own order."""
FUTURE: Final = DAY
"""How far ahead of us an event may claim to be."""

_EARLIEST: Final = 0
_LATEST: Final = from_datetime(datetime(9999, 12, 31, tzinfo=UTC)) + DAY
_SECONDS_BELOW: Final = 100_000_000_000  # as seconds the year 5138, as milliseconds March 1973
_LEAP: Final = re.compile(r"(.*\d\d:\d\d:)60(?:[.,]\d+)?(.*)", re.DOTALL)
_NUMBER: Final = re.compile(r"\d{9,17}(?:\.\d{1,9})?")
_LONGEST: Final = 64
_SKEWED: Final = Flag.SKEWED.value
# What browsers, Node and Python write is read piece by piece from these, at a tenth of the cost.
_COMMON: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|\+00:00)")
_DAYS_KEPT: Final = 4_096
_days: dict[str, Millis] = {}  # "YYYY-MM-DDT", those that were there
_MINUTES: Final = {f"{hour:02d}:{minute:02d}:": (hour * 60 + minute) * MINUTE for hour in range(24) for minute in range(60)}
_SECONDS: Final = {f"{second:02d}.": second * SECOND for second in range(60)}
_THOUSANDTHS: Final = {f"{thousandth:03d}{zone}": thousandth for thousandth in range(1000) for zone in ("Z", "+00:00")}
_SECONDS_KEPT: Final = 4_096
_whole: dict[str, Millis] = {}  # "YYYY-MM-DDTHH:MM:SS.", those that were there


def read_time(value: Any) -> Millis | None:
    """Milliseconds since 1970 of what a client wrote; None where it cannot be read or lies outside 1970 to 9999.

    Reads ISO 8601 (without a zone: UTC; a leap second is the second after it), RFC 2822, and epoch seconds or milliseconds as number or text.
    """
    kind = type(value)
    if kind is str:
        thousandth = _THOUSANDTHS.get(value[20:])
        if thousandth is None:
            return _read_text(value)
        whole = _whole.get(value[:20])
        return whole + thousandth if whole is not None else _read_pieces(value, thousandth)
    if kind is int or kind is float:
        return _in_range(_epoch(value))
    return None


def _read_pieces(value: str, thousandth: int) -> Millis | None:
    day = _days.get(value[:11])
    minute = _MINUTES.get(value[11:17])
    second = _SECONDS.get(value[17:20])
    if day is None or minute is None or second is None:
        return _read_text(value)
    if len(_whole) >= _SECONDS_KEPT:
        _whole.clear()
    _whole[value[:20]] = whole = day + minute + second
    return whole + thousandth


def _read_text(value: str) -> Millis | None:
    if len(value) > _LONGEST:
        return None
    text = value.strip()
    if text[4:5] != "-" and _NUMBER.fullmatch(text):
        return _in_range(_epoch(float(text) if "." in text else int(text)))
    add = 0
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        leap = _LEAP.fullmatch(text)
        try:
            if leap is not None:
                moment, add = datetime.fromisoformat(f"{leap[1]}59{leap[2]}"), SECOND
            else:
                moment = parsedate_to_datetime(text)
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        at = from_datetime(moment) + add
    except OverflowError:
        return None
    if not add and at >= 0 and _COMMON.fullmatch(value):
        if len(_days) >= _DAYS_KEPT:
            _days.clear()
        _days[value[:11]] = at - at % DAY
    return _in_range(at)


def _epoch(value: float) -> Millis | None:
    if not 0 < value < 1e17:  # also not a number
        return None
    return round(value * 1000) if value < _SECONDS_BELOW else round(value)


def _in_range(at: Millis | None) -> Millis | None:
    return at if at is not None and _EARLIEST <= at < _LATEST else None


def event_time(timestamp: Any, original: Any, sent: Millis | None, received: Millis) -> tuple[Millis, int]:
    """When an event happened, and the flags CLAMPED, TIME_GUESSED, SKEWED.

    `timestamp` beside `original` was set by somebody who knows and stands. A single time is the client's clock: with `sent` (sentAt, read) it
    becomes received - (sent - time), unless sent lies before it or the clocks agree within `SKEW_TOLERANCE`. More than a day ahead becomes `received`;
    so does what cannot be read. Source: shared semantics of Segment's and RudderStack's time fields, docs/reference/capture-http.md.
    """
    if timestamp is None and original is None:
        return received, Flag.NONE
    at = read_time(timestamp if timestamp is not None else original)
    corrects = timestamp is None or original is None
    if at is None and not corrects:
        at, corrects = read_time(original), True
    if at is None:
        return received, Flag.TIME_GUESSED
    flags = 0
    if corrects and sent is not None and sent >= at and not -SKEW_TOLERANCE < received - sent < SKEW_TOLERANCE:
        at += received - sent
        flags = _SKEWED
    if at > received + FUTURE:
        return received, flags | Flag.CLAMPED
    if at < 0:
        return received, flags | Flag.TIME_GUESSED
    return at, flags
