"""The life of a cart episode: it begins, rests, is left, is taken up again, and ends. Every change of state happens here."""

from typing import Any, Final

from sojourn.engine import causes, decide, evidence
from sojourn.engine.cart_match import BOUGHT
from sojourn.engine.working import Moment, Working
from sojourn.terms.episodes import Episode, EpisodeState
from sojourn.terms.facts import CART_ABANDONED, CART_RECOVERED, Fact
from sojourn.terms.money import Minor
from sojourn.terms.person import Person
from sojourn.terms.time import Millis

ENDED_KEPT: Final = 20


def fire(work: Working, person: Person, due: Millis) -> None:
    """Count as abandoned what has rested too long at `due`; each cart at its own time."""
    waiting = [episode for episode in person.carts if episode.due is not None and episode.due <= due]
    if len(waiting) > 1:
        waiting.sort(key=lambda episode: (episode.due, episode.id))
    for episode in waiting:
        _abandon(work, person, episode)


def begin(work: Working, person: Person, fact: Fact, moment: Moment) -> Episode:
    episode = Episode(id=moment.id, started_at=fact.at, last_at=fact.at, historical=not moment.live, due=fact.at + work.rules.cart_gap_after(moment.source))
    person.carts.append(episode)
    return episode


def touch(work: Working, person: Person, episode: Episode, at: Millis, moment: Moment) -> None:
    """Cart activity: it sets the rest back, and takes a cart that was left up again."""
    if moment.live:
        episode.historical = False
    episode.started_at = min(episode.started_at, at)
    if episode.state in BOUGHT:
        return
    if at < episode.last_at or (at == episode.last_at and episode.state != EpisodeState.EMPTIED):
        if episode.state == EpisodeState.ABANDONED:
            explain(work, episode)
        return
    if episode.state != EpisodeState.OPEN:
        _return(work, person, episode, at, moment)
    linger(work, episode, at, moment)


def linger(work: Working, episode: Episode, at: Millis, moment: Moment) -> None:
    """Somebody is there: the rest begins anew, and is as long as the source that says so has it."""
    if at > episode.last_at:
        evidence.stay(episode, at)
        episode.last_at = at
        episode.due = at + work.rules.cart_gap_after(moment.source)


def _return(work: Working, person: Person, episode: Episode, at: Millis, moment: Moment) -> None:
    """Open a left or emptied cart again. An activity stamped before the abandonment but told after it is late proof that nobody had left."""
    was, left_at = episode.state, episode.ended_at
    count(person, str(was), -1)
    episode.state = EpisodeState.OPEN
    episode.ended_at = None
    episode.due = at + work.rules.cart_gap_after(moment.source)
    episode.step_at = at  # the time away was not spent on a step
    if was == EpisodeState.ABANDONED:
        episode.reopened += 1
        tell_ended(work, (person,), episode, "returned", at, left_at is not None and at <= left_at)


def expire(work: Working, person: Person, at: Millis) -> None:
    """Decide by timestamps alone what the timer would have decided: a later fact shows how long the cart has rested."""
    for episode in person.carts:
        if episode.due is not None and episode.due < at:
            fire(work, person, at - 1)
            return


def _abandon(work: Working, person: Person, episode: Episode) -> None:
    at = episode.due if episode.due is not None else episode.last_at
    episode.state = EpisodeState.ABANDONED
    episode.ended_at = at
    episode.due = None
    episode.abandonments += 1
    if episode.abandoned_at is None:
        episode.abandoned_at = at
    explain(work, episode)
    count(person, EpisodeState.ABANDONED, 1)
    work.derive(person, at, CART_ABANDONED, (episode.id, episode.abandonments), _abandoned_props(episode))
    if not episode.historical:
        decide.on_abandoned(work, person, episode, at)
    trim(person)


def explain(work: Working, episode: Episode) -> None:
    episode.evidence = evidence.grade(episode)
    episode.causes = causes.weigh(episode, work.rules.evidence)


