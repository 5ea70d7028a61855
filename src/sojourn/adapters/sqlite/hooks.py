"""Webhooks by the token in their address, from the tables of apps/hooks and apps/sources."""

from collections.abc import Callable
from typing import Final

import msgspec

from sojourn.adapters.sqlite.database import Database
from sojourn.ports.directory import NO_POLICY, HookHolder, KeyHolder, Policy
from sojourn.ports.state import Unavailable
from sojourn.terms.hooks import Hook, Rule
from sojourn.terms.seals import UNREADABLE, Seal, Unsealable

_FRESH_SECONDS: Final = 10.0
_MOST: Final = 2_000
_LONGEST: Final = 100
_FIND: Final = """
SELECT source.workspace_id, source.id, source.name, source.disabled_at IS NULL, source.rate, source.burst,
    hook.kind, hook.secret, coalesce(mapping.rules, '[]')
FROM hooks_hook AS hook
JOIN sources_source AS source ON source.id = hook.source_id
LEFT JOIN hooks_mapping AS mapping ON mapping.id = hook.mapping_id
WHERE hook.token = :token
"""
_RULES: Final = msgspec.json.Decoder(tuple[Rule, ...])


class Hooks:
    """Looks up webhooks. Answers, also that there is none, are kept for 10 seconds. Errors: Unavailable."""

    def __init__(self, database: Database, contracts: Callable[[int], dict[str, str]], seal: Seal) -> None:
        """`contracts` gives what a workspace's events must look like, `seal` opens secrets."""
        self._database = database
        self._seal = seal
        self._contracts = contracts
        self._known: dict[str, tuple[float, HookHolder | None]] = {}

    def find(self, token: str, now: float) -> HookHolder | None:
        """The webhook of a token; `now` is in seconds of any clock that only goes forward."""
        found = self._known.get(token)
        if found is not None and found[0] > now:
            return found[1]
        if not 0 < len(token) <= _LONGEST:
            return None
        if len(self._known) >= _MOST:
            self._known.clear()
        rows = self._database.rows(_FIND, {"token": token})
        holder = None
        if rows:
            workspace, source, name, enabled, rate, burst, kind, secret, rules = rows[0]
            # Of crawlers and refusals vendors say nothing.
            policy = Policy(rate=rate, burst=burst, contracts=self._contracts(workspace))
            held = KeyHolder(workspace, source, name, enabled=bool(enabled), policy=NO_POLICY if policy == NO_POLICY else policy)
            try:
                secret = self._seal.open(secret)
            except Unsealable:  # neither believed without it nor refused for good: vendors send again
                raise Unavailable(f"the secret of this webhook {UNREADABLE}") from None
            holder = HookHolder(held, Hook(kind, secret, token, _RULES.decode(rules)))
        self._known[token] = (now + _FRESH_SECONDS, holder)
        return holder
