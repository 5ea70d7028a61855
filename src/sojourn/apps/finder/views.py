"""The palette's answers; the same as a page for browsers without scripts."""

import msgspec
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.finder import search
from sojourn.apps.workspace.api import Membership, member_page


@member_page()
def find(request: HttpRequest, member: Membership) -> HttpResponse:
    """What `?q=` finds: JSON `{groups: [{title, items}]}` for who accepts that, else a page."""
    query = request.GET.get("q", "")[: search.LONGEST]
    groups = search.find(member, query)
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(msgspec.json.encode({"groups": groups}), content_type="application/json", headers={"Vary": "Accept"})
    return render(request, "finder/find.html", {"groups": groups, "query": query})
