"""What lists read of a person: columns beside the portrait, and one row for each cart. Pure functions of the portrait, so patched equals rebuilt.

Why they are shaped like this: docs/adr/0073-lists-read-columns-that-are-functions-of-the-portrait.md
"""

from enum import StrEnum
from typing import Any, Final

from sojourn.terms.episodes import Episode, EpisodeState
from sojourn.terms.ids import EMAIL
from sojourn.terms.money import Minor
from sojourn.terms.person import Decision, Person

PERSON_COLUMNS: Final = ("orders", "revenue", "revenue_currency", "cart_state", "cart_value", "cart_currency", "cause", "mailing")

EPISODE_COLUMNS: Final = (
    "id",
    "person",
    "kind",
    "state",
    "at",
    "started_at",
    "abandoned_at",
    "currency",
    "value",
    "revenue",
    "shipping",
    "reached",
    "cause",
    "probability",
    "outcome",
    "reason",
    "decided_at",
    "decided_cause",
    "intent",
    "arm",
    "historical",
)

CART: Final = "cart"
BARE_ORDER: Final = "order"
"""The kind of an episode that an order made whose cart was never seen."""

_REACHED: Final = 100
"""Characters of a checkout step's name that are kept in a row."""

RANDOMISED: Final = ("send", "hold_out")
_RANDOMISED: Final = frozenset(RANDOMISED)
_ABANDONED: Final = str(EpisodeState.ABANDONED)
_NO_ORDERS: Final = (0, 0, "")
_NO_CART: Final = ("", 0, "", "")


class Mailing(StrEnum):
    """Whether marketing mail may reach somebody, as far as they themselves say; whether UNASKED is enough, the workspace's consent rule says."""

    NO_ADDRESS = ""
    SUPPRESSED = "suppressed"
    REFUSED = "refused"
    GRANTED = "granted"
    UNASKED = "unasked"


_NO_ADDRESS, _SUPPRESSED, _REFUSED, _GRANTED, _UNASKED = (str(one.value) for one in Mailing)


def person_columns(person: Person) -> tuple[int, Minor, str, str, Minor, str, str, str]:
    """The values of PERSON_COLUMNS.

    Units: minor units of the currency beside them. `revenue` is of the only currency the person bought in, else of the one with most orders, the first
    by the alphabet of several: amounts in several currencies have no sum. Without orders there is neither. The cart is the newest by when it began;
    `cause` the first one of the newest cart that was left and not taken up again, "" where there is none.
    """
    return (*_orders(person), *(_cart(person.carts) if person.carts else _NO_CART), _mailing(person))


def _orders(person: Person) -> tuple[int, Minor, str]:
    money = person.money
    if not money:
        return _NO_ORDERS
    if len(money) == 1:
        ((currency, one),) = money.items()
        return (one.orders, one.revenue, currency) if one.orders else _NO_ORDERS
    currency = min(money, key=lambda code: (-money[code].orders, code))
    orders = sum(one.orders for one in money.values())
    return (orders, money[currency].revenue, currency) if orders else _NO_ORDERS


def _cart(carts: list[Episode]) -> tuple[str, Minor, str, str]:
    newest = max(carts, key=_begun) if len(carts) > 1 else carts[0]
    left = newest
    if len(carts) > 1 and newest.state != _ABANDONED:
        left = max((one for one in carts if one.state == _ABANDONED), key=_begun, default=newest)
    cause = left.causes[0].cause if left.state == _ABANDONED and left.causes else ""
    return str(newest.state), newest.value, newest.currency, cause


def _mailing(person: Person) -> str:
    if not person.identified and not person.traits and not person.identifiers:
        return _NO_ADDRESS
    trait = person.traits.get(EMAIL)
    if (trait is None or not trait.value) and not any(key.startswith("email:") for key in person.identifiers):
        return _NO_ADDRESS
    if person.suppressed.get(EMAIL):
        return _SUPPRESSED
    consent = person.consent.get("email:marketing")
    return _UNASKED if consent is None else _GRANTED if consent.granted else _REFUSED


def _begun(episode: Episode) -> tuple[int, int]:
    return episode.started_at, episode.id


def episode_rows(person: Person) -> list[tuple[Any, ...]]:
    """The values of EPISODE_COLUMNS for each cart the portrait lists.

    `at` is when the cart came into its state: its end, or its beginning while it is open. `outcome`, `reason`, `decided_at` and `decided_cause` are those of
    the decision that tells most: the first that drew between sending and holding back, else the last that did neither. `arm` is that outcome for the first
    cart of a person that was drawn for, and "" for all others: what a message does is counted by person, for the draw is by person and for good.
    """
    if not person.carts:
        return []
    decisions = _telling(person.decisions) if person.decisions else {}
    drawn = next((one.episode for one in person.decisions if one.outcome in _RANDOMISED), None) if decisions else None
    return [_row(person.id, one, decisions, drawn) for one in person.carts]


def _row(person: int, one: Episode, decisions: dict[int, Decision], drawn: int | None) -> tuple[Any, ...]:
    first = one.causes[0] if one.causes else None
    decision = decisions.get(one.id) if decisions else None
    return (
        one.id,
        person,
        BARE_ORDER if one.bare else one.kind,
        str(one.state),
        one.started_at if one.ended_at is None else one.ended_at,
        one.started_at,
        one.abandoned_at,
        one.currency,
        one.value,
        one.revenue,
        one.shipping,
        one.reached[:_REACHED],
        "" if first is None else first.cause,
        None if first is None else first.probability,
        "" if decision is None else decision.outcome,
        "" if decision is None else decision.reason,
        None if decision is None else decision.at,
        "" if decision is None else decision.cause,
        "" if decision is None else decision.id,
        "" if decision is None or one.id != drawn else decision.outcome,
        one.historical,
    )


def _telling(decisions: list[Decision]) -> dict[int, Decision]:
    """By episode, the decision that tells most; `decisions` are the oldest first."""
    found: dict[int, Decision] = {}
    for decision in decisions:
        before = found.get(decision.episode)
        if before is None or before.outcome not in _RANDOMISED:
            found[decision.episode] = decision
    return found
