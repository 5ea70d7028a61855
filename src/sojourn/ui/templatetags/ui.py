"""Tags and filters that show times, amounts, people, icons and charts the same way on every page."""

import re
import time
from collections.abc import Iterable
from datetime import datetime
from html import escape
from typing import Any
from zlib import crc32

import msgspec
from django import template
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sojourn.terms.episodes import cause_words
from sojourn.terms.money import to_amount
from sojourn.terms.time import SECOND, Millis, duration_words, to_datetime, zone
from sojourn.ui import charts, navigation
from sojourn.ui.addresses import address
from sojourn.ui.assets import icons

register = template.Library()
TINTS = 10
_UNIT = re.compile(r"(?<=\d) (?=(?:[A-Z]{3}|ms|s|min|h|d|days?|pages?|products?|events?)\b|%)|(?<=[A-Z]{3}) (?=\+ )")
_MONTHS = ("", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


# -- times


@register.filter
def moment(ms: Millis | None, zone_name: str = "UTC") -> SafeString | str:
    """An instant as `21 Nov 2026, 22:57` in the workspace's zone, with the exact UTC time on hover; a dash for none."""
    if not ms:
        return "–"
    at = to_datetime(ms)
    local = at.astimezone(zone(zone_name or "UTC"))
    exact = f"{local.isoformat(' ', 'seconds')[:19]} ({escape(zone_name or 'UTC')})"
    return SafeString(f'<time datetime="{_iso(at)}" title="{exact}">{_day(local)}, {local.hour:02}:{local.minute:02}</time>')


@register.filter
def ago(ms: Millis | None, zone_name: str = "UTC") -> SafeString | str:
    """An instant as `20 s ago`, kept right by the browser side, with the whole time on hover; a dash for none."""
    if not ms:
        return "–"
    at = to_datetime(ms)
    local = at.astimezone(zone(zone_name or "UTC"))
    whole = f"{_day(local)}, {local.hour:02}:{local.minute:02}:{local.second:02} ({escape(zone_name or 'UTC')})"
    return SafeString(f'<time class="ago" datetime="{_iso(at)}" title="{whole}">{ago_words(int(time.time() * 1000) - ms)}</time>')


# Tables show hundreds of times: the parts are put together by hand, which takes a tenth of what strftime and format_html take.
def _day(local: datetime) -> str:
    return f"{local.day} {_MONTHS[local.month]} {local.year}"


def _iso(at: datetime) -> str:
    return at.isoformat("T", "milliseconds").replace("+00:00", "Z")


def ago_words(past: Millis) -> str:
    """How long ago in the largest whole unit; frontend/ui/src/small.ts says the same."""
    seconds = max(0, past // 1000)
    if seconds < 5:
        return "just now"
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return f"{seconds} s ago"


@register.simple_tag
def figures_as_of(at: Millis, now: Millis, zone_name: str = "UTC") -> SafeString | str:
    """A line that says how old the figures of a page are, where they are older than the page."""
    if now - at < SECOND:
        return ""
    return SafeString(f'<p class="small quiet">Figures as of {ago(at, zone_name)}</p>')


@register.simple_tag
def now_ms() -> Millis:
    """The server's clock, for the browser side to tell times by."""
    return int(time.time() * 1000)


# -- numbers and words


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units as `49.90 EUR`; without a currency the bare number of hundredths is not shown as money."""
    if minor is None:
        return "–"
    return f"{to_amount(minor, currency):,} {currency}".strip()


@register.filter
def amounts(money_by_currency: Iterable[tuple[int, str]]) -> str:
    """Pairs of minor units and currency as `49.90 EUR + 12.00 USD`; amounts in several currencies have no sum."""
    return " + ".join(money(minor, code) for minor, code in money_by_currency)


@register.filter
def duration(ms: Millis) -> str:
    """Milliseconds as `30 min`, `7 days`."""
    return duration_words(ms)


@register.filter
def percent(share: float) -> str:
    """A share of 1 as `37 %`."""
    return f"{share * 100:.0f} %"


@register.filter
def words(key: object) -> str:
    """`shipping_cost` as `shipping cost`, `abandoned-cart` as `abandoned cart`."""
    return str(key).replace("_", " ").replace("-", " ")


@register.filter
def glued(text: object) -> str:
    """Text in which a number and its unit stay on one line: `24.90 EUR`, `75 %`, `12 min`; of several amounts the plus stays with the first."""
    return _UNIT.sub("\u00a0", str(text))


@register.filter
def value(anything: Any) -> str:
    """A trait's or property's value: text as it is, the rest as JSON."""
    if isinstance(anything, str):
        return anything
    return msgspec.json.encode(anything).decode()


@register.filter
def pairs(mapping: dict[str, Any]) -> list[tuple[str, Any]]:
    """A mapping's entries. In a template `mapping.items` would be the entry named "items", where customers send one."""
    return list(mapping.items())


@register.filter
def thousands(number: int) -> str:
    """`12345` as `12,345`."""
    return f"{number:,}"


@register.filter
def wordlist(text: str) -> list[str]:
    """A text's words, to loop over."""
    return text.split()


@register.filter
def compact(number: float | None) -> str:
    """`12345` as `12.3k`, `4100000` as `4.1M`; below ten thousand in full. A dash for none."""
    if number is None:
        return "–"
    for size, letter in ((1_000_000_000, "G"), (1_000_000, "M"), (1000, "k")):
        if abs(number) >= max(size, 10_000):
            return f"{number / size:.1f}".removesuffix(".0") + letter
    return f"{number:,}"


@register.filter(name="cause_words")
def cause_in_words(cause: object) -> str:
    """A cause as a person would name it; a new one by its key."""
    return cause_words(str(cause))


@register.simple_tag
def cause(name: str) -> SafeString:
    """A cause in words behind its colour."""
    return SafeString(f'<span class="cause {escape(str(name))}">{escape(cause_words(str(name)))}</span>')


@register.filter
def undo_path(tags: str | None) -> str:
    """Where the undo of a message posts to, from its extra tags `undo:/path/`; empty where there is none, or it leads elsewhere."""
    for tag in (tags or "").split():
        path = tag.removeprefix("undo:")
        if path != tag and path.startswith("/") and not path.startswith("//"):
            return path
    return ""


# -- icons and people


@register.simple_tag
def icon(name: str, kind: str = "") -> SafeString:
    """An icon of Tabler's outline set, for the eye only; an empty drawing where it was not built."""
    extra = f" {escape(kind)}" if kind else ""
    return SafeString(f'<svg class="icon{extra}" viewBox="0 0 24 24" aria-hidden="true">{icons().get(name, "")}</svg>')


def initials(name: str) -> str:
    """Two letters at most: of the first and last word, or of what stands before the @."""
    parts = [part for part in name.partition("@")[0].replace(".", " ").replace("_", " ").split() if part[:1].isalnum()]
    return "".join(part[0] for part in (parts[:1] + parts[1:][-1:])).upper()


@register.simple_tag
def avatar(name: str | None, person: object = "", kind: str = "") -> SafeString:
    """Initials on a tint that stays with the person; a silhouette for whom we cannot name. For the eye only: the name stands beside it."""
    shown = str(name or "")
    letters = "" if shown.startswith("Visitor ") else initials(shown)
    tint = f"t{crc32(str(person or shown).encode()) % TINTS + 1}" if letters else "anonymous"
    inside = escape(letters) if letters else icon("user")
    extra = f" {escape(kind)}" if kind else ""
    return SafeString(f'<span class="avatar {tint}{extra}" aria-hidden="true">{inside}</span>')


@register.simple_tag
def person_link(person: object, name: str | None, panel: bool = True) -> SafeString:
    """A person as avatar and name, opening beside the page."""
    shown = str(name or f"Visitor {person}")
    mark = " data-panel" if panel else ""
    to = escape(address("person", person))
    return SafeString(f'<a class="person" href="{to}"{mark}>{avatar(shown, person)}<span class="person-name">{escape(shown)}</span></a>')


@register.simple_tag
def record(name: str, key: object) -> str:
    """The address of one record, as `url` gives it; for rows of tables, where `url` takes long."""
    return address(name, key)


# -- layout


@register.inclusion_tag("ui/navigation.html", name="navigation")
def navigation_all(here: str = "") -> dict[str, Any]:
    """The side bar."""
    return {"items": navigation.entries(here or "")}


@register.inclusion_tag("ui/navigation_short.html")
def navigation_short(here: str = "") -> dict[str, Any]:
    """The bar at the bottom of phones: the daily parts, and the rest behind More."""
    found = navigation.entries(here or "")
    first = [one for one in found if one.key in navigation.FIRST]
    rest = [one for one in found if one.key not in navigation.FIRST]
    return {"first": first, "rest": rest, "beyond": any(one.current for one in rest) and not any(one.within for one in first)}


# Inside a `for`, Django's own `empty` is meant; there this one is called `nothing`.
@register.simple_block_tag(name="nothing", end_name="endnothing")
@register.simple_block_tag(end_name="endempty")
def empty(content: str, name: str = "", title: str = "") -> SafeString:
    """Nothing here yet: an icon, a title, a sentence or two and one next action."""
    shown = render_to_string("ui/empty.html", {"name": name, "title": title, "inside": content})
    return SafeString(shown)


# -- charts


@register.simple_tag
def chart(one: charts.Chart) -> SafeString:
    """A chart with its unit, period and numbers; a spark is drawn by the server."""
    if one.kind == "spark":
        return spark(one)
    columns, rows = charts.table(one)
    drawn = msgspec.json.encode(charts.drawn(one)).decode()
    context = {"chart": one, "id": one.id, "drawn": drawn, "columns": columns, "rows": rows, "legend": charts.legend(one), "summary": charts.summary(one)}
    return SafeString(render_to_string("ui/chart.html", context))


def spark(one: charts.Chart) -> SafeString:
    """A line without axes, beside a number that says what it is."""
    line, under = charts.spark(one.series[0][1] if one.series else [])
    label = f"{one.title}, {one.says}. {charts.summary(one)}"
    return format_html(
        '<svg class="spark" viewBox="0 0 120 28" preserveAspectRatio="none" role="img" aria-label="{}"><path class="under" d="{}"/><path d="{}"/></svg>',
        label,
        under,
        line,
    )
