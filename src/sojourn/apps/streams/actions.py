"""Verbs of streams. The work process sees a change within a second or two and connects anew."""

import msgspec
from django.conf import settings
from django.db import transaction

from sojourn.apps.sources.api import create_source
from sojourn.apps.streams.access import access_stream
from sojourn.apps.streams.forms import Typed, read
from sojourn.apps.streams.models import Stream
from sojourn.apps.streams.queries import readable, settings_of
from sojourn.apps.workspace.api import audit
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.streams import CONNECTING, FOLDER, KINDS, OFF, FolderSettings, Settings, with_secret
from sojourn.terms.time import Millis

MOST: int = 50
"""Streams of a workspace."""


@transaction.atomic
def create_stream(workspace: int, kind: str, name: str, typed: Typed, actor: str, now: Millis) -> Stream:
    """Listen to something, under a source of its own. Errors: BAD_VALUE, CONFLICT."""
    wanted = read(kind, typed)
    if Stream.objects.filter(workspace_id=workspace).count() >= MOST:
        raise Refusal(Code.CONFLICT, f"A workspace has at most {MOST} streams.")
    _free(wanted)
    source, _ = create_source(workspace, name.strip() or KINDS[kind], actor, now, "other")
    stream = Stream.objects.create(workspace_id=workspace, source=source, name=source.name, kind=kind, settings=_text(wanted), changed_at=now, state=CONNECTING)
    audit(workspace, actor, "create_stream", stream.name, now, {"stream": stream.pk, "kind": kind})
    return stream


@transaction.atomic
def change_stream(workspace: int, stream: int, typed: Typed, actor: str, now: Millis) -> Stream:
    """Other settings. What came in so far stays. Errors: NOT_FOUND, BAD_VALUE, CONFLICT."""
    found = access_stream(workspace, stream)
    before = settings_of(found)
    wanted = read(found.kind, typed, before)
    _free(wanted, found)
    if wanted != before or not readable(found):
        found.settings, found.changed_at, found.state, found.trouble = _text(wanted), _after(found, now), CONNECTING, ""
        found.save(update_fields=["settings", "changed_at", "state", "trouble"])
        audit(workspace, actor, "change_stream", found.name, now, {"stream": found.pk})
    return found


@transaction.atomic
def connect_again(workspace: int, stream: int, actor: str, now: Millis) -> Stream:
    """End the connection and make another one at once. Errors: NOT_FOUND, CONFLICT."""
    found = access_stream(workspace, stream)
    if not found.enabled:
        raise Refusal(Code.CONFLICT, "The stream is off; switch it on first.")
    found.changed_at, found.state, found.trouble = _after(found, now), CONNECTING, ""
    found.save(update_fields=["changed_at", "state", "trouble"])
    return found


@transaction.atomic
def set_listening(workspace: int, stream: int, listening: bool, actor: str, now: Millis) -> Stream:
    """Listen, or do not; doing it again changes nothing. Errors: NOT_FOUND."""
    found = access_stream(workspace, stream)
    if found.enabled != listening:
        found.enabled, found.changed_at, found.state, found.trouble = listening, _after(found, now), CONNECTING if listening else OFF, ""
        found.save(update_fields=["enabled", "changed_at", "state", "trouble"])
        audit(workspace, actor, "start_stream" if listening else "stop_stream", found.name, now, {"stream": found.pk})
    return found


@transaction.atomic
def remove_stream(workspace: int, stream: int, actor: str, now: Millis) -> str:
    """Listen no more and forget how; its source and what came by it stay. Errors: NOT_FOUND."""
    found = access_stream(workspace, stream)
    name = found.name
    audit(workspace, actor, "remove_stream", name, now, {"stream": found.pk, "source": found.source_id})
    found.delete()
    return name


def _free(wanted: Settings, stream: Stream | None = None) -> None:
    """A folder has one stream, whoever's: all workspaces share the inbox. Errors: CONFLICT."""
    if not isinstance(wanted, FolderSettings):
        return
    for other in Stream.objects.filter(kind=FOLDER):
        kept = settings_of(other)
        if other != stream and isinstance(kept, FolderSettings) and kept.folder.casefold() == wanted.folder.casefold():
            raise Refusal(Code.CONFLICT, f"The folder {wanted.folder} is watched already; name another one.")


def _after(stream: Stream, now: Millis) -> Millis:
    """A time that differs from the one before, however quickly somebody clicks."""
    return max(now, stream.changed_at + 1)


def _text(wanted: Settings) -> str:
    """As it is stored: a password is read again with each connection, so it is sealed and not hashed."""
    return msgspec.json.encode(with_secret(wanted, settings.SEAL.close)).decode()
