"""Pages of sources: make one, see what came in, what was dropped and why, and what was set aside."""

from typing import Any

import msgspec
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sojourn.apps.sources import actions, queries
from sojourn.apps.sources.access import access_source
from sojourn.apps.sources.models import QuarantinedEvent, Source
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.refusals import Refusal

SHOWN_BYTES = 2_000


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """All sources."""
    return render(request, "sources/index.html", {"sources": queries.list_sources(member.workspace)})


@member_page(Role.MEMBER, "POST")
def create(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a source and show its key this once."""
    try:
        source, key = actions.create_source(member.workspace, request.POST.get("name", ""), member.email, now())
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return render(request, "sources/index.html", {"sources": queries.list_sources(member.workspace)}, status=400)
    return _page(request, member, source, key)


@member_page()
def show(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """One source."""
    return _page(request, member, access_source(member.workspace, source))


def _page(request: HttpRequest, member: Membership, source: Source, key: str = "") -> HttpResponse:
    line = queries.one_source(member.workspace, source)
    reasons = [
        {"reason": reason, "what": what, "events": events, "meaning": queries.meaning(reason)}
        for what, counts in (("dropped", line.dropped), ("set aside", line.quarantined), ("kept, flagged", line.flagged))
        for reason, events in counts.items()
    ]
    before = request.GET.get("before", "")
    aside = queries.quarantined(member.workspace, source.pk, int(before) if before.isascii() and before.isdigit() and len(before) < 19 else 0)
    context = {
        "source": line,
        "key": key,
        "shown_key": key or "YOUR_WRITE_KEY",
        "address": settings.PUBLIC_URL,
        "reasons": reasons,
        "aside": [_aside(event) for event in aside],
        "before": aside[-1].pk if len(aside) == 50 else 0,
    }
    return render(request, "sources/show.html", context)


def _aside(event: QuarantinedEvent) -> dict[str, Any]:
    payload = bytes(event.payload)
    try:
        text = msgspec.json.format(payload, indent=2).decode()
    except (msgspec.DecodeError, UnicodeDecodeError):
        text = payload.decode("utf-8", "replace")  # shown as it came
    shown = {"payload": text[:SHOWN_BYTES], "cut": len(text) > SHOWN_BYTES}
    return {"at": event.at, "meaning": queries.meaning(event.reason), "detail": event.detail, **shown}


@member_page(Role.MEMBER, "POST")
def rotate(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Another key, shown this once."""
    found, key = actions.rotate_key(member.workspace, source, member.email, now())
    return _page(request, member, found, key)


@member_page(Role.MEMBER, "POST")
def enable(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Take events in again."""
    actions.set_enabled(member.workspace, source, True, member.email, now())
    messages.success(request, "The source takes events again.")
    return redirect("source", source)


@member_page(Role.MEMBER, "POST")
def disable(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Take no more events."""
    actions.set_enabled(member.workspace, source, False, member.email, now())
    messages.success(request, "The source is off; senders are told 401 within 10 seconds.")
    return redirect("source", source)
