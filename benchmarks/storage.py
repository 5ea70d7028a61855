"""Storage: the log, its deduplication keys, the state and the intents in SQLite, each beside the bare job it cannot be quicker than.

Usage: python -m benchmarks.storage [scale]; scale 1.0 is the usual size, 0.1 a quick look.
"""

import os
import random
import sqlite3
import sys
import tempfile
import tracemalloc
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from statistics import quantiles
from time import perf_counter, process_time
from typing import Any

import msgspec

from benchmarks.home import fresh
from benchmarks.table import Figure, show
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.sqlite.intents import open_intents
from sojourn.adapters.sqlite.keys import SeenKeys, pack_entries
from sojourn.adapters.sqlite.log import open_log
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.intents import Settlement, Verdict
from sojourn.ports.state import Progress
from sojourn.terms.effects import Commit, Intent
from sojourn.terms.facts import Arrival, Fact, Item
from sojourn.terms.person import Person, Trait
from sojourn.terms.time import DAY

START = 1_767_225_600_000
FACT = Fact(
    "track", "Product Added", START, "m" * 36, "a" * 36, None, {"cart_id": "c-1", "product_id": "p-1", "price": 19.99, "quantity": 1}, {}, {"x": "y" * 300}
)
PACKED = msgspec.msgpack.encode(FACT)


def spent(job: Callable[[], object]) -> float:
    """CPU seconds of this process, all threads."""
    began = process_time()
    job()
    return process_time() - began


def items(rng: random.Random, count: int) -> list[Item]:
    return [Item(rng.getrandbits(64), rng.getrandbits(64), PACKED) for _ in range(count)]


# -- the log


def bare_appends(folder: Path, batches: list[list[Item]]) -> float:
    """The least an append in SQLite can be: one blob, one durable transaction, no keys, no checksums."""
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")
        connection.execute("CREATE TABLE record (position INTEGER PRIMARY KEY, body BLOB)")

        def job() -> None:
            for batch in batches:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("INSERT INTO record (body) VALUES (?)", (b"".join([item.packed for item in batch]),))
                connection.execute("COMMIT")

        return spent(job)


def log_figures(folder: Path, scale: float) -> list[Figure]:
    rng, made = random.Random(7), []
    for size, count in ((1, 4_000), (20, 2_000), (100, 1_000)):
        batches = [items(rng, size) for _ in range(int(count * scale))]
        bare = bare_appends(folder, batches) / len(batches)
        (folder / "bare.sqlite").unlink()
        log = open_log(folder / f"log-{size}.sqlite", SettableClock(START))
        log.append([])
        waits: list[float] = []

        def job(log: Any = log, batches: list[list[Item]] = batches, waits: list[float] = waits) -> None:
            for batch in batches:
                began = perf_counter()
                log.append([Arrival(1, 7, batch)])
                waits.append(perf_counter() - began)

        each = spent(job) / len(batches)
        cuts = quantiles(waits, n=100)
        what = f"log, append of {size}: events per CPU-second, p50/p99 of one append"
        measured = f"{size / each:,.0f}/s · {cuts[49] * 1e3:.1f}/{cuts[98] * 1e3:.1f} ms"
        made.append(Figure(what, measured, baseline=f"bare INSERT {size / bare:,.0f}/s"))
        if size == 100:
            made += reading_figures(folder, log, len(batches) * size)
        log.close()
    return made


def reading_figures(folder: Path, log: Any, facts: int) -> list[Figure]:
    decoder = msgspec.msgpack.Decoder(Fact)

    def decode() -> None:
        for _ in range(facts):
            decoder.decode(PACKED)

    bare = spent(decode)
    log.close()
    again = open_log(folder / "log-100.sqlite", SettableClock(START))
    warm = spent(lambda: again.append([]))
    reading = spent(read_all(again))
    again.close()
    return [
        Figure("log, read with checksums, 450-byte facts", f"{facts / reading:,.0f} facts per CPU-second", baseline=f"decoding alone {facts / bare:,.0f}/s"),
        Figure("log, first append after a start: keys read again", f"{warm / facts * 1e6:.2f} CPU seconds per million keys"),
    ]


def read_all(log: Any) -> Callable[[], None]:
    def job() -> None:
        after = 0
        while records := log.read(after, 5_000):
            after = records[-1].position

    return job


def key_figures(scale: float) -> list[Figure]:
    rng = random.Random(7)
    pairs = [(rng.getrandbits(64), rng.getrandbits(64)) for _ in range(int(1_000_000 * scale))]
    made = [Item(key, content, b"") for key, content in pairs]
    seen, plain = SeenKeys(), {}

    def flat() -> None:
        for start in range(0, len(made), 100):
            seen.note(pack_entries(made[start : start + 100], START), START)

    def dictionary() -> None:
        for key, content in pairs:
            if key not in plain:
                plain[key] = content

    own, rival = spent(flat), spent(dictionary)
    tracemalloc.start()
    copy = {int.from_bytes(key.to_bytes(8)): int.from_bytes(content.to_bytes(8)) for key, content in pairs}
    size = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return [
        Figure(
            f"log, deduplication of {len(copy):,} keys: time and memory a key",
            f"{own / len(pairs) * 1e6:.2f} µs · {seen.memory_bytes() / len(pairs):.0f} bytes",
            baseline=f"dict of ints {rival / len(pairs) * 1e6:.2f} µs · {size / len(pairs):.0f} bytes",
        )
    ]


