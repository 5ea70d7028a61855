"""The relay: takes facts that apps and the courier left in the outbox to the log, once."""

from hashlib import blake2b

import msgspec

from sojourn.ports.intents import Intents
from sojourn.ports.log import Log
from sojourn.terms.facts import NO_SOURCE, Arrival, Fact, Item


def relay_once(intents: Intents, log: Log, limit: int = 1_000) -> int:
    """Move what waits in the outbox to the log; how many facts. Appending is idempotent by message id, so a crash in between repeats nothing."""
    waiting = intents.outbox(limit)
    if not waiting:
        return 0
    by_workspace: dict[int, list[Item]] = {}
    for _, workspace, packed in waiting:
        by_workspace.setdefault(workspace, []).append(item(workspace, packed))
    log.append([Arrival(workspace=workspace, source=NO_SOURCE, items=items) for workspace, items in by_workspace.items()])
    intents.relayed([sequence for sequence, _, _ in waiting])
    return len(waiting)


def item(workspace: int, packed: bytes) -> Item:
    """A fact of the house as an item for the log, keyed by its message id."""
    fact = msgspec.msgpack.decode(packed, type=Fact)
    key = blake2b(f"{workspace}\0{NO_SOURCE}\0{fact.message_id}".encode(), digest_size=8).digest()
    content = blake2b(packed, digest_size=8).digest()
    return Item(key=int.from_bytes(key, "big") >> 1, content=int.from_bytes(content, "big") >> 1, packed=packed)
