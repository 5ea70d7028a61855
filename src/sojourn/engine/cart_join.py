"""Joining the carts of two people who turn out to be one. It does not matter which of the two is taken first."""

from typing import Final

from sojourn.engine import evidence
from sojourn.engine.cart_items import ITEMS_KEPT, REMOVALS_KEPT, revalue
from sojourn.engine.cart_match import BOUGHT, REACH, shares_key, take_keys
from sojourn.terms.episodes import Episode, EpisodeState, Step
from sojourn.terms.person import Person
from sojourn.terms.time import Millis

FRICTION_KEPT: Final = 40
OURS, THEIRS, BOTH = 1, 2, 3


Told = tuple[Episode, str, Millis, bool]
"""A left cart that turns out to have been taken up again ("returned") or bought ("ordered") on the other side: the episode, which of the two, when,
and whether that was before it counted as left."""


def join(into: Person, other: Person) -> list[Told]:
    """Move the carts of `other` to `into`, those that are the same cart made one, and return what is to be told about left carts.

    Counters of ended carts are added, a cart told twice counts once.
    """
    for state, number in other.carts_ended.items():
        into.carts_ended[state] = into.carts_ended.get(state, 0) + number
    for kind, number in other.friction.items():
        into.friction[kind] = into.friction.get(kind, 0) + number
    pool = [(episode, OURS) for episode in into.carts] + [(episode, THEIRS) for episode in other.carts]
    back: list[Told] = []
    while (pair := _first_pair(pool)) is not None:
        (a, side), (b, other_side) = pair
        pool = [entry for entry in pool if entry[0] is not a and entry[0] is not b]
        before = (str(a.state), str(b.state))
        left = [episode.ended_at for episode in (a, b) if episode.state == EpisodeState.ABANDONED and episode.ended_at is not None]
        one, when = unite(a, b)
        pool.append((one, side | other_side))
        _recount(into, before, str(one.state))
        gone = b if one is a else a
        back = [(one if episode is gone else episode, why, at, late) for episode, why, at, late in back]
        for decision in (*into.decisions, *other.decisions):
            if decision.episode == gone.id:
                decision.episode = one.id
        if when is not None:
            back.append((one, "returned", *when))
        if one.state in BOUGHT and left and one.ended_at is not None:
            back.append((one, "ordered", one.ended_at, one.ended_at <= max(left)))
    into.carts = sorted((episode for episode, _ in pool), key=lambda episode: (episode.started_at, episode.id))
    other.carts = []
    return back


def _first_pair(pool: list[tuple[Episode, int]]) -> tuple[tuple[Episode, int], tuple[Episode, int]] | None:
    """The two oldest carts of different sides that are one; a cart already made one stands on both sides, and may draw in a third."""
    pool.sort(key=lambda entry: (entry[0].started_at, entry[0].id))
    for place, first in enumerate(pool):
        for second in pool[place + 1 :]:
            if (first[1] | second[1]) == BOTH and same_cart(first[0], second[0]):
                return first, second
    return None


def same_cart(a: Episode, b: Episode) -> bool:
    """Whether two episodes are one cart: an id in common, the same order, or both without an id within 7 days.

    What was bought on one side is the other side's cart of that id only where nothing happened to that one after the order.
    """
    if a.order and a.order == b.order:
        return True
    if a.state in BOUGHT and b.state in BOUGHT:
        return False
    if a.state in BOUGHT or b.state in BOUGHT:
        bought, held = (a, b) if a.state in BOUGHT else (b, a)
        return shares_key(held, bought.keys) and bought.ended_at is not None and held.last_at <= bought.ended_at
    if a.keys and b.keys:
        return shares_key(a, b.keys)
    if a.keys or b.keys or EpisodeState.EMPTIED in (a.state, b.state):
        return False
    return a.started_at <= b.last_at + REACH and b.started_at <= a.last_at + REACH


def orders_without_cart(person: Person) -> list[Episode]:
    """Orders whose cart was not seen on the side they came in on, oldest first."""
    return [episode for episode in person.carts if episode.bare and episode.state in BOUGHT]


def unite(a: Episode, b: Episode) -> tuple[Episode, tuple[Millis, bool] | None]:
    """One episode of two, under the id of the older; and when a left cart was taken up by the other side's activity, with whether that was late news."""
    first, second = sorted((a, b), key=lambda episode: (episode.started_at, episode.id))
    newer = max(a, b, key=lambda episode: (episode.last_at, episode.state == EpisodeState.ABANDONED, episode.id))
    older = b if newer is a else a
    state = next((bought for bought in (EpisodeState.RECOVERED, EpisodeState.ORDERED) if bought in (a.state, b.state)), newer.state)
    if state == EpisodeState.ORDERED and any(_left_before(episode, bought) for bought in (a, b) for episode in (a, b)):
        state = EpisodeState.RECOVERED
    one = first
    back = _came_back(a, b)
    one.absorbed = sorted({*a.absorbed, *b.absorbed, second.id})
    for episode in (first, second):
        take_keys(one, episode.keys)
    one.currency = newer.currency or older.currency
    _unite_items(one, newer, older)
    _unite_way(one, a, b, newer)
    _unite_end(one, a, b, newer, str(state))
    if back is not None:
        one.reopened += 1
    return one, back


