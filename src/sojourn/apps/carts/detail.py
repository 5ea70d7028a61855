"""One cart made ready for its page: what was in it, how far its owner came, why it was left, and what was done about it."""

from dataclasses import dataclass

from sojourn.apps.carts.words import STEP, step_name, sure
from sojourn.apps.people import api as people
from sojourn.terms.episodes import CartItem, CauseGuess, Episode, EpisodeState
from sojourn.terms.ids import FactId
from sojourn.terms.money import Minor
from sojourn.terms.time import MINUTE, Millis

SHOWN_SHARE = 0.01
"""Causes below it are left out of the page; the API has them."""
BOUGHT = (EpisodeState.ORDERED, EpisodeState.RECOVERED)


@dataclass(frozen=True, slots=True)
class Item:
    """One product; `total` is price times quantity, minor units, None where no price is known."""

    name: str
    quantity: int
    price: Minor | None
    total: Minor | None
    category: str


@dataclass(frozen=True, slots=True)
class Walked:
    """One step of the way: `state` is done, now (where they are, or left) or empty for never reached. Times are milliseconds, 0 for none."""

    name: str
    state: str
    at: Millis
    views: int
    spent: Millis
    left_here: bool
    furthest: bool = False


@dataclass(frozen=True, slots=True)
class Sign:
    """Something that was seen, in words, with the facts that showed it."""

    text: str
    facts: list[FactId]


@dataclass(frozen=True, slots=True)
class Guess:
    """One cause; `width` is its probability in thousandths, for a bar."""

    cause: str
    name: str
    probability: float
    width: int
    sure: str
    signs: list[Sign]


@dataclass(frozen=True, slots=True)
class Detail:
    """Everything the page of a cart shows beside the episode itself."""

    items: list[Item]
    steps: list[Walked]
    guesses: list[Guess]
    others: list[Sign]
    timeline: str


def detail(episode: Episode) -> Detail:
    """Of one episode."""
    guesses = [_guess(episode, guess) for guess in episode.causes if guess.probability >= SHOWN_SHARE]
    told = {kind for guess in episode.causes for kind in guess.evidence}
    others = [_sign(episode, one.kind) for one in episode.evidence if one.kind not in told]
    end = max(episode.last_at, episode.ended_at or 0) + MINUTE
    return Detail([_item(one) for one in episode.items], _steps(episode), guesses, others, f"{end}-0")


def _item(one: CartItem) -> Item:
    total = one.price * one.quantity if one.price is not None else None
    return Item(one.name or one.product, one.quantity, one.price, total, one.category)


def _steps(episode: Episode) -> list[Walked]:
    """The steps in the order in which they were first seen, then the common ones that were never reached, then the order."""
    bought = episode.state in BOUGHT
    seen = sorted(episode.steps, key=lambda step: (step.first_at, step.name))
    out = []
    if not any(step.name == "cart" for step in seen):
        out.append(Walked(step_name("cart"), "done", episode.started_at, 0, 0, False))
    last = episode.step or episode.reached
    for step in seen:
        here = step.name == last and not bought
        left = here and episode.state == EpisodeState.ABANDONED
        far = not bought and step.name == episode.reached and not here
        out.append(Walked(step_name(step.name), "now" if here else "done", step.first_at, step.views, step.spent, left, far))
    if not seen and not bought:
        out[-1] = Walked(step_name("cart"), "now", episode.started_at, 0, 0, episode.state == EpisodeState.ABANDONED)
    if not bought:
        order, names = list(STEP), {step.name for step in seen}
        furthest = order.index(episode.reached) if episode.reached in order else 0
        out += [Walked(step_name(name), "", 0, 0, 0, False) for name in order[furthest + 1 :] if name not in names and name not in ("account", "review")]
    ended = episode.ended_at or 0
    return [*out, Walked("Order", "done" if bought else "", ended if bought else 0, 0, 0, False)]


def _guess(episode: Episode, guess: CauseGuess) -> Guess:
    signs = [_sign(episode, kind) for kind in guess.evidence]
    return Guess(guess.cause, people.cause_words(guess.cause), guess.probability, round(guess.probability * 1000), sure(guess.probability), signs)


def _sign(episode: Episode, kind: str) -> Sign:
    found = next((one for one in episode.evidence if one.kind == kind), None)
    if found is None:
        return Sign(people.evidence_words(kind, {}, episode.currency), [])
    seen = dict(found.seen)
    if kind.startswith("left_after") and found.facts:
        at = next((mark.last_at for mark in episode.marks.values() if mark.last == found.facts[0]), 0)
        if at and episode.last_at > at:
            seen["left_after_ms"] = episode.last_at - at
    return Sign(people.evidence_words(kind, seen, episode.currency), found.facts)
