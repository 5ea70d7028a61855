"""Files on their way in: a thread that imports them one after the other, can be told to end, and says how far it is."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sojourn.runtime.importer import Summary, import_file
from sojourn.runtime.settings import Settings
from sojourn.runtime.stream_tap import Tap
from sojourn.runtime.wiring import House
from sojourn.terms.streams import LIVE

ENDINGS: Final = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".csv.gz", ".tsv.gz", ".jsonl.gz", ".ndjson.gz", ".json.gz")
_T = TypeVar("_T")


class Stopped(Exception):
    """The work is cut short, because the process ends or the stream was changed; it goes on another time."""


class Hands:
    """Does work for streams, one piece after the other, in a thread of its own with connections of its own."""

    def __init__(self, settings: Settings, stop: threading.Event, name: str) -> None:
        self._settings = settings
        self._stop = stop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._house: House | None = None

    async def do(self, work: Callable[[Callable[[], None]], _T]) -> _T:
        """Wait for `work`; it is given a function to call now and then, which raises Stopped where it must end. Errors: those of `work`."""
        ended = threading.Event()

        def going_on() -> None:
            if self._stop.is_set() or ended.is_set():
                raise Stopped

        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work, going_on)
        except asyncio.CancelledError:
            ended.set()
            raise
        except Stopped:
            raise asyncio.CancelledError from None

    def bring_in(self, tap: Tap, path: Path, name: str, contacts: bool, going_on: Callable[[], None]) -> Summary:
        """Import a file as history and account for it; called in the thread. Errors: Refusal, Stopped."""
        if self._house is None:
            self._house = House(self._settings)
        stream, size = tap.stream, path.stat().st_size
        progress = partial(self.tell, tap, f"Bringing in {name}", size, going_on)
        places = self._settings.home / "imports"
        summary = import_file(
            path, self._house.log(), stream.workspace, stream.source, self._house.clock.now, contacts=contacts, progress=progress, places=places
        )
        stream.tally.received += summary.kept + summary.duplicates + summary.refused
        stream.tally.kept += summary.kept
        stream.tally.duplicates += summary.duplicates
        stream.tally.refused += summary.refused
        for number, why in summary.examples[:5]:
            tap.saw(name, f"line {number}", why)
        tap.saw(name, "", words(summary))
        return summary

    @staticmethod
    def tell(tap: Tap, what: str, size: int, going_on: Callable[[], None], done: int) -> None:
        """Say how much of a file is done, and end here where that is wanted."""
        tap.state, tap.trouble = LIVE, f"{what}: {100 * min(done, size) // max(size, 1)} %."
        tap.tell()
        going_on()


def words(summary: Summary) -> str:
    """What became of a file's lines."""
    parts = [f"{summary.kept:,} kept"]
    parts += [f"{summary.duplicates:,} were there already"] if summary.duplicates else []
    parts += [f"{summary.refused:,} refused"] if summary.refused else []
    return ", ".join(parts)
