"""The whole chain with real processes: HTTP to durable state, latencies, memory, cold start. Wall time where it says so."""

import http.client
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import msgspec
import psutil

from benchmarks.table import Figure
from benchmarks.workload import events

PATIENCE_SECONDS = 120.0


@dataclass
class Running:
    """A running installation."""

    home: Path
    port: int
    key: str
    process: psutil.Process
    cold_start_seconds: float

    def cpu_seconds(self) -> float:
        """Of the supervisor and its children, so far."""
        return sum(sum(p.cpu_times()[:2]) for p in self.tree())

    def resident_mb(self) -> float:
        """Of all processes."""
        return sum(p.memory_info().rss for p in self.tree()) / 1e6

    def tree(self) -> list[psutil.Process]:
        """The supervisor and its children."""
        return [self.process, *self.process.children(recursive=True)]

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        """Read from the engine's tables."""
        with closing(sqlite3.connect(f"file:{self.home}/sojourn.sqlite?mode=ro", uri=True, timeout=30)) as db:
            return db.execute(sql).fetchall()

    def log_head(self) -> int:
        """The last position of the log."""
        with closing(sqlite3.connect(f"file:{self.home}/log.sqlite?mode=ro", uri=True, timeout=30)) as db:
            return int(db.execute("SELECT max(position) FROM record").fetchone()[0] or 0)

    def settle(self) -> None:
        """Wait until the engine has folded what is on the log."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            done = self.ask("SELECT position FROM people_progress")
            if done and int(str(done[0][0])) >= self.log_head():
                return
            time.sleep(0.02)
        raise TimeoutError("the engine did not catch up")


@contextmanager
def running(**settings: str) -> Iterator[Running]:
    """A fresh installation under `sojourn up`."""
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        env = {k: v for k, v in os.environ.items() if not k.startswith("SOJOURN_")} | {"SOJOURN_HOME": folder, "SOJOURN_BIND": f"127.0.0.1:{port}"}
        sojourn = [sys.executable, "-m", "sojourn.runtime.cli"]
        subprocess.run([sys.executable, "-c", "from sojourn.runtime.bootstrap import bootstrap; bootstrap()"], env=env, check=True, capture_output=True)
        made = subprocess.run([*sojourn, "source", "create", "bench", "--json"], env=env, check=True, capture_output=True)
        for name, value in settings.items():
            subprocess.run([*sojourn, "settings", "set", name, value], env=env, check=True, capture_output=True)
        began = time.monotonic()
        process = subprocess.Popen([*sojourn, "up"], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_ready(port)
            cold = time.monotonic() - began
            yield Running(Path(folder), port, str(msgspec.json.decode(made.stdout)["write_key"]), psutil.Process(process.pid), cold)
        finally:
            process.terminate()
            process.wait(30)


def _wait_ready(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        except OSError:
            pass
        time.sleep(0.01)
    raise TimeoutError("not ready")


class Sender:
    """One keep-alive connection."""

    def __init__(self, house: Running) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", house.port, timeout=60)
        self._key = house.key

    def send(self, batch: list[dict[str, object]]) -> float:
        """Send a batch; seconds until it was acknowledged."""
        body = msgspec.json.encode({"writeKey": self._key, "batch": batch})
        began = time.perf_counter()
        self._connection.request("POST", "/v1/batch", body, {"Content-Type": "application/json"})
        answer = self._connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        return time.perf_counter() - began


def throughput(house: Running, count: int, batch: int = 100) -> tuple[float, float]:
    """Events per CPU-second of the whole chain, and per second of wall time, four connections sending as fast as they can."""
    all_events = events(count, 5_000)
    for event in all_events:
        del event["sentAt"], event["timestamp"]
    batches = [all_events[start : start + batch] for start in range(0, count, batch)]
    cpu, began = house.cpu_seconds(), time.monotonic()

    def work(part: int) -> None:
        sender = Sender(house)
        for one in batches[part::4]:
            sender.send(one)

    threads = [threading.Thread(target=work, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.settle()
    return count / (house.cpu_seconds() - cpu), count / (time.monotonic() - began)


def _track(who: str, name: str, **props: object) -> dict[str, object]:
    return {"type": "track", "event": name, "userId": who, "messageId": os.urandom(12).hex(), "properties": props}


def latencies(house: Running, rounds: int = 150) -> tuple[list[float], list[float]]:
    """Milliseconds until acknowledged and until the portrait shows it, one event at a time."""
    sender = Sender(house)
    acknowledged, visible = [], []
    with closing(sqlite3.connect(f"file:{house.home}/sojourn.sqlite?mode=ro", uri=True, timeout=30)) as db:
        for number in range(rounds):
            who = f"latency-{number}"
            began = time.perf_counter()
            acknowledged.append(1_000 * sender.send([_track(who, "Product Viewed", product_id="p-1")]))
            while not db.execute("SELECT 1 FROM people_identifier WHERE workspace_id = 1 AND key = ?", (f"user_id:{who}",)).fetchone():
                time.sleep(0.001)
            visible.append(1_000 * (time.perf_counter() - began))
            time.sleep(0.02)
    return sorted(acknowledged), sorted(visible)


def due_to_intent(house: Running, carts: int = 60) -> list[float]:
    """Milliseconds from the instant a cart counts as abandoned to its intent being there to be claimed.

    Looked for from the beginning: the first carts are due while the last ones are still being filled.
    """
    waits: dict[str, float] = {}
    watcher = threading.Thread(target=_watch_intents, args=(house, carts, waits))
    watcher.start()
    sender = Sender(house)
    for number in range(carts):
        sender.send(
            [
                {"type": "identify", "userId": f"due-{number}", "messageId": os.urandom(12).hex(), "traits": {"email": f"due{number}@shop-mail.example"}},
                _track(f"due-{number}", "Product Added", product_id="p-1", price=40, currency="EUR", cart_id=f"due-{number}"),
            ]
        )
        time.sleep(0.03)
    watcher.join()
    return sorted(waits.values())


def _watch_intents(house: Running, carts: int, waits: dict[str, float]) -> None:
    """Note for each intent how long after its decision's own time it was first seen."""
    deadline = time.monotonic() + 30
    with closing(sqlite3.connect(f"file:{house.home}/sojourn.sqlite?mode=ro", uri=True, timeout=30)) as db:
        while len(waits) < carts and time.monotonic() < deadline:
            found = db.execute("SELECT id, decided_at FROM people_intent").fetchall()
            now = time.time() * 1_000
            for number, decided in found:
                waits.setdefault(number, now - decided)
            time.sleep(0.002)


