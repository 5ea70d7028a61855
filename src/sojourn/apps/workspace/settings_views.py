"""Settings: the rules, keys, members, one's own account, and who did what."""

from collections.abc import Callable
from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.workspace import actions, clock, queries
from sojourn.apps.workspace.access import Membership, member_page
from sojourn.apps.workspace.models import Role
from sojourn.apps.workspace.preferences import BY_KEY
from sojourn.terms.refusals import Code, Refusal

AUDIT_PAGE = 100


def _tell(request: HttpRequest, act: Callable[[], Any], done: str, undo: Callable[[Any], str] | None = None) -> Any:
    """Act, and leave a sentence for the next page: that it is done, or why not. The result, or None where it was refused.

    `undo` gives the path, from the result, to which the sentence's Undo posts.
    """
    try:
        result = act()
    except Refusal as refusal:
        messages.error(request, refusal.message)
        return None
    messages.success(request, done, extra_tags=f"undo:{undo(result)}" if undo else "")
    return result


def _ids(text: str) -> list[int]:
    """The numbers of `12-13-14`, at most a hundred; none where it is anything else."""
    parts = text.split("-")
    good = len(parts) <= 100 and all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts)
    return [int(part) for part in parts] if good else []


# -- rules


def _groups(workspace: int, typed: dict[str, str], errors: dict[str, str]) -> list[tuple[str, list[dict[str, Any]]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in queries.list_settings(workspace):
        groups.setdefault(one.group, []).append({"one": one, "typed": typed.get(one.key, one.value), "error": errors.get(one.key, "")})
    return list(groups.items())


def _index(member: Membership, text: str) -> dict[str, Any]:
    """What the search over the settings finds: groups without a text, else single settings."""
    found = [one for one in queries.list_settings(member.workspace) if one.fits(text)] if text.strip() else []
    return {"q": text, "found": found, "group_names": list(dict.fromkeys(one.group for one in queries.list_settings(member.workspace)))}


def _beside_its_field(key: str, message: str) -> str:
    """A refusal without what the field itself shows: the setting's key, and once more what it takes."""
    said = message.removeprefix(f"{key}: ")
    return said.removesuffix(f" It takes {BY_KEY[key].forms}.")


def _rules_page(request: HttpRequest, member: Membership, typed: dict[str, str], errors: dict[str, str]) -> HttpResponse:
    context = {
        "here": "settings",
        "groups": _groups(member.workspace, typed, errors),
        "version": queries.rules(member.workspace).version,
        "errors": errors,
        "mail_server": bool(settings.SOJOURN.smtp),
        **_index(member, request.GET.get("q", "")[:100]),
    }
    return render(request, "workspace/settings.html", context, status=400 if errors else 200)


@member_page()
def rules(request: HttpRequest, member: Membership) -> HttpResponse:
    """All settings."""
    return _rules_page(request, member, {}, {})


@member_page(Role.OWNER, "POST")
def save(request: HttpRequest, member: Membership) -> HttpResponse:
    """Save what was changed in the form; what is refused is shown beside its field and loses nothing else."""
    standing = {one.key: one.value for one in queries.list_settings(member.workspace)}
    typed = {key: request.POST[key] for key in standing if key in request.POST}
    before = queries.newest_audit(member.workspace)
    errors: dict[str, str] = {}
    for key, text in typed.items():
        if text.strip() == standing[key]:
            continue
        try:
            actions.set_setting(member.workspace, key, text, member.email, clock.now())
        except Refusal as refusal:
            errors[key] = _beside_its_field(key, refusal.message)
    changed = queries.settings_changed(member.workspace, member.email, before)
    if changed:
        undo = reverse("settings_undo", args=["-".join(map(str, changed))])
        messages.success(request, f"Saved {len(changed)} setting{'s' if len(changed) > 1 else ''}.", extra_tags=f"undo:{undo}")
    elif not errors:
        messages.info(request, "Nothing was changed.")
    if errors:
        messages.error(request, f"{len(errors)} not saved: see the field{'s' if len(errors) > 1 else ''} in red.")
        return _rules_page(request, member, typed, errors)
    return redirect("settings")


@member_page(Role.OWNER, "POST")
def undo(request: HttpRequest, member: Membership, rows: str) -> HttpResponse:
    """Take a saving of settings back."""
    back, since = actions.undo_settings(member.workspace, _ids(rows), member.email, clock.now())
    if back:
        messages.success(request, f"Back as before: {', '.join(back)}.")
    if since:
        messages.warning(request, f"Left as it is, because somebody changed it since: {', '.join(since)}.")
    return redirect("settings")


@member_page(Role.OWNER, "POST")
def rename(request: HttpRequest, member: Membership) -> HttpResponse:
    """Give the workspace another name."""
    _tell(request, lambda: actions.rename_workspace(member.workspace, request.POST.get("name", ""), member.email, clock.now()), "Renamed.")
    return redirect("settings")


# -- keys


@member_page(Role.OWNER)
def keys(request: HttpRequest, member: Membership) -> HttpResponse:
    """Secret keys."""
    return render(request, "workspace/keys.html", {"keys": queries.secret_keys(member.workspace), "public_url": settings.PUBLIC_URL})


@member_page(Role.OWNER, "POST")
def create_key(request: HttpRequest, member: Membership) -> HttpResponse:
    """Make a key and show it this once, in the answer itself: it is stored nowhere."""
    made = _tell(request, lambda: actions.create_secret_key(member.workspace, request.POST.get("name", ""), member.email, clock.now()), "The key is made.")
    context = {"keys": queries.secret_keys(member.workspace), "public_url": settings.PUBLIC_URL, "made": made}
    return render(request, "workspace/keys.html", context, status=200 if made else 400)


@member_page(Role.OWNER, "POST")
def revoke_key(request: HttpRequest, member: Membership, key: int) -> HttpResponse:
    """End a key."""
    actions.revoke_secret_key(member.workspace, key, member.email, clock.now())
    messages.success(request, "The key is revoked; programs that use it are refused within 10 seconds.")
    return redirect("keys")


# -- members


def _members_page(request: HttpRequest, member: Membership, status: int = 200, made: dict[str, str] | None = None) -> HttpResponse:
    return render(request, "workspace/members.html", {"members": queries.members(member.workspace), "roles": Role.choices, "made": made}, status=status)


@member_page()
def members(request: HttpRequest, member: Membership) -> HttpResponse:
    """Who is in the team."""
    return _members_page(request, member)


def _link(token: str) -> str:
    return f"{settings.PUBLIC_URL}/sign-in/{token}"


@member_page(Role.OWNER, "POST")
def invite(request: HttpRequest, member: Membership) -> HttpResponse:
    """Take somebody in and show their one-time link this once."""
    email = request.POST.get("email", "")
    made = _tell(request, lambda: actions.invite_member(member.workspace, email, request.POST.get("role", ""), member.email, clock.now()), "Invited.")
    if made is None:
        return _members_page(request, member, 400)
    return _members_page(request, member, made={"email": email.strip().lower(), "link": _link(made[1])})


@member_page(Role.OWNER, "POST")
def link(request: HttpRequest, member: Membership, member_id: int) -> HttpResponse:
    """A fresh one-time link for a member, shown this once."""
    email, token = actions.link_for_member(member.workspace, member_id, member.email, clock.now())
    return _members_page(request, member, made={"email": email, "link": _link(token)})


@member_page(Role.OWNER, "POST")
def role(request: HttpRequest, member: Membership, member_id: int) -> HttpResponse:
    """Give a member another role."""
    _tell(request, lambda: actions.change_role(member.workspace, member_id, request.POST.get("role", ""), member.email, clock.now()), "The role is changed.")
    return redirect("members")


@member_page(Role.OWNER, "POST")
def remove(request: HttpRequest, member: Membership, member_id: int) -> HttpResponse:
    """Take a member out."""

    def act() -> int:
        return actions.remove_member(member.workspace, member_id, member.email, clock.now())

    _tell(request, act, "Removed; their open pages end at the next click.", lambda removal: reverse("member_restore", args=[removal]))
    return redirect("members")


@member_page(Role.OWNER, "POST")
def restore(request: HttpRequest, member: Membership, removal: int) -> HttpResponse:
    """Take back that somebody was taken out."""
    try:
        email = actions.restore_member(member.workspace, removal, member.email, clock.now())
    except Refusal as refusal:
        if refusal.code != Code.CONFLICT:
            raise
        messages.error(request, refusal.message)
    else:
        messages.success(request, f"{email} is a member again.")
    return redirect("members")


# -- one's own account


@member_page()
def account(request: HttpRequest, member: Membership) -> HttpResponse:
    """How one signs in."""
    return render(request, "workspace/account.html")


@reauthentication_required(allow_get=False)  # type: ignore[untyped-decorator]  # allauth ships no types
@member_page(Role.VIEWER, "POST")
def change_email(request: HttpRequest, member: Membership) -> HttpResponse:
    """Sign in with another address from now on."""
    email = request.POST.get("email", "")
    _tell(request, lambda: actions.change_email(member.workspace, member.user, email, member.email, clock.now()), "You sign in with this address from now on.")
    return redirect("account")


@member_page(Role.OWNER)
def audit_log(request: HttpRequest, member: Membership) -> HttpResponse:
    """Who did what, the newest first."""
    before = _ids(request.GET.get("before", ""))
    rows = queries.audit_rows(member.workspace, AUDIT_PAGE, before[0] if before else 0)
    return render(request, "workspace/audit.html", {"here": "settings", "rows": rows, "before": rows[-1].pk if len(rows) == AUDIT_PAGE else 0})
