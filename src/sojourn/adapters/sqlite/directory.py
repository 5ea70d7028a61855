"""Who holds a key, and what its workspace wants kept away, from the tables of apps/sources, apps/workspace and apps/tracking."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from time import monotonic
from typing import Final

from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.hooks import Hooks
from sojourn.ports.directory import NO_POLICY, HookHolder, KeyHolder, Policy
from sojourn.terms.facts import NO_SOURCE
from sojourn.terms.seals import Seal

_FRESH_SECONDS: Final = 10.0
_MOST_KNOWN: Final = 10_000
_MOST_UNKNOWN: Final = 1_000
_LONGEST_KEY: Final = 255
_ASK_FIRST: Final = "ask_first"
"""The value of the workspace's setting `browser_consent` (apps/workspace/preferences.py) that makes `KeyHolder.consent_first` true."""
_BROWSER: Final = "website"
"""The kind of source (apps/sources/kinds.py) whose visitors may be crawlers; servers and apps name themselves, and that is no crawler's name."""
_KEEP: Final = "keep"
_FIND: Final = """
SELECT source.workspace_id, source.id, source.name, 0, source.disabled_at IS NULL, coalesce(place.settings ->> '$.browser_consent', '') = :ask_first,
    source.kind = :browser AND coalesce(place.settings ->> '$.bots', '') <> :keep,
    coalesce(place.settings ->> '$.refused_consent', '') <> :keep, source.rate, source.burst
FROM sources_source AS source
LEFT JOIN workspace_workspace AS place ON place.id = source.workspace_id
WHERE source.key_hash = :hash OR source.id IN (SELECT source_id FROM sources_alias WHERE key_hash = :hash)
UNION ALL
SELECT workspace_id, :no_source, name, 1, revoked_at IS NULL, 0, 0, 0, 0, 0
FROM workspace_secretkey
WHERE hash = :hash
"""
_CONTRACTS: Final = "SELECT event, body FROM tracking_contract WHERE workspace_id = :workspace AND mode = 'quarantine'"


class SqliteDirectory:
    """A `ports.directory.Directory`. Answers are kept for 10 seconds, at most 10,000 keys and 1,000 that nobody holds. Errors: Unavailable."""

    def __init__(self, path: Path, seal: Seal, seconds: Callable[[], float] = monotonic) -> None:
        """`seal` opens the secrets of webhooks."""
        self._database = Database(path)
        self._hooks = Hooks(self._database, self._contracts, seal)
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

    def hook(self, token: str) -> HookHolder | None:
        """The webhook at this address."""
        return self._hooks.find(token, self._seconds())

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _ask(self, key: str, now: float) -> KeyHolder | None:
        digest = sha256(key.encode("utf-8", "surrogatepass")).hexdigest()
        rows = self._database.rows(_FIND, {"hash": digest, "no_source": NO_SOURCE, "ask_first": _ASK_FIRST, "browser": _BROWSER, "keep": _KEEP})
        if not rows:
            self._known.pop(key, None)
            if len(self._unknown) >= _MOST_UNKNOWN:
                self._unknown.clear()  # somebody is guessing; a look-up costs little
            self._unknown[key] = now + _FRESH_SECONDS
            return None
        workspace, source, name, secret, enabled, consent_first, bots, refused, rate, burst = rows[0]
        policy = Policy(bool(bots), bool(refused), rate, burst, self._contracts(workspace))
        holder = KeyHolder(workspace, source, name, bool(secret), bool(enabled), bool(consent_first), NO_POLICY if policy == NO_POLICY else policy)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        self._known[key] = (now + _FRESH_SECONDS, holder)
        self._unknown.pop(key, None)
        return holder

    def _contracts(self, workspace: int) -> dict[str, str]:
        return dict(self._database.rows(_CONTRACTS, {"workspace": workspace}))


def open_directory(path: Path, seal: Seal) -> SqliteDirectory:
    """Open the directory in a migrated database file. Errors: Unavailable."""
    return SqliteDirectory(path, seal)
