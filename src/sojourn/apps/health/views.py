"""The health page: whether everything runs, how far behind it is, how much there is, and what to do about what is wrong."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.health.report import report
from sojourn.apps.people import api as people
from sojourn.apps.sources import api as sources
from sojourn.apps.workspace.api import Membership, Role, member_page, now


@member_page(Role.MEMBER)
def health(request: HttpRequest, member: Membership) -> HttpResponse:
    """The whole page."""
    return render(request, "health/index.html", _context(member))


@member_page(Role.MEMBER)
def health_now(request: HttpRequest, member: Membership) -> HttpResponse:
    """The part that goes on while somebody watches."""
    return render(request, "health/_now.html", _context(member))


def _context(member: Membership) -> dict[str, Any]:
    found = report()
    lines = sources.list_sources(member.workspace)
    return {
        "report": found,
        "people": people.count(member.workspace),
        "sources": lines,
        "kept": sum(line.kept for line in lines),
        "duplicate": sum(line.duplicate for line in lines),
        "dropped": sum(line.dropped_total for line in lines),
        "quarantined": sum(line.quarantined_total for line in lines),
        "used": 100 * (found.disk_bytes - found.free_bytes) // found.disk_bytes if found.disk_bytes else 0,
        "now": now(),
    }
