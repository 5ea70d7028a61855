"""The `work` process: engine, lake writer and courier, each in a thread of its own, each able to fail and begin again alone."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import structlog

from sojourn.runtime import wiring
from sojourn.runtime.attempts import Attempts
from sojourn.runtime.engine_loop import spare_collector
from sojourn.runtime.relay import relay_once
from sojourn.runtime.retention import Retention
from sojourn.runtime.settings import Settings
from sojourn.runtime.signals import Asked
from sojourn.runtime.soundness import reaches
from sojourn.runtime.watch import LOOPS, Pulse, hold

log = structlog.get_logger("work")

RELAY_EVERY_SECONDS = 0.1


def run(settings: Settings, names: Sequence[str] = LOOPS) -> None:
    """Run these loops until SIGINT or SIGTERM."""
    asked = Asked()
    stop = threading.Event()
    makers: dict[str, Callable[[], Callable[[], None]]] = {
        "engine": lambda: engine(settings, stop),
        "lake": lambda: lake(settings, stop),
        "courier": lambda: courier(settings, stop),
        "demo": lambda: demo(settings, stop),
        "streams": lambda: streams(settings, stop),
    }
    # The demo and the streams go where the engine goes; they rest unless somebody made one.
    names = [*names, "demo", "streams"] if "engine" in names else names
    threads = [threading.Thread(target=_keep_going, args=(settings, name, makers[name], stop), name=name) for name in names]
    for thread in threads:
        thread.start()
    log.info("working", loops=list(names))
    while not asked.wait():
        pass
    stop.set()
    for thread in threads:
        thread.join()


def _keep_going(settings: Settings, name: str, make: Callable[[], Callable[[], None]], stop: threading.Event) -> None:
    """Make a loop's step and call it for ever; after a failure begin afresh, later each time up to 10 s."""
    handle = _held(settings, name, stop)
    if handle is None:
        return
    pulse = Pulse(handle)
    failures = 0
    while not stop.is_set():
        try:
            step = make()
            while not stop.is_set():
                step()
                pulse.beat()
                failures = 0
        except Exception as error:
            pulse.failed(error)
            failures += 1
            pause = min(10.0, 0.2 * 2**failures)
            log.exception("loop failed; it begins again from what is committed", loop=name, in_seconds=pause)
            stop.wait(pause)


def _held(settings: Settings, name: str, stop: threading.Event) -> int | None:
    """The loop's lock, waited for; also while its file cannot be made. None where we are asked to stop first."""
    failures = 0
    while not stop.is_set():
        try:
            return hold(settings.locks_path, name, stop)
        except OSError as error:
            failures += 1
            pause = min(10.0, 0.2 * 2**failures)
            log.error("loop cannot begin: its lock file cannot be made", loop=name, error=str(error), in_seconds=pause)
            stop.wait(pause)
    return None


def engine(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The engine's step: relay what waits in the outbox, fold what is on the log."""
    house = wiring.House(settings)
    attempts = Attempts(settings.locks_path / "engine.attempts")
    with _counted(attempts):
        loop = house.engine()
        reaches(house.log().head(), loop.progress.position)
        loop.heed(attempts)
        spare_collector()
        outbox = house.intents()
        records = house.log()

    def step() -> None:
        with _counted(attempts):
            relay_once(outbox, records)
            loop.run_once(RELAY_EVERY_SECONDS)
            if stop.is_set():
                attempts.over()

    return step


@contextmanager
def _counted(attempts: Attempts) -> Iterator[None]:
    """Only an end in the middle of folding counts as one; want of memory is nearly that."""
    try:
        yield
    except Exception as error:
        if not isinstance(error, MemoryError):
            attempts.over()
        attempts.close()
        raise


def lake(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The lake writer's step, and in quiet moments the log's retention."""
    house = wiring.House(settings)
    writer = house.lake_writer()
    retention = Retention(house.log(), house.state(), house.clock, settings.retention_days)

    def step() -> None:
        if not writer.run_once():
            retention.run_once()
            stop.wait(0.5)

    return step


def courier(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The courier's step."""
    sender = wiring.House(settings).courier()

    def step() -> None:
        if not sender.run_once():
            stop.wait(0.1)

    return step


def demo(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The demo's step."""
    from sojourn.runtime.demo import looped

    return looped(settings, stop)


def streams(settings: Settings, stop: threading.Event) -> Callable[[], None]:
    """The step of the streams."""
    from sojourn.runtime.streams import looped

    return looped(settings, stop)
