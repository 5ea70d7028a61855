"""Reading a body: as much of it as the limits allow, as long as it keeps coming."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, Final

from sojourn.capture.call import Refused
from sojourn.capture.limits import BODY_BYTES, BODY_GRACE_SECONDS, BODY_RATE, BODY_SECONDS, BODY_SILENCE_SECONDS
from sojourn.terms.outcomes import Reason

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
_LOOK_SECONDS: Final = 0.5
_DRAINED: Final = 64 * 1024 * 1024


class Gone(Exception):
    """The client went away before its body was complete; nobody is there to be answered."""


class _Reading:
    __slots__ = ("last", "size", "started", "task", "verdict")

    def __init__(self, task: "asyncio.Task[Any] | None", now: float) -> None:
        self.task = task
        self.started = now
        self.last = now
        self.size = 0
        self.verdict: Refused | None = None


class Watch:
    """Looks at all bodies on their way twice a second and ends those that are too slow: one timer for all, none per request."""

    def __init__(self) -> None:
        self._readings: set[_Reading] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, receive: Receive, declared: int | None, keep: bool = True) -> bytes:
        """The whole body; with `keep` False it is read and thrown away. Errors: Refused(400, 408, 413), Gone.

        What is too large is read on without being kept, up to 64 MiB, because a client that is cut off while it writes never sees the answer.
        """
        loop = asyncio.get_running_loop()
        reading = _Reading(asyncio.current_task(), loop.time())
        self._readings.add(reading)
        if self._timer is None:
            self._timer = loop.call_later(_LOOK_SECONDS, self._look, loop)
        try:
            message = await receive()
            if message["type"] == "http.request" and not message.get("more_body"):  # nearly always
                body: bytes = message.get("body", b"")
                reading.size = len(body)
                if reading.size > BODY_BYTES:
                    raise _too_large()
            else:
                body = await self._read_on(message, receive, reading, keep)
        except asyncio.CancelledError:
            if reading.verdict is None or reading.task is None:
                raise
            reading.task.uncancel()
            raise reading.verdict from None
        finally:
            self._readings.discard(reading)
        if declared is not None and reading.size != declared:
            raise Refused(400, Reason.BAD_ENCODING, f"the body has {reading.size} bytes, but Content-Length says {declared}")
        return body

    async def _read_on(self, message: MutableMapping[str, Any], receive: Receive, reading: _Reading, keep: bool) -> bytes:
        loop = asyncio.get_running_loop()
        chunks: list[bytes] = []
        while True:
            if message["type"] == "http.disconnect":
                raise Gone
            chunk = message.get("body", b"")
            reading.size += len(chunk)
            reading.last = loop.time()
            if reading.size > BODY_BYTES:
                chunks.clear()
            elif keep:
                chunks.append(chunk)
            if not message.get("more_body") or reading.size > _DRAINED:
                break
            message = await receive()
        if reading.size > BODY_BYTES:
            raise _too_large()
        return b"".join(chunks)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        self._timer = loop.call_later(_LOOK_SECONDS, self._look, loop) if self._readings else None
        now = loop.time()
        for reading in self._readings:
            if reading.verdict is None:
                reading.verdict = judge(now - reading.started, now - reading.last, reading.size)
                if reading.verdict is not None and reading.task is not None:
                    reading.task.cancel()


def judge(elapsed: float, silent: float, size: int) -> Refused | None:
    """Whether a body has had its time, in seconds and bytes: dripping (408), late (408), or over before it was complete (400)."""
    if elapsed > BODY_SECONDS:
        if silent >= BODY_SILENCE_SECONDS and size:
            return Refused(400, Reason.BODY_TOO_SLOW, "the body ended before it was complete: it is shorter than its Content-Length")
        return Refused(408, Reason.BODY_TOO_SLOW, f"the body was not complete after {BODY_SECONDS:.0f} seconds", retry_after=1)
    if elapsed > BODY_GRACE_SECONDS and 0 < size < BODY_RATE * (elapsed - BODY_GRACE_SECONDS / 2) and silent < BODY_GRACE_SECONDS:
        return Refused(408, Reason.BODY_TOO_SLOW, f"the body comes at less than {BODY_RATE} bytes a second", retry_after=1)
    return None


def _too_large() -> Refused:
    return Refused(413, Reason.BODY_TOO_LARGE, f"the body is larger than {BODY_BYTES} bytes")
