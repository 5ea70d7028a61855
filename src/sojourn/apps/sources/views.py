"""Pages of sources: make one, watch its events come in, see what was dropped and why, and what was set aside."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.sources import actions, debugger, kinds, origins, queries
from sojourn.apps.sources.access import access_source
from sojourn.apps.sources.models import QuarantinedEvent, Source
from sojourn.apps.sources.redrive import AT_ONCE
from sojourn.apps.sources.snippets import snippets
from sojourn.apps.workspace.api import Membership, Role, member_page, now, setting
from sojourn.terms.refusals import Code, Refusal

SHOWN_BYTES = 2_000
NO_KEY = "YOUR_WRITE_KEY"


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """All sources."""
    return render(request, "sources/index.html", _index(member))


@member_page()
def index_table(request: HttpRequest, member: Membership) -> HttpResponse:
    """The table of the page of all sources, as it is now."""
    return render(request, "sources/_table.html", _index(member))


def _index(member: Membership) -> dict[str, Any]:
    choices = [{"key": key, "title": title, "means": kinds.MEANS[key], "icon": kinds.ICONS[key]} for key, title in kinds.KINDS.items()]
    elsewhere = origins.origins(member.workspace)
    sources = [(line, elsewhere.get(line.id)) for line in queries.list_sources(member.workspace)]
    return {"here": "sources", "sources": sources, "kinds": choices, "typed": "", "kind": kinds.WEBSITE}


@member_page(Role.MEMBER, "GET", "POST")
def create(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a source and show its key this once. Asked for again later, the address leads to all sources."""
    if request.method != "POST":
        return redirect("sources")
    name, kind = request.POST.get("name", ""), request.POST.get("kind", kinds.WEBSITE)
    try:
        source, key = actions.create_source(member.workspace, name, member.email, now(), kind)
    except Refusal as refusal:
        return render(request, "sources/index.html", {**_index(member), "typed": name, "kind": kind, "error": refusal.message}, status=400)
    return _page(request, member, source, key)


