"""A portrait made ready for its page: sorted, with words instead of keys."""

from typing import Any, TypedDict

from sojourn.apps.people.causes_shown import episode_causes
from sojourn.apps.people.graph import known_by
from sojourn.apps.people.listing import NOW
from sojourn.apps.people.messages import Message
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.portrait import orders
from sojourn.apps.people.queries import Line
from sojourn.apps.people.words import money_words, span_words
from sojourn.terms.episodes import Episode, EpisodeState
from sojourn.terms.person import Decision, Person
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis
from sojourn.ui.templatetags.ui import money

OUTCOME = {"send": "Wrote", "hold_out": "Held back at random", "skip": "Did not write"}
STATE = {
    "open": "open",
    "abandoned": "abandoned",
    "ordered": "ordered",
    "recovered": "recovered",
    "emptied": "emptied by hand",
}
Shown = dict[str, Any]


class Row(TypedDict):
    """Somebody as a row of the list, every cell in words; empty text is nothing to say. A mapping: a template looks into these in half the time."""

    id: str
    title: str
    email: str  # beside a name
    cart: str
    cart_state: str
    cause: str
    orders: str
    revenue: str
    here: bool
    last_seen: Millis
    first_seen: Millis


def row_of(one: Line, active_since: Millis) -> Row:
    """Of one line. Whoever was seen at or after `active_since` is here."""
    return Row(
        id=str(one.id),
        title=one.title,
        email=one.email if one.name else "",
        cart=money(one.cart_value, one.cart_currency) if one.cart_state else "",
        cart_state=one.cart_state,
        cause=one.cause,
        orders=f"{one.orders:,}" if one.orders else "",
        revenue=money(one.revenue, one.revenue_currency) if one.orders else "",
        here=one.last_seen >= active_since,
        last_seen=one.last_seen,
        first_seen=one.first_seen,
    )


def title_of(row: PersonRow) -> str:
    """What to call somebody."""
    return row.name or row.email or f"Visitor {row.pk}"


def top(row: PersonRow, person: Person, rules: RuleBook, now: Millis) -> Shown:
    """Who it is, where they are, and the numbers that say most."""
    return {"title": title_of(row), "place": where_now(person, now), "here_now": is_here(person, now), "kpis": _kpis(person, rules)}


def is_here(person: Person, now: Millis) -> bool:
    """Whether somebody is in the shop: seen within five minutes, and not gone from a cart since."""
    return now - person.last_seen < NOW and _just_left(person) is None


def _just_left(person: Person) -> Episode | None:
    """The cart whose leaving is the last that was seen of somebody."""
    newest = max(person.carts, key=lambda one: (one.last_at, one.id), default=None)
    return newest if newest is not None and newest.state == EpisodeState.ABANDONED and (newest.ended_at or 0) >= person.last_seen else None


def where_now(person: Person, now: Millis) -> str:
    """Where somebody is in the shop, for as long as they were seen within five minutes; empty afterwards."""
    if now - person.last_seen >= NOW:
        return ""
    left = _just_left(person)
    if left is not None:
        return f"Left a cart of {money_words(left.value, left.currency)} behind" if left.value else "Left a cart behind"
    opened = person.sessions.open
    carts = [cart for cart in person.carts if cart.state == EpisodeState.OPEN]
    cart = max(carts, key=lambda one: (one.last_at, one.id), default=None)
    if cart is not None and cart.step not in ("", "cart"):
        step = "" if cart.step == "checkout" else f", {cart.step.replace('_', ' ')} step"
        return f"In the checkout{step}"
    if cart is not None:
        return f"In the shop with a cart of {money_words(cart.value, cart.currency)}" if cart.value else "In the shop with a cart"
    if opened is None:
        return "Seen just now"
    return f"In the shop, {opened.pages} page{'' if opened.pages == 1 else 's'} into the visit" if opened.pages else "In the shop"


