"""The guard at the last moment: whether a claimed message may go out now. Pure; what it cannot judge it refuses."""

from typing import Final

from sojourn.ports.intents import Claim, Verdict
from sojourn.terms.effects import IntentState, Why
from sojourn.terms.ids import spread
from sojourn.terms.messages import TRANSACTIONAL
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import MINUTE, Millis, open_everywhere

PAUSE_LOOKS_AGAIN: Final[Millis] = 5 * MINUTE
"""A paused message is looked at again after 5 to 10 minutes, so that taking the pause off lets nothing flood."""


def judge(claim: Claim, rules: RuleBook, now: Millis) -> Verdict:
    """Go, wait until `at`, or refuse with a reason (a Why).

    In this order: held out, expired, suppressed, one per cart, consent, frequency cap, automation switched off, paused, quiet hours. Transactional
    messages need no consent and are under neither cap nor quiet hours; suppression, expiry and pause hold for them too.
    """
    intent = claim.intent
    if intent.state == IntentState.HELD_OUT:
        return Verdict(False, Why.HELD_OUT)
    if now >= intent.expires_at:
        return Verdict(False, Why.EXPIRED)
    if claim.suppressed:
        return Verdict(False, Why.SUPPRESSED)
    if claim.sent_for_cart:
        return Verdict(False, Why.ONE_PER_CART)
    bulk = intent.kind != TRANSACTIONAL  # an unknown kind is held to the stricter rules
    if bulk and claim.consent is False:
        return Verdict(False, Why.UNSUBSCRIBED)
    if bulk and claim.consent is None and rules.consent != "opt_out":
        return Verdict(False, Why.NO_CONSENT)
    if bulk and claim.sent_in_window >= rules.cap_count:
        return Verdict(False, Why.FREQUENCY_CAP)
    if not _automation(rules, intent.automation).enabled:
        return Verdict(False, Why.DISABLED)
    if claim.paused:
        return _wait(now + PAUSE_LOOKS_AGAIN + spread((intent.id,), PAUSE_LOOKS_AGAIN), intent.expires_at, Why.PAUSED)
    if bulk:
        zones = (intent.zone,) if intent.zone else (rules.timezone, *rules.unknown_zone_span)
        opens = open_everywhere(rules.quiet_hours, now, zones, spread((intent.id,), rules.morning_spread))
        if opens is None:
            return Verdict(False, Why.EXPIRED)
        if opens > now:
            return _wait(opens, intent.expires_at, Why.EXPIRED)
    return Verdict(True, Why.FITS)


def _wait(at: Millis, expires_at: Millis, late: Why) -> Verdict:
    """Wait until `at`; where that is too late, refuse now rather than in a flood later."""
    return Verdict(False, late, at) if at < expires_at else Verdict(False, late)


def _automation(rules: RuleBook, name: str) -> Automation:
    """The automation of that name as it stands now; one that is gone counts as switched off."""
    return next((found for found in rules.automations if found.name == name), Automation(name, "", {}, enabled=False))
