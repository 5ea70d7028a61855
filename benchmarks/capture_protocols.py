"""Capture: CPU per event of every protocol, body to packed facts, and what hostile traffic at full speed does to good traffic.

`make bench PARTS=capture_protocols` prints the table. The events are one product view in each vendor's words, so that rows can be compared.
"""

import asyncio
import gzip
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Final
from urllib.parse import urlencode

import msgspec

from benchmarks.capture import NOW, bodies, fresh, request, serving, spent
from benchmarks.table import Figure, show
from benchmarks.workload import AGENTS, iso
from sojourn.capture.intake import Intake, Names
from sojourn.capture.protocols import Protocol, Request
from sojourn.capture.protocols.all import PROTOCOLS
from sojourn.ports.directory import KeyHolder, Policy

EVENTS: Final = 1_000
BATCHES: Final = (1, 20, 100)
HOLDER: Final = KeyHolder(1, 1, "bench", policy=Policy(bots=True, refused=True))
"""A website's, as most are: crawlers and refusals are looked for."""
SALT: Final = b"s" * 32
AGENT: Final = AGENTS[0]
CONTRACT: Final = '{"type": "object", "required": ["price"], "properties": {"price": {"type": "number"}, "name": {"type": "string"}}}'
PRODUCT: Final = {"product_id": "p-1", "name": "Walnut lamp", "price": 49.9, "currency": "EUR", "quantity": 1}
PAGE: Final = "https://shop.example/p/1"
Made = tuple[str, bytes, bytes, dict[bytes, bytes]]
"""Path, query, body and headers of a request."""
JSON: Final = {b"content-type": b"application/json", b"user-agent": AGENT.encode()}


def _segment(numbers: range) -> Made:
    calls = [
        {
            "type": "track", "event": "Product Viewed", "messageId": f"m-{n}", "anonymousId": f"a-{n % 50}", "timestamp": iso(NOW), "properties": PRODUCT,
            "context": {"userAgent": AGENT, "page": {"url": PAGE}},
        }
        for n in numbers
    ]  # fmt: skip
    return "/v1/batch", b"", msgspec.json.encode({"batch": calls, "sentAt": iso(NOW), "writeKey": "k"}), JSON


def _posthog(numbers: range) -> Made:
    events = [
        {
            "event": "Product Viewed", "uuid": f"m-{n}", "distinct_id": f"a-{n % 50}", "timestamp": iso(NOW),
            "properties": {**PRODUCT, "$raw_user_agent": AGENT, "$current_url": PAGE, "$lib": "web"},
        }
        for n in numbers
    ]  # fmt: skip
    return "/batch", b"", msgspec.json.encode({"api_key": "k", "batch": events}), JSON


def _snowplow(numbers: range) -> Made:
    data = [
        {"e": "pv", "eid": f"00000000-0000-4000-8000-{n:012d}", "duid": f"a-{n % 50}", "aid": "wk_k", "dtm": str(NOW), "url": PAGE, "page": "Lamp", "ua": AGENT}
        for n in numbers
    ]
    body = {"schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4", "data": data}
    return "/com.snowplowanalytics.snowplow/tp2", b"", msgspec.json.encode(body), JSON


def _matomo(numbers: range) -> Made:
    asked = ["?" + urlencode({"idsite": "wk_k", "rec": 1, "url": PAGE, "action_name": "Lamp", "_id": f"{n % 50:016x}", "ua": AGENT}) for n in numbers]
    return "/matomo.php", b"", msgspec.json.encode({"requests": asked}), JSON


def _cloudevents(numbers: range) -> Made:
    batch = [
        {
            "specversion": "1.0",
            "id": f"m-{n}",
            "source": "/shop",
            "type": "com.shop.product.viewed",
            "subject": f"a-{n % 50}",
            "time": iso(NOW),
            "data": PRODUCT,
        }
        for n in numbers
    ]
    return "/cloudevents", b"", msgspec.json.encode(batch), {**JSON, b"content-type": b"application/cloudevents-batch+json"}


def _plausible(numbers: range) -> Made:
    body = {"name": "Product Viewed", "domain": "wk_k", "url": PAGE, "props": {"product_id": f"p-{numbers[0]}"}}
    return "/api/event", b"", msgspec.json.encode(body), JSON


