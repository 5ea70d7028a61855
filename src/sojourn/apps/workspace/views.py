"""The ways in."""

from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from sojourn.apps.workspace import clock, sign_in
from sojourn.apps.workspace.access import member_of
from sojourn.apps.workspace.first_run import first_run
from sojourn.terms.refusals import Refusal

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in_by_link(request: HttpRequest, token: str) -> HttpResponse:
    """A one-time link. Looking at it does not use it up (mail scanners look); its button does."""
    now = clock.now()
    if request.method != "POST":
        good = sign_in.link_is_good(token, now)
        return render(request, "workspace/sign_in_link.html", {"good": good, "message": sign_in.LINK_ENDED}, status=200 if good else 404)
    try:
        user = sign_in.use_link(token, now)
    except Refusal as refusal:
        return render(request, "workspace/sign_in_link.html", {"good": False, "message": refusal.message}, status=404)
    logout(request)
    login(request, user, backend=BACKEND)
    sign_in.note_sign_in(user, "sign_in", "link", now)
    member = member_of(request)
    steps = first_run(member, now) if member is not None else None
    return redirect("start" if steps is not None and steps.fresh else "home")


@require_http_methods(["GET", "HEAD"])
def no_sign_up(request: HttpRequest) -> HttpResponse:
    """There is no open sign-up."""
    return render(request, "ui/plain.html", {"title": "By invitation", "message": "Ask an owner of the workspace to invite you."}, status=404)
