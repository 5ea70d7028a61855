"""Eligibility: whether somebody may be written to about a cart, and when. The first reason not to is the one that counts."""

import re
from typing import Any, Final

from sojourn.terms.effects import Why
from sojourn.terms.episodes import Episode, EpisodeState
from sojourn.terms.ids import EMAIL, PersonId, digest, spread
from sojourn.terms.messages import BULK
from sojourn.terms.person import Person
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import Millis, open_everywhere, zone

SENT: Final = ("sent", "unknown", "handing_over")
_ADDRESS: Final = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?"
)


def guard(rules: RuleBook, person: Person, episode: Episode, automation: Automation, at: Millis, now: Millis) -> Why:
    """The first reason not to write, in a fixed order; FITS where there is none.

    What makes somebody unreachable comes before the holdout, so that both arms hold the same kind of people.
    """
    if not automation.enabled:
        return Why.DISABLED
    if episode.historical or at < now - rules.max_age:
        return Why.HISTORY
    if episode.state != EpisodeState.ABANDONED:
        return Why.RECOVERED
    if episode.value < automation.min_value:
        return Why.TOO_SMALL
    if episode.messages > 0 or _waits(person, episode, automation):
        return Why.ONE_PER_CART
    _, reason = address_of(person)
    if reason != Why.FITS:
        return reason
    if person.suppressed.get(automation.channel):
        return Why.SUPPRESSED
    reason = allowed(rules, person, automation)
    if reason != Why.FITS:
        return reason
    if automation.kind == BULK and sent_in_window(rules, person, at) >= rules.cap_count:
        return Why.FREQUENCY_CAP
    ready_at = opening(rules, person, automation, episode, at + automation.delay)
    if ready_at is None or ready_at >= at + automation.expires_after:
        return Why.EXPIRED
    return Why.FITS


def _waits(person: Person, episode: Episode, automation: Automation) -> bool:
    """Whether an earlier decision for this cart and channel still stands, of whichever automation: on its way, handed over, or held out."""
    return any(
        (decision.episode == episode.id or decision.id == episode.intent)
        and decision.channel == automation.channel
        and decision.outcome != "skip"
        and (decision.sent_at > 0 or decision.state not in ("cancelled", "skipped", "failed"))
        for decision in person.decisions
    )


def allowed(rules: RuleBook, person: Person, automation: Automation) -> Why:
    """Consent: UNSUBSCRIBED where they said no, NO_CONSENT where a yes is needed and missing. Transactional mail needs none."""
    if automation.kind != BULK:
        return Why.FITS
    consent = person.consent.get(f"{automation.channel}:{automation.purpose}")
    if consent is not None:
        return Why.FITS if consent.granted else Why.UNSUBSCRIBED
    return Why.NO_CONSENT if rules.consent == "opt_in" else Why.FITS


def sent_in_window(rules: RuleBook, person: Person, at: Millis) -> int:
    """Bulk messages that went out, or may have, in the cap window before `at`."""
    kinds = {automation.name: automation.kind for automation in rules.automations}
    return sum(
        1
        for decision in person.decisions
        if decision.state in SENT and kinds.get(decision.automation, BULK) == BULK and (decision.sent_at or decision.at) > at - rules.cap_window
    )


def held_out(rules: RuleBook, workspace: int, person: Person) -> bool:
    """Whether the person belongs to the control arm: a fixed draw by salt, workspace and the person's first id."""
    return int(digest(rules.holdout_salt, "holdout", workspace, first_id(person), size=8), 16) < int(rules.holdout * (1 << 64))


def first_id(person: Person) -> PersonId:
    """The oldest id of all that became this person; it stays when people merge."""
    return min(person.id, *person.merged) if person.merged else person.id


# -- address, zone, time


def address_of(person: Person) -> tuple[str, Why]:
    """The email address to write to and FITS, or an empty text with NO_ADDRESS or BAD_ADDRESS."""
    trait = person.traits.get("email")
    value = trait.value if trait is not None else None
    if value is None or value == "":
        value = next((key.partition(":")[2] for key in person.identifiers if key.startswith(EMAIL + ":")), None)
    if value is None:
        return "", Why.NO_ADDRESS
    if not isinstance(value, str):
        return "", Why.BAD_ADDRESS
    text = value.strip(" ")
    local, _, domain = text.rpartition("@")
    if len(local) > 64 or len(domain) > 253 or not _ADDRESS.fullmatch(text):
        return "", Why.BAD_ADDRESS
    return text, Why.FITS


def zone_of(person: Person) -> str:
    """The person's IANA zone: their trait, else what their device said; empty where neither is a zone."""
    for trait in (person.traits.get("timezone"), person.about.get("timezone")):
        if trait is not None and isinstance(trait.value, str) and trait.value and zone(trait.value) is not None:
            return trait.value
    return ""


def opening(rules: RuleBook, person: Person, automation: Automation, episode: Episode, at: Millis) -> Millis | None:
    """The first instant at or after `at` outside quiet hours, spread over the morning; None where there is none within two days.

    Where the person's zone is unknown it must be outside them in the workspace's zone and in the whole span the rules name.
    """
    if automation.kind != BULK:
        return at
    where = zone_of(person)
    zones = (where,) if where else (rules.timezone, *rules.unknown_zone_span)
    return open_everywhere(rules.quiet_hours, at, zones, spread((automation.name, episode.id, episode.abandonments), rules.morning_spread))


# -- what a decision saw


def seen(rules: RuleBook, person: Person, episode: Episode, automation: Automation, at: Millis, ready_at: Millis | None) -> dict[str, Any]:
    """The values a decision rests on, kept with it."""
    consent = person.consent.get(f"{automation.channel}:{automation.purpose}")
    return {
        "cart": episode.key,
        "value": episode.value,
        "currency": episode.currency,
        "items": len(episode.items),
        "reached": episode.reached,
        "shipping": episode.shipping,
        "messages": episode.messages,
        "min_value": automation.min_value,
        "consent": consent.granted if consent is not None else None,
        "consent_rule": rules.consent,
        "sent_in_window": sent_in_window(rules, person, at),
        "cap_count": rules.cap_count,
        "cap_window": rules.cap_window,
        "holdout": rules.holdout,
        "zone": zone_of(person) or rules.timezone,
        "ready_at": ready_at or 0,
        "expires_at": at + automation.expires_after,
    }
