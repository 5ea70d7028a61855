"""The streams to listen to, what is told of them, and which objects of buckets were read; the schema is Django's (apps/streams)."""

from pathlib import Path
from typing import Final

import msgspec

from sojourn.adapters.sqlite.database import Database
from sojourn.terms.seals import UNREADABLE, Seal, Unsealable
from sojourn.terms.streams import SETTINGS, TROUBLE, Seen, Settings, Tally, with_secret
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
_OTHERWISE: Final = "SELECT 1 FROM streams_stream WHERE id = :id AND (state <> :state OR trouble <> :trouble)"
_UNREADABLE: Final = "UPDATE streams_stream SET state = :state, trouble = :trouble WHERE id = :id"
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

    def __init__(self, path: Path, seal: Seal) -> None:
        """`seal` opens their passwords."""
        self._database = Database(path)
        self._seal = seal

    def active(self) -> list[Stream]:
        """All streams that are switched on and whose source is, and whose password can be read: of others it is told that it cannot."""
        found = []
        for number, workspace, source, kind, settings, changed_at, cursor, tally, seen in self._database.rows(_ACTIVE, {}):
            if kind not in SETTINGS:
                continue
            kept = msgspec.json.decode(settings, type=SETTINGS[kind])
            try:
                kept = with_secret(kept, self._seal.open)
            except Unsealable:
                self._tell_unreadable(number)
                continue
            counts, newest = msgspec.json.decode(tally, type=Tally), msgspec.json.decode(seen, type=list[Seen])
            found.append(Stream(number, workspace, source, kind, kept, changed_at, cursor, counts, newest))
        return found

    def _tell_unreadable(self, stream: int) -> None:
        values = {"id": stream, "state": TROUBLE, "trouble": f"The password or key {UNREADABLE}."}
        if self._database.rows(_OTHERWISE, values):
            with self._database.writing() as connection:
                connection.execute(_UNREADABLE, values)

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
