"""A watched folder: each file that is complete is imported as history, once, and goes on where it was after a restart."""

import asyncio
import os
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from sojourn.runtime.settings import Settings
from sojourn.runtime.stream_files import ENDINGS, Hands
from sojourn.runtime.stream_tap import Tap
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.streams import LIVE, TROUBLE, FolderSettings

LOOK_SECONDS: Final = 2.0
SETTLED_SECONDS: Final = 4.0
"""A file that neither grows nor changes for so long is complete; a file `NAME.done` beside it says so at once."""
FILES: Final = 10_000

_Stamp = tuple[int, int]
"""Bytes, and when the file was last changed, in ns."""


class Folders:
    """Watches the folders of all streams. Files are imported one after the other, in a thread of their own."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._hands = Hands(settings, stop, "folder")

    async def watch(self, tap: Tap) -> None:
        """Look for files for ever. Errors: Full, Refusal for a folder that cannot be made, OSError."""
        settings = tap.stream.settings
        assert isinstance(settings, FolderSettings), "a folder's settings"
        folder = inbox(self._settings, settings.folder)
        seen: dict[str, tuple[_Stamp, float]] = {}
        unread: dict[str, str] = {}
        clock = asyncio.get_running_loop().time
        tap.is_(LIVE)
        while True:
            done = _done(tap.stream.cursor)
            present, more = _present(folder)
            gone = set(done) - set(present)
            if gone and not more:
                done = {name: stamp for name, stamp in done.items() if name in present}
                tap.stream.cursor = _cursor(done)
            unread = {name: why for name, why in unread.items() if name in present}
            for name, (path, stamp) in present.items():
                if done.get(name) == stamp:
                    continue
                since = seen[name][1] if name in seen and seen[name][0] == stamp else clock()
                seen[name] = (stamp, since)
                if clock() - since >= SETTLED_SECONDS or path.with_name(f"{path.name}.done").exists():
                    why = await self._hands.do(partial(self._bring_in, tap, path, name, settings.contacts))
                    if why is None:
                        continue
                    if why:
                        # It may be readable later without looking any different: rights are no part of its size and time.
                        if unread.get(name) != why:
                            tap.saw(name, "", why)
                        unread[name] = why
                        continue
                    done[name] = stamp
                    tap.stream.cursor = _cursor(done)
                    seen.pop(name, None)
                    unread.pop(name, None)
                    tap.is_(LIVE)
            trouble = _trouble(unread, more)
            if (trouble or tap.state == TROUBLE) and tap.trouble != trouble:
                tap.is_(TROUBLE if trouble else LIVE, trouble)
            await asyncio.sleep(LOOK_SECONDS)

    def _bring_in(self, tap: Tap, path: Path, name: str, contacts: bool, going_on: Callable[[], None]) -> str | None:
        """Import one file; why it cannot be opened now, else nothing, or None where it was taken away. One that makes no sense is left until it changes."""
        try:
            self._hands.bring_in(tap, path, name, contacts, going_on)
        except FileNotFoundError:
            return None
        except Refusal as refusal:
            if refusal.code == Code.NOT_READY:
                raise
            if refusal.code == Code.NOT_FOUND or not path.exists():
                return refusal.message if path.exists() else None
            tap.saw(name, "", refusal.message)
            tap.stream.tally.refused += 1
        return ""


def inbox(settings: Settings, folder: str) -> Path:
    """The folder of that name in the inbox, made where it is missing. Errors: Refusal for a name that leads elsewhere, OSError."""
    if not folder or folder != Path(folder).name or folder.startswith("."):
        raise Refusal(Code.BAD_VALUE, "A folder is named by one word, such as orders; it lies in the inbox of the installation.")
    path = settings.home / "inbox" / folder
    path.mkdir(parents=True, exist_ok=True)
    return path


def _present(folder: Path) -> tuple[dict[str, tuple[Path, _Stamp]], bool]:
    """The files that may be imported, by name as it can be shown, the first name first; and whether there are more than are looked at."""
    found: dict[str, tuple[Path, _Stamp]] = {}
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith(".") and path.name.lower().endswith(ENDINGS))
    for path in paths[:FILES]:
        try:
            about = path.stat()
        except OSError:
            continue  # taken away meanwhile, or a link that leads nowhere
        if path.is_file():
            # A name may hold bytes that are no text.
            found[os.fsencode(path.name).decode("utf-8", "backslashreplace")] = (path, (about.st_size, about.st_mtime_ns))
    return found, len(paths) > FILES


def _trouble(unread: dict[str, str], more: bool) -> str:
    if unread:
        first = next(iter(unread.values())).rstrip(".")
        return f"{first}." if len(unread) == 1 else f"{len(unread):,} files cannot be read now. {first}."
    return f"The folder holds more than {FILES:,} files; those beyond by name are not looked at. Take away what was brought in." if more else ""


def _done(cursor: str) -> dict[str, _Stamp]:
    return msgspec.json.decode(cursor, type=dict[str, _Stamp]) if cursor else {}


def _cursor(done: dict[str, _Stamp]) -> str:
    return msgspec.json.encode(done).decode()
