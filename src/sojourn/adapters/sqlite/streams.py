"""The streams to listen to, what is told of them, and which objects of buckets were read; the schema is Django's (apps/streams)."""

from pathlib import Path
from typing import Final

import msgspec

from sojourn.adapters.sqlite.database import Database
from sojourn.terms.streams import SETTINGS, Seen, Settings, Tally
from sojourn.terms.time import Millis

SEEN: Final = 20
"""Messages that are shown."""
_ACTIVE: Final = """
SELECT stream.id, stream.workspace_id, stream.source_id, stream.kind, stream.settings, stream.changed_at, stream.cursor, stream.tally, stream.seen
FROM streams_stream AS stream
JOIN sources_source AS source ON source.id = stream.source_id
WHERE stream.enabled AND source.disabled_at IS NULL
ORDER BY stream.id
"""
_TELL: Final = """
UPDATE streams_stream
SET state = :state, trouble = :trouble, told_at = :at, cursor = :cursor, tally = :tally, seen = :seen
WHERE id = :id AND changed_at = :changed_at
"""
_KNOWN: Final = "SELECT id FROM streams_stream WHERE id IN (SELECT value FROM json_each(:ids))"
_READ: Final = "SELECT key, etag FROM streams_object WHERE stream_id = :stream AND key IN (SELECT value FROM json_each(:keys))"
_MARK: Final = """
INSERT INTO streams_object (stream_id, key, etag, at, verdict)
SELECT id, :key, :etag, :at, :verdict FROM streams_stream WHERE id = :stream
ON CONFLICT (stream_id, key) DO UPDATE SET etag = excluded.etag, at = excluded.at, verdict = excluded.verdict
"""


class Stream(msgspec.Struct):
    """One stream that is switched on. `changed_at` tells one version of its settings from another; `cursor` is where its source goes on."""

    id: int
    workspace: int
    source: int
    kind: str
    settings: Settings
    changed_at: Millis
    cursor: str
    tally: Tally
    seen: list[Seen]


class StreamRows:
    """The table of streams. Errors of every method: Unavailable."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def active(self) -> list[Stream]:
        """All streams that are switched on and whose source is."""
        return [
            Stream(
                number, workspace, source, kind, msgspec.json.decode(settings, type=SETTINGS[kind]), changed_at, cursor,
                msgspec.json.decode(tally, type=Tally), msgspec.json.decode(seen, type=list[Seen]),
            )
            for number, workspace, source, kind, settings, changed_at, cursor, tally, seen in self._database.rows(_ACTIVE, {})
            if kind in SETTINGS
        ]  # fmt: skip

    def tell(self, stream: Stream, state: str, trouble: str, at: Millis) -> None:
        """Say how a stream is, unless its settings were changed meanwhile."""
        values = {
            "id": stream.id,
            "changed_at": stream.changed_at,
            "state": state,
            "trouble": trouble[:300],
            "at": at,
            "cursor": stream.cursor,
            "tally": msgspec.json.encode(stream.tally).decode(),
            "seen": msgspec.json.encode(stream.seen[-SEEN:]).decode(),
        }
        with self._database.writing() as connection:
            connection.execute(_TELL, values)

    def known(self, ids: list[int]) -> set[int]:
        """Which of these streams there are, switched on or not."""
        return {number for (number,) in self._database.rows(_KNOWN, {"ids": msgspec.json.encode(ids).decode()})}

    def read(self, stream: int, keys: list[str]) -> dict[str, str]:
        """Which of these objects of a bucket were read, with the ETag they had then."""
        return dict(self._database.rows(_READ, {"stream": stream, "keys": msgspec.json.encode(keys).decode()}))

    def mark(self, stream: int, key: str, etag: str, at: Millis, verdict: str) -> None:
        """Remember that an object was read, unless its stream is no more."""
        values = {"stream": stream, "key": key, "etag": etag, "at": at, "verdict": verdict[:300]}
        with self._database.writing() as connection:
            connection.execute(_MARK, values)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
