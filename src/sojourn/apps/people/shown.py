"""A portrait made ready for its page: sorted, with words instead of keys."""

from typing import Any

from sojourn.apps.people.portrait import orders
from sojourn.terms.episodes import CauseGuess, Episode
from sojourn.terms.money import to_amount
from sojourn.terms.person import Decision, Person
from sojourn.terms.rules import RuleBook

OUTCOME = {"send": "Wrote", "hold_out": "Held back at random", "skip": "Did not write"}
STATE = {
    "open": "open",
    "abandoned": "abandoned",
    "ordered": "ordered",
    "recovered": "came back and ordered",
    "emptied": "emptied by hand",
}

SHOWN_SHARE = 0.01
"""Causes below it are left out of the page; the API has them."""


def shown(person: Person, rules: RuleBook) -> dict[str, Any]:
    """What the page of a person shows beside the portrait itself."""
    return {
        "orders": orders(person, rules),
        "traits": sorted(person.traits.items()),
        "about": sorted(person.about.items()),
        "identifiers": [key.partition(":")[::2] for key in person.identifiers],
        "shared": [key.partition(":")[::2] for key in person.shared],
        "affinities": sorted(((*key.partition(":")[::2], one.score) for key, one in person.affinity.items()), key=lambda row: (-row[2], row[1]))[:10],
        "friction": sorted(person.friction.items(), key=lambda pair: (-pair[1], pair[0])),
        "consents": [(*key.partition(":")[::2], one) for key, one in sorted(person.consent.items())],
        "carts": [_cart(one) for one in reversed(person.carts)],
        "decisions": [_decision(one) for one in reversed(person.decisions)],
        "engagement": sorted(person.engagement.items()),
        "counts": sorted(person.counts.items(), key=lambda pair: (-pair[1], pair[0]))[:12],
    }


def _cart(one: Episode) -> dict[str, Any]:
    return {"one": one, "state": STATE.get(one.state, one.state), "causes": [_cause(one, c) for c in one.causes if c.probability >= SHOWN_SHARE]}


def _cause(one: Episode, guess: CauseGuess) -> dict[str, Any]:
    share = guess.probability
    return {"cause": guess.cause, "share": share, "width": round(share * 1000), "evidence": [_seen(one, kind) for kind in guess.evidence]}


def _seen(one: Episode, kind: str) -> dict[str, Any]:
    found = next((e for e in one.evidence if e.kind == kind), None)
    seen = dict(found.seen) if found else {}
    currency = str(seen.get("currency") or one.currency)
    parts = []
    for key, value in seen.items():
        if key == "currency":
            continue
        if isinstance(value, int) and not isinstance(value, bool) and key in ("shipping", "value", "fees", "price", "tax", "total"):
            parts.append(f"{key} {to_amount(value, currency)} {currency}")
        else:
            parts.append(f"{key.replace('_', ' ')} {value}")
    return {"kind": kind, "seen": ", ".join(parts), "facts": len(found.facts) if found else 0}


def _decision(one: Decision) -> dict[str, Any]:
    return {"one": one, "outcome": OUTCOME.get(one.outcome, one.outcome), "values": sorted(one.values.items())}
