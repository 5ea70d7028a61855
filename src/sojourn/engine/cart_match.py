"""Which cart a fact is about: by its ids, else by its products, else by time."""

from typing import Any, Final

from sojourn.engine.cart_items import Props, products_in, text
from sojourn.terms.episodes import Episode, EpisodeState
from sojourn.terms.person import Person
from sojourn.terms.time import DAY, Millis

ID_NAMES: Final = ("cart_id", "checkout_id", "order_id")
"""Properties that name a cart or the checkout of one; `order_id` also stands on Checkout Started (Segment's spec)."""
KEYS_KEPT: Final = 10
REACH: Final[Millis] = 7 * DAY
"""How long after it was left a cart without an id can be taken up again, or be what an order without an id was for."""
BOUGHT: Final = (EpisodeState.ORDERED, EpisodeState.RECOVERED)


def keys_in(props: Props) -> list[str]:
    """The typed ids a fact carries, as in "cart_id:c-1"."""
    return [f"{name}:{value}" for name in ID_NAMES if name in props and (value := text(props[name], 255))]


def take_keys(episode: Episode, keys: list[str]) -> None:
    """Have an episode also go by these ids. Its `key` is the first cart_id or checkout_id it was given."""
    for key in keys:
        if key not in episode.keys and len(episode.keys) < KEYS_KEPT:
            episode.keys.append(key)
        kind, _, value = key.partition(":")
        if not episode.key and kind != "order_id":
            episode.key = value


def shares_key(episode: Episode, keys: list[str]) -> bool:
    """Whether the episode goes by one of the ids; shops that send one value as cart_id here and checkout_id there are understood."""
    if not keys or not episode.keys:
        return False
    for key in keys:
        if key in episode.keys:
            return True
    values = {key.partition(":")[2] for key in keys}
    return any(key.partition(":")[2] in values for key in episode.keys)


def contradicts(episode: Episode, keys: list[str]) -> bool:
    """Whether the fact names another cart: an id of a type the episode has with another value, and no id in common."""
    if not keys or not episode.keys or shares_key(episode, keys):
        return False
    types = {key.partition(":")[0] for key in keys}
    return any(key.partition(":")[0] in types for key in episode.keys)


def overlap(episode: Episode, products: list[str]) -> int:
    """How many of the products lie in the cart."""
    return sum(1 for item in episode.items if item.product in products)


def open_carts(person: Person) -> list[Episode]:
    """The person's open carts, the one with the latest activity last."""
    found = [episode for episode in person.carts if episode.due is not None]
    return sorted(found, key=_recency) if len(found) > 1 else found


def find(person: Person, keys: list[str], products: list[str], at: Millis, gap: Millis) -> Episode | None:
    """The episode a cart fact belongs to, or None where it would be a new one."""
    if not person.carts:
        return None
    if len(person.carts) == 1:
        only = person.carts[0]
        if only.due is not None and only.started_at <= at and not contradicts(only, keys):
            return only
    named = [episode for episode in person.carts if shares_key(episode, keys)]
    if named:
        return _alive(named, at, gap)
    others = [episode for episode in person.carts if not contradicts(episode, keys)]
    if not others:
        return None
    there = [episode for episode in others if episode.due is not None]
    if there:
        here = [episode for episode in there if episode.started_at <= at]
        if here or not any(_bought_over(episode, at) for episode in others):
            return max(here or there, key=lambda episode: (overlap(episode, products) > 0, *_recency(episode)))
    past = [episode for episode in others if _bought_over(episode, at)]
    if past:
        return max(past, key=lambda episode: (overlap(episode, products) > 0, *_recency(episode)))
    left = [episode for episode in others if _takes_up(episode, keys, products, at, gap)]
    return max(left, key=_recency) if left else None


def for_order(person: Person, props: dict[str, Any], keys: list[str], at: Millis) -> Episode | None:
    """The cart an order was for: by id, else by products, else the newest that was open or left within 7 days before; None where no cart fits."""
    carts = [episode for episode in person.carts if episode.state not in BOUGHT]
    named = [episode for episode in carts if shares_key(episode, keys)]
    if named:
        return max(named, key=_recency)
    fitting = [episode for episode in carts if not contradicts(episode, keys) and episode.started_at <= at <= episode.last_at + REACH]
    products = products_in(props)
    if products:
        alike = [episode for episode in fitting if overlap(episode, products)]
        if alike:
            return max(alike, key=lambda episode: (overlap(episode, products), *_recency(episode)))
    fitting = [episode for episode in fitting if episode.state != EpisodeState.EMPTIED]
    return max(fitting, key=_recency) if fitting else None


def _recency(episode: Episode) -> tuple[Millis, int]:
    return episode.last_at, episode.id


def _alive(named: list[Episode], at: Millis, gap: Millis) -> Episode | None:
    """Of the carts with that id: the one still going on, else the bought one that was there at that time, else the one that was left."""
    going = [episode for episode in named if episode.due is not None]
    if going:
        return max(going, key=_recency)
    past = [episode for episode in named if episode.state in BOUGHT and episode.ended_at is not None and episode.ended_at - REACH <= at <= episode.ended_at]
    if past:
        return min(past, key=_recency)  # the id says it: also what is older than all we knew of that cart is of the order that came next
    left = [episode for episode in named if episode.state == EpisodeState.ABANDONED or _just_emptied(episode, at, gap)]
    return max(left, key=_recency) if left else None


def _bought_over(episode: Episode, at: Millis) -> bool:
    """Whether something stamped `at` is a late fact of a cart that was bought: it lies before the order and not before the cart."""
    if episode.state not in BOUGHT or episode.ended_at is None or at > episode.ended_at:
        return False
    return at >= (episode.ended_at - REACH if episode.bare else episode.started_at)


def _just_emptied(episode: Episode, at: Millis, gap: Millis) -> bool:
    return episode.state == EpisodeState.EMPTIED and at <= episode.last_at + gap


def _takes_up(episode: Episode, keys: list[str], products: list[str], at: Millis, gap: Millis) -> bool:
    """Whether a fact without this cart's id takes up a cart that was left: within 7 days, and with a product of it where the fact brings a new id."""
    if _just_emptied(episode, at, gap):
        return True
    if episode.state != EpisodeState.ABANDONED or at > episode.last_at + REACH:
        return False
    return not keys or not products or overlap(episode, products) > 0
