"""The streams to listen to, and what is told of them; the schema is Django's (apps/streams)."""

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

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
