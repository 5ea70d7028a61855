"""Control facts: rules, corrections, and what became of messages, folded into the people they concern."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from sojourn.engine import consents, decide, identity
from sojourn.engine.working import Moment, Working
from sojourn.terms import facts
from sojourn.terms.effects import Refold, Why
from sojourn.terms.facts import Fact, Quarantine
from sojourn.terms.ids import position_of
from sojourn.terms.messages import BULK
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import Decision, Engagement, Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis

_SHOWN: Final = 65_536


def apply(work: Working, fact: Fact, moment: Moment) -> Person | None:
    """Fold one control fact; the person it was about.

    Errors: none. Rules that cannot be read are set aside with BAD_SHAPE; an unknown name, or a person who is not there, has no effect.
    """
    verb = _VERBS.get(fact.name)
    if fact.name == facts.RULES_PUBLISHED:
        _publish(work, fact, moment)
        return None
    if fact.name == facts.SOURCE_REMOVED:
        work.refolds.append(Refold(people=(), correction=moment.id))  # who is concerned only the runtime can find out
        return None
    if verb is None:
        return None
    person = _person(work, fact.props)
    if person is None:
        return None
    work.touch(person)
    verb(work, person, fact, moment)
    return None if fact.name == facts.PERSON_ERASED else person


def _person(work: Working, props: dict[str, Any]) -> Person | None:
    number = props.get("person")
    if isinstance(number, str) and number.isdecimal():
        number = int(number)
    return work.person(number) if isinstance(number, int) and not isinstance(number, bool) and number > 0 else None


def _decision(person: Person, props: dict[str, Any]) -> Decision | None:
    intent = props.get("intent")
    return next((decision for decision in reversed(person.decisions) if decision.id == intent), None)


def _text(props: dict[str, Any], key: str, default: str = "") -> str:
    value = props.get(key)
    return value if isinstance(value, str) and value else default


# -- rules and corrections


def _publish(work: Working, fact: Fact, moment: Moment) -> None:
    try:
        rules = msgspec.convert(fact.props.get("rules"), RuleBook)
    except msgspec.ValidationError as error:
        payload = msgspec.msgpack.encode(fact.props)[:_SHOWN]
        work.quarantined.append((position_of(moment.id), moment.source, Quarantine(Reason.BAD_SHAPE, payload, f"Rules Published: {error}")))
        return
    if rules.version < work.rules.version:
        return  # told again after a newer one
    work.rules = rules
    work.new_rules = msgspec.msgpack.encode(rules)


def _split(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    work.refolds.append(Refold(people=(person.id,), correction=moment.id))


def _erase(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    for decision in person.decisions:
        if decision.state == "ready":
            decide.take_back(work, decision, Why.ERASED, fact.at)
    identity.forget(work, person)


# -- messages


def _when(fact: Fact) -> Millis:
    at = fact.props.get("at")
    return at if isinstance(at, int) and not isinstance(at, bool) and at > 0 else fact.at


def _engagement(person: Person, fact: Fact) -> Engagement:
    channel = _text(fact.props, "channel", "email")
    found = person.engagement.get(channel)
    if found is None:
        found = person.engagement[channel] = Engagement()
    found.last_at = max(found.last_at, _when(fact))
    return found


def _handed_over(work: Working, person: Person, fact: Fact, state: str) -> None:
    """A message went out, or may have: it counts for caps and for its cart once, however often we are told."""
    decision = _decision(person, fact.props)
    if decision is None:
        _engagement(person, fact).sent += 1
        return
    before, first = decision.state, not decision.sent_at
    decision.state = state
    if not first:
        return
    decision.sent_at = _when(fact)
    _engagement(person, fact).sent += 1
    for episode in person.carts:
        if episode.id == decision.episode or episode.intent == decision.id:
            episode.messages += 1
            break
    if before == "cancelled" and decision.ended_at and decision.ended_at < decision.sent_at:
        decide.overtaken(work, person, decision, decision.order, decision.ended_at)


def _sent(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    _handed_over(work, person, fact, "sent")


def _unknown(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    decision = _decision(person, fact.props)
    if decision is None or decision.state != "sent":
        _handed_over(work, person, fact, "unknown")


def _skipped(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    decision = _decision(person, fact.props)
    if decision is None or decision.sent_at:
        return
    reason = _text(fact.props, "reason")
    if decision.state != "cancelled":
        decision.state = "cancelled" if _text(fact.props, "state") == "cancelled" else "skipped"
        decision.note = reason
    elif not decision.note:
        decision.note = reason


def _failed(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    decision = _decision(person, fact.props)
    if decision is not None and not decision.sent_at:
        decision.state = "failed"
        decision.note = _text(fact.props, "reason") or str(fact.props.get("code") or "")
    _suppress_if_hard(person, fact)


def _delivered(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    consents.engaged(work, person, fact, moment)
    decision = _decision(person, fact.props)
    if decision is not None and decision.state == "unknown":
        decision.state = "sent"


def _clicked(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    consents.engaged(work, person, fact, moment)
    decision = _decision(person, fact.props)
    if decision is not None and not decision.clicked_at:
        decision.clicked_at = _when(fact)


def _bounced(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    consents.engaged(work, person, fact, moment)
    _suppress_if_hard(person, fact)


def _complained(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    consents.engaged(work, person, fact, moment)
    person.suppressed.setdefault(_text(fact.props, "channel", "email"), "complaint")
    _take_back_waiting(work, person, fact, Why.SUPPRESSED)


def _suppress_if_hard(person: Person, fact: Fact) -> None:
    if fact.props.get("hard") is True or _text(fact.props, "kind") == "hard":
        person.suppressed.setdefault(_text(fact.props, "channel", "email"), "hard_bounce")


# -- consent


def _consent(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    consents.changed(work, person, fact, moment)
    if fact.props.get("granted") is False:
        _take_back_waiting(work, person, fact, Why.UNSUBSCRIBED)


def _unsubscribed(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    consents.engaged(work, person, fact, moment)
    _take_back_waiting(work, person, fact, Why.UNSUBSCRIBED)


def _take_back_waiting(work: Working, person: Person, fact: Fact, reason: Why) -> None:
    """Take back the bulk messages of that channel and purpose that wait. A no to what was later said yes to again takes nothing back."""
    about = (_text(fact.props, "channel", "email"), _text(fact.props, "purpose", "marketing"))
    said = person.consent.get(":".join(about))
    if said is not None and said.granted:
        return
    bulk = {automation.name: (automation.channel, automation.purpose) for automation in work.rules.automations if automation.kind == BULK}
    for decision in person.decisions:
        if decision.state == "ready" and bulk.get(decision.automation) == about:
            decide.take_back(work, decision, reason, _when(fact))


_VERBS: Final[dict[str, Callable[[Working, Person, Fact, Moment], None]]] = {
    facts.PEOPLE_SPLIT: _split,
    facts.PERSON_ERASED: _erase,
    facts.MESSAGE_SENT: _sent,
    facts.MESSAGE_UNKNOWN: _unknown,
    facts.MESSAGE_SKIPPED: _skipped,
    facts.MESSAGE_FAILED: _failed,
    facts.MESSAGE_DELIVERED: _delivered,
    facts.MESSAGE_CLICKED: _clicked,
    facts.MESSAGE_BOUNCED: _bounced,
    facts.MESSAGE_COMPLAINED: _complained,
    facts.CONSENT_CHANGED: _consent,
    facts.UNSUBSCRIBED: _unsubscribed,
}
