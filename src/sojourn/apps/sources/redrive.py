"""Events set aside: fixed or as they are, they go through capture's own intake again, or away. The runtime says how capture is reached."""

from collections.abc import Callable
from typing import Final

import msgspec
from django.db import transaction

from sojourn.apps.sources.access import access_aside, access_source
from sojourn.apps.sources.models import QuarantinedEvent
from sojourn.apps.workspace.api import audit
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis

AT_ONCE: Final = 1_000
"""Events that one click drives again."""
LONGEST: Final = 64 * 1024
"""Bytes of an edited event: as much as is kept of one."""


class Again(msgspec.Struct, frozen=True):
    """One event to take in again: from which source, when it came first, and what to call it where it has no messageId."""

    workspace: int
    source: int
    at: Millis
    message_id: str
    payload: bytes


class Verdict(msgspec.Struct, frozen=True):
    """What capture said: an empty reason where the event was taken in, else why not. `duplicate` where it was there already."""

    reason: str = ""
    detail: str = ""
    duplicate: bool = False


Drive = Callable[[list[Again]], list[Verdict]]
"""Takes events in, durably; a verdict for each. Errors: Refusal(NOT_READY) where the log takes nothing now."""

_drive: Drive | None = None


def connect(drive: Drive | None) -> None:
    """Say how events reach capture."""
    global _drive
    _drive = drive


def drive_again(workspace: int, source: int, event: int, text: str, actor: str, now: Millis) -> Verdict:
    """Take one event in as `text` says it now; taken in, it is set aside no more. Errors: NOT_FOUND, BAD_VALUE, NOT_READY."""
    found = access_aside(workspace, source, event)
    before = bytes(found.payload)
    payload = checked(text)
    verdict = _reach()([_again(found, payload)])[0]
    with transaction.atomic():
        if not verdict.reason:
            found.delete()
        outcome = verdict.reason or ("duplicate" if verdict.duplicate else "kept")
        detail = {"source": source, "event": event, "outcome": outcome, "edited": payload != before}
        audit(workspace, actor, "redrive_event", _name(source, workspace), now, detail)
    return verdict


def drive_all(workspace: int, source: int, reason: str, actor: str, now: Millis) -> tuple[int, int, str]:
    """Take in again the oldest thousand set aside for this reason, as they are: how many were, how many were not, and why the first was not.

    Errors: NOT_FOUND, NOT_READY.
    """
    name = _name(source, workspace)
    rows = list(QuarantinedEvent.objects.filter(workspace_id=workspace, source_id=source, reason=reason).order_by("pk")[:AT_ONCE])
    verdicts = _reach()([_again(row, bytes(row.payload)) for row in rows]) if rows else []
    done = [row.pk for row, verdict in zip(rows, verdicts, strict=True) if not verdict.reason]
    left = [verdict for verdict in verdicts if verdict.reason]
    with transaction.atomic():
        QuarantinedEvent.objects.filter(workspace_id=workspace, pk__in=done).delete()
        audit(workspace, actor, "redrive_events", name, now, {"source": source, "reason": reason, "kept": len(done), "left": len(left)})
    return len(done), len(left), (left[0].detail or left[0].reason) if left else ""


@transaction.atomic
def discard(workspace: int, source: int, event: int, actor: str, now: Millis) -> None:
    """Throw an event away for good. Errors: NOT_FOUND."""
    found = access_aside(workspace, source, event)
    audit(workspace, actor, "discard_event", _name(source, workspace), now, {"source": source, "event": event, "reason": found.reason})
    found.delete()


@transaction.atomic
def discard_all(workspace: int, source: int, reason: str, actor: str, now: Millis) -> int:
    """Throw away everything set aside for this reason; how many. Errors: NOT_FOUND."""
    name = _name(source, workspace)
    gone, _each = QuarantinedEvent.objects.filter(workspace_id=workspace, source_id=source, reason=reason).delete()
    if gone:
        audit(workspace, actor, "discard_events", name, now, {"source": source, "reason": reason, "events": gone})
    return gone


def checked(text: str) -> bytes:
    """An edited event as bytes. Errors: BAD_VALUE where it is no JSON object, with the place."""
    payload = text.strip().encode("utf-8", "replace")
    if len(payload) > LONGEST:
        raise Refusal(Code.BAD_VALUE, f"The event has {len(payload):,} bytes; at most {LONGEST:,} can be edited here.")
    try:
        value = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refusal(Code.BAD_VALUE, f"This is not JSON yet: {_place(payload, str(error))}") from None
    if not isinstance(value, dict):
        raise Refusal(Code.BAD_VALUE, "An event is one JSON object: {…}.")
    return payload


def _place(payload: bytes, error: str) -> str:
    """Msgspec tells the byte; people count lines."""
    start, _, end = error.partition("(byte ")
    number = end.rstrip(")")
    if not number.isdigit():
        return error
    line = payload[: int(number)].count(b"\n") + 1
    return f"{start.strip().removeprefix('JSON is malformed: ')}, line {line}."


def _again(row: QuarantinedEvent, payload: bytes) -> Again:
    return Again(row.workspace_id, row.source_id, row.at, f"aside-{row.position}-{row.pk}", payload)


def _name(source: int, workspace: int) -> str:
    return access_source(workspace, source).name


def _reach() -> Drive:
    if _drive is None:
        raise Refusal(Code.NOT_READY, "This process cannot reach capture; open the page on the main address of Sojourn.")
    return _drive