def _kpis(person: Person, rules: RuleBook) -> list[Shown]:
    bought = orders(person, rules)
    sessions = person.sessions
    closed = sessions.count - (1 if sessions.open is not None else 0)
    average = f"{span_words(sessions.total_ms // closed)} each, so far" if closed > 0 and sessions.total_ms else "so far"
    engaged = list(person.engagement.values())
    sent, clicked = sum(one.sent for one in engaged), sum(one.clicked for one in engaged)
    carts = [cart for cart in person.carts if not cart.bare]
    newest = max(carts, key=lambda one: (one.started_at, one.id), default=None)
    found = [
        {"label": "Visits", "value": f"{sessions.count:,}", "unit": "", "note": average, "href": "#person-timeline"},
        {"label": "Orders", "value": f"{bought['count']:,}", "unit": "", "note": "so far", "href": "#person-carts"},
    ]
    for currency, one in bought["by_currency"].items():
        refunded = f", {one['refunded']} refunded" if float(one["refunded"]) else ""
        found.append({"label": "Revenue", "value": one["revenue"], "unit": currency, "note": f"so far{refunded}", "href": "#person-carts"})
    if newest is not None:
        value = money_words(newest.value, "")
        cart = {"value": value, "unit": newest.currency, "note": STATE.get(newest.state, newest.state)}
        found.append({"label": "Cart now" if newest.state == EpisodeState.OPEN else "Last cart", "href": "#person-carts", **cart})
    found.append({"label": "Messages", "value": f"{sent:,}", "unit": "sent", "note": f"{clicked:,} clicked, so far", "href": "#person-decisions"})
    return found


def carts_of(person: Person) -> Shown:
    """Carts, the newest first, each with its causes."""
    ended = sum(person.carts_ended.values())
    listed = sum(1 for one in person.carts if one.state != EpisodeState.OPEN)
    return {"carts": [_cart(one) for one in sorted(person.carts, key=lambda one: (one.started_at, one.id), reverse=True)], "unlisted": max(0, ended - listed)}


def _cart(one: Episode) -> Shown:
    lasted = span_words(one.last_at - one.started_at)
    return {"one": one, "state": STATE.get(one.state, one.state), "causes": episode_causes(one), "lasted": lasted}


def decisions_of(person: Person, messages: dict[str, Message]) -> Shown:
    """Decisions, the newest first, with what became of the message where one was made."""
    return {"decisions": [_decision(one, messages.get(one.id)) for one in reversed(person.decisions)]}


def _decision(one: Decision, message: Message | None) -> Shown:
    return {"one": one, "outcome": OUTCOME.get(one.outcome, one.outcome), "values": sorted(one.values.items()), "message": message}


def side(person: Person, rules: RuleBook, now: Millis, sources: dict[int, str]) -> Shown:
    """What is known beside what they did: identity, traits, consent, taste."""
    known = known_by(person)
    return {
        "known": known,
        "traits": [(name, trait, sources.get(trait.source, f"source {trait.source}")) for name, trait in sorted(person.traits.items())],
        "about": [(name, trait.value) for name, trait in sorted(person.about.items())],
        "tastes": _tastes(person, rules, now),
        "half_life": span_words(rules.affinity_half_life),
        "friction": sorted(person.friction.items(), key=lambda pair: (-pair[1], pair[0])),
        "consents": [(*key.partition(":")[::2], one, sources.get(one.source, "")) for key, one in sorted(person.consent.items())],
        "engagement": [(channel, one) for channel, one in sorted(person.engagement.items()) if one.sent or one.bounced or one.complained],
        "touches": [(label, touch) for label, touch in (("First", person.first_touch), ("Last", person.last_touch)) if touch is not None],
        "counts": sorted(person.counts.items(), key=lambda pair: (-pair[1], pair[0]))[:12],
    }


def _tastes(person: Person, rules: RuleBook, now: Millis) -> list[Shown]:
    """What draws somebody, the strongest first, as a share of the strongest; interest halves every half-life."""
    scored = [(one.score * 0.5 ** (max(0, now - one.at) / rules.affinity_half_life), key) for key, one in person.affinity.items()]
    scored.sort(key=lambda pair: (-pair[0], pair[1]))
    most = scored[0][0] if scored else 0.0
    names = {item.product: item.name for cart in person.carts for item in cart.items if item.name}
    shown = ((key.partition(":")[::2], score / most if most > 0 else 0.0) for score, key in scored[:8])
    return [
        {"kind": kind, "what": names.get(what, what) if kind == "product" else what, "share": share, "width": round(share * 100)}
        for (kind, what), share in shown
    ]
