"""Words of carts in templates."""

from django import template

from sojourn.apps.carts.words import state_name
from sojourn.terms.time import HOUR, MINUTE, SECOND, Millis

register = template.Library()


@register.filter
def cart_state(state: str) -> str:
    """A state's name."""
    return state_name(state)


@register.filter
def span(ms: Millis) -> str:
    """A stretch of time as people say it: `20 s`, `12 min`, `3 h`."""
    if ms < MINUTE:
        return f"{max(1, round(ms / SECOND))} s"
    return f"{round(ms / MINUTE)} min" if ms < HOUR else f"{round(ms / HOUR)} h"
