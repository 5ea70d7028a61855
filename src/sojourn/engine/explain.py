"""Explain: for any person and any automation, why or why not, condition by condition, with the values at that moment. Pure; nothing is decided here."""

from typing import Any, Final

import msgspec

from sojourn.engine import eligibility
from sojourn.terms.effects import Why
from sojourn.terms.episodes import Episode, EpisodeState
from sojourn.terms.money import to_text
from sojourn.terms.person import Decision, Person
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import Millis, duration_words, to_iso


class Check(msgspec.Struct, frozen=True):
    """One condition, whether it was met, and a sentence for a human. Conditions after the first that failed were not looked at and are not listed."""

    name: str
    passed: bool
    text: str


class Explanation(msgspec.Struct, frozen=True):
    """Why somebody got, or did not get, a message of an automation.

    `outcome` is send, hold_out or skip for a decision that was taken, `none` where there was none; `reason` is a Why, or for `none` one of no_cart,
    cart_open, ordered, emptied, history, not_decided, no_automation. `at` is the decision's time, or now. `values` is what the decision saw.
    """

    automation: str
    outcome: str
    reason: str
    summary: str
    checks: tuple[Check, ...]
    at: Millis
    rule_version: int
    state: str = ""  # of the message
    note: str = ""
    cause: str = ""
    template: str = ""
    intent: str = ""
    episode: int = 0
    values: dict[str, Any] = {}


def explain(person: Person, automation: str, rules: RuleBook, now: Millis) -> Explanation:
    """Explain the last decision, or, where a newer cart is open or was left without one, what that is missing. Errors: none."""
    rule = next((known for known in rules.automations if known.name == automation), None)
    decision = next((taken for taken in reversed(person.decisions) if taken.automation == automation), None)
    cart = max(person.carts, key=lambda episode: (episode.started_at, episode.id), default=None)
    if decision is not None and (cart is None or cart.id == decision.episode or cart.state in _OVER or rule is None):
        return _of_decision(decision)
    if rule is None:
        return _none(automation, rules, now, "no_automation", f"there is no automation {automation}", ())
    return _undecided(person, rule, rules, now, cart)


_OVER: Final = (EpisodeState.ORDERED, EpisodeState.RECOVERED, EpisodeState.EMPTIED)


# -- where a decision was taken


_ORDER: Final = (
    Why.DISABLED, Why.HISTORY, Why.RECOVERED, Why.TOO_SMALL, Why.ONE_PER_CART, Why.NO_ADDRESS, Why.BAD_ADDRESS, Why.SUPPRESSED, Why.NO_CONSENT,
    Why.UNSUBSCRIBED, Why.FREQUENCY_CAP, Why.EXPIRED, Why.HELD_OUT,
)  # fmt: skip


def _of_decision(decision: Decision) -> Explanation:
    checks = _checks(decision.reason, decision.values)
    if decision.outcome == "send" and decision.state:
        checks = (*checks, _fate(decision))
    return Explanation(
        automation=decision.automation,
        outcome=decision.outcome,
        reason=decision.reason,
        summary=_summary(decision),
        checks=checks,
        at=decision.at,
        rule_version=decision.rule_version,
        state=decision.state,
        note=decision.note,
        cause=decision.cause,
        template=decision.template,
        intent=decision.id if decision.outcome != "skip" else "",
        episode=decision.episode,
        values=decision.values,
    )


def _checks(reason: str, values: dict[str, Any]) -> tuple[Check, ...]:
    """The conditions up to the one that failed, in the order in which they were looked at. Two that share a sentence when met are listed once."""
    out: list[Check] = []
    for why in _ORDER:
        met, missed = _words(why, values)
        if why == reason:
            return (*(check for check in out if check.text != met), Check(why, False, missed))
        if met and all(check.text != met for check in out):
            out.append(Check(why, True, met))
    return tuple(out)


def _words(why: Why, values: dict[str, Any]) -> tuple[str, str]:
    """What a condition says when it is met, and when it is not."""
    currency = str(values.get("currency") or "")
    least, worth = values.get("min_value", 0), to_text(values.get("value", 0), currency)
    sent, most = values.get("sent_in_window", 0), values.get("cap_count", 0)
    window = duration_words(values.get("cap_window", 0))
    said = {True: "said yes", False: "said no", None: "said nothing"}[values.get("consent")]
    rule = "everybody who did not say no is written to" if values.get("consent_rule") == "opt_out" else "only those who said yes are written to"
    ready, expires = values.get("ready_at", 0), values.get("expires_at", 0)
    opens = f"earliest at {_moment(ready)}" if ready else "at no time within two days"
    return {
        Why.DISABLED: ("The automation was switched on.", "The automation was switched off."),
        Why.HISTORY: ("The cart was left just then.", "It lay too far back, or was imported; the past fires nothing."),
        Why.RECOVERED: ("The cart was left, not bought.", "The cart was not left any more when this was decided."),
        Why.TOO_SMALL: (
            f"The cart was worth {worth}, at least {to_text(least, currency)}." if least else "",
            f"The cart was worth {worth}, less than {to_text(least, currency)}.",
        ),
        Why.ONE_PER_CART: ("No message about this cart had been decided.", "There had been a decision about this cart already; each cart gets one."),
        Why.NO_ADDRESS: ("There was an email address.", "No email address was known."),
        Why.BAD_ADDRESS: ("There was an email address.", "What was given as email is no address that can be written to."),
        Why.SUPPRESSED: ("The address was not on the suppression list.", "The address bounced, complained, or was blocked by hand."),
        Why.NO_CONSENT: (f"They {said}; {rule}.", f"They {said}; {rule}."),
        Why.UNSUBSCRIBED: (f"They {said}; {rule}.", "They unsubscribed, or said no."),
        Why.FREQUENCY_CAP: (f"{sent} of at most {most} messages in {window}.", f"{sent} messages in {window}; at most {most} are allowed."),
        Why.EXPIRED: (
            f"It could go out {opens}, in the zone {values.get('zone', 'UTC')}.",
            f"It could go out {opens}, but would have been stale from {_moment(expires)} on.",
        ),
        Why.HELD_OUT: (
            "Not in the control group." if values.get("holdout") else "",
            f"In the control group ({values.get('holdout', 0) * 100:.0f} % of people, drawn for good), so that the effect can be measured.",
        ),
    }.get(why, ("", ""))