@member_page()
def show(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """One source."""
    return _page(request, member, access_source(member.workspace, source))


@member_page()
def show_counts(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """The numbers of a source, as they are now."""
    return render(request, "sources/_counts.html", _counts(member, access_source(member.workspace, source)))


@member_page()
def show_first(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Whether the first event of a source is here."""
    return render(request, "sources/_first.html", _counts(member, access_source(member.workspace, source)))


@member_page()
def show_events(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """The newest events of a source, as they came in."""
    return render(request, "sources/_events.html", _events(request, member, access_source(member.workspace, source)))


@member_page()
def show_asides(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """What is set aside of a source, as it is now."""
    found = access_source(member.workspace, source)
    return render(request, "sources/_aside.html", {**_counts(member, found), **_asides(request, member, found)})


def _page(request: HttpRequest, member: Membership, source: Source, key: str = "") -> HttpResponse:
    shown = snippets(settings.PUBLIC_URL, key or NO_KEY, source.kind)
    context = {
        "here": "sources",
        "key": key,
        "address": settings.PUBLIC_URL,
        "fitting": [one for one in shown if source.kind in one.kinds],
        "others": [one for one in shown if source.kind not in one.kinds],
        "kind_title": kinds.KINDS.get(source.kind, source.kind),
        "kind_icon": kinds.ICONS.get(source.kind, "plug"),
        "ask_first": setting(member.workspace, "browser_consent") == "ask_first",
        "clients": kinds.CLIENTS,
        "aliases": [(alias, kinds.CLIENTS[alias.kind].title) for alias in queries.aliases(member.workspace, source.pk) if alias.kind in kinds.CLIENTS],
        "limits": source,
    }
    return render(request, "sources/show.html", {**context, **_counts(member, source), **_events(request, member, source), **_asides(request, member, source)})


def _asides(request: HttpRequest, member: Membership, source: Source) -> dict[str, Any]:
    said = request.GET.get("before", "")
    before = int(said) if said.isascii() and said.isdigit() and len(said) < 19 else 0
    aside = queries.quarantined(member.workspace, source.pk, before)
    return {
        "aside": [_aside(event) for event in aside],
        "from": before,
        "before": aside[-1].pk if len(aside) == queries.PAGE else 0,
        "aside_reasons": [(reason, queries.meaning(reason), n) for reason, n in queries.aside_reasons(member.workspace, source.pk)],
        "at_once": AT_ONCE,
    }


def _counts(member: Membership, source: Source) -> dict[str, Any]:
    line = queries.one_source(member.workspace, source)
    reasons = [
        {"reason": reason, "what": what, "events": events, "meaning": queries.meaning(reason)}
        for what, counts in (("dropped", line.dropped), ("set aside", line.quarantined), ("kept, flagged", line.flagged))
        for reason, events in counts.items()
    ]
    return {
        "source": line,
        "reasons": reasons,
        "newest": debugger.newest_told(member.workspace, source.pk) if line.kept else None,
        "waiting": line.enabled and not line.kept,
        "waits": queries.aside_waiting(member.workspace, source.pk) if line.quarantined else 0,
        "origin": origins.origins(member.workspace).get(source.pk),
    }


def _events(request: HttpRequest, member: Membership, source: Source) -> dict[str, Any]:
    """What the debugger shows: filtered by outcome and by a part of the event's name; paused it does not refresh by itself."""
    outcome, name, paused = request.GET.get("outcome", ""), request.GET.get("name", "").strip()[:100], request.GET.get("pause") == "1"
    outcome = outcome if outcome in debugger.OUTCOMES else ""
    seen = debugger.glance(member.workspace, source.pk, now())
    named = [one for one in seen.events if name.lower() in one.name.lower()]
    path, page = reverse("source_events", args=[source.pk]), reverse("source", args=[source.pk])
    asked = {key: value for key, value in (("outcome", outcome), ("name", name), ("pause", "1" if paused else "")) if value}
    counts = debugger.Glance(named).counts()
    chips = [
        ("", "All", len(named)),
        *((key, title, counts[key]) for key, title in debugger.OUTCOMES.items() if counts[key] or key in ("kept", "dropped", outcome)),
    ]
    origin = None if seen.events else origins.origins(member.workspace).get(source.pk)
    return {
        "events": [one for one in named if outcome in ("", one.outcome)],
        "glance": seen,
        "chips": [{"key": key, "title": title, "n": n, "href": page + _link({**asked, "outcome": key})} for key, title, n in chips],
        "outcome": outcome,
        "name": name,
        "paused": paused,
        "pause_href": page + _link({**asked, "pause": "" if paused else "1"}),
        "all_href": page,
        "setup_href": origin.href if origin else "#setup",
        "events_src": f"{path}{_link(asked) if asked else ''}",
        "events_of": source.pk,
    }


def _link(asked: dict[str, str]) -> str:
    return "?" + urlencode({key: value for key, value in asked.items() if value})


def _aside(event: QuarantinedEvent) -> dict[str, Any]:
    name, text, cut = debugger.payload_told(bytes(event.payload), SHOWN_BYTES)
    return {"id": event.pk, "at": event.at, "name": name, "meaning": queries.meaning(event.reason), "detail": event.detail, "payload": text, "cut": cut}


@member_page(Role.MEMBER, "GET", "POST")
def rotate(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Another key, shown this once. Asked for again later, the address leads to the source."""
    if request.method != "POST":
        return redirect("source", access_source(member.workspace, source).pk)
    found, key = actions.rotate_key(member.workspace, source, member.email, now())
    undo = f"undo:{reverse('source_restore_key', args=[source])}"
    messages.success(request, "Here is another key. The old one ends within 10 seconds.", extra_tags=undo)
    return _page(request, member, found, key)


@member_page(Role.MEMBER, "POST")
def restore_key(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Let the key before the present one be the key again."""
    try:
        actions.restore_key(member.workspace, source, member.email, now())
    except Refusal as refusal:
        if refusal.code != Code.CONFLICT:
            raise
        messages.error(request, refusal.message)
    else:
        messages.success(request, "The old key is the key again. The other one ends within 10 seconds.")
    return redirect("source", source)


@member_page(Role.MEMBER, "POST")
def rename(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Call it something else."""
    try:
        actions.rename_source(member.workspace, source, request.POST.get("name", ""), member.email, now())
    except Refusal as refusal:
        if refusal.code != Code.BAD_VALUE:
            raise
        messages.error(request, refusal.message)
    return redirect("source", source)


@member_page(Role.MEMBER, "POST")
def enable(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Take events in again."""
    actions.set_enabled(member.workspace, source, True, member.email, now())
    messages.success(request, "The source takes events again.", extra_tags=f"undo:{reverse('source_disable', args=[source])}")
    return redirect("source", source)


@member_page(Role.MEMBER, "POST")
def disable(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Take no more events."""
    actions.set_enabled(member.workspace, source, False, member.email, now())
    messages.success(request, "The source is off; senders are told 401 within 10 seconds.", extra_tags=f"undo:{reverse('source_enable', args=[source])}")
    return redirect("source", source)
