"""Sessions end after half an hour without a click and after twelve hours in any case."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase

from sojourn.apps.workspace import clock

BEGAN = "began"
SEEN = "seen"
RENEW_SECONDS = 60


class SessionLimits:
    """Keeps `began` and `seen` (seconds since 1970) in a signed-in session; a click prolongs it at most once a minute, to spare the disk."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, _args: object, _kwargs: object) -> None:
        """Called by Django before the view."""
        if getattr(view, "unidentified", False):
            request.unidentified = True  # type: ignore[attr-defined]  # pages for recipients never ask who is reading
            return
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return
        seconds = clock.now() // 1000
        began = request.session.setdefault(BEGAN, seconds)
        seen = request.session.get(SEEN, seconds)
        if seconds - began >= settings.SESSION_LONGEST_SECONDS or seconds - seen >= settings.SESSION_COOKIE_AGE:
            logout(request)
        elif SEEN not in request.session or (seconds - seen >= RENEW_SECONDS and not _passive(request, view)):
            request.session[SEEN] = seconds


def _passive(request: HttpRequest, view: Any) -> bool:
    """Whether the page asks by itself, as one that is left open does; nobody clicked, so the session goes on ageing."""
    return getattr(view, "passive", False) or "X-Live" in request.headers


def seconds_left(request: HttpRequest) -> float:
    """How long a signed-in session lasts when nobody clicks from now on."""
    seconds = clock.now() // 1000
    idle = settings.SESSION_COOKIE_AGE - (seconds - request.session.get(SEEN, seconds))
    return float(min(idle, settings.SESSION_LONGEST_SECONDS - (seconds - request.session.get(BEGAN, seconds))))
