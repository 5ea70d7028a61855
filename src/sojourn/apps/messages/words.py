"""What states and reasons of messages mean, in sentences for people."""

from sojourn.terms.effects import IntentState, Why

STATE = {
    IntentState.READY: ("Waiting", "Goes out when its time has come, unless something speaks against it until then."),
    IntentState.CLAIMED: ("Being prepared", "The courier has taken it up."),
    IntentState.HANDING_OVER: ("Being handed over", "It is on its way to the mail server."),
    IntentState.ACCEPTED: ("Sent", "The mail server has taken it."),
    IntentState.REFUSED: ("Not sent", "A rule stopped it before it went out."),
    IntentState.FAILED: ("Failed", "The mail server said no for good."),
    IntentState.UNKNOWN: ("Unknown", "The answer of the mail server was lost. It may have arrived, so it counts as sent and is not sent again."),
    IntentState.CANCELLED: ("Cancelled", "It became needless before it went out."),
    IntentState.HELD_OUT: ("Held back", "Chosen at random to get nothing, so that the effect of the others can be measured."),
}
REASON = {
    Why.FITS: "Everything fitted.",
    Why.DISABLED: "The automation is switched off.",
    Why.HISTORY: "It happened too long ago, or was imported; the past sends nothing.",
    Why.RECOVERED: "They had come back or bought already.",
    Why.NO_ADDRESS: "No email address is known.",
    Why.BAD_ADDRESS: "The email address cannot be written to.",
    Why.NO_CONSENT: "They have not agreed to be written to.",
    Why.UNSUBSCRIBED: "They unsubscribed.",
    Why.SUPPRESSED: "The address is on the suppression list.",
    Why.ONE_PER_CART: "This cart has had its message.",
    Why.FREQUENCY_CAP: "They got as many messages as one person may get in that time.",
    Why.HELD_OUT: "Chosen at random to get nothing.",
    Why.TOO_SMALL: "The cart is worth less than the smallest one you write about.",
    Why.EXPIRED: "It would have come too late.",
    Why.ORDERED: "They ordered before it went out.",
    Why.RETURNED: "They took the cart up again before it went out.",
    Why.MERGED: "Another message for the same person and cart stands.",
    Why.ERASED: "The person was erased.",
    Why.PAUSED: "Mail is paused.",
    Why.RENDER_ERROR: "Its text could not be made; see the detail.",
}
SHORT = {
    Why.FITS: "everything fitted",
    Why.DISABLED: "automation off",
    Why.HISTORY: "too long ago",
    Why.RECOVERED: "back already",
    Why.NO_ADDRESS: "no email address known",
    Why.BAD_ADDRESS: "address cannot be written to",
    Why.NO_CONSENT: "no consent to mail",
    Why.UNSUBSCRIBED: "unsubscribed",
    Why.SUPPRESSED: "on the suppression list",
    Why.ONE_PER_CART: "this cart had its message",
    Why.FREQUENCY_CAP: "had enough messages",
    Why.HELD_OUT: "at random",
    Why.TOO_SMALL: "cart worth too little",
    Why.EXPIRED: "too late",
    Why.ORDERED: "ordered before",
    Why.RETURNED: "cart taken up again",
    Why.MERGED: "another message stands",
    Why.ERASED: "person was erased",
    Why.PAUSED: "mail paused",
    Why.RENDER_ERROR: "text not made",
}
"""Reasons in a table's cell; the sentence is on hover and on the page behind."""

GROUPS: dict[str, tuple[str, tuple[IntentState, ...]]] = {
    "sent": ("Sent", (IntentState.ACCEPTED, IntentState.UNKNOWN)),
    "waiting": ("Waiting", (IntentState.READY, IntentState.CLAIMED, IntentState.HANDING_OVER)),
    "held_out": ("Held back", (IntentState.HELD_OUT,)),
    "stopped": ("Stopped", (IntentState.REFUSED, IntentState.CANCELLED, IntentState.FAILED)),
}
"""States that people think of as one, with their name."""
SKIPPED = "skipped"
"""The group of decisions not to write; they have no message, only a cart and a reason."""

TEMPLATE = {
    "free_shipping": "Free shipping",
    "price_help": "Help with the price",
    "short_checkout": "Short checkout",
    "payment_help": "Help with paying",
    "delivery_help": "Other ways of delivery",
    "stock_help": "What is in stock",
    "reminder": "Reminder",
}
_STATE = {key.value: words for key, words in STATE.items()}
_REASON = {key.value: words for key, words in REASON.items()}
_SHORT = {key.value: words for key, words in SHORT.items()}


def state_words(state: str) -> tuple[str, str]:
    """A short name and a sentence."""
    return _STATE.get(state, (state, ""))


def template_words(template: str) -> str:
    """What a template is called."""
    return TEMPLATE.get(template) or template.replace("_", " ").capitalize()


def group_of(state: str) -> str:
    """The group a state belongs to, "" where the list does not know it."""
    return next((key for key, (_, states) in GROUPS.items() if state in states), "")


def reason_words(reason: str) -> str:
    """A sentence; the reason itself where the list does not know it."""
    return _REASON.get(reason, reason)


def reason_short(reason: str) -> str:
    """A reason in a few words, for a table."""
    return _SHORT.get(reason, reason.replace("_", " "))
