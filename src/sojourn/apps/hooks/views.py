"""Pages of webhooks: make one, set the vendor up, watch its calls."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from sojourn.apps.hooks import actions, queries, reach, vendors
from sojourn.apps.hooks.access import access_hook
from sojourn.apps.hooks.models import Hook
from sojourn.apps.sources.api import aside_count, newest_told
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.hooks import META, SHOPIFY, verify_token
from sojourn.terms.outcomes import Reason
from sojourn.terms.refusals import Code, Refusal


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """All webhooks."""
    return render(request, "hooks/index.html", _index(member))


def _index(member: Membership) -> dict[str, Any]:
    return {"here": "sources", "hooks": queries.list_hooks(member.workspace), "vendors": list(vendors.LISTED.values()), "kind": SHOPIFY, "typed": ""}


@member_page(Role.MEMBER, "GET", "POST")
def create(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a webhook; a secret that was made here is shown this once. Asked for again later, the address leads to all webhooks."""
    if request.method != "POST":
        return redirect("hooks")
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


@member_page()
def show_first(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """Whether calls of a webhook arrive, and what they lack."""
    return render(request, "hooks/_first.html", _first(access_hook(member.workspace, hook)))


@member_page(Role.MEMBER, "GET", "POST")
def secret(request: HttpRequest, member: Membership, hook: int) -> HttpResponse:
    """Another secret: the one that was pasted, or a new one where it is made here. Asked for again later, the address leads to the webhook."""
    found = access_hook(member.workspace, hook)
    if request.method != "POST":
        return redirect("hook", hook)
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
    context = {
        "here": "sources",
        "hook": hook,
        "vendor": vendor,
        "address": f"{settings.PUBLIC_URL}/hooks/{hook.token}",
        "verify": verify_token(hook.token) if hook.kind == META else "",
        "made": made,
        "error": error,
        "versions": queries.versions(hook),
        **_first(hook),
        **_calls(hook),
    }
    return render(request, "hooks/show.html", context, status=status)


def _first(hook: Hook) -> dict[str, Any]:
    counts = next(line for line in queries.list_hooks(hook.workspace_id) if line.id == hook.pk)
    rules = queries.rules_of(hook)
    return {
        "hook": hook,
        "vendor": counts.vendor,
        "enabled": counts.enabled,
        "rules": rules,
        "counts": counts,
        "newest": newest_told(hook.workspace_id, hook.source_id) if counts.kept else None,
        "waits": aside_count(hook.workspace_id, hook.source_id, Reason.UNMAPPED.value) if counts.aside else 0,
        "unmapped": Reason.UNMAPPED.value,
        "unread": queries.without_meaning(hook) if counts.aside else None,
    }


def _calls(hook: Hook) -> dict[str, Any]:
    mapped = {rule.topic for rule in queries.rules_of(hook)}
    return {"hook": hook, "calls": queries.calls(hook, now()), "listens": reach.listens(), "mapped": mapped}
