"""What an explanation says to people: the verdict in a few words, the name of each condition, and what would have to change."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sojourn.terms.effects import Why
from sojourn.terms.time import Millis, from_datetime

CONDITIONS: tuple[tuple[str, str], ...] = (
    (Why.DISABLED, "The automation is switched on"),
    (Why.HISTORY, "It happened just now, not in the past"),
    (Why.RECOVERED, "The cart is left"),
    (Why.TOO_SMALL, "The cart is worth enough"),
    (Why.ONE_PER_CART, "No message about this cart yet"),
    (Why.NO_ADDRESS, "There is an email address"),
    (Why.BAD_ADDRESS, "The address can be written to"),
    (Why.SUPPRESSED, "The address is not suppressed"),
    (Why.NO_CONSENT, "Consent allows it"),
    (Why.UNSUBSCRIBED, "They have not unsubscribed"),
    (Why.FREQUENCY_CAP, "They did not get too many messages"),
    (Why.EXPIRED, "There is time outside quiet hours"),
    (Why.HELD_OUT, "They are not in the control group"),
    ("message", "The last look at hand-over"),
)
"""Every condition with its name, in the order in which the engine looks at them."""

NAME = {str(key): name for key, name in CONDITIONS} | {"cart": "There is a cart", "left": "The cart is left"}
PLAIN = frozenset({Why.DISABLED, Why.HISTORY, Why.RECOVERED, Why.ONE_PER_CART, Why.NO_ADDRESS, Why.BAD_ADDRESS, Why.SUPPRESSED})
"""Conditions whose sentence, when they are met, only repeats their name."""
SAME = {Why.UNSUBSCRIBED: Why.NO_CONSENT, Why.BAD_ADDRESS: Why.NO_ADDRESS}
"""Conditions that the engine lists together with another one when both are met."""

CHANGE: dict[str, str] = {
    Why.DISABLED: "The automation would have to be switched on. Carts left until then stay without a message: the past fires nothing.",
    Why.HISTORY: "Nothing can for this cart: what lies too far back, or was imported, fires nothing. The next cart they leave is judged afresh.",
    Why.RECOVERED: "Nothing has to: they came back or bought by themselves.",
    Why.TOO_SMALL: "The cart would have to be worth more, or the smallest cart you write about would have to be smaller.",
    Why.ONE_PER_CART: "Nothing can for this cart, each gets one message. The next cart they leave is judged afresh.",
    Why.NO_ADDRESS: "An email address would have to be known when the cart is left: from a sign-up, an order, or the first step of the checkout.",
    Why.BAD_ADDRESS: "The address they gave would have to be corrected; the shop can send an identify call with the right one.",
    Why.NO_CONSENT: "They would have to say yes to this kind of message, or the workspace would have to write to everybody who did not say no.",
    Why.UNSUBSCRIBED: "They would have to agree again themselves. Nobody else can take an unsubscription back.",
    Why.SUPPRESSED: "The address would have to be taken off the suppression list. One that bounced for good usually no longer exists.",
    Why.FREQUENCY_CAP: "Time would have to pass since their last messages, or more messages per person would have to be allowed.",
    Why.EXPIRED: "Quiet hours would have to leave time before the message is stale, or it would have to stay fresh for longer.",
    Why.HELD_OUT: "Nothing should: the draw holds for good, so that the effect on the others can be measured. A smaller share holds fewer people back.",
    Why.ORDERED: "Nothing has to: they ordered before it went out.",
    Why.RETURNED: "Nothing has to: they took the cart up again before it went out. If they leave it once more, it is judged afresh.",
    Why.MERGED: "Nothing has to: another message about the same cart stands.",
    Why.ERASED: "Nothing can: the person was erased.",
    Why.PAUSED: "Mail would have to be switched on again in the settings.",
    Why.RENDER_ERROR: "The template would have to be mended; the answer on the message says what was wrong.",
    "no_cart": "They would have to put something into a cart and leave it.",
    "cart_open": "Nothing, if they do not come back: the cart counts as left when it has rested long enough, and this is decided then.",
    "emptied": "They would have to leave a cart with something in it. Emptying it by hand is not leaving it.",
    "not_decided": "Nothing can for this cart, as its moment is over. The next cart they leave is judged by the rules in force then.",
    "no_automation": "An automation of that name would have to exist.",
    "failed": "The mail server refused it; its answer is on the message.",
    "unknown": "The answer of the mail server was lost. It may have arrived, so it counts as sent and is never sent again.",
}
SETTING: dict[str, str] = {
    Why.NO_CONSENT: "consent",
    Why.FREQUENCY_CAP: "cap",
    Why.EXPIRED: "quiet_hours",
    Why.HELD_OUT: "holdout",
    Why.PAUSED: "paused",
    "cart_open": "cart_gap",
}
"""The setting that has a say in a reason, where there is one."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer in a few words. `tone` is good, warn, bad or empty; `reason` is what `CHANGE` and `SETTING` are asked for, empty where it was sent."""

    answer: str
    text: str
    tone: str
    reason: str


