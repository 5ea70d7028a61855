"""A front door for tests: the real app on the log in memory, called without a network."""

import asyncio
import json
from base64 import b64encode
from typing import Any, Self

import msgspec

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.adapters.memory.log import MemoryLog
from sojourn.capture.receiver import CaptureApp
from sojourn.ports.directory import KeyHolder
from sojourn.terms.facts import Fact

NOW = 1_795_000_000_000  # 2026-11-18T11:06:40Z
SHOP = KeyHolder(workspace=1, source=7, name="Shop")
KEYS = {
    "wk_shop": SHOP,
    "wk_other": KeyHolder(workspace=2, source=8, name="Somebody else's"),
    "wk_off": KeyHolder(workspace=1, source=9, name="Switched off", enabled=False),
    "sk_shop": KeyHolder(workspace=1, source=7, name="Shop", secret=True),
}


def basic(key: str) -> str:
    """An Authorization header as SDKs send it."""
    return "Basic " + b64encode(key.encode()).decode()


class Answer(msgspec.Struct):
    """What the door said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def results(self) -> list[tuple[int, str, str]]:
        """(index, outcome, reason) of every item that was not simply kept."""
        return [(r["index"], r["outcome"], r["reason"]) for r in self.json.get("results", [])]


class Door:
    """The app with a clock that stands still, and what it put on the log."""

    def __init__(self, log: Any = None) -> None:
        self.clock = SettableClock(NOW)
        self.log = log if log is not None else MemoryLog(self.clock)
        self.directory = MemoryDirectory(KEYS)
        self._runner = asyncio.Runner()
        self.app = CaptureApp(self.log, self.directory, self.clock)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.run(self.app.close())
        self._runner.close()

    def run(self, what: Any) -> Any:
        return self._runner.run(what)

    def post(self, path: str, body: Any, key: str | None = "wk_shop", method: str = "POST", **headers: str) -> Answer:
        """Send a body (bytes as they are, anything else as JSON)."""
        return self.run(self.call(path, body, key, method, **headers))

    def track(self, **fields: Any) -> Answer:
        """Send one track call that is fine unless `fields` say otherwise."""
        return self.post("/v1/track", {"type": "track", "messageId": "m-1", "userId": "u-1", "event": "Viewed", "properties": {}, **fields})

    async def call(self, path: str, body: Any, key: str | None = "wk_shop", method: str = "POST", **headers: str) -> Answer:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        fields = {"content-type": "application/json", "content-length": str(len(content)), **{k.replace("_", "-"): v for k, v in headers.items()}}
        if key is not None:
            fields.setdefault("authorization", basic(key + ":"))
        bare, _, query = path.partition("?")
        scope = {
            "type": "http", "method": method, "path": bare, "query_string": query.encode(), "scheme": "http",
            "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in fields.items()],
        }  # fmt: skip
        sent: list[Any] = []
        messages = [{"type": "http.request", "body": content, "more_body": False}]

        async def receive() -> Any:
            return messages.pop(0) if messages else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        return Answer(sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, sent[1]["body"])

    def facts(self) -> list[Fact]:
        """All facts on the log, in order."""
        return [fact for record in self.log.read(0, 1_000_000, 10_000_000) for fact in record.facts]

    def counts(self) -> dict[str, int]:
        """All counts on the log by reason, with those that still waited to be flushed."""
        self.run(self.app._committer._flush_counts())
        sums: dict[str, int] = {}
        for record in self.log.read(0, 1_000_000, 10_000_000):
            for reason, events in record.counts.items():
                sums[reason] = sums.get(reason, 0) + events
        return sums

    def quarantined(self) -> list[tuple[str, bytes]]:
        """(reason, payload) of what was set aside."""
        return [(q.reason, q.payload) for record in self.log.read(0, 1_000_000, 10_000_000) for q in record.quarantined]
