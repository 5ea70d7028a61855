"""Who holds a key, from the tables of apps/sources and apps/workspace."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final

from sojourn.adapters.sqlite.database import Database
from sojourn.ports.directory import KeyHolder
from sojourn.terms.facts import NO_SOURCE

_FRESH_SECONDS: Final = 10.0
_MOST_KNOWN: Final = 10_000
_MOST_UNKNOWN: Final = 1_000
_LONGEST_KEY: Final = 255
_ASK_FIRST: Final = "ask_first"
"""The value of the workspace's setting `browser_consent` (apps/workspace/preferences.py) that makes `KeyHolder.consent_first` true."""
_FIND: Final = """
SELECT source.workspace_id, source.id, source.name, 0, source.disabled_at IS NULL, coalesce(place.settings ->> '$.browser_consent', '') = :ask_first
FROM sources_source AS source
LEFT JOIN workspace_workspace AS place ON place.id = source.workspace_id
WHERE source.key_hash = :hash
UNION ALL
SELECT workspace_id, :no_source, name, 1, revoked_at IS NULL, 0
FROM workspace_secretkey
WHERE hash = :hash
"""


class SqliteDirectory:
    """A `ports.directory.Directory`. Answers are kept for 10 seconds, at most 10,000 keys and 1,000 that nobody holds. Errors: Unavailable."""

    def __init__(self, path: Path, seconds: Callable[[], float] = monotonic) -> None:
        self._database = Database(path)
        self._seconds = seconds
        self._known: dict[str, tuple[float, KeyHolder]] = {}
        self._unknown: dict[str, float] = {}

    def holder(self, key: str) -> KeyHolder | None:
        """Who holds this key."""
        now = self._seconds()
        found = self._known.get(key)
        if found is not None and found[0] > now:
            return found[1]
        if len(key) > _LONGEST_KEY or self._unknown.get(key, now) > now:
            return None
        return self._ask(key, now)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _ask(self, key: str, now: float) -> KeyHolder | None:
        digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        rows = self._database.rows(_FIND, {"hash": digest, "no_source": NO_SOURCE, "ask_first": _ASK_FIRST})
        if not rows:
            self._known.pop(key, None)
            if len(self._unknown) >= _MOST_UNKNOWN:
                self._unknown.clear()  # somebody is guessing; a look-up costs little
            self._unknown[key] = now + _FRESH_SECONDS
            return None
        workspace, source, name, secret, enabled, consent_first = rows[0]
        holder = KeyHolder(workspace, source, name, bool(secret), bool(enabled), bool(consent_first))
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = (now + _FRESH_SECONDS, holder)
        self._unknown.pop(key, None)
        return holder


def open_directory(path: Path) -> SqliteDirectory:
    """Open the directory in a migrated database file. Errors: Unavailable."""
    return SqliteDirectory(path)