def synced_appends(rounds: int = 150) -> list[float]:
    """Milliseconds for a bare append of 500 bytes with fdatasync: what no durable acknowledgement can undercut here."""
    spent = []
    with tempfile.NamedTemporaryFile() as file:
        for _ in range(rounds):
            began = time.perf_counter()
            file.write(b"x" * 500)
            file.flush()
            os.fdatasync(file.fileno())
            spent.append(1_000 * (time.perf_counter() - began))
    return sorted(spent)


def bare_python() -> tuple[float, float]:
    """Seconds to start Python and import what the two processes stand on, and the megabytes that takes, for two such processes."""
    code = "import django.core.handlers.asgi, django.template, uvicorn, msgspec, duckdb, psutil; print(psutil.Process().memory_info().rss)"
    began = time.monotonic()
    both = [subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) for _ in range(2)]
    sizes = [int(one.communicate()[0]) for one in both]
    return time.monotonic() - began, sum(sizes) / 1e6


def decoded_only(count: int) -> float:
    """Events per CPU-second of decoding JSON batches and counting by person in a dict: no durability, no engine."""
    bodies = [msgspec.json.encode({"batch": events(100, 5_000, seed)}) for seed in range(count // 10_000)]
    seen: dict[str, int] = {}
    began = time.process_time()
    for body in bodies * 100:
        for event in msgspec.json.decode(body)["batch"]:
            who = event["userId"] or event["anonymousId"]
            seen[who] = seen.get(who, 0) + 1
    return len(bodies) * 100 * 100 / (time.process_time() - began)


def _at(values: list[float], share: float) -> float:
    return values[min(len(values) - 1, int(len(values) * share))] if values else float("nan")


def figures(count: int = 40_000) -> list[Figure]:
    """The rows of the table."""
    with running(cart_gap="1s", holdout="0", quiet_hours="off") as house:
        time.sleep(3)
        idle = house.resident_mb()
        acknowledged, visible = latencies(house)
        intents = due_to_intent(house)
        per_cpu, per_wall = throughput(house, count)
        time.sleep(5)
        after = house.resident_mb()
        cold = house.cold_start_seconds
    synced = synced_appends()
    sync = f"bare append + fdatasync {median(synced):.1f} / {_at(synced, 0.99):.1f} ms"
    bare_start, bare_mb = bare_python()
    return [
        Figure(
            "HTTP to durable state, batches of 100",
            f"{per_cpu:,.0f} events per CPU-second · {per_wall:,.0f}/s wall",
            "≥ 40,000/s on 2 cores",
            f"decoding and counting alone {decoded_only(count):,.0f}/s",
            per_wall >= 40_000,
        ),
        Figure(
            "acknowledged, one at a time, p50 / p99",
            f"{median(acknowledged):.1f} / {_at(acknowledged, 0.99):.1f} ms wall",
            "≤ 3 / ≤ 25 ms",
            sync,
            median(acknowledged) <= 3 and _at(acknowledged, 0.99) <= 25,
        ),
        Figure(
            "event to portrait visible, p50 / p99",
            f"{median(visible):.1f} / {_at(visible, 0.99):.1f} ms wall",
            "≤ 50 / ≤ 250 ms",
            sync,
            median(visible) <= 50 and _at(visible, 0.99) <= 250,
        ),
        Figure("due to intent, p99", f"{_at(intents, 0.99):.0f} ms wall of {len(intents)}", "≤ 500 ms", sync, _at(intents, 0.99) <= 500),
        Figure(
            "resident memory, idle / after the load",
            f"{idle:.0f} / {after:.0f} MB",
            "≤ 600 MB",
            f"two bare processes {bare_mb:.0f} MB",
            after <= 600,
        ),
        Figure("cold start to ready", f"{cold:.1f} s wall", "≤ 5 s", f"two such processes {bare_start:.1f} s", cold <= 5),
    ]
