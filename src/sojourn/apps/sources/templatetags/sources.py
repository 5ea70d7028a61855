"""A filter for times that matter to the second."""

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sojourn.terms.time import Millis, to_datetime, to_iso, zone

register = template.Library()


@register.filter
def second(ms: Millis, zone_name: str = "UTC") -> SafeString:
    """An instant as `22:57:03` in the workspace's zone, with its day on hover."""
    local = to_datetime(ms).astimezone(zone(zone_name or "UTC"))
    day = f"{local.day} {local:%b %Y, %H:%M:%S}"
    return format_html('<time datetime="{}" title="{} ({})">{}</time>', to_iso(ms), day, zone_name or "UTC", f"{local:%H:%M:%S}")
