"""Verbs of sources: make one, give it another key, switch it off and on."""

import secrets

from django.db import transaction

from sojourn.apps.sources.access import access_source
from sojourn.apps.sources.models import Source
from sojourn.apps.workspace.api import audit, hash_of
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis, to_datetime


def _new_key() -> tuple[str, str, str]:
    """A write key, its hash and its hint."""
    key = "wk_" + secrets.token_urlsafe(24)
    return key, hash_of(key), f"{key[:7]}…{key[-4:]}"


@transaction.atomic
def create_source(workspace: int, name: str, actor: str, now: Millis) -> tuple[Source, str]:
    """A new source and its write key, which is shown this once. Errors: BAD_VALUE."""
    plain = name.strip()
    if not 1 <= len(plain) <= 200:
        raise Refusal(Code.BAD_VALUE, "A source needs a name of 1 to 200 characters, such as Website.")
    key, hashed, hint = _new_key()
    source = Source.objects.create(workspace_id=workspace, name=plain, key_hash=hashed, key_hint=hint, created_at=to_datetime(now))
    audit(workspace, actor, "create_source", plain, now, {"source": source.pk})
    return source, key


@transaction.atomic
def rotate_key(workspace: int, source: int, actor: str, now: Millis) -> tuple[Source, str]:
    """Another write key for a source; the old one ends within 10 seconds. Errors: NOT_FOUND."""
    found = access_source(workspace, source)
    key, found.key_hash, found.key_hint = _new_key()
    found.save(update_fields=["key_hash", "key_hint"])
    audit(workspace, actor, "rotate_key", found.name, now, {"source": found.pk})
    return found, key


@transaction.atomic
def set_enabled(workspace: int, source: int, enabled: bool, actor: str, now: Millis) -> Source:
    """Switch a source off or on; one that is off answers 401 and keeps what it has sent. Doing it again changes nothing. Errors: NOT_FOUND."""
    found = access_source(workspace, source)
    if (found.disabled_at is None) != enabled:
        found.disabled_at = None if enabled else to_datetime(now)
        found.save(update_fields=["disabled_at"])
        audit(workspace, actor, "enable_source" if enabled else "disable_source", found.name, now, {"source": found.pk})
    return found
