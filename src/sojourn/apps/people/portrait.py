"""The portrait as JSON: one shape for the API, the command line and the pages.

Ids are text (they do not fit a double), times ISO 8601 with Z, amounts decimal text beside their currency.
"""

from typing import Any

import msgspec

from sojourn.terms.episodes import CartItem, Episode
from sojourn.terms.ids import identifier
from sojourn.terms.money import to_amount
from sojourn.terms.person import Decision, Person, Touch, Trait
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis, to_iso

Json = dict[str, Any]


def portrait(person: Person, rules: RuleBook) -> Json:
    """Everything known of one person now."""
    return {
        "id": str(person.id),
        "identified": person.identified,
        "identifiers": [_identifier(key) for key in person.identifiers],
        "shared_identifiers": [_identifier(key) for key in person.shared],
        "merged": [str(one) for one in person.merged],
        "traits": {name: trait.value for name, trait in sorted(person.traits.items())},
        "trait_sources": {name: _origin(trait) for name, trait in sorted(person.traits.items())},
        "about": {name: trait.value for name, trait in sorted(person.about.items())},
        "groups": {name: to_iso(at) for name, at in sorted(person.groups.items())},
        "first_seen": to_iso(person.first_seen),
        "last_seen": to_iso(person.last_seen),
        "facts": person.facts,
        "late": person.late,
        "first_touch": _touch(person.first_touch),
        "last_touch": _touch(person.last_touch),
        "sessions": _sessions(person),
        "orders": orders(person, rules),
        "counts": dict(sorted(person.counts.items())),
        "affinities": _affinities(person),
        "friction": dict(sorted(person.friction.items())),
        "engagement": {channel: _engagement(one) for channel, one in sorted(person.engagement.items())},
        "consent": [_consent(key, one) for key, one in sorted(person.consent.items())],
        "suppressed": dict(sorted(person.suppressed.items())),
        "episodes": [episode(one) for one in person.carts],
        "episodes_ended": dict(sorted(person.carts_ended.items())),
        "decisions": [decision(one) for one in person.decisions],
        "rule_version": rules.version,
    }


def _identifier(key: str) -> Json:
    kind, value = identifier(key)
    return {"type": kind, "value": value}


def _origin(trait: Trait) -> Json:
    return {"source": str(trait.source), "at": to_iso(trait.at)}


def _touch(touch: Touch | None) -> Json | None:
    if touch is None:
        return None
    names = ("source", "medium", "campaign", "referrer", "url")
    return {"at": to_iso(touch.at), **{name: getattr(touch, name) for name in names}}


def _sessions(person: Person) -> Json:
    sessions = person.sessions
    opened = sessions.open
    shown = None if opened is None else {"started_at": to_iso(opened.start), "last_at": to_iso(opened.last), "facts": opened.facts, "pages": opened.pages}
    return {"count": sessions.count, "closed_seconds": sessions.total_ms / 1000, "open": shown}


def orders(person: Person, rules: RuleBook) -> Json:
    """Orders: `revenue` is a number in major units of `currency`, which is the only currency used, else the workspace's, else the one with most orders."""
    money = person.money
    if len(money) == 1:
        currency = next(iter(money))
    elif rules.currency in money or not money:
        currency = rules.currency
    else:
        currency = min(money, key=lambda code: (-money[code].orders, code))
    return {
        "count": sum(one.orders for one in money.values()),
        "revenue": float(to_amount(money[currency].revenue, currency)) if money else 0,
        "currency": currency,
        "by_currency": {code: _money(code, money[code]) for code in sorted(money)},
    }


def _money(currency: str, money: Any) -> Json:
    revenue, refunded = _amount(money.revenue, currency), _amount(money.refunded, currency)
    return {"count": money.orders, "revenue": revenue, "refunded": refunded, "last_order_at": _time(money.last_order_at)}


def _affinities(person: Person) -> list[Json]:
    ranked = sorted(person.affinity.items(), key=lambda pair: (-pair[1].score, pair[0]))
    split = ((*key.partition(":")[::2], one) for key, one in ranked)
    return [{"type": kind, "value": value, "score": round(one.score, 3), "at": to_iso(one.at)} for kind, value, one in split]


def _engagement(one: Any) -> Json:
    names = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed")
    return {**{name: getattr(one, name) for name in names}, "last_at": _time(one.last_at)}


def _consent(key: str, one: Any) -> Json:
    channel, _, purpose = key.partition(":")
    said = {"granted": one.granted, "at": to_iso(one.at), "source": str(one.source), "text_version": one.text_version}
    return {"channel": channel, "purpose": purpose, **said}


def _time(ms: Millis | None) -> str | None:
    return to_iso(ms) if ms else None


def _amount(minor: int | None, currency: str) -> str | None:
    return None if minor is None else str(to_amount(minor, currency))


def episode(one: Episode) -> Json:
    """One cart episode."""
    money = one.currency
    return {
        "id": str(one.id),
        "kind": one.kind,
        "key": one.key,
        "state": str(one.state),
        "value": _amount(one.value, money),
        "currency": money,
        "started_at": to_iso(one.started_at),
        "last_at": to_iso(one.last_at),
        "ended_at": _time(one.ended_at),
        "due_at": _time(one.due),
        "reached": one.reached,
        "shipping": _amount(one.shipping, money),
        "fees": _amount(one.fees, money),
        "items": [_item(item, money) for item in one.items],
        "steps": [{**msgspec.structs.asdict(step), "first_at": to_iso(step.first_at), "last_at": to_iso(step.last_at)} for step in one.steps],
        "causes": [{"cause": str(c.cause), "probability": c.probability, "evidence": _evidence(one, c.evidence)} for c in one.causes],
        "evidence": _evidence(one, list(dict.fromkeys(e.kind for e in one.evidence))),
        "friction": [{"kind": f.kind, "detail": f.detail, "at": to_iso(f.at), "fact": str(f.fact)} for f in one.friction],
        "abandonments": one.abandonments,
        "reopened": one.reopened,
        "order": one.order or None,
        "revenue": _amount(one.revenue, money),
        "intent": one.intent or None,
        "messages": one.messages,
        "historical": one.historical,
        "url": one.url or None,
    }


def _item(item: CartItem, currency: str) -> Json:
    return {**msgspec.structs.asdict(item), "price": _amount(item.price, currency)}


def _evidence(one: Episode, kinds: list[str]) -> list[Json]:
    """What was seen of these kinds, with the facts behind it; a kind without a sighting of its own (the absence of something) has no facts."""
    out: list[Json] = []
    for kind in kinds:
        seen = [e for e in one.evidence if e.kind == kind]
        out += [{"kind": kind, "facts": [str(f) for f in e.facts], "seen": e.seen} for e in seen] or [{"kind": kind, "facts": [], "seen": {}}]
    return out


def decision(one: Decision) -> Json:
    """One decision, also a "no"."""
    return {
        "intent": one.id,
        "automation": one.automation,
        "outcome": str(one.outcome),
        "reason": str(one.reason),
        "channel": one.channel,
        "at": to_iso(one.at),
        "rule_version": one.rule_version,
        "episode": str(one.episode),
        "cause": one.cause or None,
        "template": one.template or None,
        "state": str(one.state) or None,
        "note": one.note or None,
        "clicked_at": _time(one.clicked_at),
        "order": one.order or None,
        "revenue": one.revenue,
        "values": one.values,
    }