_SENT = {
    "sent": Verdict("Yes", "A message was sent.", "good", ""),
    "ready": Verdict("Yes", "A message is on its way.", "good", ""),
    "unknown": Verdict("Probably", "A message was handed over; the answer was lost.", "warn", "unknown"),
    "failed": Verdict("No", "The mail server refused the message.", "bad", "failed"),
}
_NONE = {
    "no_cart": "They have never had a cart.",
    "cart_open": "Their cart is still open.",
    "ordered": "Their cart was bought.",
    "emptied": "Their cart was emptied by hand.",
    "history": "Their cart is known from the past only.",
    "not_decided": "Nothing was decided when their cart was left.",
    "no_automation": "There is no such automation.",
}
_SKIPPED = {
    Why.DISABLED: "The automation was switched off.",
    Why.HISTORY: "It happened too long ago, or was imported.",
    Why.RECOVERED: "They had come back or bought already.",
    Why.TOO_SMALL: "The cart was too small.",
    Why.ONE_PER_CART: "This cart had its message already.",
    Why.NO_ADDRESS: "No email address was known.",
    Why.BAD_ADDRESS: "The email address cannot be written to.",
    Why.NO_CONSENT: "They had not agreed to be written to.",
    Why.UNSUBSCRIBED: "They had unsubscribed.",
    Why.SUPPRESSED: "Their address is on the suppression list.",
    Why.FREQUENCY_CAP: "They had enough messages.",
    Why.EXPIRED: "There was no time outside quiet hours.",
    Why.ORDERED: "They ordered before it went out.",
    Why.RETURNED: "They took the cart up again before it went out.",
    Why.MERGED: "Another message about the same cart stands.",
    Why.ERASED: "The person was erased.",
    Why.PAUSED: "Mail was paused.",
    Why.RENDER_ERROR: "The message could not be made.",
}


def verdict(outcome: str, reason: str, state: str, note: str) -> Verdict:
    """The answer to "did they get a message?", from an explanation's outcome, reason, state of the message and note."""
    if outcome == "none":
        return Verdict("Not yet" if reason == "cart_open" else "No", _NONE.get(reason, "Nothing was decided."), "warn" if reason == "cart_open" else "", reason)
    if outcome == "hold_out":
        if state == "cancelled":
            return Verdict("No", "Held back at random; the cart then ended by itself.", "", Why.HELD_OUT)
        return Verdict("No", "Held back at random, to measure what messages do.", "", Why.HELD_OUT)
    if outcome == "send":
        return _SENT.get(state) or Verdict("No", _SKIPPED.get(Why(note), "It was taken back.") if note in set(Why) else "It was taken back.", "", note)
    return Verdict("No", _SKIPPED.get(Why(reason), reason) if reason in set(Why) else reason, "", reason)


def change(reason: str) -> str:
    """What would have to change for a message; empty where there is nothing to say."""
    return CHANGE.get(reason, "")


def still_to_look_at(seen: list[str]) -> list[str]:
    """Names of the conditions that would have come after the last one looked at. `seen` are the names of those looked at."""
    order = [str(key) for key, _ in CONDITIONS]
    places = [order.index(name) for name in seen if name in order]
    after = max(places) + 1 if places else 0
    return [NAME[key] for key in order[after:] if key not in seen and SAME.get(Why(key) if key in set(Why) else Why.FITS) not in seen]


_INSTANT = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC")


def with_times(text: str) -> list[tuple[str, Millis | None]]:
    """A sentence cut where the engine wrote an instant: (text, None) and ("", milliseconds) in turn, so that a page can show it in its own zone."""
    out: list[tuple[str, Millis | None]] = []
    rest = 0
    for found in _INSTANT.finditer(text):
        if found.start() > rest:
            out.append((text[rest : found.start()], None))
        out.append(("", from_datetime(datetime.strptime(found.group(1), "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC))))
        rest = found.end()
    if rest < len(text):
        out.append((text[rest:], None))
    return out


@dataclass(frozen=True, slots=True)
class Value:
    """One value a decision saw. `kind` says how to show it: money, time, duration, percent, list or text."""

    label: str
    kind: str
    value: Any


_VALUES: tuple[tuple[str, str, str], ...] = (
    ("cart", "Cart", "text"),
    ("value", "Worth", "money"),
    ("items", "Products in it", "text"),
    ("reached", "Step reached", "words"),
    ("shipping", "Shipping shown", "money"),
    ("messages", "Messages about it before", "text"),
    ("min_value", "Smallest cart written about", "money"),
    ("consent", "They said", "consent"),
    ("consent_rule", "Written to", "rule"),
    ("sent_in_window", "Messages in the window", "text"),
    ("cap_count", "Most allowed in the window", "text"),
    ("cap_window", "The window", "duration"),
    ("holdout", "Share held out", "percent"),
    ("zone", "Their time zone", "text"),
    ("ready_at", "Could go out from", "time"),
    ("expires_at", "Stale from", "time"),
)
_CONSENT = {True: "yes", False: "no", None: "nothing"}
_RULE = {"opt_out": "all who did not say no", "opt_in": "only those who said yes"}


def values(seen: dict[str, Any]) -> list[Value]:
    """What a decision saw, in the order of its conditions; values that this list does not know come last, as they are."""
    out: list[Value] = []
    for key, label, kind in _VALUES:
        if key not in seen or (seen[key] in ("", None) and key != "consent"):
            continue
        if kind == "consent":
            out.append(Value(label, "text", _CONSENT.get(seen[key], str(seen[key]))))
        elif kind == "rule":
            out.append(Value(label, "text", _RULE.get(seen[key], str(seen[key]))))
        elif kind != "time" or seen[key]:
            out.append(Value(label, kind, seen[key]))
    known = {key for key, _, _ in _VALUES} | {"currency"}
    return out + [Value(key.replace("_", " ").capitalize(), "text", seen[key]) for key in sorted(seen) if key not in known]
