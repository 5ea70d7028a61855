"""Bringing in history from a file: events or contacts, JSON lines, CSV (gzipped or not) or Parquet, as if they had come through the front door."""

import csv
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any, Final

import msgspec

from sojourn.capture.call import Call, Candidate, Opened, Refused
from sojourn.capture.decode import from_object, read_item
from sojourn.capture.intake import Intake, Names
from sojourn.capture.limits import EVENT_BYTES, QUARANTINE_BYTES
from sojourn.ports.directory import KeyHolder
from sojourn.ports.log import Full, Log
from sojourn.runtime import import_rows
from sojourn.terms.outcomes import Dropped, Reason
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis

BATCH_LINES: Final = 1_000
BATCH_BYTES: Final = 4 << 20
EXAMPLES: Final = 20
"""So many bad lines are named; all are counted, by reason, under the source."""

_LINE_BYTES: Final = 2 * EVENT_BYTES
_encode: Final = msgspec.json.Encoder().encode


class Summary(msgspec.Struct):
    """What became of a file, earlier runs that were cut short included. `examples` are the first bad lines: number and reason."""

    kept: int = 0
    duplicates: int = 0
    refused: int = 0
    examples: list[tuple[int, str]] = []


class _Place(msgspec.Struct):
    """Where an import is; kept while it runs, so that one cut short goes on. Without it nothing counts twice either, it only takes longer."""

    digest: str
    source: int
    contacts: bool
    offset: int  # bytes of the inflated file
    line: int
    summary: Summary


class _Line(msgspec.Struct):
    number: int
    call: Candidate
    size: int


def import_file(
    path: Path,
    log: Log,
    workspace: int,
    source: int,
    now: Callable[[], Millis],
    *,
    contacts: bool = False,
    progress: Callable[[int], None] = lambda _: None,
    places: Path | None = None,
) -> Summary:
    """Put the file on the log as history: it updates portraits and fires nothing. `progress` is told how many bytes of the file are done.

    `places` is the folder in which to keep how far it is, one that belongs to this log alone; without it that stands beside the file.

    An event without messageId gets one made of the file's content and its line, so that the same file counts once however often it is brought in.
    Contacts are trusted: their email may lead to somebody who is already known. Errors: Refusal for a file that cannot be read at all, or a full log.
    """
    place = _resumed(path, source, contacts, places, progress)
    holder = KeyHolder(workspace, source, "import", secret=contacts)
    names = Names()
    with (_parquet if path.suffix.lower() == ".parquet" else _text)(path, place, contacts) as (lines, offset, done):
        for batch in _batches(lines):
            _put(log, Intake(holder, now(), historical=True), names, batch, place.summary)
            place.offset, place.line = offset(), batch[-1].number
            _remember(_beside(path, places, place), place)
            progress(done())
    _beside(path, places, place).unlink(missing_ok=True)
    progress(path.stat().st_size)
    return place.summary


def _put(log: Log, intake: Intake, names: Names, batch: list[_Line], summary: Summary) -> None:
    try:
        turned = intake.take(Opened([line.call for line in batch]), names)
    except Refused as refused:
        for line in batch:
            _refuse(summary, line.number, refused.message)
        return
    for index, outcome in turned.others:
        _refuse(summary, batch[index].number, f"{outcome.reason}: {outcome.detail}" if outcome.detail else str(outcome.reason))
    try:
        appended = log.append([turned.arrival])[0]
    except Full as full:
        raise Refusal(Code.NOT_READY, f"The log takes nothing in now ({full}); make room and run the import again, it goes on where it was.") from full
    summary.kept += appended.kept
    summary.duplicates += len(appended.duplicates)


def _refuse(summary: Summary, line: int, why: str) -> None:
    summary.refused += 1
    if len(summary.examples) < EXAMPLES:
        summary.examples.append((line, why))


def _batches(lines: Iterator[_Line]) -> Iterator[list[_Line]]:
    batch: list[_Line] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += line.size
        if len(batch) >= BATCH_LINES or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


# -- reading


class _File:
    """Lines of a file with the place reached. A line longer than any event is cut, and what is cut off skipped."""

    def __init__(self, raw: IO[bytes] | gzip.GzipFile) -> None:
        self._raw = raw
        self.offset = 0
        self.broken = ""

    def skip(self, to: int) -> None:
        """Go on from an offset reached before."""
        self._raw.seek(to)
        self.offset = to

    def lines(self) -> Iterator[bytes]:
        """Line by line, with their ends; ends early where the gzip does, and then `broken` says why."""
        while True:
            try:
                line = self._raw.readline(_LINE_BYTES)
                self.offset += len(line)
                tail = line
                while len(tail) == _LINE_BYTES and not tail.endswith(b"\n"):
                    tail = self._raw.readline(_LINE_BYTES)
                    self.offset += len(tail)
            except (EOFError, OSError, zlib.error) as error:
                self.broken = f"the file is damaged or cut off from here on: {error}"
                return
            if not line:
                return
            yield line


_Reading = tuple[Iterator[_Line], Callable[[], int], Callable[[], int]]
"""The lines, the place reached in what the file holds, and how many bytes of the file are done."""


@contextmanager
def _text(path: Path, place: _Place, contacts: bool) -> Iterator[_Reading]:
    with _opened(path) as (file, done):
        yield _named(_lines(path, file, place, contacts), place), lambda: file.offset, done