# -- the state


def somebody(rng: random.Random, number: int) -> Person:
    """A person of about 1.5 kB."""
    traits = {f"trait_{n}": Trait(f"{rng.getrandbits(64):x}", START, 7, f"{rng.getrandbits(128):x}") for n in range(14)}
    traits["email"] = Trait(f"user{number}@example.com", START, 7, "m1")
    keys = [f"user_id:u-{number}", f"anonymous_id:{rng.getrandbits(128):032x}"]
    days = {20_000 + n: {"page": n, "Product Viewed": n} for n in range(10)}
    return Person(number, True, keys, first_seen=START, last_seen=START, facts=9, traits=traits, days=days)


def bare_upserts(folder: Path, rounds: list[list[tuple[int, bytes]]]) -> float:
    """Blobs upserted by key, 5,000 to a durable transaction, no other index."""
    with closing(sqlite3.connect(folder / "bare.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE person (id INTEGER PRIMARY KEY, body BLOB)")

        def job() -> None:
            for rows in rounds:
                connection.execute("BEGIN IMMEDIATE")
                connection.executemany("INSERT INTO person VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET body = excluded.body", rows)
                connection.execute("COMMIT")

        return spent(job)


def state_figures(folder: Path, database: Path, scale: float) -> list[Figure]:
    rng = random.Random(7)
    everybody = [somebody(rng, number << 14) for number in range(1, int(50_000 * scale) + 1)]
    encode = msgspec.msgpack.encode
    rounds = [[rng.choice(everybody) for _ in range(5_000)] for _ in range(max(1, int(20 * scale)))]
    for at, people in enumerate(rounds):
        rounds[at] = list({person.id: person for person in people}.values())
    count = sum(map(len, rounds))
    bare = bare_upserts(folder, [[(person.id, encode(person)) for person in people] for people in rounds])

    def encode_all() -> None:
        for people in rounds:
            for person in people:
                encode(person)

    encoding = spent(encode_all)
    state = open_state(database)
    state.commit([Commit(1, 1, START, people=everybody)], state.progress(), Progress(1, START))

    def job() -> None:
        for number, people in enumerate(rounds, 1):
            for person in people:
                person.last_seen = person.last_seen + number
            state.commit([Commit(1, 1, START, people=people)], Progress(number, START), Progress(number + 1, START))

    own = spent(job)
    ids = [person.id for person in everybody]
    reading = spent(lambda: [state.people(1, ids[start : start + 5_000]) for start in range(0, len(ids), 5_000)])
    state.close()
    size = sum(len(encode(person)) for person in everybody) / len(everybody)
    return [
        Figure(
            f"state, people of {size:,.0f} bytes written again, 5,000 a batch",
            f"{count / own:,.0f} per CPU-second",
            "≥ 150,000/s",
            f"bare blobs {count / bare:,.0f}/s · encoding alone {count / encoding:,.0f}/s",
            count / own >= 150_000,
        ),
        Figure("state, people read back, 5,000 a question", f"{len(ids) / reading:,.0f} per CPU-second"),
    ]


def intent_figures(database: Path, scale: float) -> list[Figure]:
    count = int(2_000 * scale)
    made = [
        Intent(f"i{n}", 1, n << 14, "abandoned-cart", 1, n, "email", "marketing", "bulk", "reminder", "unknown", f"u{n}@example.com", START, START, START + DAY)
        for n in range(1, count + 1)
    ]
    state, intents = open_state(database), open_intents(database)
    before = state.progress()
    writing = spent(lambda: state.commit([Commit(1, 1, START, intents=made)], before, Progress(before.position + 1, START)))
    epoch = intents.start_epoch(START)
    waits: list[float] = []

    def job() -> None:
        while claims := intents.claim(epoch, START, lambda _: DAY, 50):
            for claim in claims:
                began = perf_counter()
                intents.begin(epoch, claim, START, DAY, lambda _: Verdict(True))
                intents.settle(epoch, claim.intent.id, START, Settlement("accepted"), {"name": "Message Sent", "props": {}})
                waits.append(perf_counter() - began)

    own = spent(job)
    state.close()
    intents.close()
    cuts = quantiles(waits, n=100)
    return [
        Figure("intents, written by the engine", f"{count / writing:,.0f} per CPU-second"),
        Figure(
            "intents, claimed, begun and settled", f"{count / own:,.0f} per CPU-second · begin + settle p50/p99 {cuts[49] * 1e3:.1f}/{cuts[98] * 1e3:.1f} ms"
        ),
    ]


def figures(scale: float = 1.0) -> list[Figure]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        folder = Path(name)
        database = fresh(folder).settings.database_path
        return [*log_figures(folder, scale), *key_figures(scale), *state_figures(folder, database, scale), *intent_figures(database, scale)]


if __name__ == "__main__":
    show("Storage", figures(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
