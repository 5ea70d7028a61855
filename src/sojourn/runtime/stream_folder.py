"""A watched folder: each file that is complete is imported as history, once, and goes on where it was after a restart."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from sojourn.runtime.importer import Summary, import_file
from sojourn.runtime.settings import Settings
from sojourn.runtime.stream_tap import Tap
from sojourn.runtime.wiring import House
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.streams import LIVE, FolderSettings

LOOK_SECONDS: Final = 2.0
SETTLED_SECONDS: Final = 4.0
"""A file that neither grows nor changes for so long is complete; a file `NAME.done` beside it says so at once."""
FILES: Final = 10_000
ENDINGS: Final = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet", ".csv.gz", ".tsv.gz", ".jsonl.gz", ".ndjson.gz", ".json.gz")

_Stamp = tuple[int, int]
"""Bytes, and when the file was last changed, in ns."""


class _Stopped(Exception):
    """The import is cut short, because the process ends or the stream was changed; it goes on another time."""


class Folders:
    """Watches the folders of all streams. Files are imported one after the other, in a thread of their own."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="folder")
        self._house: House | None = None

    async def watch(self, tap: Tap) -> None:
        """Look for files for ever. Errors: Full, Refusal for a folder that cannot be made, OSError."""
        settings = tap.stream.settings
        assert isinstance(settings, FolderSettings), "a folder's settings"
        folder = inbox(self._settings, settings.folder)
        seen: dict[str, tuple[_Stamp, float]] = {}
        clock = asyncio.get_running_loop().time
        tap.is_(LIVE)
        while True:
            done = _done(tap.stream.cursor)
            present = _present(folder)
            if set(done) - set(present):
                done = {name: stamp for name, stamp in done.items() if name in present}
                tap.stream.cursor = _cursor(done)
            for name, stamp in present.items():
                if done.get(name) == stamp:
                    continue
                since = seen[name][1] if name in seen and seen[name][0] == stamp else clock()
                seen[name] = (stamp, since)
                if clock() - since >= SETTLED_SECONDS or (folder / f"{name}.done").exists():
                    await self._bring_in(tap, folder / name, settings.contacts)
                    done[name] = stamp
                    tap.stream.cursor = _cursor(done)
                    seen.pop(name, None)
                    tap.is_(LIVE)
            await asyncio.sleep(LOOK_SECONDS)

    async def _bring_in(self, tap: Tap, path: Path, contacts: bool) -> None:
        """Import one file. One that cannot be read at all is told of, and left until it changes."""
        ended = threading.Event()
        try:
            work = partial(self._import, tap, path, contacts, ended)
            summary = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except asyncio.CancelledError:
            ended.set()
            raise
        except _Stopped:
            raise asyncio.CancelledError from None
        except Refusal as refusal:
            if refusal.code == Code.NOT_READY:
                raise
            tap.saw(path.name, "", refusal.message)
            tap.stream.tally.refused += 1
            return
        tally = tap.stream.tally
        tally.received += summary.kept + summary.duplicates + summary.refused
        tally.kept += summary.kept
        tally.duplicates += summary.duplicates
        tally.refused += summary.refused
        for number, why in summary.examples[:5]:
            tap.saw(path.name, f"line {number}", why)
        tap.saw(path.name, "", _words(summary))

    def _import(self, tap: Tap, path: Path, contacts: bool, ended: threading.Event) -> Summary:
        if self._house is None:
            self._house = House(self._settings)
        size = max(path.stat().st_size, 1)

        def progress(done: int) -> None:
            tap.trouble = f"Bringing in {path.name}: {100 * min(done, size) // size} %."
            tap.tell()
            if self._stop.is_set() or ended.is_set():
                raise _Stopped

        return import_file(path, self._house.log(), tap.stream.workspace, tap.stream.source, self._house.clock.now, contacts=contacts, progress=progress)


def inbox(settings: Settings, folder: str) -> Path:
    """The folder of that name in the inbox, made where it is missing. Errors: Refusal for a name that leads elsewhere, OSError."""
    if not folder or folder != Path(folder).name or folder.startswith("."):
        raise Refusal(Code.BAD_VALUE, "A folder is named by one word, such as orders; it lies in the inbox of the installation.")
    path = settings.home / "inbox" / folder
    path.mkdir(parents=True, exist_ok=True)
    return path


def _present(folder: Path) -> dict[str, _Stamp]:
    """The files that may be imported, by name, the oldest name first."""
    found = {}
    for path in sorted(folder.iterdir())[:FILES]:
        if not path.name.startswith(".") and path.name.lower().endswith(ENDINGS) and path.is_file():
            about = path.stat()
            found[path.name] = (about.st_size, about.st_mtime_ns)
    return found


def _done(cursor: str) -> dict[str, _Stamp]:
    return msgspec.json.decode(cursor, type=dict[str, _Stamp]) if cursor else {}


def _cursor(done: dict[str, _Stamp]) -> str:
    return msgspec.json.encode(done).decode()


def _words(summary: Summary) -> str:
    parts = [f"{summary.kept:,} kept"]
    parts += [f"{summary.duplicates:,} were there already"] if summary.duplicates else []
    parts += [f"{summary.refused:,} refused"] if summary.refused else []
    return ", ".join(parts)
