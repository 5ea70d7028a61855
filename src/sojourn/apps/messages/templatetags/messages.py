"""Words for states, reasons, causes and templates of messages, in templates."""

from typing import Any

from django import template

from sojourn.apps.messages.words import reason_short, reason_words, state_words, template_words

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
    """A reason as a sentence."""
    return reason_words(key)


@register.filter
def reason_brief(key: str) -> str:
    """A reason in a few words."""
    return reason_short(key)


@register.filter
def template_name(key: str) -> str:
    """What a template is called."""
    return template_words(key)
