"""Pages of the tracking plan: all events, and one of them with its properties and its contract."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.sources.api import list_sources, masked, waiting_for
from sojourn.apps.tracking import actions, queries
from sojourn.apps.tracking.access import find_contract
from sojourn.apps.tracking.queries import Event, Sample
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.contracts import flaw
from sojourn.terms.facts import Kind
from sojourn.terms.outcomes import Reason
from sojourn.terms.refusals import Code, Refusal

KINDS = (Kind.TRACK, Kind.IDENTIFY, Kind.PAGE, Kind.SCREEN, Kind.GROUP, Kind.ALIAS)


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """All kinds of events."""
    seen, trouble = _plan(member.workspace)
    family, sought = request.GET.get("family", ""), request.GET.get("q", "").strip()[:100]
    contracts = queries.contracts(member.workspace)
    names = {source.id: source.name for source in list_sources(member.workspace)}
    shown = [one for one in seen if family in ("", one.family) and sought.lower() in one.title.lower()]
    arrived = {one.name for one in seen}
    chips = [("", "All", len(seen)), *((key, key.capitalize(), n) for key, n in queries.families(seen))]
    context = {
        "here": "tracking",
        "trouble": trouble,
        "any": bool(seen),
        "rows": [_row(one, names, contracts) for one in shown],
        "chips": [{"key": key, "title": title, "n": n, "href": _link({"family": key, "q": sought})} for key, title, n in chips],
        "family": family,
        "q": sought,
        "silent": [] if family or sought else sorted(name for name in contracts if name not in arrived),
        "names_most": queries.NAMES,
    }
    return render(request, "tracking/index.html", context)


def _plan(workspace: int) -> tuple[list[Event], str]:
    try:
        return queries.plan(workspace, now()).value, ""
    except Refusal as refusal:
        if refusal.code != Code.NOT_READY:
            raise
        return [], refusal.message


def _row(one: Event, names: dict[int, str], contracts: dict[str, Any]) -> dict[str, Any]:
    contract = contracts.get(one.name) if one.kind == Kind.TRACK else None
    sources = [names[source] for source in one.sources if source in names]
    return {"event": one, "href": href(one.kind, one.name), "line": line(one.days), "sources": sources, "contract": contract}


def _link(asked: dict[str, str]) -> str:
    return "?" + urlencode({key: value for key, value in asked.items() if value})


def href(kind: str, name: str) -> str:
    """The address of one kind of event."""
    return reverse("tracking_event") + _link({"kind": kind, "name": name})


def line(days: tuple[int, ...]) -> str:
    """A path through the counts in a box of 100 by 28, as `.spark` draws it."""
    top = max(*days, 1)
    return "M" + " L".join(f"{index * 100 / (len(days) - 1):.1f},{26 - 24 * count / top:.1f}" for index, count in enumerate(days))


@member_page()
def event(request: HttpRequest, member: Membership) -> HttpResponse:
    """One kind of event."""
    return _event(request, member, request.GET.get("kind", ""), request.GET.get("name", ""), {"suggest": "suggest" in request.GET})


def _event(request: HttpRequest, member: Membership, kind: str, name: str, said: dict[str, Any], status: int = 200) -> HttpResponse:
    if kind not in KINDS or len(name) > actions.NAME_CHARACTERS or (kind == Kind.TRACK) != bool(name):
        raise Refusal(Code.NOT_FOUND, "There is no such kind of event.")
    at = now()
    found, trouble, seen = None, "", Sample()
    try:
        found = queries.one_event(member.workspace, kind, name, at)
        seen = queries.sample(member.workspace, found, at).value if found else seen
    except Refusal as refusal:
        if refusal.code != Code.NOT_READY:
            raise
        trouble = refusal.message
    contract = find_contract(member.workspace, name) if kind == Kind.TRACK else None
    if found is None and contract is None and not trouble:
        raise Refusal(Code.NOT_FOUND, "No such event has arrived, and it has no contract.")
    properties = Sample([(when, who, masked(props)) for when, who, props in seen.rows]).properties()
    suggested = bool(said.get("suggest")) or contract is None
    body = said.get("body") or (queries.suggestion(properties, len(seen.rows)) if suggested else queries.pretty(contract.body) if contract else "")
    broken, examples = seen.breaches(body) if body and not flaw(body) else (0, [])
    context = {
        "here": "tracking",
        "event": found or Event(kind, name, queries.family_of(kind, name), 0, 0, 0, (), (0,) * queries.DAYS),
        "line": line(found.days) if found else "",
        "trouble": trouble,
        "properties": properties,
        "looked_into": len(seen.rows),
        "names": [source.name for source in list_sources(member.workspace) if found and source.id in found.sources],
        "contract": contract,
        "waiting": waiting_for(member.workspace, Reason.CONTRACT_BROKEN.value) if contract and contract.mode == actions.QUARANTINE else [],
        "contractible": kind == Kind.TRACK,
        "modes": actions.MODES,
        "mode": said.get("mode") or (contract.mode if contract else actions.REPORT),
        "body": body,
        "draft": contract is None or body != queries.pretty(contract.body),
        "broken": broken,
        "examples": examples,
    }
    return render(request, "tracking/event.html", {**context, **said}, status=status)


@member_page(Role.MEMBER, "POST")
def check(request: HttpRequest, member: Membership) -> HttpResponse:
    """What a contract would find among the newest events; nothing is saved."""
    body, mode, name = request.POST.get("body", ""), request.POST.get("mode", ""), request.POST.get("name", "")
    return _event(request, member, Kind.TRACK, name, {"body": body, "mode": mode, "error": flaw(body), "checked": True})


@member_page(Role.MEMBER, "POST")
def save(request: HttpRequest, member: Membership) -> HttpResponse:
    """Give an event a contract."""
    body, mode, name = request.POST.get("body", ""), request.POST.get("mode", ""), request.POST.get("name", "")
    try:
        actions.set_contract(member.workspace, name, body, mode, member.email, now())
    except Refusal as refusal:
        return _event(request, member, Kind.TRACK, name, {"body": body, "mode": mode, "error": refusal.message}, 400)
    effect = "Within 10 seconds what breaks it is set aside." if mode == actions.QUARANTINE else "What breaks it is shown here, and kept all the same."
    messages.success(request, f"Saved. {effect}")
    return redirect(href(Kind.TRACK, name.strip()))


@member_page(Role.MEMBER, "POST")
def remove(request: HttpRequest, member: Membership) -> HttpResponse:
    """Let an event carry anything again."""
    name = request.POST.get("name", "")
    actions.remove_contract(member.workspace, name, member.email, now())
    messages.success(request, f"{name} may carry anything again. What was set aside waits at its source.")
    return redirect("tracking")
