"""Verbs of sources: make one, give it another key, switch it off and on."""

import secrets
from typing import Final

from django.db import transaction

from sojourn.apps.sources.access import access_alias, access_source
from sojourn.apps.sources.kinds import CLIENTS, KINDS, WEBSITE
from sojourn.apps.sources.models import Alias, Source
from sojourn.apps.workspace.api import audit, hash_of
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import MINUTE, Millis, from_datetime, to_datetime

UNDO: Final = 10 * MINUTE
MOST_ALIASES: Final = 50
"""Other keys of one source."""
MOST_RATE: Final = 1_000_000
_OURS: Final = ("wk_", "sk_")


def _new_key() -> tuple[str, str, str]:
    """A write key, its hash and its hint."""
    key = "wk_" + secrets.token_urlsafe(24)
    return key, hash_of(key), f"{key[:7]}…{key[-4:]}"


@transaction.atomic
def create_source(workspace: int, name: str, actor: str, now: Millis, kind: str = WEBSITE) -> tuple[Source, str]:
    """A new source and its write key, which is shown this once. Errors: BAD_VALUE."""
    plain = name.strip()
    if not 1 <= len(plain) <= 200:
        raise Refusal(Code.BAD_VALUE, "A source needs a name of 1 to 200 characters, such as Website.")
    if kind not in KINDS:
        raise Refusal(Code.BAD_VALUE, f"A source is one of {', '.join(KINDS)}.")
    key, hashed, hint = _new_key()
    source = Source.objects.create(workspace_id=workspace, name=plain, kind=kind, key_hash=hashed, key_hint=hint, created_at=to_datetime(now))
    audit(workspace, actor, "create_source", plain, now, {"source": source.pk})
    return source, key


@transaction.atomic
def rotate_key(workspace: int, source: int, actor: str, now: Millis) -> tuple[Source, str]:
    """Another write key for a source; the old one ends within 10 seconds. Errors: NOT_FOUND."""
    found = access_source(workspace, source)
    found.old_key_hash, found.old_key_hint, found.rotated_at = found.key_hash, found.key_hint, to_datetime(now)
    key, found.key_hash, found.key_hint = _new_key()
    found.save(update_fields=["key_hash", "key_hint", "old_key_hash", "old_key_hint", "rotated_at"])
    audit(workspace, actor, "rotate_key", found.name, now, {"source": found.pk})
    return found, key


@transaction.atomic
def restore_key(workspace: int, source: int, actor: str, now: Millis) -> Source:
    """Let the key before the present one be the key again, for 10 minutes after it was replaced. Errors: NOT_FOUND, CONFLICT."""
    found = access_source(workspace, source)
    if not found.old_key_hash or found.rotated_at is None or from_datetime(found.rotated_at) + UNDO < now:
        raise Refusal(Code.CONFLICT, "The old key is gone: it can be had back for 10 minutes after another was made.")
    found.key_hash, found.key_hint = found.old_key_hash, found.old_key_hint
    found.old_key_hash, found.old_key_hint, found.rotated_at = "", "", None
    found.save(update_fields=["key_hash", "key_hint", "old_key_hash", "old_key_hint", "rotated_at"])
    audit(workspace, actor, "restore_key", found.name, now, {"source": found.pk})
    return found


@transaction.atomic
def set_enabled(workspace: int, source: int, enabled: bool, actor: str, now: Millis) -> Source:
    """Switch a source off or on; one that is off answers 401 and keeps what it has sent. Doing it again changes nothing. Errors: NOT_FOUND."""
    found = access_source(workspace, source)
    if (found.disabled_at is None) != enabled:
        found.disabled_at = None if enabled else to_datetime(now)
        found.save(update_fields=["disabled_at"])
        audit(workspace, actor, "enable_source" if enabled else "disable_source", found.name, now, {"source": found.pk})
    return found


