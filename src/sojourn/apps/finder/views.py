"""The palette's answers, the same as a page for browsers without scripts; and the choice of colours."""

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sojourn.apps.finder import search
from sojourn.apps.workspace.api import Membership, Role, member_page
from sojourn.ui.addresses import back_to
from sojourn.ui.themes import COOKIE, known


@member_page()
def find(request: HttpRequest, member: Membership) -> HttpResponse:
    """What `?q=` finds: JSON `{groups: [{title, items}]}` for who accepts that, else a page."""
    query = request.GET.get("q", "")[: search.LONGEST]
    groups = search.find(member, query)
    if "application/json" in request.headers.get("Accept", ""):
        return HttpResponse(msgspec.json.encode({"groups": groups}), content_type="application/json", headers={"Vary": "Accept"})
    return render(request, "finder/find.html", {"groups": groups, "query": query})


@member_page(Role.VIEWER, "POST")
def choose_theme(request: HttpRequest, member: Membership) -> HttpResponse:
    """Remember the colours in this browser for a year, and go back to where the choice was made. The pages' script does the same without this."""
    response = redirect(back_to(request.POST.get("next", ""), "/"))
    name = known(request.POST.get("theme", ""))
    if name:
        response.set_cookie(COOKIE, name, max_age=31_536_000, samesite="Lax", secure=bool(settings.SESSION_COOKIE_SECURE))
    else:
        response.delete_cookie(COOKIE, samesite="Lax")
    return response
