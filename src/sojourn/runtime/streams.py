"""The loop of streams: listens to what the members named, and takes to the log what comes, each stream under its own source."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from sojourn.adapters.sqlite.streams import StreamRows
from sojourn.ports.log import Full
from sojourn.ports.state import Unavailable
from sojourn.runtime import stream_social
from sojourn.runtime.settings import Settings
from sojourn.runtime.stream_bucket import Buckets
from sojourn.runtime.stream_folder import Folders
from sojourn.runtime.stream_tap import SHOWN, Tap
from sojourn.runtime.wiring import House
from sojourn.terms.refusals import Refusal
from sojourn.terms.streams import BLUESKY, BUCKET, CONNECTING, FOLDER, LIVE, MASTODON, MQTT, TROUBLE, MqttSettings, filters
from sojourn.terms.time import Millis

log = structlog.get_logger("streams")

LOOK_SECONDS: Final = 0.5
IDLE_SECONDS: Final = 2.0
FLUSH_SECONDS: Final = 10.0
LONGEST_PAUSE_SECONDS: Final = 60.0


class StreamsLoop:
    """Call `step` for ever: it listens for a second, then looks whether streams were added, changed or switched off."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._house = House(settings)
        self._rows = StreamRows(settings.database_path, self._house.seal())
        self._loop = asyncio.new_event_loop()
        self._running: dict[int, tuple[Millis, Tap, asyncio.Task[None]]] = {}
        self._flushed = 0.0
        self._listeners: dict[str, Callable[[Tap], Awaitable[None]]] = {
            MQTT: _mqtt,
            MASTODON: stream_social.mastodon,
            BLUESKY: stream_social.bluesky,
            FOLDER: Folders(settings, stop).watch,
            BUCKET: Buckets(settings, stop).watch,
        }

    def step(self) -> None:
        """Listen for a while. After an error it is closed: make another, which begins with what the table says."""
        try:
            self._loop.run_until_complete(self._turn())
        except BaseException:
            self.close()
            raise
        if not self._running:
            self._stop.wait(IDLE_SECONDS)
        if self._stop.is_set():
            self.close()

    def close(self) -> None:
        """Let go of all connections. What was not acknowledged comes again."""
        if self._loop.is_closed():
            return
        try:
            self._loop.run_until_complete(self._end(list(self._running)))
        except Unavailable as error:
            log.warning("how the streams are could not be told", error=str(error))
        finally:
            self._loop.close()

    async def _turn(self) -> None:
        for _, _, task in self._running.values():
            if task.done():
                task.result()  # it could not even tell the table what its trouble is
        wanted = {stream.id: stream for stream in self._rows.active()}
        await self._end([number for number, (changed_at, _, _) in self._running.items() if number not in wanted or wanted[number].changed_at != changed_at])
        for number, stream in wanted.items():
            if number not in self._running:
                tap = Tap(stream, self._rows, self._house.log(), self._house.clock.now)
                self._running[number] = (stream.changed_at, tap, self._loop.create_task(self._keep(tap)))
        if not self._running:
            return
        await asyncio.sleep(LOOK_SECONDS)
        flush = self._loop.time() - self._flushed >= FLUSH_SECONDS
        self._flushed = self._loop.time() if flush else self._flushed
        for _, tap, _ in self._running.values():
            tap.tell()
            if flush:
                with suppress(Full):  # it stays counted, and goes with what comes next
                    tap.flush()

    async def _end(self, numbers: list[int]) -> None:
        ending = [self._running.pop(number) for number in numbers]
        for _, _, task in ending:
            task.cancel()
        await asyncio.gather(*(task for _, _, task in ending), return_exceptions=True)
        for _, tap, _ in ending:
            with suppress(Full):
                tap.flush()
            tap.tell(at_once=True)

    async def _keep(self, tap: Tap) -> None:
        """Listen, and after trouble listen again, later each time up to a minute."""
        listen = self._listeners[tap.stream.kind]
        pause = 1.0
        while True:
            began = self._loop.time()
            tap.is_(CONNECTING, tap.trouble)
            try:
                await listen(tap)
                trouble = "The other side ended the connection."
            except Full as full:
                trouble = f"The log takes nothing in now: {full}."
            except Refusal as refusal:
                trouble = refusal.message
            except OSError as error:
                trouble = f"{error}."
            except Exception as error:
                log.exception("a stream failed", stream=tap.stream.id)
                trouble = f"This failed here: {type(error).__name__}: {error}."
            if self._loop.time() - began > LONGEST_PAUSE_SECONDS:
                pause = 1.0
            tap.is_(TROUBLE, f"{trouble} Trying again in {pause:g} s.")
            await asyncio.sleep(pause)
            pause = min(LONGEST_PAUSE_SECONDS, pause * 2)


async def _mqtt(tap: Tap) -> None:
    """Listen to a broker. It may forget a message once that is durable here, or was counted as set aside or sampled away."""
    from sojourn.adapters.mqtt.client import listen
    from sojourn.capture.streams.devices import Devices, Message

    settings = tap.stream.settings
    assert isinstance(settings, MqttSettings), "a broker's settings"
    devices = Devices(settings)
    identifier = f"sojourn-{tap.stream.workspace}-{tap.stream.id}"
    async with listen(settings.url, filters(settings.topics), identifier, settings.version) as listener:
        tap.is_(LIVE)
        while True:
            handful = await listener.next()
            now = tap.now()
            messages = [Message(str(one.topic), bytes(one.payload or b""), now, bool(one.retain)) for one in handful]
            turned = [devices.turn(message) for message in messages]
            verdicts = tap.take([call for one in turned for call in one.calls], sum(one.sampled for one in turned))
            listener.acknowledge(handful)
            tap.stream.tally.received += len(handful)
            for message, one in zip(messages, turned, strict=True):
                said, verdicts = verdicts[: len(one.calls)], verdicts[len(one.calls) :]
                tap.saw(message.topic, message.payload[:SHOWN].decode("utf-8", "replace"), ", ".join(dict.fromkeys(said)) or "sampled away")
            tap.tell()


def looped(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The step of the streams for the work process."""
    return StreamsLoop(settings, stop).step
