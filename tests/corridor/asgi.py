"""Calls an ASGI application without a network."""

import asyncio
import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Message = MutableMapping[str, Any]
App = Callable[[MutableMapping[str, Any], Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]


class Caller:
    """One client of an application; keeps the event loop on which the application lives."""

    def __init__(self, app: App) -> None:
        self.app = app
        self._loop = asyncio.new_event_loop()

    def request(self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], bytes]:
        """Status, headers (names in lower case) and body of one answer."""
        sent = [(name.lower().encode(), value.encode()) for name, value in {"host": "testserver", "content-length": str(len(body)), **(headers or {})}.items()]
        bare, _, query = path.partition("?")
        scope = {
            "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": bare, "raw_path": bare.encode(), "query_string": query.encode(),
            "headers": sent, "client": ("127.0.0.1", 50_000), "server": ("testserver", 80), "root_path": "", "asgi": {"version": "3.0"},
        }  # fmt: skip
        return self._loop.run_until_complete(self._answer(scope, body))

    def post(self, path: str, value: Any, key: str) -> tuple[int, Any]:
        """Post JSON with a write key; status and JSON of the answer."""
        status, _, body = self.request("POST", path, json.dumps(value).encode(), {"content-type": "application/json", "authorization": f"Bearer {key}"})
        return status, json.loads(body)

    async def _answer(self, scope: MutableMapping[str, Any], body: bytes) -> tuple[int, dict[str, str], bytes]:
        waiting = [{"type": "http.request", "body": body, "more_body": False}]
        answers: list[Message] = []
        over = asyncio.Event()

        async def receive() -> Message:
            if waiting:
                return waiting.pop()
            await over.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            answers.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                over.set()

        await self.app(scope, receive, send)
        start = answers[0]
        return (
            start["status"],
            {name.decode().lower(): value.decode() for name, value in start["headers"]},
            b"".join(answer.get("body", b"") for answer in answers[1:]),
        )

    def run(self, what: Awaitable[Any]) -> Any:
        """Run something on the application's loop."""
        return self._loop.run_until_complete(what)  # type: ignore[arg-type]  # any awaitable will do

    def close(self) -> None:
        """Let go of the loop."""
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
