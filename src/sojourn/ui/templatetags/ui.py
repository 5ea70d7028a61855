"""Filters that show times, amounts and keys the same way on every page."""

from typing import Any

import msgspec
from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sojourn.terms.money import to_amount
from sojourn.terms.time import Millis, format_duration, to_datetime, to_iso, zone

register = template.Library()


@register.filter
def moment(ms: Millis | None, zone_name: str = "UTC") -> SafeString | str:
    """An instant as `21 Nov 2026, 22:57` in the workspace's zone, with the exact UTC time on hover; a dash for none."""
    if not ms:
        return "–"
    local = to_datetime(ms).astimezone(zone(zone_name or "UTC"))
    shown = f"{local.day} {local:%b %Y, %H:%M}"
    return format_html('<time datetime="{}" title="{} ({})">{}</time>', to_iso(ms), f"{local:%Y-%m-%d %H:%M:%S}", zone_name or "UTC", shown)


@register.filter
def money(minor: int | None, currency: str) -> str:
    """Minor units as `49.90 EUR`; without a currency the bare number of hundredths is not shown as money."""
    if minor is None:
        return "–"
    return f"{to_amount(minor, currency):,} {currency}".strip()


@register.filter
def duration(ms: Millis) -> str:
    """Milliseconds as `30m`."""
    return format_duration(ms)


@register.filter
def percent(share: float) -> str:
    """A share of 1 as `37 %`."""
    return f"{share * 100:.0f} %"


@register.filter
def words(key: object) -> str:
    """`shipping_cost` as `shipping cost`."""
    return str(key).replace("_", " ")


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
