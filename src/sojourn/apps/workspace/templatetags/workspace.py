"""Filters for times that the ORM gives as datetimes, and for what settings are called."""

from datetime import datetime

from django import template

from sojourn.apps.workspace.preferences import PREFERENCES
from sojourn.terms.time import Millis, from_datetime

register = template.Library()
_LABELS = {one.key: one.label for one in PREFERENCES}


@register.filter
def instant(at: datetime | None) -> Millis | None:
    """A datetime in the unit that every other filter takes."""
    return from_datetime(at) if at is not None else None


@register.filter
def setting_label(key: str) -> str:
    """What a setting is called on its page; the key itself where there is no such setting any more."""
    return _LABELS.get(key, key)
