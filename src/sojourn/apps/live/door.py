"""The door of the streams: Django says who is there and what they may watch, in a request of its own; the stream itself holds no thread and no connection."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final

from sojourn.apps.live.hub import Full, Hub, Listener

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

PATH: Final = "/live/"
TICKET: Final = "sojourn.live"
"""Where in the ASGI scope the view leaves what it allows."""
HEARTBEAT_SECONDS: Final = 15.0
SLOW_SECONDS: Final = 20.0
"""A reader that does not take what was sent for so long is cut."""
RETRY_MS: Final = 2_000
"""When a browser comes back after a stream has ended."""
RETRY_AFTER_SECONDS: Final = 10


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a member may listen to. `seconds` is how long the stream may last: no longer than their session would without a click."""

    workspace: int
    user: int
    session: str
    topics: frozenset[str]
    seconds: float
    first: frozenset[str]  # hinted at once, because something may have been missed


class LiveDoor:
    """ASGI in front of Django: streams under /live/, everything else as it is."""

    def __init__(self, pages: App) -> None:
        self._pages = pages
        self.hub = Hub()

    def close(self) -> None:
        """End all streams now; the server does not wait for them then."""
        self.hub.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI entry."""
        if scope["type"] != "http" or scope["path"] != PATH:
            await self._pages(scope, receive, send)
            return
        answer = _Answer()
        await self._pages(scope, answer.receive, answer.send)
        ticket: Ticket | None = scope.get(TICKET)
        if ticket is None or scope["method"] != "GET":
            for message in answer.messages:
                await send(message)
            return
        listener = Listener(ticket.workspace, ticket.user, ticket.session, ticket.topics, ticket.first)
        try:
            self.hub.add(listener)
        except Full:
            await _full(send)
            return
        try:
            await _stream(listener, ticket, answer.headers(), receive, send)
        finally:
            self.hub.remove(listener)


class _Answer:
    """Takes Django's answer, to be passed on or to be made a stream of."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._asked = False

    async def receive(self) -> Message:
        """An empty body, and then nothing: whether the browser leaves is the stream's business."""
        if self._asked:
            await asyncio.Event().wait()
        self._asked = True
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(self, message: Message) -> None:
        """Keep it."""
        self.messages.append(message)

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Django's headers but the length; proxies are asked not to gather the stream up."""
        kept = [(bytes(key), bytes(value)) for key, value in self.messages[0]["headers"] if bytes(key).lower() != b"content-length"]
        return [*kept, (b"x-accel-buffering", b"no")]


async def _stream(listener: Listener, ticket: Ticket, headers: list[tuple[bytes, bytes]], receive: Receive, send: Send) -> None:
    """Send hints until the browser leaves, the time is over, the hub ends it, or nobody reads."""
    until = time.monotonic() + ticket.seconds
    gone = asyncio.ensure_future(_left(receive))
    writing = asyncio.ensure_future(_write(listener, headers, send, until))
    try:
        await asyncio.wait({gone, writing}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (gone, writing):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, TimeoutError, OSError):
                await task


async def _write(listener: Listener, headers: list[tuple[bytes, bytes]], send: Send, until: float) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    text = f"retry: {RETRY_MS}\nid: on\n\n"
    while True:
        await asyncio.wait_for(send({"type": "http.response.body", "body": text.encode(), "more_body": True}), SLOW_SECONDS)
        rest = until - time.monotonic()
        if listener.ended or rest <= 0:
            break
        hints = await listener.next(min(HEARTBEAT_SECONDS, rest))
        text = "".join(f"event: hint\ndata: {topic}\n\n" for topic in hints) or ": still here\n\n"
    await send({"type": "http.response.body", "body": b""})


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _full(send: Send) -> None:
    body = b"Too many pages are listening. This one goes on without updates of its own; reload it to see more.\n"
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"retry-after", str(RETRY_AFTER_SECONDS).encode()),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})
