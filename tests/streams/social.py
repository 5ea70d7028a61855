"""Local servers that speak Mastodon's streaming API and Bluesky's Jetstream; the real ones are out of reach of a test."""

import asyncio
import json
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from websockets import ConnectionClosed
from websockets.asyncio.server import ServerConnection, serve


class _Server:
    """An event loop in a thread, with one server in it."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[Any] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._loop.run_forever)

    async def _start(self) -> None: ...

    async def _stop(self) -> None: ...

    def _do(self, what: Callable[[], Any]) -> Any:
        async def done() -> Any:
            made = what()
            return await made if asyncio.iscoroutine(made) else made

        return asyncio.run_coroutine_threadsafe(done(), self._loop).result(20)

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._start)
        return self

    def __exit__(self, *_: object) -> None:
        self._do(self._stop)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)
        self._loop.close()


class Mastodon(_Server):
    """`/api/v1/streaming/…` in chunks, with heartbeats as comments; a wrong token is refused as Mastodon does."""

    token = "right"

    async def _start(self) -> None:
        self._open: dict[str, asyncio.StreamWriter] = {}
        self._server = await asyncio.start_server(self._answer, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        await self._hang_up()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        target = urlsplit(head.split(" ")[1])
        self.asked.append(target.path + ("?" + target.query if target.query else ""))
        if f"Authorization: Bearer {self.token}\r\n" not in head:
            writer.write(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 2\r\n\r\n{}")
            writer.close()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        self._chunk(writer, b":)\n")
        self._open[parse_qs(target.query).get("tag", [""])[0]] = writer

    @staticmethod
    def _chunk(writer: asyncio.StreamWriter, part: bytes) -> None:
        writer.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")

    def tell(self, status: dict[str, Any], tag: str = "", event: str = "update") -> None:
        """Send an event, cut in two in the middle of a character."""
        whole = f"event: {event}\ndata: {json.dumps(status, ensure_ascii=False)}\n\n:thump\n".encode()

        def send() -> None:
            self._chunk(self._open[tag], whole[: len(whole) // 2])
            self._chunk(self._open[tag], whole[len(whole) // 2 :])

        self._do(send)

    async def _hang_up(self) -> None:
        for writer in self._open.values():
            writer.close()
        self._open.clear()

    def hang_up(self) -> None:
        """End all connections."""
        self._do(self._hang_up)


class Jetstream(_Server):
    """Keeps its events and sends those after the cursor that is asked for, then what comes."""

    async def _start(self) -> None:
        self._events: list[dict[str, Any]] = []
        self._open: set[ServerConnection] = set()
        self._server = await serve(self._answer, "127.0.0.1", self.port)
        self.port = next(iter(self._server.sockets)).getsockname()[1]

    async def _stop(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}/subscribe"

    async def _answer(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        asked = parse_qs(urlsplit(socket.request.path).query)
        self.asked.append(asked)
        cursor = int(asked.get("cursor", ["0"])[0])
        for event in [one for one in self._events if cursor and one["time_us"] > cursor]:
            await socket.send(json.dumps(event))
        self._open.add(socket)
        try:
            await socket.wait_closed()
        finally:
            self._open.discard(socket)

    def tell(self, *events: dict[str, Any]) -> None:
        """Add events, and send them to whoever listens."""

        async def send() -> None:
            for event in events:
                self._events.append(event)
                for socket in list(self._open):
                    with suppress(ConnectionClosed):  # whoever just left hears of it by the cursor
                        await socket.send(json.dumps(event))

        self._do(send)

    def hang_up(self) -> None:
        """End all connections."""

        async def close() -> None:
            for socket in list(self._open):
                await socket.close()

        self._do(close)
