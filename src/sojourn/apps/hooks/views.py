"""Pages of webhooks: make one, set the vendor up, watch its calls."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sojourn.apps.hooks import actions, queries, reach, vendors
from sojourn.apps.hooks.access import access_hook
from sojourn.apps.hooks.models import Hook
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.hooks import META, SHOPIFY, verify_token
from sojourn.terms.refusals import Code, Refusal


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """All webhooks."""
    return render(request, "hooks/index.html", _index(member))


def _index(member: Membership) -> dict[str, Any]:
    return {"here": "sources", "hooks": queries.list_hooks(member.workspace), "vendors": list(vendors.LISTED.values()), "kind": SHOPIFY, "typed": ""}


@member_page(Role.MEMBER, "POST")
def create(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a webhook; a secret that was made here is shown this once."""
    name, kind, given = request.POST.get("name", ""), request.POST.get("kind", ""), request.POST.get("secret", "")
    try:
        hook = actions.create_hook(member.workspace, name, kind, given, member.email, now())
    except Refusal as refusal:
        return render(request, "hooks/index.html", {**_index(member), "typed": name, "kind": kind, "error": refusal.message}, status=400)
    return _page(request, hook, hook.secret if not given.strip() else "")


@member_page()
def show(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """One webhook."""
    return _page(request, access_hook(member.workspace, hook))


@member_page()
def show_calls(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """The newest calls of a webhook, as they are now."""
    return render(request, "hooks/_calls.html", _calls(access_hook(member.workspace, hook)))


@member_page(Role.MEMBER, "POST")
def secret(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """Another secret: the one that was pasted, or a new one where it is made here."""
    found = access_hook(member.workspace, hook)
    make, text = request.POST.get("make") == "1" and vendors.LISTED[found.kind].ours, request.POST.get("secret", "")
    try:
        given = actions.new_secret(found.kind) if make else text
        found = actions.change_secret(member.workspace, hook, given, member.email, now())
    except Refusal as refusal:
        if refusal.code != Code.BAD_VALUE:
            raise
        return _page(request, found, error=refusal.message, status=400)
    if make:
        return _page(request, found, given)
    messages.success(request, "The secret counts within 10 seconds." if found.secret else "Calls are believed without a secret within 10 seconds.")
    return redirect("hook", hook)


def _page(request: HttpRequest, hook: Hook, made: str = "", error: str = "", status: int = 200) -> HttpResponse:
    vendor = vendors.LISTED[hook.kind]
    rules = queries.rules_of(hook)
    context = {
        "here": "sources",
        "hook": hook,
        "vendor": vendor,
        "enabled": hook.source.disabled_at is None,
        "address": f"{settings.PUBLIC_URL}/hooks/{hook.token}",
        "verify": verify_token(hook.token) if hook.kind == META else "",
        "made": made,
        "error": error,
        "rules": rules,
        "versions": queries.versions(hook),
        "counts": next(line for line in queries.list_hooks(hook.workspace_id) if line.id == hook.pk),
        **_calls(hook),
    }
    return render(request, "hooks/show.html", context, status=status)


def _calls(hook: Hook) -> dict[str, Any]:
    mapped = {rule.topic for rule in queries.rules_of(hook)}
    return {"hook": hook, "calls": queries.calls(hook, now()), "listens": reach.listens(), "mapped": mapped}
