"""Capture: CPU per event of decoding and checking alone, and of a real server process, durable, at batch 1, 20 and 100.

`python -m benchmarks.capture` prints the table; the baseline is the same server answering without looking at anything.
"""

import asyncio
import gc
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import process_time
from typing import Any

import msgspec
import psutil

from benchmarks.table import Figure, show
from benchmarks.workload import events, iso
from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.capture.decode import open_batch
from sojourn.capture.intake import Intake, Names
from sojourn.capture.receiver import CaptureApp
from sojourn.capture.tarpit import Tarpit
from sojourn.ports.directory import KeyHolder, Policy

TARGETS = {1: 15_000, 20: 120_000, 100: 200_000}
HOLDER = KeyHolder(1, 1, "bench")
FLOODED = KeyHolder(1, 2, "flooded", policy=Policy(rate=500, burst=5_000))
"""A source whose key somebody misuses, with a limit."""
CONNECTIONS = 32
NOW = time.time_ns() // 1_000_000


class Fixed:
    """A clock that stands: the bodies are made beforehand, and their sentAt must not look like a wrong clock."""

    def __init__(self, at: int = NOW) -> None:
        self.at = at

    def now(self) -> int:
        return self.at


def bodies(source: list[dict[str, Any]], batch: int) -> list[bytes]:
    """Request bodies of `batch` events each."""
    return [msgspec.json.encode({"batch": source[start : start + batch], "sentAt": iso(NOW)}) for start in range(0, len(source), batch)]


def fresh(count: int) -> list[dict[str, Any]]:
    """Events as they come from clients with a right clock: they happened in the last minute, and no two runs share a messageId."""
    source = events(count, 10_000)
    for number, event in enumerate(source):
        event["timestamp"] = iso(NOW - 60_000 + number % 60_000)
        event["messageId"] = f"{NOW:x}-{number:08x}-d7f2-4691-ac7a"
        del event["sentAt"]
    return source


def spent(job: Any, rounds: int = 3) -> float:
    """The least CPU seconds of some rounds."""
    best = float("inf")
    for _ in range(rounds):
        gc.collect()
        began = process_time()
        job()
        best = min(best, process_time() - began)
    return best


def parse_figures(source: list[dict[str, Any]]) -> list[Figure]:
    """Body to packed items, without HTTP and log, beside msgspec decoding the same bodies into dicts."""
    out = []
    for batch in TARGETS:
        lines = bodies(source, batch)
        names = Names()

        def ours(lines: list[bytes] = lines, names: Names = names) -> None:
            for line in lines:
                Intake(HOLDER, NOW).take(open_batch(line), names)

        def bare(lines: list[bytes] = lines) -> None:
            for line in lines:
                msgspec.json.decode(line)

        mine, theirs = spent(ours) / len(source) * 1e6, spent(bare) / len(source) * 1e6
        out.append(Figure(f"capture, body to packed facts, batch {batch}", f"{mine:.1f} µs an event", "", f"msgspec into dicts {theirs:.1f} µs"))
    return out


@contextmanager
def serving(kind: str, folder: Path) -> Iterator[tuple[int, psutil.Process]]:
    """A server process of its own: its port and the process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    child = subprocess.Popen([sys.executable, "-m", "benchmarks.capture", "serve", kind, str(folder), str(port), str(NOW)])
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline, "the server did not start"
                time.sleep(0.05)
        yield port, psutil.Process(child.pid)
    finally:
        child.terminate()
        child.wait(20)


def serve(kind: str, folder: Path, port: int, now: int) -> None:
    """Run one server until it is told to stop."""
    import uvicorn

    from sojourn.adapters.sqlite.log import open_log
    from sojourn.runtime.front import ready_for_traffic

    async def discard(scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"{}"})

    app: Any = discard
    if kind == "capture":
        app = CaptureApp(open_log(folder / "log.sqlite", Fixed(now)), MemoryDirectory({"wk_bench": HOLDER, "wk_flood": FLOODED}), Fixed(now), tarpit=Tarpit())
        ready_for_traffic()
    uvicorn.run(app, port=port, interface="asgi3", loop="uvloop", http="httptools", lifespan="off", log_level="error", access_log=False)


async def drive(port: int, requests: list[bytes]) -> list[float]:
    """Send all requests over a few connections, each waiting for its answer; how long each took, in ms. Any answer but 200 is an error."""
    waiting = iter(requests)
    took: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in waiting:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            took.append((time.perf_counter() - began) * 1000)
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return sorted(took)


def request(body: bytes) -> bytes:
    """A request as segment-analytics-python sends it."""
    head = (
        "POST /v1/batch HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: analytics-python/2.4.0\r\nAccept-Encoding: gzip, deflate\r\nAccept: */*\r\n"
        f"Connection: keep-alive\r\nContent-Type: application/json\r\nAuthorization: Basic d2tfYmVuY2g6\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def measured(kind: str, requests: list[bytes], warm: int) -> tuple[float, list[float]]:
    """CPU seconds of the server for all but the first `warm` requests, and their latencies."""
    with tempfile.TemporaryDirectory() as folder, serving(kind, Path(folder)) as (port, process):
        asyncio.run(drive(port, requests[:warm]))
        before = sum(process.cpu_times()[:2])
        took = asyncio.run(drive(port, requests[warm:]))
        return sum(process.cpu_times()[:2]) - before, took


def server_figures(source: list[dict[str, Any]], requests_each: int) -> list[Figure]:
    """A real server with the SQLite log beside one that discards."""
    out = []
    for batch, target in TARGETS.items():
        requests = [request(body) for body in bodies(source, batch)][:requests_each]
        warm = len(requests) // 10
        count = (len(requests) - warm) * batch
        cpu, took = measured("capture", requests, warm)
        bare, _ = measured("discard", requests, warm)
        rate = count / cpu
        shown = f"{rate:,.0f} events per CPU-second ({cpu / count * 1e6:.1f} µs each, p99 {took[int(len(took) * 0.99)]:.0f} ms)"
        out.append(Figure(f"capture, durable, batch {batch}", shown, f"≥ {target:,}/s", f"discarding server {count / bare:,.0f}/s", rate >= target))
    return out


def figures(count: int = 60_000, requests_each: int = 6_000) -> list[Figure]:
    """The rows of the table."""
    source = fresh(count)
    return parse_figures(source[:20_000]) + server_figures(source, requests_each)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]))
    else:
        show("Capture", figures())
