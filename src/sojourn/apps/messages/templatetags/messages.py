"""Words for states and reasons in templates."""

from typing import Any

from django import template

from sojourn.apps.messages.words import reason_words, state_words

register = template.Library()


@register.filter
def state_name(state: str) -> str:
    """A state's short name."""
    return state_words(state)[0]


@register.filter
def why(message: Any) -> str:
    """Why a message is where it is, in a sentence, where that says more than its state."""
    return reason_words(message.reason) if message.reason and message.reason not in ("fits", message.state) else ""


@register.filter
def reason(key: str) -> str:
    """A reason in a sentence."""
    return reason_words(key)
