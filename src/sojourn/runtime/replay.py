"""Replay: the log folded again from its beginning gives the same bytes."""

from collections.abc import Callable
from hashlib import blake2b

import msgspec

from sojourn.adapters.memory.lake import MemoryLake
from sojourn.adapters.memory.state import MemoryState
from sojourn.ports.log import Log
from sojourn.ports.state import State
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.rebuild import refolder
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis


class Replayed(msgspec.Struct, frozen=True):
    """What a replay found. `different` counts people whose bytes are not those of the live state."""

    records: int
    people: int
    digest: str
    different: int
    first_different: int


class _LogTime:
    """A clock that stands still: a replay makes no ticks of its own."""

    def now(self) -> Millis:
        return 0


def replay_log(
    records: Log,
    live: State,
    workspaces: list[int],
    progress: Callable[[int], None] = lambda _: None,
    batch_facts: int = 5_000,
    made: Callable[[int], int] | None = None,
) -> Replayed:
    """Fold up to where the live engine is and compare person by person.

    `made` counts the live people who were made up to a log position: who is there and in no record differs too.
    Errors: Refusal(NOT_READY) where the beginning of the log was trimmed away: then use `sojourn rebuild`, which reads the lake.
    """
    until = live.progress().position
    first = records.read(0, limit=1)
    if first and first[0].position != 1:
        raise Refusal(Code.NOT_READY, "the beginning of the log is no longer kept; compare with the lake instead: sojourn rebuild")
    again = MemoryState()
    # Nothing is taken out of the state, so what a split must fold again is all still there and the lake may be empty.
    refold = refolder(MemoryLake(), records, again)
    loop = EngineLoop(records, again, _LogTime(), lambda: workspaces, refold, people_at_hand=50_000, batch_facts=batch_facts, until=until)
    while loop.run_once():
        progress(loop.progress.position)
    found = _compare(again, live, until)
    beyond = made(until) - found.people if made is not None else 0
    return msgspec.structs.replace(found, different=found.different + beyond) if beyond > 0 else found


def _compare(again: MemoryState, live: State, until: int) -> Replayed:
    people = different = first = 0
    h = blake2b(digest_size=16)
    for workspace, number in again.everybody():
        people += 1
        mine = again.people(workspace, [number])[number]
        packed = msgspec.msgpack.encode(mine)
        h.update(packed)
        theirs = live.people(workspace, [number]).get(number)
        if theirs is None or msgspec.msgpack.encode(theirs) != packed:
            different += 1
            first = first or number
    return Replayed(records=until, people=people, digest=h.hexdigest(), different=different, first_different=first)
