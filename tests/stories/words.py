"""Effects in words a marketer can read."""

from typing import Any, Final

from sojourn.terms.effects import Cancel
from sojourn.terms.episodes import Episode
from sojourn.terms.facts import (
    CART_ABANDONED,
    CART_RECOVERED,
    FRICTION_FOUND,
    INTERVENTION_DECIDED,
    INTERVENTION_OVERTAKEN,
    MESSAGE_FAILED,
    MESSAGE_SKIPPED,
    MESSAGE_UNKNOWN,
    PEOPLE_MERGED,
    Derived,
    Fact,
)
from sojourn.terms.ids import EMAIL, PersonId
from sojourn.terms.money import to_text
from sojourn.terms.person import Person
from sojourn.terms.time import Millis, to_datetime

CAUSES_TOLD: Final = 2
PROBABLE: Final = 0.1


def clock(at: Millis) -> str:
    """The time of day, UTC: 09:05, or 09:05:10 where it has seconds. Timers fire a millisecond after their time; that is not told."""
    moment = to_datetime(at)
    return moment.strftime("%H:%M:%S" if moment.second else "%H:%M")


def label(person: Person | None) -> str:
    """What a person is called in a story: the user id, else the address, else the first identifier."""
    if person is None:
        return "nobody"
    for kind in ("user_id:", "email:"):
        for key in person.identifiers:
            if key.startswith(kind):
                return key.removeprefix(kind)
    return person.identifiers[0].partition(":")[2] if person.identifiers else "somebody"


def derived(fact: Derived, who: str, other: Person | None = None) -> str | None:
    """A derived fact as a line; None for those that stories do not tell (sessions)."""
    p = fact.props
    if fact.name == CART_ABANDONED:
        what = f"{_cart(p)}{to_text(p['value'], p['currency'])}, reached {p['reached']}"
        return f"cart abandoned    {who}: {what}; {_causes(p['causes'])}"
    if fact.name == CART_RECOVERED:
        return f"cart recovered    {who}: {_cart(p)}{to_text(p.get('revenue', 0), p.get('currency', ''))}"
    if fact.name == FRICTION_FOUND:
        return f"friction found    {who}: {' '.join(str(p[key]) for key in ('kind', 'detail') if p.get(key))}"
    if fact.name == PEOPLE_MERGED:
        return f"people merged     {who} and another are one person"
    if fact.name == INTERVENTION_DECIDED:
        return f"decided           {who}: {_decision(p)}"
    if fact.name == INTERVENTION_OVERTAKEN:
        return f"overtaken         {who}: what came at {clock(p['order_at'])} would have stopped the message of {clock(p['sent_at'])}"
    return None


def _cart(props: dict[str, Any]) -> str:
    key = props.get("cart_id") or props.get("key")
    return f"cart {key}, " if key else ""


def _causes(causes: list[Any]) -> str:
    told = [(cause["cause"], cause["probability"]) for cause in causes]
    probable = [f"{cause} {probability:.2f}" for cause, probability in told[:CAUSES_TOLD] if probability >= PROBABLE]
    return ", ".join(probable)


def _decision(p: dict[str, Any]) -> str:
    if p["outcome"] == "skip":
        return f"nothing, {p['reason']}"
    chosen = f"{p['template']} for {p['cause']} {p['probability']:.2f}"
    return f"send {chosen}" if p["outcome"] == "send" else f"hold out, {p['reason']} ({chosen})"


def cancelled(cancel: Cancel, who: str) -> str:
    """An intent taken back."""
    return f"taken back        {who}: {cancel.reason}"


def outcome(fact: Fact, who: str) -> str | None:
    """What became of a message, where that is not told already: the courier's refusals and failures."""
    p = fact.props
    if fact.name == MESSAGE_SKIPPED and p.get("state") != "cancelled":
        return f"message skipped   {who}: {p['reason']}"
    if fact.name == MESSAGE_FAILED:
        return f"message failed    {who}: {p.get('code', '')} {p.get('enhanced', '')}".rstrip()
    if fact.name == MESSAGE_UNKNOWN:
        return f"message unknown   {who}: it may have arrived; it is not sent again"
    return None


def person(one: Person) -> str:
    """Somebody in the end: who, what they did, how their carts and messages ended."""
    known = [one.traits["email"].value] if EMAIL in one.traits else []
    parts = [
        f"person  {label(one)}: {', '.join([*known, *(key for key in one.identifiers)])}",
        f"{one.sessions.count} session{'s' * (one.sessions.count != 1)}",
        *(f"{money.orders} order{'s' * (money.orders != 1)} of {to_text(money.revenue, currency)}" for currency, money in sorted(one.money.items())),
        *(_episode(episode) for episode in one.carts),
        *(f"message {decision.template} {_ended(decision)}" for decision in one.decisions if decision.outcome != "skip"),
        *(f"{key} {'yes' if consent.granted else 'no'}" for key, consent in sorted(one.consent.items())),
        *(f"{channel} suppressed: {reason}" for channel, reason in sorted(one.suppressed.items())),
    ]
    return "; ".join(parts)


def _episode(episode: Episode) -> str:
    name = f"cart {episode.key}" if episode.key else "cart"
    again = f" (left {episode.abandonments} times)" if episode.abandonments > 1 else ""
    return f"{name} {episode.state}{again}"


def _ended(decision: Any) -> str:
    words = [decision.state]
    if decision.note:
        words.append(f"({decision.note})")
    if decision.clicked_at:
        words.append("and clicked")
    if decision.order:
        words.append(f"and brought order {decision.order}")
    return " ".join(words)


def counts(found: dict[str, int]) -> str | None:
    """What was noticed about the events on their way in, beside being kept."""
    told = {reason: number for reason, number in sorted(found.items()) if reason != "kept" and number}
    return f"counted  {', '.join(f'{reason} {number}' for reason, number in told.items())}" if told else None


def arms(states: dict[str, int]) -> str | None:
    """Who was written to and who was held out."""
    held = states.get("held_out", 0)
    return f"arms  {sum(states.values()) - held} in treatment, {held} in control" if held else None


Names = dict[PersonId, str]