@transaction.atomic
def rename_source(workspace: int, source: int, name: str, actor: str, now: Millis) -> str:
    """Call a source something else; what it was called. Errors: NOT_FOUND, BAD_VALUE."""
    found = access_source(workspace, source)
    plain, before = name.strip(), found.name
    if not 1 <= len(plain) <= 200:
        raise Refusal(Code.BAD_VALUE, "A source needs a name of 1 to 200 characters, such as Website.")
    if plain != before:
        found.name = plain
        found.save(update_fields=["name"])
        audit(workspace, actor, "rename_source", plain, now, {"source": found.pk, "before": before})
    return before


@transaction.atomic
def add_alias(workspace: int, source: int, kind: str, value: str, actor: str, now: Millis) -> Alias:
    """Let a client reach a source under the key or site id it has, within 10 seconds. Errors: NOT_FOUND, BAD_VALUE, CONFLICT."""
    found = access_source(workspace, source)
    client = CLIENTS.get(kind)
    if client is None:
        raise Refusal(Code.BAD_VALUE, f"A client is one of {', '.join(CLIENTS)}.")
    plain = value.strip()
    if not 1 <= len(plain) <= 200 or not plain.isprintable() or any(c.isspace() for c in plain):
        raise Refusal(Code.BAD_VALUE, f"Enter the {client.asks} from {client.title}'s settings, such as {client.example}: 1 to 200 characters without spaces.")
    if plain.startswith(_OURS):
        raise Refusal(Code.BAD_VALUE, "That is a key of Sojourn. Put it into the client as it is; only keys of other products are entered here.")
    hashed = hash_of(client.prefix + plain)
    if Alias.objects.filter(key_hash=hashed).exists() or Source.objects.filter(key_hash=hashed).exists():
        raise Refusal(Code.CONFLICT, f"This {client.asks} already leads to a source. One {client.asks} can lead to one source only.")
    if Alias.objects.filter(source_id=found.pk).count() >= MOST_ALIASES:
        raise Refusal(Code.BAD_VALUE, f"A source has at most {MOST_ALIASES} keys of other products; make another source.")
    hint = plain if client.prefix else f"{plain[:4]}…{plain[-4:]}" if len(plain) > 12 else f"{plain[:2]}…"
    alias = Alias.objects.create(workspace_id=workspace, source=found, kind=kind, hint=hint, key_hash=hashed, created_at=to_datetime(now))
    audit(workspace, actor, "add_alias", found.name, now, {"source": found.pk, "client": kind, "hint": hint})
    return alias


@transaction.atomic
def remove_alias(workspace: int, source: int, alias: int, actor: str, now: Millis) -> None:
    """Let a client's own key lead here no more, within 10 seconds. Errors: NOT_FOUND."""
    found = access_alias(workspace, source, alias)
    audit(workspace, actor, "remove_alias", found.source.name, now, {"source": source, "client": found.kind, "hint": found.hint})
    found.delete()


@transaction.atomic
def set_rate(workspace: int, source: int, limits: tuple[str, str], actor: str, now: Millis) -> Source:
    """Bound what a source may send: (events a second in the long run, events at once) as typed; an empty rate is no limit. Errors: NOT_FOUND, BAD_VALUE."""
    found = access_source(workspace, source)
    rate, burst = (_count_of(text) for text in limits)
    if rate and not burst:
        burst = rate * 10
    if burst < rate:
        raise Refusal(Code.BAD_VALUE, f"At once must be at least what comes in a second: {rate} or more.")
    if not rate:
        burst = 0
    if (found.rate, found.burst) != (rate, burst):
        before = {"rate": found.rate, "burst": found.burst}
        found.rate, found.burst = rate, burst
        found.save(update_fields=["rate", "burst"])
        audit(workspace, actor, "set_rate", found.name, now, {"source": found.pk, "rate": rate, "burst": burst, "before": before})
    return found


def _count_of(text: str) -> int:
    plain = text.strip().replace(",", "")
    if not plain:
        return 0
    if not plain.isascii() or not plain.isdigit() or int(plain[:9]) > MOST_RATE or len(plain) > 9:
        raise Refusal(Code.BAD_VALUE, f"A limit is a whole number of events up to {MOST_RATE:,}, or empty for none.")
    return int(plain)
