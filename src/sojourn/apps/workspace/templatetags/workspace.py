"""A filter for times that the ORM gives as datetimes."""

from datetime import datetime

from django import template

from sojourn.terms.time import Millis, from_datetime

register = template.Library()


@register.filter
def instant(at: datetime | None) -> Millis | None:
    """A datetime in the unit that every other filter takes."""
    return from_datetime(at) if at is not None else None
