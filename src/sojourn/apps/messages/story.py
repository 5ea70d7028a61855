"""What happened to one message, moment by moment, as its page tells it."""

from dataclasses import dataclass

from sojourn.apps.messages.words import reason_words
from sojourn.apps.people import api as people
from sojourn.terms.effects import IntentState
from sojourn.terms.money import to_text
from sojourn.terms.time import Millis
from sojourn.ui.templatetags.ui import words


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of the story. `at` is 0 where the time is not known; `tone` is good, bad, warn, next or empty; `icon` a name of Tabler's set."""

    at: Millis
    what: str
    more: str = ""
    tone: str = ""
    icon: str = "point"


_ENDED = (IntentState.CANCELLED, IntentState.REFUSED, IntentState.FAILED)


def story(one: people.Message, came: people.Aftermath, now: Millis, in_mailbox: bool) -> list[Moment]:
    """From the cart that was left to what came of it, the oldest first; the last line of one that waits says what comes next.

    `in_mailbox`: the built-in mailbox took it, so nobody has got it.
    """
    cause = people.cause_words(one.cause).lower()
    because = f"Because of {cause}" if one.cause != "unknown" else "Without a clear cause"
    told = [Moment(one.decided_at, "Decided", f"{because}, by the automation {words(one.automation)}, rules version {one.rule_version}.", icon="scale")]
    if one.state == IntentState.HELD_OUT:
        told.append(Moment(one.decided_at, "Held back", "Chosen at random to get nothing, so that the effect of the others can be measured.", icon="hand-stop"))
    else:
        told += _hand_over(one, came, now, in_mailbox)
    if came.overtaken_at:
        text = "The cart had been bought or taken up again before it went out; that was told only later."
        told.append(Moment(came.overtaken_at, "Had become needless", text, "warn", "alert-triangle"))
    if came.clicked_at:
        told.append(Moment(came.clicked_at, "Clicked", "They followed a link of the message.", "good", "click"))
    if came.order:
        told.append(Moment(0, "Ordered", _order(came), "good", "shopping-cart-check"))
    return told


def _hand_over(one: people.Message, came: people.Aftermath, now: Millis, in_mailbox: bool) -> list[Moment]:
    if one.state in (IntentState.READY, IntentState.CLAIMED):
        if one.attempts:
            return [Moment(one.ready_at, "Tried, and waits to be tried again", one.detail, "next", "clock-pause")]
        return [Moment(one.ready_at, "Goes out" if one.ready_at > now else "Goes out now", "Unless something speaks against it until then.", "next", "clock")]
    told = []
    if one.handed_at:
        attempt = f"Attempt {one.attempts}. " if one.attempts > 1 else ""
        told.append(Moment(one.handed_at, "Handed over", f"{attempt}To {one.address}.", icon="send"))
    ended = one.settled_at or came.ended_at or 0
    if one.state == IntentState.ACCEPTED and in_mailbox:
        why = "Nobody has got it: no mail server is set, or the address is an example. It counts as sent all the same."
        told.append(Moment(ended, "Kept in the mailbox", why, "good", "inbox"))
    elif one.state == IntentState.ACCEPTED:
        told.append(Moment(ended, "Sent", "The mail server took it." + (f" Its id there: {one.queue_id}." if one.queue_id else ""), "good", "check"))
    elif one.state == IntentState.UNKNOWN:
        text = "It may have arrived, so it counts as sent and is never sent again."
        told.append(Moment(ended, "The answer of the mail server was lost", text, "warn", "help-circle"))
    elif one.state in _ENDED:
        name = {IntentState.CANCELLED: "Taken back", IntentState.REFUSED: "Stopped at the last look", IntentState.FAILED: "The mail server refused it"}
        said = one.detail if one.state == IntentState.FAILED or not one.reason else reason_words(one.reason)
        told.append(Moment(ended, name[IntentState(one.state)], said, "bad" if one.state == IntentState.FAILED else "", "ban"))
    return told


def _order(came: people.Aftermath) -> str:
    worth = f", worth {to_text(came.revenue, came.currency)}" if came.currency else ""
    return f"Order {came.order}{worth}. Credited to this message, as the one they clicked or got last before it."
