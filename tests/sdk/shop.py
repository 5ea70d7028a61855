"""A front door on a real socket with a real log, and a shelf of faults it may put before its answers."""

import asyncio
import socket
import threading
import time
from pathlib import Path
from typing import Any, Self

import uvicorn

from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.adapters.sqlite.log import open_log
from sojourn.capture.receiver import CaptureApp
from sojourn.capture.tests.door import KEYS
from sojourn.terms.facts import Fact

JOURNEY = [
    ("page", "Home"),
    ("track", "Product Viewed"),
    ("identify", ""),
    ("group", ""),
    ("track", "Product Added"),
    ("track", "Checkout Started"),
    ("screen", "Checkout"),
    ("track", "Order Completed"),
    ("alias", ""),
]
"""(kind, name) of every event of the journey that each SDK sends."""


class WallClock:
    """The machine's time."""

    def now(self) -> int:
        return time.time_ns() // 1_000_000


class Shop:
    """Serves until left. `faults` are used up one by one, by requests that bring events:

    500, 429, 503: answered before anything is looked at; lost: taken in, then answered 500; hang: taken in, never answered;
    restart: taken in, then answered 500 by a server that is on its way down; the next request meets a new one on the same log.
    """

    def __init__(self, folder: Path, faults: list[str]) -> None:
        self.faults = list(faults)
        self.served: list[tuple[str, int]] = []  # (fault or "", status the app gave)
        self._path = folder / "log.sqlite"
        self._open()
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._server = uvicorn.Server(uvicorn.Config(self._serve, interface="asgi3", log_level="error", lifespan="off", timeout_graceful_shutdown=1))
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, daemon=True)

    def _open(self) -> None:
        self.log = open_log(self._path, WallClock())
        self._app = CaptureApp(self.log, MemoryDirectory(KEYS), WallClock())

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline, "the server did not start"
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(20)
        self.log.close()

    def facts(self) -> list[Fact]:
        """What is on the log now, as a reader that starts afresh sees it."""
        log = open_log(self._path, WallClock())
        try:
            return [fact for record in log.read(0, 1_000, 100_000) for fact in record.facts]
        finally:
            log.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        fault = self.faults.pop(0) if self.faults and scope["method"] == "POST" else ""
        sent: list[Any] = []

        async def keep(message: Any) -> None:
            sent.append(message)

        if not fault.isdigit():
            await self._app(scope, receive, keep)
        self.served.append((fault, sent[0]["status"] if sent else int(fault)))
        if not fault:
            for message in sent:
                await send(message)
            return
        if fault == "hang":
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if fault == "restart":
            await self._app.close()
            self.log.close()
            await asyncio.to_thread(self._open)
        status = int(fault) if fault.isdigit() else 500
        extra = [(b"retry-after", b"1")] if status in (429, 503) else []
        await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json"), (b"content-length", b"2"), *extra]})
        await send({"type": "http.response.body", "body": b"{}"})