def _came_back(a: Episode, b: Episode) -> tuple[Millis, bool] | None:
    """When one side had left and the other did something with the cart later than that side: the time, and whether before it counted as left."""
    for left, going in ((a, b), (b, a)):
        if left.state == EpisodeState.ABANDONED and going.state in (EpisodeState.OPEN, EpisodeState.EMPTIED) and going.last_at > left.last_at:
            return going.last_at, left.ended_at is not None and going.last_at <= left.ended_at
    return None


def _unite_items(one: Episode, newer: Episode, older: Episode) -> None:
    """The newer side's products as it has them, and those of the older side that the newer did not take out."""
    held = {item.product for item in newer.items}
    kept = [item for item in older.items if item.product not in held and newer.removed.get(item.product, -1) < older.last_at]
    if newer.state == EpisodeState.EMPTIED:
        kept = []
    value, said = newer.value or older.value, list(newer.items)
    removed = {**older.removed, **newer.removed}
    one.items = (said + kept)[:ITEMS_KEPT]
    one.removed = dict(sorted(removed.items(), key=lambda entry: (entry[1], entry[0]))[-REMOVALS_KEPT:])
    one.items_at = max(one.items_at, newer.items_at, older.items_at)
    one.value = value
    if kept:
        revalue(one)


def _unite_way(one: Episode, a: Episode, b: Episode, newer: Episode) -> None:
    steps: dict[str, Step] = {}
    for step in sorted((*a.steps, *b.steps), key=lambda step: (step.first_at, step.name)):
        known = steps.get(step.name)
        if known is None:
            steps[step.name] = step
        else:
            steps[step.name] = Step(
                step.name,
                min(known.first_at, step.first_at),
                max(known.last_at, step.last_at),
                known.views + step.views,
                known.completed or step.completed,
                known.spent + step.spent,
            )
    one.steps = list(steps.values())[: evidence.STEPS_KEPT]
    one.reached = max(a.reached, b.reached, key=lambda name: (evidence.rank(name), name))
    one.step, one.step_at = newer.step, newer.step_at
    one.friction = sorted((*a.friction, *b.friction), key=lambda entry: (entry.at, entry.fact, entry.kind))[:FRICTION_KEPT]
    one.marks = evidence.merge_marks(a.marks, b.marks)
    older = b if newer is a else a
    one.shipping = newer.shipping if newer.shipping is not None else older.shipping
    one.fees = newer.fees if newer.fees is not None else older.fees
    named = next((cart for cart in (newer, older) if cart.url and cart.url_said), newer if newer.url else older)
    one.url, one.url_said = named.url, named.url_said


def _unite_end(one: Episode, a: Episode, b: Episode, newer: Episode, state: str) -> None:
    older = b if newer is a else a
    deciding = [episode for episode in (a, b) if episode.state in BOUGHT] or [episode for episode in (a, b) if episode.state == state]
    ends = [episode.ended_at for episode in deciding if episode.ended_at is not None]
    dues = [episode.due for episode in (a, b) if episode.due is not None]
    firsts = [episode.abandoned_at for episode in (a, b) if episode.abandoned_at is not None]
    intents = [episode.intent for episode in sorted((a, b), key=lambda episode: (episode.started_at, episode.id)) if episode.intent]
    one.evidence, one.causes = (newer.evidence, newer.causes) if newer.causes else (older.evidence, older.causes)
    one.order, one.revenue = (a.order, a.revenue) if a.order else (b.order, b.revenue)
    one.abandonments = max(a.abandonments, b.abandonments)
    one.reopened = max(a.reopened, b.reopened)
    one.messages = a.messages + b.messages
    one.historical = a.historical and b.historical
    one.bare = a.bare and b.bare
    one.started_at = min(a.started_at, b.started_at)
    one.last_at = max(a.last_at, b.last_at)
    one.state = state
    one.ended_at = max(ends) if ends and state != EpisodeState.OPEN else None
    one.due = (newer.due or max(dues)) if dues and state == EpisodeState.OPEN else None  # sources may have gaps of their own: the one that spoke last has it
    one.abandoned_at = min(firsts) if firsts else None
    one.intent = intents[0] if intents else ""


def _left_before(episode: Episode, bought: Episode) -> bool:
    """Whether a cart had been left when it was bought, on this side or the other."""
    return bought.state in BOUGHT and bought.ended_at is not None and episode.abandoned_at is not None and episode.abandoned_at < bought.ended_at


def _recount(into: Person, before: tuple[str, str], after: str) -> None:
    """`carts_ended` as if the one cart had always been one."""
    for state, by in ((before[0], -1), (before[1], -1), (after, 1)):
        into.carts_ended[state] = into.carts_ended.get(state, 0) + by
    into.carts_ended = {state: number for state, number in into.carts_ended.items() if number > 0 and state != EpisodeState.OPEN}