def may_end(episode: Episode, at: Millis) -> bool:
    """Whether something stamped `at` may end the cart: not older than an open cart's last activity, newer than a left one's."""
    return at >= episode.last_at if episode.due is not None else episode.state == EpisodeState.ABANDONED and at > episode.last_at


def empty(person: Person, episode: Episode, at: Millis) -> None:
    """Everything was taken out: somebody chose, nobody left."""
    episode.state = EpisodeState.EMPTIED
    episode.ended_at = at
    episode.due = None
    count(person, EpisodeState.EMPTIED, 1)
    trim(person)


def end(work: Working, person: Person, episode: Episode, at: Millis, order: str, revenue: Minor, holders: tuple[Person, ...] = ()) -> None:
    """The cart was bought. RECOVERED where it had been left before; where the order is stamped before that, it is late proof that it never was."""
    if episode.state in (EpisodeState.ABANDONED, EpisodeState.EMPTIED):
        count(person, str(episode.state), -1)
    late = episode.state == EpisodeState.ABANDONED and episode.ended_at is not None and at <= episode.ended_at
    won_back = episode.abandoned_at is not None and at > episode.abandoned_at
    episode.state = EpisodeState.RECOVERED if won_back else EpisodeState.ORDERED
    episode.ended_at = at
    episode.due = None
    episode.started_at = min(episode.started_at, at)
    episode.last_at = max(episode.last_at, at)
    episode.order = order
    episode.revenue = revenue
    episode.marks = {}  # nobody will ask why it was left; what was graded when it was left stays
    episode.removed = {}
    count(person, str(episode.state), 1)
    if episode.abandonments:
        tell_ended(work, holders or (person,), episode, "ordered", at, late)
    if won_back:
        work.derive(person, at, CART_RECOVERED, (episode.id, order), _recovered_props(episode))
    trim(person)


def tell_ended(work: Working, holders: tuple[Person, ...], episode: Episode, why: str, at: Millis, late: bool) -> None:
    """Have the decisions about this cart taken back; while people are being joined both still hold their own."""
    for person in holders:
        if person.decisions:
            decide.on_ended(work, person, episode, why, at, episode.order, episode.revenue, late=late)


def count(person: Person, state: str, by: int) -> None:
    state = str(state)
    left = person.carts_ended.get(state, 0) + by
    if left > 0:
        person.carts_ended[state] = left
    else:
        person.carts_ended.pop(state, None)


def trim(person: Person) -> None:
    """Keep the last 20 that ended; older ones stay in `carts_ended` only."""
    if len(person.carts) <= ENDED_KEPT:
        return
    ended = sorted(((episode.ended_at or 0, episode.id) for episode in person.carts if episode.due is None), reverse=True)[ENDED_KEPT:]
    if ended:
        gone = {number for _, number in ended}
        person.carts = [episode for episode in person.carts if episode.id not in gone]


def _abandoned_props(episode: Episode) -> dict[str, Any]:
    return {
        "episode": episode.id,
        "cart_id": episode.key,
        "number": episode.abandonments,
        "value": episode.value,
        "currency": episode.currency,
        "items": [{"product_id": item.product, "name": item.name, "quantity": item.quantity, "price": item.price} for item in episode.items],
        "reached": episode.reached,
        "shipping": episode.shipping,
        "fees": episode.fees,
        "url": episode.url,
        "started_at": episode.started_at,
        "last_at": episode.last_at,
        "historical": episode.historical,
        "causes": [{"cause": guess.cause, "probability": guess.probability, "evidence": list(guess.evidence)} for guess in episode.causes],
        "evidence": [{"kind": entry.kind, "facts": list(entry.facts), "seen": entry.seen} for entry in episode.evidence],
    }


def _recovered_props(episode: Episode) -> dict[str, Any]:
    return {
        "episode": episode.id,
        "cart_id": episode.key,
        "order_id": episode.order,
        "value": episode.value,
        "revenue": episode.revenue,
        "currency": episode.currency,
        "abandoned_at": episode.abandoned_at,
        "cause": episode.causes[0].cause if episode.causes else "",
        "intent": episode.intent,
        "messages": episode.messages,
    }
