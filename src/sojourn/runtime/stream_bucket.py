"""A watched bucket: each object is fetched in parts and imported as history, once, and goes on where it was after a restart."""

import asyncio
import os
import re
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from errno import EDQUOT, ENOSPC
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sojourn.adapters.sqlite.streams import StreamRows
from sojourn.runtime.settings import Settings
from sojourn.runtime.stream_files import ENDINGS, Hands, words
from sojourn.runtime.stream_tap import Tap
from sojourn.runtime.wiring import House
from sojourn.terms.ids import digest
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.streams import LIVE, TROUBLE, BucketSettings

if TYPE_CHECKING:
    from sojourn.adapters.s3.bucket import Bucket, Found

LOOK_SECONDS: Final = 30.0
"""Between two looks; longer for a bucket of more than ten thousand objects, since a list costs money by the thousand."""
AGAIN_SECONDS: Final = 600.0
"""After so long an object that was not given out is asked for again."""
PART_BYTES: Final = 8 << 20
MOST_BYTES: Final = 50 << 30
SPARE_BYTES: Final = 512 << 20
"""What is left free of the disk for everything else."""


class Buckets:
    """Watches the buckets of all streams, each in a thread of its own, so that a slow one holds up no other."""

    def __init__(self, settings: Settings, stop: threading.Event) -> None:
        self._settings = settings
        self._stop = stop
        self._hands: dict[int, Hands] = {}
        self._folder = settings.home / "buckets"
        self._rows: StreamRows | None = None
        if self._folder.exists():
            self._tidy()

    async def watch(self, tap: Tap) -> None:
        """Look for objects for ever. Errors: Full, Unreachable, Refusal for a log that is full, OSError."""
        from sojourn.adapters.s3.bucket import Bucket

        settings = tap.stream.settings
        assert isinstance(settings, BucketSettings), "a bucket's settings"
        hands = self._hands.setdefault(tap.stream.id, Hands(self._settings, self._stop, f"bucket-{tap.stream.id}"))
        bucket = Bucket(settings)
        look = _Look(tap, settings, bucket, hands, self._table(), self._folder / str(tap.stream.id))
        try:
            while True:
                pages = await hands.do(look.once)
                tap.is_(TROUBLE if look.withheld else LIVE, look.trouble())
                await asyncio.sleep(LOOK_SECONDS * max(1.0, pages / 10))
        finally:
            bucket.close()
            self._tidy()

    def _table(self) -> StreamRows:
        self._rows = self._rows or StreamRows(self._settings.database_path, House(self._settings).seal())
        return self._rows

    def _tidy(self) -> None:
        """Take away what was fetched for streams that are no more."""
        with suppress(OSError):
            kept = [int(path.name) for path in self._folder.iterdir() if path.name.isdigit()]
            for number in set(kept) - self._table().known(kept):
                shutil.rmtree(self._folder / str(number), ignore_errors=True)


