"""Times inside a visit."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sojourn.terms.time import Millis, to_datetime, to_iso, zone

register = template.Library()


@register.filter
def clock(ms: Millis, zone_name: str = "UTC") -> SafeString:
    """An instant as `22:57:03`, the day on hover: inside a visit only the time of day says something."""
    local = to_datetime(ms).astimezone(zone(zone_name or "UTC"))
    return format_html('<time datetime="{}" title="{}">{}</time>', to_iso(ms), f"{local.day} {local:%b %Y, %H:%M:%S}", f"{local:%H:%M:%S}")