@contextmanager
def _parquet(path: Path, place: _Place, contacts: bool) -> Iterator[_Reading]:
    """A table with types; its rows are its lines, the first is number 1."""
    from sojourn.runtime.import_parquet import Rows

    rows = Rows(path)
    places = _places(rows.columns)
    size = path.stat().st_size

    def lines() -> Iterator[_Line]:
        for number, values in enumerate(rows.after(place.line), place.line + 1):
            named = {name: value for name, value in zip(rows.columns, values, strict=True) if value is not None}
            call = _call(import_rows.contact(named) if contacts else import_rows.typed_event(places, values))
            yield _Line(number, call, 200)

    yield _named(lines(), place), lambda: rows.done, lambda: size * rows.done // max(rows.total, 1)


@contextmanager
def _opened(path: Path) -> Iterator[tuple[_File, Callable[[], int]]]:
    """The file, inflated where it is gzipped, and how many of its bytes are read."""
    try:
        raw = path.open("rb")
    except OSError as error:
        raise Refusal(Code.NOT_FOUND, f"{path} cannot be read: {error.strerror}") from error
    with raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        if zipped:
            with gzip.open(raw) as inflated:
                yield _File(inflated), raw.tell
        else:
            yield _File(raw), raw.tell


def _lines(path: Path, file: _File, place: _Place, contacts: bool) -> Iterator[_Line]:
    table = _is_table(path, file)
    found = _table(file, place, contacts) if table else _json_lines(file, place, contacts)
    last = place.line
    for line in found:
        last = line.number
        yield line
    if file.broken:
        yield _Line(last + 1, Dropped(Reason.BAD_ENCODING, file.broken), 0)


def _named(lines: Iterator[_Line], place: _Place) -> Iterator[_Line]:
    """Events without messageId get one, made of the file's content and the line."""
    for line in lines:
        if isinstance(line.call, Call) and line.call.message_id is None:
            line.call.message_id = f"import-{place.digest[:24]}-{line.number}"
        yield line


def _places(header: list[str]) -> list[tuple[str, ...]]:
    try:
        return import_rows.columns(header)
    except ValueError as error:
        raise Refusal(Code.BAD_VALUE, f"The first line must name the columns: {error}") from error


def _is_table(path: Path, file: _File) -> bool:
    """By the name, and by the first character where that says nothing. Errors: Refusal for a JSON array."""
    first = next(file.lines(), b"").removeprefix(b"\xef\xbb\xbf").lstrip()[:1]
    file.skip(0)
    if first == b"[":
        raise Refusal(Code.BAD_VALUE, f"{path.name} is one JSON array; write one event a line: jq -c '.[]' {path.name} > events.jsonl")
    kinds = {suffix.lower() for suffix in path.suffixes}
    return bool(kinds & {".csv", ".tsv"}) or (not kinds & {".json", ".jsonl", ".ndjson"} and first != b"{")


def _json_lines(file: _File, place: _Place, contacts: bool) -> Iterator[_Line]:
    file.skip(place.offset)
    number = place.line
    for text in file.lines():
        number += 1
        text = text.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else text.strip()
        if text:
            yield _Line(number, _contact_line(text) if contacts else read_item(text), len(text))


def _contact_line(text: bytes) -> Candidate:
    whole = read_item(text)  # for the limits, and to say what is wrong
    if not isinstance(whole, Call):
        return whole
    return _call(import_rows.contact(json.loads(text)))


def _table(file: _File, place: _Place, contacts: bool) -> Iterator[_Line]:
    csv.field_size_limit(EVENT_BYTES)
    text = (line.decode("utf-8", "replace") for line in file.lines())
    first = next(text, "").removeprefix("\ufeff")
    delimiter = max(",;\t|", key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    places = _places(header)
    begin = max(place.line, 1)
    if place.offset:
        file.skip(place.offset)
    make = partial(import_rows.table_contact, header) if contacts else partial(import_rows.event, places)
    rows = csv.reader(text, delimiter=delimiter)
    while True:
        number = begin + rows.line_num + 1
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            yield _Line(number, Dropped(Reason.BAD_SHAPE, str(error)), 0)
            continue
        last = begin + rows.line_num
        if not cells:
            continue
        if len(cells) != len(header):
            cell = "cell" if len(cells) == 1 else "cells"
            yield _Line(last, Dropped(Reason.BAD_SHAPE, f"{len(cells)} {cell} where the first line names {len(header)} columns"), 0)
            continue
        yield _Line(last, _call(make([cell.strip() for cell in cells])), sum(map(len, cells)))


def _call(fields: dict[str, Any]) -> Candidate:
    item = _encode(fields)
    if len(item) > EVENT_BYTES:
        return Dropped(Reason.EVENT_TOO_LARGE, f"the event has {len(item)} bytes; at most {EVENT_BYTES} are taken")
    return from_object(fields, item[:QUARANTINE_BYTES])


# -- going on


def _beside(path: Path, places: Path | None, place: _Place) -> Path:
    return path.with_name(f".{path.name}.sojourn-import") if places is None else places / f"{place.source}-{place.digest}"


def _resumed(path: Path, source: int, contacts: bool, places: Path | None, progress: Callable[[int], None]) -> _Place:
    h = blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while part := file.read(4 << 20):
                h.update(part)
                progress(0)
    except OSError as error:
        raise Refusal(Code.NOT_FOUND, f"{path} cannot be read: {error.strerror}") from error
    fresh = _Place(h.hexdigest(), source, contacts, 0, 0, Summary())
    try:
        kept = msgspec.json.decode(_beside(path, places, fresh).read_bytes(), type=_Place)
    except (OSError, msgspec.DecodeError):
        return fresh
    return kept if (kept.digest, kept.source, kept.contacts) == (fresh.digest, source, contacts) else fresh


def _remember(beside: Path, place: _Place) -> None:
    # A folder that cannot be written to costs only time: the next run begins at the first line and finds duplicates.
    with suppress(OSError):
        beside.parent.mkdir(exist_ok=True)
        beside.write_bytes(_encode(place))