class _Look:
    """Looks through a bucket and brings in what is new. Works in a thread."""

    def __init__(self, tap: Tap, settings: BucketSettings, bucket: "Bucket", hands: Hands, rows: StreamRows, folder: Path) -> None:
        self._tap = tap
        self._settings = settings
        self._bucket = bucket
        self._hands = hands
        self._rows = rows
        self._folder = folder
        self.withheld: dict[str, tuple[str, str, float]] = {}
        """Key of an object that is not given out -> its ETag, why, and when it was asked for."""

    def once(self, going_on: Callable[[], None]) -> int:
        """Look once; how many pages the list had. Errors: Unreachable, Refusal for a full log or disk, OSError, Stopped."""
        pages = 0
        still: dict[str, tuple[str, str, float]] = {}
        for page in self._bucket.pages():
            going_on()
            pages += 1
            wanted = [found for found in page if found.size and found.key.lower().endswith(ENDINGS) and not _name(found.key).startswith(".")]
            read = self._rows.read(self._tap.stream.id, [found.key for found in wanted])
            for found in wanted:
                if read.get(found.key) != found.etag and self._asks(found):
                    self._take(found, going_on)
            still |= {found.key: self.withheld[found.key] for found in wanted if found.key in self.withheld}
        self.withheld = still
        self._tidy()
        return pages

    def trouble(self) -> str:
        """What is not given out, in a sentence."""
        if not self.withheld:
            return ""
        first, many = next(iter(self.withheld.values()))[1], len(self.withheld)
        return f"{many:,} {'objects' if many > 1 else 'object'} cannot be brought in now: {first}."

    def _asks(self, found: "Found") -> bool:
        etag, _, asked = self.withheld.get(found.key, ("", "", 0.0))
        return etag != found.etag or time.monotonic() - asked >= AGAIN_SECONDS

    def _take(self, found: "Found", going_on: Callable[[], None]) -> None:
        """Fetch and import one object, and remember that it was. One that cannot be read at all is left until it changes."""
        from sojourn.adapters.s3.trouble import Changed, Vanished, Withheld

        tap, place = self._tap, self._place(found)
        path = place / _name(found.key)
        try:
            if found.size > MOST_BYTES:
                raise Refusal(Code.BAD_VALUE, f"it has {_gigabytes(found.size)}; at most {_gigabytes(MOST_BYTES)} are read, so split it")
            self._room(found, place)
            self._fetch(found, path, going_on)
            verdict = words(self._hands.bring_in(tap, path, found.key, self._settings.contacts, going_on))
        except Withheld as withheld:
            if self.withheld.get(found.key, ("", ""))[:2] != (found.etag, str(withheld)):
                tap.saw(found.key, "", str(withheld))
            self.withheld[found.key] = (found.etag, str(withheld), time.monotonic())
            return
        except (Changed, Vanished) as other:
            # The next list says what it is now.
            tap.saw(found.key, "", str(other))
            shutil.rmtree(place, ignore_errors=True)
            return
        except FileNotFoundError:
            return  # somebody took our copy away; the next look fetches it again
        except Refusal as refusal:
            if refusal.code == Code.NOT_READY:
                raise
            if found.size <= MOST_BYTES and not path.exists():
                return
            tap.saw(found.key, "", refusal.message)
            tap.stream.tally.refused += 1
            verdict = refusal.message
        self._rows.mark(tap.stream.id, found.key, found.etag, tap.now(), verdict)
        shutil.rmtree(place, ignore_errors=True)
        self.withheld.pop(found.key, None)
        tap.is_(LIVE)

    def _fetch(self, found: "Found", path: Path, going_on: Callable[[], None]) -> None:
        """Make the object a file of ours; what was fetched before is not fetched again. Errors: those of `Bucket.part`, Refusal, OSError, Stopped."""
        if path.exists():
            return
        part = path.with_name(".part")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with part.open("ab") as file:
                have = file.tell()
                if have != found.size:  # the last part may not be whole
                    have = file.truncate(have - have % PART_BYTES)
                while have < found.size:
                    file.write(self._bucket.part(found, have, PART_BYTES))
                    file.flush()
                    os.fsync(file.fileno())
                    have = file.tell()
                    self._hands.tell(self._tap, f"Fetching {found.key}", found.size, going_on, have)
        except OSError as error:
            if error.errno in (ENOSPC, EDQUOT):
                raise Refusal(Code.NOT_READY, f"The disk is full while {found.key} is fetched; make room.") from error
            raise
        part.rename(path)

    def _room(self, found: "Found", place: Path) -> None:
        """Errors: Withheld where the disk has no room for the object."""
        from sojourn.adapters.s3.trouble import Withheld

        have = sum(path.stat().st_size for path in place.iterdir()) if place.exists() else 0
        free = shutil.disk_usage(self._folder.parent.parent).free
        if free < found.size - have + SPARE_BYTES:
            raise Withheld(f"{found.key} has {_gigabytes(found.size)} and the disk {_gigabytes(free)} left; make room")

    def _place(self, found: "Found") -> Path:
        return self._folder / digest(found.key, found.etag)

    def _tidy(self) -> None:
        """Take away what was fetched of objects that are no longer there, or are others now."""
        with suppress(OSError):
            kept = {digest(key, etag) for key, (etag, _, _) in self.withheld.items()}
            for place in self._folder.iterdir():
                if place.name not in kept:
                    shutil.rmtree(place, ignore_errors=True)


def _name(key: str) -> str:
    """What a file of this object may be called: its last part, shortened from its front, without what is no letter for a disk."""
    return re.sub(r"[\x00-\x1f\x7f]", "_", key.rpartition("/")[2])[-60:]


def _gigabytes(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 27 else f"{size / (1 << 20):.1f} MB"
