"""Pictures of an engine's state that can be compared byte by byte."""

from collections import Counter
from typing import Any, Final

import msgspec

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.state import MemoryState
from sojourn.ports.log import Log
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.terms.facts import Derived
from sojourn.terms.person import Person

WORKSPACE: Final = 1


def people(state: MemoryState, workspace: int = WORKSPACE) -> list[Person]:
    """Everybody in a workspace, by id."""
    return [state.people(workspace, [number])[number] for place, number in state.everybody() if place == workspace]


def undisturbed(log: Log, batch_facts: int = 5_000, people_at_hand: int = 10_000) -> MemoryState:
    """The state that one engine reaches which reads the log from its beginning and never dies. It makes no ticks of its own."""
    state = MemoryState()
    workspaces = sorted({record.workspace for record in log.read(0, 10_000_000, 100_000_000)} - {0})
    EngineLoop(log, state, SettableClock(0), lambda: workspaces, batch_facts=batch_facts, people_at_hand=people_at_hand).catch_up()
    return state


def picture(state: MemoryState) -> dict[str, Any]:
    """Everything the engine alone decides, as bytes or values that can be compared."""
    return {
        "progress": state.progress(),
        "people": dict(state._people),
        "identifiers": dict(state._entries),
        "merged": dict(state._merged),
        "rules": dict(state._rules),
        "intents": {number: msgspec.msgpack.encode(row.intent) for number, row in sorted(state.waiting.items())},
        "consents": sorted((workspace, msgspec.msgpack.encode(row)) for workspace, row in state.consents),
        "counts": _by_reason(state),
        "derived": sorted((fact.id, fact.name, msgspec.msgpack.encode(fact)) for fact in derived(state)),
    }


def derived(state: MemoryState) -> list[Derived]:
    """All derived facts, as they wait for the lake."""
    payload = msgspec.msgpack.Decoder(tuple[list[Any], list[Derived], dict[int, int]])
    return [fact for handover in state.handovers(0, 1_000_000) for fact in payload.decode(handover.payload)[1]]


def _by_reason(state: MemoryState) -> dict[tuple[int, int, str], int]:
    found: Counter[tuple[int, int, str]] = Counter()
    for (workspace, source, _, reason), number in state.counts.items():
        found[workspace, source, reason] += number
    return dict(found)
