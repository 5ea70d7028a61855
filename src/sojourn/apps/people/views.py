"""Pages of people: the list, one portrait, one timeline."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import urlencode

from sojourn.apps.people import lake_hook, queries
from sojourn.apps.people.access import access_person
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.shown import shown
from sojourn.apps.workspace.api import Membership, member_page, rules
from sojourn.terms.refusals import Refusal

FILTERS = {"known": True, "anonymous": False}


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """People, the last seen first."""
    query, which, after = request.GET.get("q", "")[:400], request.GET.get("show", ""), request.GET.get("after", "")
    page = queries.page(member.workspace, after, FILTERS.get(which), query)
    more = urlencode({"show": which, "after": page.after}) if page.after else ""
    return render(request, "people/index.html", {"page": page, "query": query, "show": which, "more": more, "after": after})


def _title(row: PersonRow) -> str:
    return row.name or row.email or f"Visitor {row.pk}"


@member_page()
def show(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """The portrait of one person."""
    row = access_person(member.workspace, person)
    if str(row.pk) != person:
        return redirect("person", row.pk)
    found = queries.decode(row)
    return render(request, "people/show.html", {"title": _title(row), "row": row, "person": found, **shown(found, rules(member.workspace))})


@member_page()
def timeline(request: HttpRequest, member: Membership, person: str) -> HttpResponse:
    """What somebody did, newest first, from the lake."""
    row = access_person(member.workspace, person)
    found = queries.decode(row)
    context = {"title": _title(row), "row": row, "person": found, "trouble": "", "older": "", "moments": []}
    try:
        stretch = lake_hook.timeline(member.workspace, found, 100, request.GET.get("before", ""))
    except Refusal as refusal:
        context["trouble"] = refusal.message
    else:
        context |= {"moments": stretch.moments, "older": stretch.before}
    return render(request, "people/timeline.html", context)
