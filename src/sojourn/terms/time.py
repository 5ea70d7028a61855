"""Time: instants are integer milliseconds since 1970, UTC; wall times carry an IANA zone."""

import re
from datetime import UTC, datetime, timedelta
from datetime import time as wall_time
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import msgspec

Millis = int
SECOND: Final[Millis] = 1_000
MINUTE: Final[Millis] = 60_000
HOUR: Final[Millis] = 3_600_000
DAY: Final[Millis] = 86_400_000

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|min|h|d)")
_SPOKEN: Final = {"m": "min", "d": "day"}
_UNIT: Final = {"ms": 1, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}


def parse_duration(text: str) -> Millis:
    """Read `5s`, `30m`, `1h30m`, `24h`, `7d` as milliseconds. Errors: ValueError that names the forms."""
    compact = text.strip().lower()
    parts = _DURATION.findall(compact)
    if not parts or "".join(n + u for n, u in parts) != compact.replace(" ", ""):
        raise ValueError(f"{text!r} is not a duration; write it like 5s, 30m, 1h30m or 7d")
    return round(sum(float(n) * _UNIT[u] for n, u in parts))


def format_duration(ms: Millis) -> str:
    """The shortest text that `parse_duration` reads back to the same value."""
    out, rest = "", ms
    for unit, size in (("d", DAY), ("h", HOUR), ("m", MINUTE), ("s", SECOND), ("ms", 1)):
        count, rest = divmod(rest, size)
        out += f"{count}{unit}" if count else ""
    return out or "0s"


def duration_words(ms: Millis) -> str:
    """A duration to the millisecond as a sentence has it: `20 s`, `1 h 30 min`, `7 days`."""
    words = []
    for number, unit in _DURATION.findall(format_duration(ms)):
        words.append(f"{number} {_SPOKEN.get(unit, unit)}{'s' if unit == 'd' and number != '1' else ''}")
    return " ".join(words)


def to_datetime(ms: Millis) -> datetime:
    """An aware UTC datetime."""
    return _EPOCH + timedelta(milliseconds=ms)


def from_datetime(moment: datetime) -> Millis:
    """Milliseconds since 1970 of an aware datetime, rounded down."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_iso(ms: Millis) -> str:
    """ISO 8601 with milliseconds and Z."""
    return to_datetime(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@lru_cache(maxsize=1024)
def zone(name: str) -> ZoneInfo | None:
    """The IANA zone of that name, or None where there is no such zone."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


class QuietHours(msgspec.Struct, frozen=True, array_like=True):
    """A daily stretch of local wall time in which nobody is written to: half-open [start, end), may wrap midnight.

    `start` and `end` are minutes since local midnight; equal values mean no quiet hours.
    """

    start: int
    end: int

    @classmethod
    def parse(cls, text: str) -> "QuietHours | None":
        """Read `21:00-08:00`; `off` or an empty text means none. Errors: ValueError."""
        if text.strip().lower() in ("", "off", "none"):
            return None
        match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*", text)
        if match is None:
            raise ValueError(f"{text!r} are no quiet hours; write them like 21:00-08:00, or off")
        h1, m1, h2, m2 = (int(part) for part in match.groups())
        if max(h1, h2) > 23 or max(m1, m2) > 59:
            raise ValueError(f"{text!r} are no quiet hours; an hour goes from 00:00 to 23:59")
        return cls(h1 * 60 + m1, h2 * 60 + m2)

    def __str__(self) -> str:
        return f"{self.start // 60:02d}:{self.start % 60:02d}-{self.end // 60:02d}:{self.end % 60:02d}"

    def covers(self, at: Millis, zone_name: str) -> bool:
        """Whether the instant falls into the quiet hours of that zone."""
        local = to_datetime(at).astimezone(ZoneInfo(zone_name))
        minute = local.hour * 60 + local.minute
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end

    def next_open(self, at: Millis, zone_name: str) -> Millis:
        """The first instant at or after `at` outside the quiet hours.

        A wall time that a spring change skips becomes the first instant after the gap; one that an autumn change repeats is taken at its first pass.
        """
        if self.start == self.end or not self.covers(at, zone_name):
            return at
        tz = ZoneInfo(zone_name)
        local = to_datetime(at).astimezone(tz)
        day = local.date()
        for ahead in (0, 1, 2):
            naive = datetime.combine(day + timedelta(days=ahead), wall_time(self.end // 60, self.end % 60))
            candidate = from_datetime(naive.replace(tzinfo=tz, fold=0).astimezone(UTC))
            back = to_datetime(candidate).astimezone(tz).replace(tzinfo=None)
            if back != naive:  # the wall time does not exist on that day: Python maps it beyond the gap; walk back to the gap's end
                candidate = _gap_end(naive, tz)
            if candidate > at and not self.covers(candidate, zone_name):
                return candidate
        # An end that repeats on an autumn day can lie before `at` though `at` is still covered: go minute by minute.
        step = at - at % MINUTE + MINUTE
        while self.covers(step, zone_name):
            step += MINUTE
        return step


def _gap_end(naive: datetime, tz: ZoneInfo) -> Millis:
    """The first instant after the gap in which a local wall time falls."""
    before = from_datetime(naive.replace(tzinfo=tz, fold=1).astimezone(UTC))
    after = from_datetime(naive.replace(tzinfo=tz, fold=0).astimezone(UTC))
    low, high = min(before, after), max(before, after)
    offset = to_datetime(low).astimezone(tz).utcoffset()
    while high - low > SECOND:
        middle = (low + high) // 2
        if to_datetime(middle).astimezone(tz).utcoffset() == offset:
            low = middle
        else:
            high = middle
    return high - high % SECOND


@lru_cache(maxsize=256)
def open_everywhere(quiet: QuietHours | None, at: Millis, zone_names: tuple[str, ...], spread: Millis = 0) -> Millis | None:
    """The first instant at or after `at` outside the quiet hours of all these zones; None where there is none within two days.

    Who had to wait waits `spread` longer where that is still outside them, so that a night's mail does not go out in one minute.
    Names that are no zone are left out; where none is left UTC is taken.
    """
    opens = _open_everywhere(quiet, at, zone_names)
    if opens is None or opens == at or _open_everywhere(quiet, opens + spread, zone_names) != opens + spread:
        return opens
    return opens + spread


def _open_everywhere(quiet: QuietHours | None, at: Millis, zone_names: tuple[str, ...]) -> Millis | None:
    if quiet is None:
        return at
    zones = [name for name in zone_names if zone(name) is not None] or ["UTC"]
    here = at
    while here <= at + 2 * DAY:
        later = here
        for name in zones:
            later = quiet.next_open(later, name)
        if later == here:
            return here
        here = later
    return None
