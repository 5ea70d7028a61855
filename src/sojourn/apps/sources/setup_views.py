"""What a member sets on a source: keys of other products that lead to it, and how much it may send."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from sojourn.apps.sources import actions
from sojourn.apps.sources.kinds import CLIENTS
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.refusals import Code, Refusal


def _back(source: int, place: str) -> HttpResponse:
    return redirect(reverse("source", args=[source]) + place)


@member_page(Role.MEMBER, "POST")
def add_alias(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Let a client keep its key."""
    try:
        alias = actions.add_alias(member.workspace, source, request.POST.get("client", ""), request.POST.get("value", ""), member.email, now())
    except Refusal as refusal:
        if refusal.code == Code.NOT_FOUND:
            raise
        messages.error(request, refusal.message)
    else:
        client = CLIENTS[alias.kind]
        messages.success(request, f"{client.title} may keep its {client.asks}: within 10 seconds what it sends to this address arrives here.")
    return _back(source, "#aliases")


@member_page(Role.MEMBER, "POST")
def remove_alias(request: HttpRequest, member: Membership, source: int, alias: int) -> HttpResponse:
    """Let that key lead here no more."""
    actions.remove_alias(member.workspace, source, alias, member.email, now())
    messages.success(request, "Removed. Clients that use it are told 401 within 10 seconds.")
    return _back(source, "#aliases")


@member_page(Role.MEMBER, "POST")
def set_rate(request: HttpRequest, member: Membership, source: int) -> HttpResponse:
    """Bound what it may send."""
    try:
        found = actions.set_rate(member.workspace, source, (request.POST.get("rate", ""), request.POST.get("burst", "")), member.email, now())
    except Refusal as refusal:
        if refusal.code == Code.NOT_FOUND:
            raise
        messages.error(request, refusal.message)
    else:
        kept = f"At most {found.rate:,} events a second and {found.burst:,} at once, within 10 seconds." if found.rate else "There is no limit any more."
        messages.success(request, kept)
    return _back(source, "#limits")
