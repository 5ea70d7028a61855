"""What must be true of a world when all is done. Each promise is checked on its own and named when it breaks."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Final

import msgspec

from sojourn.terms.episodes import EpisodeState
from sojourn.terms.facts import INTERVENTION_DECIDED
from tests.corridor.pictures import derived, people, picture, undisturbed
from tests.simulation.world import Broken, World


def check(world: World) -> None:
    """All promises. Errors: Broken."""
    for promise in PROMISES:
        promise(world)


def _acknowledged_once(world: World) -> None:
    stored = Counter(fact.message_id for record in world.log.read(0, 1_000_000, 10_000_000) for fact in record.facts if record.source)
    if set(stored) != world.acknowledged or len(stored) != len(world.script):
        raise Broken("what was acknowledged is on the log", f"{len(stored)} of {len(world.acknowledged)}")
    twice = [message for message, times in stored.items() if times > 1]
    if twice:
        raise Broken("every event counts once", f"on the log more than once: {twice[:5]}")
    names = Counter(sent.event.get("event") for sent in world.script if sent.event["type"] == "track")
    counted: Counter[str] = Counter()
    for person in people(world.state):
        counted.update({name: number for name, number in person.counts.items() if name in names})
    if counted != names:
        raise Broken("every event counts once", f"people counted {dict(counted)}, sent were {dict(names)}")


def _same_as_undisturbed(world: World) -> None:
    mine, theirs = picture(world.state), picture(undisturbed(world.log))
    for part, value in mine.items():
        if value != theirs[part]:
            raise Broken("the state is that of an undisturbed run", f"{part} differ: {_difference(value, theirs[part])}")


def _difference(mine: Any, theirs: Any) -> str:
    if isinstance(mine, dict) and isinstance(theirs, dict):
        keys = [key for key in {**mine, **theirs} if mine.get(key) != theirs.get(key)]
        first = keys[0]
        return f"{len(keys)}, first {first!r}: {_shown(mine.get(first))} against {_shown(theirs.get(first))}"
    if isinstance(mine, list) and isinstance(theirs, list):
        return f"{[one for one in mine if one not in theirs][:2]} against {[one for one in theirs if one not in mine][:2]}"
    return f"{mine} against {theirs}"


def _shown(value: Any) -> Any:
    return msgspec.msgpack.decode(value) if isinstance(value, bytes) else value


def _one_mail(world: World) -> None:
    for number, times in Counter(envelope.intent for envelope in world.server.taken).items():
        if times > 1:
            raise Broken("no message goes out twice", f"intent {number} {times} times")
    mailed = Counter(world.state.waiting[envelope.intent].intent.episode for envelope in world.server.taken)
    for person in people(world.state):
        for cart in person.carts:
            times = sum(mailed[number] for number in {cart.id, *cart.absorbed})
            if times > 1:
                raise Broken("one message for one cart", f"person {person.id}, cart {cart.key}: {times}")


def _decisions_recorded(world: World) -> None:
    recorded = Counter(fact.props["intent"] for fact in derived(world.state) if fact.name == INTERVENTION_DECIDED)
    twice = [number for number, times in recorded.items() if times > 1]
    if twice:
        raise Broken("every decision is recorded once", f"twice: {twice[:3]}")
    kept = {decision.id for person in people(world.state) for decision in person.decisions}
    for number in world.state.waiting:
        if number not in recorded or number not in kept:
            raise Broken("every decision is recorded once", f"not recorded: {number}")


def _nothing_missing(world: World) -> None:
    for person in people(world.state):
        about = {decision.episode for decision in person.decisions}
        for cart in person.carts:
            decided = cart.id in about or cart.intent in world.state.waiting
            if cart.abandonments and not cart.historical and not decided:
                raise Broken("nothing is silently missing", f"person {person.id}: cart {cart.key} was left and nothing was decided")
            if cart.state == EpisodeState.OPEN and cart.last_at < world.clock.now() - 2 * world.rules.cart_gap:
                raise Broken("nothing is silently missing", f"person {person.id}: cart {cart.key} is still open")


def _all_final(world: World) -> None:
    for number, row in world.state.waiting.items():
        if row.state in ("ready", "claimed", "handing_over"):
            raise Broken("every intent comes to an end", f"{number} is {row.state}")


PROMISES: Final[tuple[Callable[[World], None], ...]] = (
    _acknowledged_once,
    _same_as_undisturbed,
    _one_mail,
    _decisions_recorded,
    _nothing_missing,
    _all_final,
)
