"""Pages of people: the list, a portrait and its parts, a timeline, the facts behind a cause, who is who."""

from typing import Any
from urllib.parse import quote

from django.contrib import messages as notes
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from sojourn.apps.people import corrections, deeds, listing, portrait_page, queries, traces
from sojourn.apps.people.access import access_person
from sojourn.apps.people.graph import draw, known_by
from sojourn.apps.people.listing import Asked, Place
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.shown import row_of, title_of
from sojourn.apps.sources.api import list_sources
from sojourn.apps.workspace.api import Membership, Role, member_page, now, rules
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal

LONG, SHORT = 300, 150
"""Facts read for a stretch of the timeline: on its own page, and as part of the portrait."""


def _place(member: Membership) -> Place:
    return Place(member.workspace, now(), rules(member.workspace).consent == "opt_in")


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """People, the last seen first, or as asked."""
    return _rendered(request, "people/index.html", _listed(request, member))


@member_page()
def index_rows(request: HttpRequest, member: Membership) -> HttpResponse:
    """The rows of that page alone, for a swap."""
    return render(request, "people/_rows.html", _listed(request, member))


def _listed(request: HttpRequest, member: Membership) -> dict[str, Any]:
    asked, place = Asked.read(request.GET), _place(member)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = listing.people(place, asked, after, before)
    counts = listing.counts(place)
    at = {"after": after} if after else {"before": before} if before else {}
    return {
        "here": "people",
        "asked": asked,
        "page": page,
        "rows": [row_of(one, place.now - listing.NOW) for one in page.rows],
        "counts": counts,
        "people_url": reverse("people"),
        "found": listing.matching(place, asked),
        "first_page": not at,
        "address": asked.query(**at),
        "from_list": quote(asked.query() or "all"),
        "next": asked.query(after=page.after) if page.after else "",
        "previous": asked.query(before=page.before) if page.before else "",
        "columns": _columns(asked),
        "filters": portrait_page.filters(asked, counts),
        "causes": portrait_page.causes(asked, counts),
    }


def _columns(asked: Asked) -> list[dict[str, str]]:
    """The heads of the table: sorting by another column begins with its largest or newest, by the same one turns it round."""
    shown = [("", "Person", ""), ("cart", "Cart", "number"), ("", "Why left", ""), ("orders", "Orders", "number"), ("revenue", "Revenue", "number")]
    heads = []
    for sort, label, kind in [*shown, ("seen", "Last seen", ""), ("first", "First seen", "")]:
        here = sort == asked.sort
        address = asked.but(sort=sort, up="" if asked.up or not here else "1").query() if sort else ""
        order = ("ascending" if asked.up else "descending") if here else ""
        heads.append({"label": label, "kind": kind, "sort": sort, "address": address, "order": order})
    return heads


@member_page()
def show(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """The portrait of one person."""
    row, found = _found(member, person)
    if str(row.pk) != person:
        return redirect(f"{reverse('person', args=[row.pk])}{'?' + request.GET.urlencode() if request.GET else ''}")
    context = portrait_page.whole(member, row, found, now(), _lane(request), SHORT)
    return _rendered(request, "people/show.html", {**context, **_beside(request, member, row)})


@member_page()
def part(request: HttpRequest, member: Membership, person: str, part: str) -> HttpResponse:
    """One part of the portrait alone, for a swap; whoever was merged is shown as whom they became."""
    row, found = _found(member, person)
    if part not in portrait_page.PARTS:
        raise Refusal(Code.NOT_FOUND, f"A portrait has no part {part[:40]!r}; its parts are {', '.join(portrait_page.PARTS)}.")
    context = portrait_page.one_part(part, member, row, found, now(), _lane(request), SHORT)
    return render(request, f"people/_{part}.html", {**context, **_beside(request, member, row)})


@member_page()
def timeline(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """What somebody did, newest first, a long stretch at a time."""
    row, found = _found(member, person)
    before = request.GET.get("before", "")
    context = portrait_page.timeline(member, row, found, now(), _lane(request), LONG, before)
    return _rendered(request, "people/timeline.html", {**context, "long": True, "later": bool(before)})


@member_page()
def evidence(request: HttpRequest, member: Membership, person: str, episode: str, kind: str) -> HttpResponse:
    """The facts behind one thing that was seen around a cart."""
    row, found = _found(member, person)
    context = portrait_page.evidence(member, row, found, episode, kind)
    return _rendered(request, "people/evidence.html", context)


@member_page()
def identity(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """What somebody is known by, drawn, and the form to split it; with `apart`, what the split would do."""
    row, found = _found(member, person)
    known = known_by(found, traces.traces(member.workspace, found))
    away = [key[:400] for key in request.GET.getlist("apart")]
    context: dict[str, Any] = {"title": title_of(row), "row": row, "person": found, "known": known, "graph": draw(known), "away": away}
    context["sources"] = {line.id: line.name for line in list_sources(member.workspace)}
    if away:
        stay, gone = corrections.parted(found, away)
        context |= {"stay": [one for one in known if one.key in stay], "gone": [one for one in known if one.key in gone]}
    return _rendered(request, "people/identity.html", context)


@member_page(Role.MEMBER, "POST")
def split(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """Say that some identifiers are somebody else."""
    row, found = _found(member, person)
    corrections.split(member.workspace, found, request.POST.getlist("apart"), member.email, now())
    notes.success(request, "The split is recorded. Both people stand here apart as soon as their history is folded again, usually within seconds.")
    return redirect("person", row.pk)


@member_page(Role.OWNER)
def erase(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """What erasing somebody does, and the form that asks for it twice."""
    row, found = _found(member, person)
    return _rendered(request, "people/erase.html", {"title": title_of(row), "row": row, "person": found})


@member_page(Role.OWNER, "POST")
def forget(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """Erase somebody, once what they are called was typed."""
    row, found = _found(member, person)
    title = title_of(row)
    if request.POST.get("typed", "").strip().casefold() != title.casefold():
        notes.error(request, f"Nothing was erased: type {title} exactly.")
        return redirect("person_erase", row.pk)
    corrections.erase(member.workspace, found, member.email, now())
    notes.success(request, f"{title} is being erased: the portrait within a second, history in log and lake within seconds.")
    return redirect("people")


def _found(member: Membership, person: str) -> tuple[PersonRow, Person]:
    row = access_person(member.workspace, person)
    return row, queries.decode(row)


def _lane(request: HttpRequest) -> str:
    lane = request.GET.get("lane", "")
    return lane if lane in deeds.LANES else ""


def _beside(request: HttpRequest, member: Membership, row: PersonRow) -> dict[str, Any]:
    """Links to the people before and after this one in the list they were opened from, where the address says which."""
    origin = request.GET.get("list", "")[:600]
    if not origin:
        return {"origin": ""}
    asked = Asked.read(QueryDict("" if origin == "all" else origin))
    before, after = listing.beside(_place(member), asked, row)
    return {"origin": origin, "list_query": asked.query(), "person_before": before, "person_after": after}


def _rendered(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A page, or the same for the side panel: the address is the same, so caches must tell them apart."""
    answer = render(request, template, {"here": "people", **context})
    patch_vary_headers(answer, ["X-Panel"])
    return answer
