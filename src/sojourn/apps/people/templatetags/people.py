"""Times inside a visit, and what kinds of facts and of devices are called."""

from typing import Final

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sojourn.terms.time import Millis, to_datetime, to_iso, zone

register = template.Library()
_ABOUT: Final = {"os": "System", "timezone": "Time zone"}
_EVENTS: Final = {"page": "Page looked at", "screen": "Screen looked at", "identify": "Said who they are", "group": "Joined a group", "alias": "Got another id"}


@register.filter
def clock(ms: Millis, zone_name: str = "UTC") -> SafeString:
    """An instant as `22:57:03`, the day on hover: inside a visit only the time of day says something."""
    local = to_datetime(ms).astimezone(zone(zone_name or "UTC"))
    return format_html('<time datetime="{}" title="{}">{}</time>', to_iso(ms), f"{local.day} {local:%b %Y, %H:%M:%S}", f"{local:%H:%M:%S}")


@register.filter
def about_words(name: str) -> str:
    """What is known of a device or place, as a label."""
    return _ABOUT.get(name) or name.replace("_", " ").capitalize()


@register.filter
def event_words(name: str) -> str:
    """An event's name; calls that carry none are said in words."""
    return _EVENTS.get(name) or name
