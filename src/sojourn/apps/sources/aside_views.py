"""Pages of what was set aside: look at it, mend it, drive it again, or throw it away."""

from typing import Any

import msgspec
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.sources import debugger, origins, queries, redrive
from sojourn.apps.sources.access import access_aside, access_source
from sojourn.apps.sources.models import QuarantinedEvent
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.refusals import Code, Refusal


def text_of(event: QuarantinedEvent, *, whole: bool) -> tuple[str, bool]:
    """The payload as text, and whether only its beginning was kept. Secrets are masked unless the `whole` is for somebody who mends it."""
    payload = bytes(event.payload)
    cut = len(payload) >= redrive.LONGEST
    if not whole:
        return debugger.payload_text(payload, redrive.LONGEST)[0], cut
    try:
        return msgspec.json.format(payload, indent=2).decode("utf-8", "replace"), cut
    except (msgspec.DecodeError, RecursionError):
        return payload.decode("utf-8", "replace"), cut


def _page(request: HttpRequest, member: Membership, event: QuarantinedEvent, said: dict[str, Any], status: int = 200) -> HttpResponse:
    text, cut = text_of(event, whole=member.edits)
    context = {
        "here": "sources",
        "source": access_source(member.workspace, event.source_id),
        "event": event,
        "name": debugger.payload_name(bytes(event.payload)),
        "origin": origins.origins(member.workspace).get(event.source_id),
        "meaning": queries.meaning(event.reason),
        "text": text,
        "cut": cut,
        "alike": queries.aside_count(member.workspace, event.source_id, event.reason),
        "at_once": redrive.AT_ONCE,
    }
    return render(request, "sources/aside.html", {**context, **said}, status=status)


@member_page()
def aside(request: HttpRequest, member: Membership, source: int, event: int) -> HttpResponse:
    """One event that was set aside."""
    return _page(request, member, access_aside(member.workspace, source, event), {})


@member_page(Role.MEMBER, "POST")
def drive(request: HttpRequest, member: Membership, source: int, event: int) -> HttpResponse:
    """Take it in as it stands in the form; where that fails the form stays, with the reason."""
    found = access_aside(member.workspace, source, event)
    text = request.POST.get("payload", "")
    try:
        verdict = redrive.drive_again(member.workspace, source, event, text, member.email, now())
    except Refusal as refusal:
        if refusal.code == Code.NOT_FOUND:
            raise
        return _page(request, member, found, {"text": text, "error": refusal.message}, 400)
    if verdict.reason:
        return _page(request, member, found, {"text": text, "error": f"{queries.meaning(verdict.reason)} {verdict.detail}".strip()}, 400)
    if verdict.duplicate:
        messages.success(request, "An event with this messageId was there already; it counts once, and is set aside no more.")
    else:
        messages.success(request, "Taken in. It shows among the events, and on the person, within a second.")
    return redirect(reverse("source", args=[source]) + "#aside")


@member_page(Role.MEMBER, "POST")
def discard(request: HttpRequest, member: Membership, source: int, event: int) -> HttpResponse:
    """Throw it away."""
    redrive.discard(member.workspace, source, event, member.email, now())
    messages.success(request, "Thrown away.")
    return redirect(reverse("source", args=[source]) + "#aside")


@member_page(Role.MEMBER, "POST")
def drive_all(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Take in all of a reason as they are."""
    try:
        kept, left, why = redrive.drive_all(member.workspace, source, request.POST.get("reason", ""), member.email, now())
    except Refusal as refusal:
        if refusal.code != Code.NOT_READY:
            raise
        messages.error(request, refusal.message)
        return redirect(reverse("source", args=[source]) + "#aside")
    if kept:
        messages.success(request, f"{kept:,} {'event was' if kept == 1 else 'events were'} taken in.")
    if left:
        messages.error(request, f"{left:,} still cannot be: {why}")
    return redirect(reverse("source", args=[source]) + "#aside")


@member_page(Role.MEMBER, "POST")
def discard_all(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Throw away all of a reason."""
    gone = redrive.discard_all(member.workspace, source, request.POST.get("reason", ""), member.email, now())
    messages.success(request, f"{gone:,} {'event' if gone == 1 else 'events'} thrown away.")
    return redirect(reverse("source", args=[source]) + "#aside")
