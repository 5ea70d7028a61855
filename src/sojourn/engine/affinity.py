"""Affinity: what somebody is drawn to, as scores that halve every half-life."""

from typing import Any, Final

from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact
from sojourn.terms.person import Decayed, Person
from sojourn.terms.time import HOUR, Millis

KEPT: Final = 50
SLACK: Final = 25
"""How far the scores may outgrow KEPT before the weakest are let go, all at once: sorting at each new product would cost more than all else."""
_PRODUCTS: Final = 50
_TEXT: Final = 140
WEIGHTS: Final = {"Product Viewed": 1.0, "Product Clicked": 1.0, "Product Added": 3.0, "Order Completed": 5.0}


def fold(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Add a fact's weight to its product, category and brand, at the hour it happened in.

    Does not depend on the order of the facts, up to nine digits. By the hour, because then most facts are an addition and no power.
    """
    name, props, at = fact.name, fact.props, fact.at
    hour = at - at % HOUR
    if name != "Order Completed":
        _product(person.affinity, props, WEIGHTS[name], hour, work.rules.affinity_half_life)
        return
    listed = props.get("products")
    if isinstance(listed, list):
        for product in listed[:_PRODUCTS]:
            if isinstance(product, dict):
                _product(person.affinity, product, WEIGHTS[name], hour, work.rules.affinity_half_life)


def _product(affinity: dict[str, Decayed], props: dict[str, Any], weight: float, hour: Millis, half: Millis) -> None:
    product = props.get("product_id") or props.get("sku")
    if type(product) is int:
        product = str(product)
    if type(product) is str and product:
        _add(affinity, "product:" + product, weight, hour, half)
    category = props.get("category")
    if type(category) is str and category:
        _add(affinity, "category:" + category, weight, hour, half)
    brand = props.get("brand")
    if type(brand) is str and brand:
        _add(affinity, "brand:" + brand, weight, hour, half)


def _add(affinity: dict[str, Decayed], key: str, weight: float, hour: Millis, half: Millis) -> None:
    held = affinity.get(key)
    if held is not None:
        # As `_sum` has it, without an object for the weight and one for the sum.
        behind = hour - held.at
        if not behind:
            held.score += weight
        elif behind > 0:
            held.score = round(weight + held.score * 0.5 ** (behind / half), 9)
            held.at = hour
        else:
            held.score = round(held.score + weight * 0.5 ** (-behind / half), 9)
    elif len(key) <= _TEXT:
        affinity[key] = Decayed(weight, hour)
        if len(affinity) > KEPT + SLACK:
            _trim(affinity, half)


def _sum(one: Decayed, two: Decayed, half: Millis) -> Decayed:
    """Both scores at the later time, to nine digits, so that bytes do not depend on a machine's last bit."""
    late, early = (one, two) if one.at >= two.at else (two, one)
    return Decayed(round(late.score + early.score * 0.5 ** ((late.at - early.at) / half), 9), late.at)


def _trim(affinity: dict[str, Decayed], half: Millis) -> None:
    """Keep the strongest, all scores taken at the time of the newest; of equals, the first by name."""
    newest = max(held.at for held in affinity.values())
    ranked = sorted((-held.score * 0.5 ** ((newest - held.at) / half), key) for key, held in affinity.items())
    for _, key in ranked[KEPT:]:
        del affinity[key]


def join(into: Person, other: Person, half: Millis) -> None:
    """Add two people's scores."""
    for key, theirs in other.affinity.items():
        mine = into.affinity.get(key)
        if mine is None:
            into.affinity[key] = theirs
            continue
        into.affinity[key] = _sum(mine, theirs, half)
    if len(into.affinity) > KEPT + SLACK:
        _trim(into.affinity, half)
