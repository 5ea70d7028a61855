"""The first steps as a page of their own, as the part of a page that changes by itself, and hidden or shown on Home."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.workspace import actions, clock
from sojourn.apps.workspace.access import Membership, member_page
from sojourn.apps.workspace.first_run import HIDDEN, SETTING, WALKED, first_run
from sojourn.apps.workspace.models import Role


@member_page()
def start(request: HttpRequest, member: Membership) -> HttpResponse:
    """The first steps, also where they are hidden on Home."""
    return render(request, "workspace/start.html", {"here": "home", "first_run": first_run(member, clock.now(), request.COOKIES.get(WALKED, ""), always=True)})


@member_page()
def steps(request: HttpRequest, member: Membership) -> HttpResponse:
    """The first steps as they stand now."""
    return render(request, "workspace/_first_run.html", {"first_run": first_run(member, clock.now(), request.COOKIES.get(WALKED, ""), always=True)})


@member_page(Role.OWNER, "POST")
def hide(request: HttpRequest, member: Membership) -> HttpResponse:
    """Take the first steps off Home."""
    actions.set_setting(member.workspace, SETTING, HIDDEN, member.email, clock.now())
    messages.success(request, "The first steps are hidden. Settings brings them back.", extra_tags=f"undo:{reverse('first_run_show')}")
    return redirect("home")


@member_page(Role.OWNER, "POST")
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """Put the first steps on Home again."""
    actions.set_setting(member.workspace, SETTING, "shown", member.email, clock.now())
    messages.success(request, "The first steps are on Home again.")
    return redirect("home")
