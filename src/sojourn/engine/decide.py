"""Decide: for one person and one cart, what to do about it, once; and take it back when it is no longer needed."""

import re
from typing import Any, Final

from sojourn.engine import eligibility, orders
from sojourn.engine.working import Moment, Working
from sojourn.terms.effects import Cancel, Intent, IntentState, Why
from sojourn.terms.episodes import CartItem, Cause, Episode
from sojourn.terms.facts import CART_ABANDONED, INTERVENTION_DECIDED, INTERVENTION_OVERTAKEN, Fact
from sojourn.terms.ids import digest
from sojourn.terms.money import Minor, currency_of, to_text
from sojourn.terms.person import Decision, Person
from sojourn.terms.rules import Automation
from sojourn.terms.time import Millis

ORDER_COMPLETED: Final = "Order Completed"
DECISIONS_KEPT: Final = 50
ITEMS_SHOWN: Final = 10
_UNPRINTABLE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]+")
_ADVERT: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S*|\b[\w-]{2,}\.[a-z]{2,}/\S*", re.IGNORECASE)
_HOST: Final = re.compile(r"[\w-]{2,}\.[a-z]{2,}", re.IGNORECASE)


# -- what the fold and the carts call


def fold(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Attribute an order to the message that brought it: the one clicked last within the window, else the one sent last."""
    if fact.name != ORDER_COMPLETED or not person.decisions:
        return
    order = orders.order_of(fact)
    if any(decision.order == order for decision in person.decisions):
        return
    if person.orders_seen and order in person.orders_seen[:-1]:
        return  # an older order told again
    currency = currency_of(fact.props.get("currency"), work.rules.currency)
    _attribute(person, order, fact.at, orders.amount(fact.props, currency) or 0, currency, work.rules.attribution_window)


def on_abandoned(work: Working, person: Person, episode: Episode, at: Millis) -> None:
    """Decide what each automation does about a cart that was left at logical time `at` (event time of the abandonment)."""
    for automation in work.rules.automations:
        if automation.trigger == CART_ABANDONED:
            _decide(work, person, episode, automation, at)


def on_ended(work: Working, person: Person, episode: Episode, why: str, at: Millis, order_id: str = "", revenue: Minor = 0, late: bool = False) -> None:
    """The cart needs no message any more: it was ordered, or taken up again (`why` is "ordered" or "returned"), at event time `at`.

    A waiting intent is cancelled. One that was handed over although this had happened before is recorded as overtaken; nothing is un-sent.
    """
    reason = Why.ORDERED if why == "ordered" else Why.RETURNED
    for decision in person.decisions:
        if decision.episode != episode.id and decision.id != episode.intent:
            continue
        if decision.state in ("ready", "held_out") and (decision.state == "ready" or at < decision.values.get("ready_at", 0)):
            take_back(work, decision, reason, at)
        elif decision.sent_at and at < decision.sent_at:
            overtaken(work, person, decision, order_id, at)


def join(work: Working, into: Person, other: Person) -> None:
    """Put two people's decisions together, after their carts are joined. Of two that wait to write about what is now one cart the earlier stays, and
    where one has been handed over already none waits any longer.
    """
    decisions = sorted(into.decisions + other.decisions, key=lambda decision: (decision.at, decision.id))
    taken = {(decision.channel, decision.episode) for decision in decisions if decision.sent_at}
    for decision in decisions:
        if decision.sent_at or decision.state not in ("ready", "held_out"):
            continue
        cart = (decision.channel, decision.episode)
        if cart in taken:
            take_back(work, decision, Why.MERGED, work.now)
        taken.add(cart)
    into.decisions = decisions[-DECISIONS_KEPT:]


def take_back(work: Working, decision: Decision, reason: str, at: Millis) -> None:
    """Cancel what waits; the store does it only where nothing was handed over yet."""
    if decision.outcome == "send":
        work.cancels.append(Cancel(decision.id, str(reason), at))
    decision.state = "cancelled"
    decision.note = str(reason)
    decision.ended_at = at


def overtaken(work: Working, person: Person, decision: Decision, order_id: str, at: Millis) -> None:
    """Record that a message went out after what should have stopped it."""
    if decision.note == "overtaken":
        return
    decision.note = "overtaken"
    decision.ended_at = at
    props = {"intent": decision.id, "automation": decision.automation, "order_id": order_id, "order_at": at, "sent_at": decision.sent_at}
    work.derive(person, at, INTERVENTION_OVERTAKEN, (decision.id,), props)


# -- one decision


def _decide(work: Working, person: Person, episode: Episode, automation: Automation, at: Millis) -> None:
    cause, probability = chosen_cause(episode, automation)
    template = automation.templates.get(cause, automation.templates.get(Cause.UNKNOWN.value, ""))
    address, _ = eligibility.address_of(person)
    ready_at = eligibility.opening(work.rules, person, automation, episode, at + automation.delay)
    expires_at = at + automation.expires_after
    values = eligibility.seen(work.rules, person, episode, automation, at, ready_at)
    reason = eligibility.guard(work.rules, person, episode, automation, at, work.now)
    if reason == Why.FITS and eligibility.held_out(work.rules, work.workspace, person):
        reason = Why.HELD_OUT
    outcome = {Why.FITS: "send", Why.HELD_OUT: "hold_out"}.get(reason, "skip")
    number = digest(work.workspace, automation.name, eligibility.first_id(person), episode.id, episode.abandonments)
    state = {"send": "ready", "hold_out": "held_out"}.get(outcome, "")
    version = work.rules.version
    person.decisions.append(
        Decision(number, automation.name, outcome, str(reason), at, automation.channel, version, episode.id, cause, template, values, state)
    )
    del person.decisions[:-DECISIONS_KEPT]
    work.derive(person, at, INTERVENTION_DECIDED, (number,), {
        "automation": automation.name, "outcome": outcome, "reason": str(reason), "rule_version": version, "episode": episode.id,
        "cause": cause, "probability": probability, "template": template, "values": dict(values), "intent": number,
    })  # fmt: skip
    if outcome == "skip":
        return
    episode.intent = number
    work.intents.append(
        Intent(
            id=number,
            workspace=work.workspace,
            person=person.id,
            automation=automation.name,
            rule_version=version,
            episode=episode.id,
            channel=automation.channel,
            purpose=automation.purpose,
            kind=automation.kind,
            template=template,
            cause=cause,
            address=address,
            decided_at=at,
            ready_at=ready_at if ready_at is not None else expires_at,
            expires_at=expires_at,
            state=IntentState.READY if outcome == "send" else IntentState.HELD_OUT,
            data=material(person, episode, cause),
            zone=eligibility.zone_of(person),
        )
    )


def chosen_cause(episode: Episode, automation: Automation) -> tuple[str, float]:
    """The top cause where it is likely enough and has a message of its own, else unknown; with its probability."""
    for guess in episode.causes[:1]:
        if guess.probability >= automation.min_probability and guess.cause in automation.templates:
            return guess.cause, guess.probability
    return Cause.UNKNOWN.value, next((guess.probability for guess in episode.causes if guess.cause == Cause.UNKNOWN), 0.0)


# -- what a message may say


def material(person: Person, episode: Episode, cause: str) -> dict[str, Any]:
    """What a template may use: plain text only, amounts with their currency, nothing of the engine."""
    currency = episode.currency
    return {
        "first_name": _first_name(person),
        "cause": str(cause),
        "items": [_item(item, currency) for item in episode.items[:ITEMS_SHOWN]],
        "more_items": max(0, len(episode.items) - ITEMS_SHOWN),
        "item_count": sum(item.quantity for item in episode.items),
        "value": to_text(episode.value, currency) if currency else "",
        "shipping": to_text(episode.shipping, currency) if currency and episode.shipping is not None else "",
        "currency": currency,
        "reached": plain(episode.reached),
        "cart_id": plain(episode.key, 255),
        "cart_url": plain(episode.url, 2_000) if episode.url_said else "",
        "page_url": "" if episode.url_said else plain(episode.url, 2_000),
    }


def plain(value: object, limit: int = 200) -> str:
    """One line of text without control or direction marks, cut at `limit` characters; empty for anything that is no text."""
    return " ".join(_UNPRINTABLE.sub(" ", value).split())[:limit] if isinstance(value, str) else ""


def _item(item: CartItem, currency: str) -> dict[str, Any]:
    price = to_text(item.price * item.quantity, currency) if item.price is not None and currency else ""
    name = plain(_ADVERT.sub("", item.name)) or plain(_ADVERT.sub("", item.product))
    return {"name": name, "quantity": item.quantity, "price": price, "image": plain(item.image, 2_000), "url": plain(item.url, 2_000)}


def _first_name(person: Person) -> str:
    """How to greet them; empty where what they call themselves is an advertisement, as write keys are public and mail programs make links of names."""
    said = next((text for key in ("firstName", "first_name", "firstname") if (text := _trait(person, key))), "")
    words = _trait(person, "name").split()
    name = said or (words[0] if words else "")
    return "" if _ADVERT.search(name) or _HOST.search(name) else name


def _trait(person: Person, key: str) -> str:
    found = person.traits.get(key)
    return plain(found.value, 60) if found is not None else ""


# -- orders and messages


def _attribute(person: Person, order: str, at: Millis, revenue: Minor, currency: str, window: Millis) -> None:
    best: Decision | None = None
    for decision in person.decisions:
        if not decision.order and _reach(decision, at, window) > (_reach(best, at, window) if best is not None else (0, 0)):
            best = decision
    if best is not None:
        best.order, best.revenue, best.currency = order, revenue, currency


def _reach(decision: Decision, at: Millis, window: Millis) -> tuple[int, Millis]:
    """How strongly a message claims an order at `at`: (2, click time), (1, sent time), or (0, 0) for not at all."""
    if decision.clicked_at and at - window <= decision.clicked_at <= at:
        return 2, decision.clicked_at
    if decision.sent_at and at - window <= decision.sent_at <= at:
        return 1, decision.sent_at
    return 0, 0