def _umami(numbers: range) -> Made:
    payload = {"website": "wk_k", "name": "Product Viewed", "url": "/p/1", "hostname": "shop.example", "data": {"product_id": f"p-{numbers[0]}"}}
    return "/api/send", b"", msgspec.json.encode({"type": "event", "payload": payload}), JSON


def _pixel(numbers: range) -> Made:
    return "/pixel.gif", urlencode({"key": "wk_k", "event": "Product Viewed", "user_id": f"u-{numbers[0]}", "url": PAGE}).encode(), b"", JSON


MAKERS: Final[dict[str, tuple[Callable[[range], Made], tuple[int, ...]]]] = {
    "segment": (_segment, BATCHES),
    "posthog": (_posthog, BATCHES),
    "snowplow": (_snowplow, BATCHES),
    "matomo": (_matomo, BATCHES),
    "cloudevents": (_cloudevents, BATCHES),
    "plausible": (_plausible, (1,)),
    "umami": (_umami, (1,)),
    "pixel": (_pixel, (1,)),
}
"""Protocol -> how its requests are made, and the batches it knows."""


def _cpu(protocol: Protocol, made: list[Made], events: int, holder: KeyHolder) -> float:
    """CPU µs of one event; every event must be kept, so that nothing is measured that is refused early."""
    route = protocol.routes.get(made[0][0]) or protocol.find(made[0][0])
    assert route is not None, made[0][0]
    names = Names()
    method = "GET" if not made[0][2] and "POST" not in route.methods else "POST"
    requests = [Request(method, path, query, headers, body, client="203.0.113.9", salt=SALT) for path, query, body, headers in made]

    def take() -> int:
        kept = 0
        for one in requests:
            kept += len(Intake(holder, NOW, route.kind).take(route.open(one), names).arrival.items)
        return kept

    assert take() == events, f"{protocol.name} kept {take()} of {events}"
    return spent(take) / events * 1e6


def protocol_figures() -> list[Figure]:
    """A row for each protocol, and what the shields add to Segment's."""
    by_name = {protocol.name: protocol for protocol in PROTOCOLS}
    out = []
    base: dict[int, float] = {}
    for name, (make, batches) in MAKERS.items():
        shown = []
        for batch in batches:
            made = [make(range(start, start + batch)) for start in range(0, EVENTS, batch)]
            cost = _cpu(by_name[name], made, EVENTS, HOLDER)
            base.setdefault(batch, cost)
            shown.append(f"{cost:.1f}")
        said = " / ".join(f"{one:.1f}" for one in (base[batch] for batch in batches))
        out.append(
            Figure(f"{name}, batch {' / '.join(map(str, batches))}", f"{' / '.join(shown)} µs an event", "", "" if name == "segment" else f"Segment {said} µs")
        )
    made = [_segment(range(start, start + 100)) for start in range(0, EVENTS, 100)]
    for title, policy in (("no shields", Policy()), ("a contract too", Policy(bots=True, refused=True, contracts={"Product Viewed": CONTRACT}))):
        cost = _cpu(by_name["segment"], made, EVENTS, KeyHolder(1, 1, "bench", policy=policy))
        out.append(Figure(f"segment, batch 100, {title}", f"{cost:.1f} µs an event", "", f"crawlers and refusals {base[100]:.1f} µs"))
    return out


# -- hostile traffic

GOOD_EACH_SECOND: Final = 50
SECONDS: Final = 5.0
ROUNDS: Final = 5
ATTACKERS: Final = 8


def _http(body: bytes, *, key: bool = True, encoding: str = "", path: str = "/v1/batch") -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    if path == "/v1/batch":  # elsewhere the key is in the body
        head += "Authorization: Basic d2tfZmxvb2Q6\r\n" if key else "Authorization: Basic bm9ib2R5Og==\r\n"
    head += f"Content-Encoding: {encoding}\r\n" if encoding else ""
    return f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body


