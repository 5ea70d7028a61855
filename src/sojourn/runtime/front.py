"""The `front` process: one ASGI server for capture, health, metrics and the web pages. Django is loaded when the first page is asked for."""

import asyncio
import gc
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any

import structlog
import uvicorn

from sojourn.capture.receiver import CaptureApp
from sojourn.runtime import wiring
from sojourn.runtime.metrics import Metrics
from sojourn.runtime.relay import relay_once
from sojourn.runtime.settings import Settings

if TYPE_CHECKING:
    from sojourn.apps.live.door import LiveDoor

log = structlog.get_logger("front")

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Front:
    """Sends each request to capture, to health and metrics, or to Django."""

    def __init__(self, house: wiring.House, *, capture: bool = True, web: bool = True) -> None:
        self._house = house
        self._capture: CaptureApp | None = house.capture() if capture else None
        self._web = web
        self._django: LiveDoor | None = None
        self._loading = threading.Lock()
        self._metrics = Metrics(house, self._capture)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] != "http":
            return
        elif self._capture is not None and self._capture.handles(scope["path"]):
            await self._capture(scope, receive, send)
        elif scope["path"] in _HEALTH:
            await self._health(scope["path"], send)
        elif self._web:
            await (await self._django_app())(scope, receive, send)
        else:
            await _answer(send, 404, b'{"code":"not_found","message":"This process only captures events."}')

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                if self._web:
                    # Warm up behind the first requests, so that capture is ready at once and the first page is quick all the same.
                    self._warming = asyncio.create_task(self._django_app())
                await send({"type": "lifespan.startup.complete"})
            else:
                if self._capture is not None:
                    await self._capture.close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def end_streams(self) -> None:
        """Let go of every page that listens, so that the server need not wait for them."""
        if self._django is not None:
            self._django.close()

    async def _django_app(self) -> App:
        if self._django is None:
            await asyncio.to_thread(self._load_django)
        assert self._django is not None
        return self._django

    def _load_django(self) -> None:
        from sojourn.runtime.web import django_app

        with self._loading:
            if self._django is None:
                loaded = django_app(self._house)
                from sojourn.apps.sources import debugger
                from sojourn.runtime import hooks, redrive

                debugger.connect(self._house.log, self._capture.recent.of if self._capture is not None else None)
                redrive.connect(self._house)
                hooks.connect(self._capture)
                self._django = loaded
                gc.freeze()  # pages stay loaded, see `ready_for_traffic`

    async def _health(self, path: str, send: Send) -> None:
        if path == "/healthz":
            await _answer(send, 200, b'{"status":"alive"}')
            return
        if path == "/metrics":
            await _answer(send, 200, await asyncio.to_thread(self._metrics.render), b"text/plain; version=0.0.4; charset=utf-8")
            return
        trouble = await asyncio.to_thread(self._metrics.trouble)
        if trouble:
            await _answer(send, 503, b'{"status":"not ready","message":"' + trouble.encode() + b'"}', retry_after=5)
        else:
            await _answer(send, 200, b'{"status":"ready"}')


_HEALTH = frozenset({"/healthz", "/readyz", "/metrics"})


async def _answer(send: Send, status: int, body: bytes, content_type: bytes = b"application/json", retry_after: int = 0) -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    if retry_after:
        headers.append((b"retry-after", str(retry_after).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class _Server(uvicorn.Server):
    """uvicorn waits for what is under way before it tells the application that it stops; streams would never end by themselves."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then stop as usual."""
        app: Front = self.config.app  # type: ignore[assignment]  # `run` gives no other
        app.end_streams()
        await super().shutdown(sockets)


def ready_for_traffic() -> None:
    """Set the interpreter up for a process that takes requests, once what it needs is loaded."""
    # What is loaded by now lives as long as the process, and requests leave hardly a cycle behind: looking through it all again and again finds nothing and
    # holds every request up meanwhile. At 50,000 new containers the rare cycles of pages and errors are still collected.
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    # Pages and very large bodies are worked on by other threads. Each time the loop comes back from the network it asks for its turn, and with Python's 5 ms a
    # request that needs forty turns on its way to the disk and back would be late by 200. Long work gives way besides, see `sojourn.capture.traffic`.
    sys.setswitchinterval(0.0005)


def run(settings: Settings, *, capture: bool = True, web: bool = True) -> None:
    """Serve until SIGINT or SIGTERM."""
    house = wiring.House(settings)
    app = Front(house, capture=capture, web=web)
    # What waits in the outbox, such as the rules of the first run, is on the log before the first event: else that event meets no rules.
    relay_once(house.intents(), house.log())
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        interface="asgi3",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=6,
        h11_max_incomplete_event_size=64 * 1024,
        proxy_headers=False,
        lifespan="on",
    )
    server = _Server(config)
    ready_for_traffic()
    log.info("listening", address=f"http://{settings.bind}", capture=capture, web=web)
    server.run()
