"""The committer: many waiting requests share one durable append to the log."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from sojourn.capture.limits import COMMIT_FACTS, FLUSH_SECONDS, QUEUE_ARRIVALS, QUEUE_BYTES
from sojourn.ports.log import Appended, Full, Log
from sojourn.terms.facts import Arrival


class Committer:
    """Drains a queue of arrivals into the log, one append at a time, in one thread of its own."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="capture-log")
        self._waiting: list[tuple[Arrival, int, asyncio.Future[Appended]]] = []
        self._bytes = 0
        self._drain: asyncio.Task[None] | None = None
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
        size = sum([len(item.packed) for item in arrival.items]) + sum([len(q.payload) for q in arrival.quarantined])
        if len(self._waiting) >= QUEUE_ARRIVALS or (self._bytes + size > QUEUE_BYTES and self._waiting):
            raise Full("too many requests are waiting for the log")
        future: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()
        self._waiting.append((arrival, size, future))
        self._bytes += size
        if self._drain is None:
            self._drain = asyncio.create_task(self._drain_all())
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
        if self._drain is not None:
            await self._drain
        self._thread.shutdown(wait=True)

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

    def _next(self) -> list[tuple[Arrival, int, asyncio.Future[Appended]]]:
        facts = 0
        for index, (arrival, _, _) in enumerate(self._waiting):
            facts += len(arrival.items)
            if facts > COMMIT_FACTS and index:
                batch, self._waiting = self._waiting[:index], self._waiting[index:]
                return batch
        batch, self._waiting = self._waiting, []
        return batch

    async def _drain_all(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._waiting:
                batch = self._next()
                arrivals = [arrival for arrival, _, _ in batch]
                try:
                    appended = await loop.run_in_executor(self._thread, self._log.append, arrivals)
                except Exception as failed:  # noqa: BLE001 - whatever the log's trouble is, everyone who waits must hear of it
                    self.failures += 1
                    full = failed if isinstance(failed, Full) else Full(f"the log failed: {failed!r}")
                    full.__cause__ = failed if full is not failed else None
                    for _, size, future in batch:
                        self._bytes -= size
                        if not future.done():
                            future.set_exception(full)
                    continue
                self.commits += 1
                for (_, size, future), one in zip(batch, appended, strict=True):
                    self._bytes -= size
                    if not future.done():
                        future.set_result(one)
        finally:
            self._drain = None