def _fate(decision: Decision) -> Check:
    """What became of the message."""
    where = {
        "ready": f"The message waits to be handed over, from {_moment(decision.values.get('ready_at', 0))} on.",
        "sent": f"The message was handed over at {_moment(decision.sent_at)}.",
        "unknown": f"The message was handed over at {_moment(decision.sent_at)}, but the mail server never answered; it is not sent again.",
        "cancelled": f"The message was taken back before hand-over: {_SAID.get(decision.note, decision.note)}.",
        "skipped": f"The message was refused at the last look: {_SAID.get(decision.note, decision.note)}.",
        "failed": f"The mail server refused the message: {decision.note}.",
    }.get(decision.state, f"The message is {decision.state}.")
    if decision.note == "overtaken":
        where += f" Later it turned out that the cart had been bought or taken up again at {_moment(decision.ended_at)}, before that."
    return Check("message", decision.state in ("ready", "sent"), where)


_SAID: Final[dict[str, str]] = {
    Why.ORDERED: "the order arrived",
    Why.RETURNED: "the cart was taken up again",
    Why.UNSUBSCRIBED: "they unsubscribed",
    Why.NO_CONSENT: "there was no consent",
    Why.SUPPRESSED: "the address is suppressed",
    Why.EXPIRED: "it was too late",
    Why.FREQUENCY_CAP: "they had enough messages",
    Why.DISABLED: "the automation was switched off",
    Why.MERGED: "another message about the same cart stands",
    Why.ERASED: "the person was erased",
    Why.RENDER_ERROR: "the message could not be made",
}


def _summary(decision: Decision) -> str:
    cause = decision.cause.replace("_", " ")
    because = f"for the cause {cause}" if decision.cause != "unknown" else "without a clear cause"
    decided = f"Decided {_moment(decision.at)} under rules {decision.rule_version}."
    if decision.outcome == "hold_out":
        return f"No: held out for measuring. {decision.template} would have been sent, {because}. {decided}"
    if decision.outcome == "send":
        verb = {"ready": "waits to be sent", "sent": "was sent", "unknown": "was probably sent"}.get(decision.state)
        start = f"Yes: {decision.template} {verb}, {because}." if verb else f"No: {decision.template} was decided {because}, but not sent."
        return f"{start} {decided}"
    _, missed = _words(Why(decision.reason), decision.values)
    return f"No: {missed} {decided}"


# -- where none was


def _undecided(person: Person, rule: Automation, rules: RuleBook, now: Millis, cart: Episode | None) -> Explanation:
    if cart is None:
        return _none(rule.name, rules, now, "no_cart", "no cart has been seen", (Check("cart", False, "No cart has been seen."),))
    seen = (Check("cart", True, f"A cart was begun at {_moment(cart.started_at)}."),)
    if cart.state == EpisodeState.OPEN:
        until = _moment(cart.due or now)
        return _none(rule.name, rules, now, "cart_open", f"the cart is open; it counts as left at {until} if nothing comes", (
            *seen, Check("left", False, f"The cart is open. It counts as left at {until} if nothing comes."),
        ), cart)  # fmt: skip
    if cart.state in _OVER:
        word = "emptied" if cart.state == EpisodeState.EMPTIED else "ordered"
        text = "was emptied by hand" if word == "emptied" else "was bought"
        return _none(rule.name, rules, now, word, f"the cart {text}", (*seen, Check("left", False, f"The cart {text}; it was not left.")), cart)
    if cart.historical:
        check = Check("history", False, "The cart is known from imported or late facts only; the past fires nothing.")
        return _none(rule.name, rules, now, "history", "the cart is known from history only", (*seen, check), cart)
    at = cart.ended_at or now
    values = eligibility.seen(rules, person, cart, rule, at, eligibility.opening(rules, person, rule, cart, at + rule.delay))
    reason = str(eligibility.guard(rules, person, cart, rule, at, now))
    summary = "nothing was decided when the cart was left; the automation may be newer than that. Judged by today's rules"
    checks = (*seen, *(_checks(reason, values)))
    return _none(rule.name, rules, now, "not_decided", summary, checks, cart, values)


def _none(
    automation: str, rules: RuleBook, now: Millis, reason: str, because: str, checks: tuple[Check, ...],
    cart: Episode | None = None, values: dict[str, Any] | None = None,
) -> Explanation:  # fmt: skip
    return Explanation(
        automation=automation,
        outcome="none",
        reason=reason,
        summary=f"No: {because}. As of {_moment(now)} under rules {rules.version}.",
        checks=checks,
        at=now,
        rule_version=rules.version,
        episode=cart.id if cart is not None else 0,
        values=values or {},
    )


def _moment(at: Millis) -> str:
    return to_iso(at)[:19].replace("T", " ") + " UTC" if at else "an unknown time"
