"""The engine: the smaller reference job as a bare loop and on Bytewax, and ours with everything on, durable, on the same events."""

import importlib.util
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time
from typing import Any

import msgspec

from benchmarks.table import Figure
from benchmarks.workload import events
from sojourn.engine.defaults import default_rules
from sojourn.runtime.engine_loop import EngineLoop, spare_collector
from sojourn.terms.facts import RULES_PUBLISHED, Arrival, Fact, Item
from sojourn.terms.time import from_datetime

GAP = 30 * 60_000


class Event(msgspec.Struct, gc=False):
    """What the smaller job reads of an event."""

    type: str
    anonymousId: str  # noqa: N815
    timestamp: str
    userId: str | None = None  # noqa: N815
    event: str | None = None


def bare_loop(lines: list[bytes]) -> tuple[float, int]:
    """Identity map, counters, sessions and carts in plain dicts, from JSON, in memory: CPU seconds and carts left behind."""
    decode = msgspec.json.Decoder(Event).decode
    began = process_time()
    owner: dict[str, str] = {}
    state: dict[str, list[int]] = {}
    left = 0
    for line in lines:
        event = decode(line)
        at = int(event.timestamp[11:13]) * 3_600_000 + int(event.timestamp[14:16]) * 60_000 + int(event.timestamp[8:10]) * 86_400_000
        if event.userId is not None:
            owner.setdefault(event.anonymousId, event.userId)
        who = owner.get(event.anonymousId, event.anonymousId)
        one = state.get(who)
        if one is None:
            one = state[who] = [0, 0, 0, 0]
        one[0] += 1
        if at - one[1] > GAP:
            one[2] += 1
            if one[3]:
                left += 1
                one[3] = 0
        one[1] = max(one[1], at)
        if event.event == "Product Added":
            one[3] = 1
        elif event.event == "Order Completed":
            one[3] = 0
    return process_time() - began, left


def bytewax_job(path: Path) -> float | None:
    """The same job on Bytewax with recovery each second, in a process of its own: CPU seconds; None where it is not installed."""
    if importlib.util.find_spec("bytewax") is None:
        return None
    done = subprocess.run([sys.executable, "-m", "benchmarks.bytewax_job", str(path)], capture_output=True, text=True, check=True, timeout=900)
    return float(done.stdout.split()[-1])


class Wall:
    """A clock the benchmark sets: the log's record times follow the events' arrivals."""

    def __init__(self) -> None:
        self.at = 0

    def now(self) -> int:
        return self.at


def as_fact(event: dict[str, Any]) -> Fact:
    """The fact that capture makes of an event, as far as the engine is concerned."""
    from datetime import datetime

    return Fact(
        kind=event["type"],
        name=event.get("event") or event.get("name") or "",
        at=from_datetime(datetime.fromisoformat(event["timestamp"])),
        message_id=event["messageId"],
        anonymous_id=event["anonymousId"],
        user_id=event["userId"],
        props=event.get("properties", {}),
        traits=event.get("traits", {}),
        context=event["context"],
    )


def fill_log(log: Any, wall: Wall, source: list[dict[str, Any]], batch: int = 20) -> None:
    """Put the events on the log, `batch` to a record, each record at the time its last event arrived."""
    from datetime import datetime

    for start in range(0, len(source), batch):
        part = source[start : start + batch]
        wall.at = from_datetime(datetime.fromisoformat(part[-1]["sentAt"]))
        items = [Item(key=hash(event["messageId"]) & (1 << 62) - 1, content=1, packed=msgspec.msgpack.encode(as_fact(event))) for event in part]
        log.append([Arrival(workspace=1, source=1, items=items)])


def publish_rules(log: Any) -> None:
    """Begin the log as a workspace's does: with the default rules, so that carts are weighed and messages decided."""
    rules = {"version": 1, "rules": msgspec.to_builtins(default_rules())}
    fact = Fact(kind="control", name=RULES_PUBLISHED, at=0, message_id="rules", props=rules)
    log.append([Arrival(workspace=1, source=0, items=[Item(key=1, content=1, packed=msgspec.msgpack.encode(fact))])])


def ours(count: int, customers: int) -> tuple[float, int]:
    """CPU seconds for reading the log, folding with everything on and committing durably to SQLite in batches of 5,000; people made."""
    from benchmarks.home import fresh

    with tempfile.TemporaryDirectory() as folder:
        house = fresh(Path(folder))
        from sojourn.adapters.sqlite.log import open_log

        wall = Wall()
        log = open_log(Path(folder) / "bench-log.sqlite", wall)
        publish_rules(log)
        fill_log(log, wall, events(count, customers))
        state = house.state()
        loop = EngineLoop(log, state, wall, lambda: [1], people_at_hand=50_000)
        spare_collector()  # as the work process does
        began = process_time()
        while loop.run_once():
            pass
        spent = process_time() - began
        assert state.rules(1) is not None, "the rules a workspace begins with are in force"
        return spent, count


def figures(count: int = 200_000, customers: int = 10_000) -> list[Figure]:
    """The rows of the table."""
    source = events(count, customers)
    lines = [msgspec.json.encode(event) for event in source]
    size = sum(map(len, lines)) / len(lines)
    bare, _ = bare_loop(lines)
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as file:
        file.write(b"\n".join(lines))
        file.flush()
        wax = bytewax_job(Path(file.name))
    del source, lines
    spent, _ = ours(count, customers)
    mine = count / spent
    rivals = f"bare dict loop {count / bare:,.0f}/s" + (f" · bytewax with recovery {count / wax:,.0f}/s" if wax else " · bytewax is not installed")
    return [
        Figure(f"engine, everything on, durable, events of {size:.0f} bytes", f"{mine:,.0f} events per CPU-second", "≥ 60,000/s", rivals, mine >= 60_000),
    ]
