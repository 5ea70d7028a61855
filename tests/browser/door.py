"""A front door that browsers can reach: the real capture app on the log in memory, over HTTP, that can be told to be unwell."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import uvicorn

from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.adapters.memory.log import MemoryLog
from sojourn.capture.receiver import CaptureApp
from sojourn.ports.directory import KeyHolder
from sojourn.runtime.clock import SystemClock
from sojourn.terms.facts import Fact
from tests.browser.chromium import PATIENCE_SECONDS

KEYS = {
    "wk_shop": KeyHolder(workspace=1, source=7, name="Shop"),
    "wk_ask": KeyHolder(workspace=1, source=8, name="Shop that asks first", consent_first=True),
    "sk_shop": KeyHolder(workspace=1, source=7, name="Shop", secret=True),
    "wk_off": KeyHolder(workspace=1, source=9, name="Switched off", enabled=False),
}


def until(true: Callable[[], Any], what: str, seconds: float = PATIENCE_SECONDS) -> Any:
    """Wait until something is so and return it. Errors: AssertionError with `what` after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what() if callable(what) else what}")
        time.sleep(0.02)


class Door:
    """The capture app at `address`. `answer` set to (status, headers) answers /v1/batch so, and counts the request in `turned_away`.

    Where `held` is cleared, those answers wait until it is set."""

    def __init__(self) -> None:
        self.log = MemoryLog(SystemClock())
        self.answer: tuple[int, dict[str, str]] | None = None
        self.turned_away = 0
        self.held = threading.Event()
        self.held.set()
        self.bodies: list[dict[str, Any]] = []
        self.types: set[str] = set()
        self._app = CaptureApp(self.log, MemoryDirectory(KEYS), SystemClock())
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self, log_level="error", lifespan="off", interface="asgi3"))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()
        until(lambda: self._server.started, "the door opens")

    def close(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["path"] != "/v1/batch" or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        body = b""
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        self.types.add(next((value.decode() for name, value in scope["headers"] if name == b"content-type"), ""))
        if self.answer is not None:
            status, fields = self.answer
            self.turned_away += 1
            await asyncio.to_thread(self.held.wait, PATIENCE_SECONDS)
            headers = [(name.encode(), value.encode()) for name, value in {"access-control-allow-origin": "*", **fields}.items()]
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": b"{}"})
            return
        self.bodies.append(json.loads(body))
        again = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def repeat() -> Any:
            message = next(again, None)
            if message is None:
                await asyncio.Event().wait()
            return message

        await self._app(scope, repeat, send)

    def facts(self, name: str | None = None) -> list[Fact]:
        """All facts on the log in order, or those of one name ("page" for page views)."""
        found = [fact for record in self.log.read(0, 1_000_000, 100_000_000) for fact in record.facts]
        return [fact for fact in found if name is None or name in (fact.name, fact.kind if fact.kind != "track" else fact.name)]

    def wait(self, name: str, count: int = 1) -> list[Fact]:
        """The facts of this name, once there are so many."""
        return until(lambda: found if len(found := self.facts(name)) >= count else None, lambda: f"{count} of {name}; there are {self.names()}")

    def names(self) -> list[str]:
        """What came, in order: the names of track calls, else the kind."""
        return [fact.name if fact.kind == "track" else str(fact.kind) for fact in self.facts()]
