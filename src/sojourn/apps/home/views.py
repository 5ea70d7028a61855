"""Home: what goes on now, what carts and messages come to, and what just happened."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.home.glance import DAYS, LIFT_DAYS, glance
from sojourn.apps.workspace.api import Membership, first_run, member_page, now, rules


@member_page()
def home(request: HttpRequest, member: Membership) -> HttpResponse:
    """The workspace at a glance."""
    context = _context(member)
    return render(request, "home/index.html", {**context, "first_run": first_run(member, context["now"], request.COOKIES)})


@member_page()
def home_now(request: HttpRequest, member: Membership) -> HttpResponse:
    """The part that goes on while somebody watches."""
    return render(request, "home/_now.html", _context(member))


def _context(member: Membership) -> dict[str, Any]:
    at = now()
    return {
        "here": "home",
        "glance": glance(member.workspace, member.zone, rules(member.workspace).currency, at),
        "now": at,
        "days": DAYS,
        "lift_days": LIFT_DAYS,
    }
