"""The committer: many waiting requests share one durable append to the log."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue

from sojourn.capture.limits import COMMIT_FACTS, FLUSH_SECONDS, QUEUE_ARRIVALS, QUEUE_BYTES
from sojourn.ports.log import Appended, Full, Log
from sojourn.terms.facts import Arrival

_Waiting = tuple[Arrival, int, asyncio.Future[Appended]]


class Committer:
    """Drains a queue of arrivals into the log, one append at a time, in one thread of its own. All methods are for the event loop's thread."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._waiting: list[_Waiting] = []
        self._bytes = 0
        self._busy: asyncio.Future[None] | None = None  # done when nothing waits any more
        self._begins: SimpleQueue[tuple[asyncio.AbstractEventLoop, list[_Waiting]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._counts: dict[tuple[int, int], dict[str, int]] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._closing = False
        self.commits = 0
        self.failures = 0

    @property
    def depth(self) -> int:
        """Requests waiting for a commit."""
        return len(self._waiting)

    def submit(self, arrival: Arrival) -> asyncio.Future[Appended]:
        """Put an arrival in line; the future is done once it is durable. Errors: Full where too many wait; from the future: Full."""
        size = sum([len(item.packed) for item in arrival.items])
        if arrival.quarantined:
            size += sum([len(q.payload) for q in arrival.quarantined])
        if len(self._waiting) >= QUEUE_ARRIVALS or (self._bytes + size > QUEUE_BYTES and self._waiting):
            raise Full("too many requests are waiting for the log")
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Appended] = loop.create_future()
        self._waiting.append((arrival, size, future))
        self._bytes += size
        if self._busy is None:
            self._busy = loop.create_future()
            loop.call_soon(self._begin, loop)  # whoever comes in the same round of the loop shares the commit
        return future

    def count(self, workspace: int, source: int, counts: dict[str, int]) -> None:
        """Count outcomes of a request that leaves nothing else; they reach the log at most once a second, so that hostile traffic does not fill it."""
        sums = self._counts.setdefault((workspace, source), {})
        for reason, events in counts.items():
            sums[reason] = sums.get(reason, 0) + events
        if self._flush is None and not self._closing:
            self._flush = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start_flush)

    async def close(self) -> None:
        """Commit what waits and what is counted, and let go of the thread."""
        self._closing = True
        if self._flush is not None:
            self._flush.cancel()
            self._flush = None
        await self._flush_counts()
        if self._busy is not None:
            await asyncio.shield(self._busy)
        if self._thread is not None:
            self._begins.put(None)
            self._thread.join()
            self._thread = None

    def _start_flush(self) -> None:
        self._flush = None
        self._flushing = asyncio.create_task(self._flush_counts())

    async def _flush_counts(self) -> None:
        counts, self._counts = self._counts, {}
        for (workspace, source), sums in counts.items():
            try:
                await self.submit(Arrival(workspace, source, counts=sums))
            except Full:
                if not self._closing:  # they wait for better times; on the way out there are none
                    self.count(workspace, source, sums)

    def _next(self) -> list[_Waiting]:
        facts = 0
        for index, (arrival, _, _) in enumerate(self._waiting):
            facts += len(arrival.items)
            if facts > COMMIT_FACTS and index:
                batch, self._waiting = self._waiting[:index], self._waiting[index:]
                return batch
        batch, self._waiting = self._waiting, []
        return batch

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand the thread its next commit."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="capture-log", daemon=True)
            self._thread.start()
        self._begins.put((loop, self._next()))

    def _run(self) -> None:
        """The thread: one append after the other."""
        while (begun := self._begins.get()) is not None:
            self._append(*begun)
            del begun  # else the facts stay in memory until somebody sends more

    def _append(self, loop: asyncio.AbstractEventLoop, batch: list[_Waiting]) -> None:
        """Append, and tell the loop once."""
        try:
            appended = self._log.append([arrival for arrival, _, _ in batch])
        except Exception as failed:  # noqa: BLE001 - whatever the log's trouble is, everyone who waits must hear of it
            if isinstance(failed, Full):
                full = failed
            else:
                full = Full(f"the log failed: {failed!r}")
                full.__cause__ = failed
            _tell(loop, self._failed, loop, batch, full)
        else:
            _tell(loop, self._done, loop, batch, appended)

    def _done(self, loop: asyncio.AbstractEventLoop, batch: list[_Waiting], appended: list[Appended]) -> None:
        self._go_on(loop)
        self.commits += 1
        for (_, size, future), one in zip(batch, appended, strict=True):
            self._bytes -= size
            if not future.done():
                future.set_result(one)

    def _failed(self, loop: asyncio.AbstractEventLoop, batch: list[_Waiting], full: Full) -> None:
        self.failures += 1
        for _, size, future in batch:
            self._bytes -= size
            if not future.done():
                future.set_exception(full)
        self._go_on(loop)

    def _go_on(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._waiting:
            self._begin(loop)
        elif self._busy is not None:
            if not self._busy.done():
                self._busy.set_result(None)
            self._busy = None


def _tell(loop: asyncio.AbstractEventLoop, what: Callable[..., None], *about: object) -> None:
    with suppress(RuntimeError):  # the loop is closed, and nobody waits any more
        loop.call_soon_threadsafe(what, *about)
