"""The smaller job on Bytewax: identity by device, then counters, sessions and carts per customer, recovery each second. Prints CPU seconds."""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from time import process_time
from typing import Any

import bytewax.operators as op
import msgspec
from bytewax.dataflow import Dataflow
from bytewax.inputs import FixedPartitionedSource, StatefulSourcePartition
from bytewax.operators import StatefulLogic
from bytewax.outputs import DynamicSink, StatelessSinkPartition
from bytewax.recovery import RecoveryConfig, init_db_dir
from bytewax.testing import run_main

from benchmarks.engine import GAP, Event


class Lines(StatefulSourcePartition[bytes, int]):
    def __init__(self, lines: list[bytes], at: int) -> None:
        self.lines, self.at = lines, at

    def next_batch(self) -> list[bytes]:
        if self.at >= len(self.lines):
            raise StopIteration
        self.at += 1_000
        return self.lines[self.at - 1_000 : self.at]

    def snapshot(self) -> int:
        return self.at


class Source(FixedPartitionedSource[bytes, int]):
    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines

    def list_parts(self) -> list[str]:
        return ["all"]

    def build_part(self, step_id: str, for_part: str, resume_state: int | None) -> Lines:
        return Lines(self.lines, resume_state or 0)


class Nowhere(DynamicSink[Any]):
    def build(self, step_id: str, worker_index: int, worker_count: int) -> StatelessSinkPartition[Any]:
        class Part(StatelessSinkPartition[Any]):
            def write_batch(self, items: list[Any]) -> None:
                pass

        return Part()


class Customer(StatefulLogic[Any, Any, list[int]]):
    def __init__(self, state: list[int] | None) -> None:
        self.state = state or [0, 0, 0, 0]

    def on_item(self, value: Any) -> tuple[list[Any], bool]:
        at, name = value
        one, out = self.state, []
        one[0] += 1
        if at - one[1] > GAP:
            one[2] += 1
            if one[3]:
                out.append(("abandoned", one[1]))
                one[3] = 0
        one[1] = max(one[1], at)
        if name == "Product Added":
            one[3] = 1
        elif name == "Order Completed":
            one[3] = 0
        return out, StatefulLogic.RETAIN

    def snapshot(self) -> list[int]:
        return list(self.state)


def main(path: Path) -> None:
    lines = path.read_bytes().splitlines()
    decode = msgspec.json.Decoder(Event).decode

    def read(line: bytes) -> tuple[str, Any]:
        event = decode(line)
        at = int(event.timestamp[11:13]) * 3_600_000 + int(event.timestamp[14:16]) * 60_000 + int(event.timestamp[8:10]) * 86_400_000
        return event.anonymousId, (event.userId, at, event.event)

    def owner(state: str | None, value: Any) -> tuple[str | None, Any]:
        return state or value[0], (state or value[0], value)

    def rekey(pair: Any) -> tuple[str, Any]:
        device, (user, value) = pair
        return user or device, value[1:]

    flow = Dataflow("shop")
    stream = op.map("read", op.input("in", flow, Source(lines)), read)
    stream = op.map("rekey", op.stateful_map("owner", stream, owner), rekey)
    op.output("out", op.stateful("customer", stream, Customer), Nowhere())
    with tempfile.TemporaryDirectory() as folder:
        init_db_dir(Path(folder), 1)
        began = process_time()
        run_main(flow, epoch_interval=timedelta(seconds=1), recovery_config=RecoveryConfig(folder))
        sys.stdout.write(f"{process_time() - began}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
