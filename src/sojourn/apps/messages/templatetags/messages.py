"""Words for states, reasons, causes and templates of messages, in templates."""

from django import template

from sojourn.apps.messages.words import reason_words, state_words, template_words

register = template.Library()


@register.filter
def state_name(state: str) -> str:
    """A state's short name."""
    return state_words(state)[0]


@register.filter
def reason(key: str) -> str:
    """A reason as a sentence."""
    return reason_words(key)


@register.filter
def template_name(key: str) -> str:
    """What a template is called."""
    return template_words(key)
