"""Every component in every state, to look at and to photograph."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.workspace.api import Membership, member_page


@member_page()
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """The gallery; `?theme=light|dark|contrast` shows it in that theme."""
    return render(request, "finder/gallery.html", {})