def hostile() -> list[bytes]:
    """Requests that cost their sender little: wrong keys, and with the key of a source that has a limit broken and deep JSON, bombs, names without end."""
    deep = b'{"batch":[{"type":"track","event":"x","userId":"u","properties":' + b'{"a":' * 5_000 + b"1" + b"}" * 5_000 + b"}]}"
    named = msgspec.json.encode({"batch": [{"type": "track", "event": f"name {n} {random.random()}", "userId": "u"} for n in range(2_500)]})
    return [
        _http(b"{}", key=False),
        _http(b'{"batch":[' + b'{"event":' * 500),
        _http(deep),
        _http(gzip.compress(b" " * 20_000_000), encoding="gzip"),
        _http(b"\xff" * 20_000),
        _http(named),
        _http(b'{"batch":[' + b",".join([b'{"type":"nonsense"}'] * 500) + b"]}"),
        _http(b'{"requests":[' + b",".join([b'"?idsite=wk_flood"'] * 2_500) + b"]}", path="/matomo.php"),
    ]


async def _answered(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
    await reader.readexactly(length)


async def _attack(port: int, until: float, requests: list[bytes], sent: list[int]) -> None:
    while time.monotonic() < until:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            for one in requests:
                writer.write(one)
                await _answered(reader)
                sent[0] += 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the server hung up, as it should after some of these
        finally:
            writer.close()


async def _good(port: int, requests: list[bytes], until: float) -> list[float]:
    """Good requests at an even pace, each on time whether or not the one before was answered."""
    took: list[float] = []

    async def one(body: bytes) -> None:
        began = time.perf_counter()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(body)
        await _answered(reader)
        took.append((time.perf_counter() - began) * 1000)
        writer.close()

    running = []
    for body in requests:
        if time.monotonic() > until:
            break
        running.append(asyncio.create_task(one(body)))
        await asyncio.sleep(1 / GOOD_EACH_SECOND)
    await asyncio.gather(*running)
    return sorted(took)


def attack(port: int) -> None:
    """Attack, and say how many requests were answered. In a process of its own, so that good traffic is not late for the driver's sake."""
    bad = hostile()
    sent = [0]

    async def all_of_them() -> None:
        await asyncio.gather(*(_attack(port, time.monotonic() + SECONDS, bad, sent) for _ in range(ATTACKERS)))

    print("ready", flush=True)
    asyncio.run(all_of_them())
    print(sent[0])


def _p99(took: list[float]) -> float:
    return took[int(len(took) * 0.99)]


def hostile_figures() -> list[Figure]:
    """The p99 of good traffic alone, and beside attackers that send as fast as they are answered: medians of rounds that take turns, since one stall of the
    machine's disk is more than either. Driver, attackers and server share the machine's cores."""
    count = int(SECONDS * GOOD_EACH_SECOND)
    lines = [request(body) for body in bodies(fresh((2 * ROUNDS + 1) * count * 20), 20)]
    calm, loud, answered, spared = [], [], 0, 0.0
    with tempfile.TemporaryDirectory() as folder, serving("capture", Path(folder)) as (port, process):

        def good(number: int) -> tuple[float, float]:
            began = sum(process.cpu_times()[:2])
            took = asyncio.run(_good(port, lines[number * count : (number + 1) * count], time.monotonic() + SECONDS))
            return _p99(took), sum(process.cpu_times()[:2]) - began

        good(0)
        for number in range(1, 2 * ROUNDS + 1, 2):
            p99, alone = good(number)
            calm.append(p99)
            with subprocess.Popen([sys.executable, "-m", "benchmarks.capture_protocols", "attack", str(port)], stdout=subprocess.PIPE, text=True) as attackers:
                assert attackers.stdout is not None
                attackers.stdout.readline()
                p99, busy = good(number + 1)
                loud.append(p99)
                spared += busy - alone
                answered += int(attackers.stdout.readline())
    quiet, beside = median(calm), median(loud)
    share = spared / (ROUNDS * SECONDS)
    shown = f"p99 {beside:.0f} ms beside {ATTACKERS} senders that got {answered / (ROUNDS * SECONDS):.0f} answers a second, for {share:.0%} of a core"
    return [Figure(f"good traffic, {GOOD_EACH_SECOND} batches of 20 a second", shown, "under twice quiet", f"quiet p99 {quiet:.0f} ms", beside < 2 * quiet)]


def figures() -> list[Figure]:
    """The rows of the table."""
    return [*protocol_figures(), *hostile_figures()]


if __name__ == "__main__" and sys.argv[1:2] == ["attack"]:
    attack(int(sys.argv[2]))
elif __name__ == "__main__":
    show("Capture, every protocol", figures())
