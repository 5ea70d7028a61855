"""Signing in: no open sign-up, and one-time links of which only the hash is kept."""

import hashlib
import secrets
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from sojourn.apps.workspace import clock
from sojourn.apps.workspace.models import AuditRow, Member, SignInLink
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import MINUTE, Millis, to_datetime

LINK_LIVES: Millis = 15 * MINUTE
LINK_ENDED = "This sign-in link is used up or too old. Run “sojourn sign-in” on the server for a new one, or ask an owner for a link."


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    """How allauth behaves here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up alone: owners invite, or `sojourn sign-in` does."""
        del request
        return False

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Called by allauth once somebody is in."""
        note_sign_in(user, "sign_in", "password", clock.now())
        response: HttpResponse = super().post_login(request, user, **kwargs)
        return response

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Called by allauth on a wrong password; its rate limits come first, so that nobody can fill the audit log."""
        super().authentication_failed(request, **credentials)
        user = user_by_email(str(credentials.get("email", "")))
        if user is not None:
            note_sign_in(user, "sign_in_failed", "password", clock.now())

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Sign-in sends no mail of its own."""

    def get_password_change_redirect_url(self, request: HttpRequest) -> str:
        """Back to the settings."""
        del request
        return "/settings/account/"


def hash_of(token: str) -> str:
    """What is kept of a token or key: its SHA-256 in hex. Tokens have 256 random bits, so no slow hash is needed."""
    return hashlib.sha256(token.encode()).hexdigest()


def note_sign_in(user: User, verb: str, by: str, now: Millis) -> None:
    """An audit row in each workspace of a user who came in, or failed to."""
    for workspace in Member.objects.filter(user_id=user.pk).values_list("workspace_id", flat=True):
        AuditRow.objects.create(workspace_id=workspace, at=to_datetime(now), actor=user.email[:200], verb=verb, subject=user.email[:200], detail={"by": by})


def make_link(user: int, now: Millis) -> str:
    """A fresh one-time token for this user, good for 15 minutes; older unused ones of the user end."""
    SignInLink.objects.filter(user_id=user, used_at=None).delete()
    token = secrets.token_urlsafe(32)
    SignInLink.objects.create(user_id=user, hash=hash_of(token), expires_at=to_datetime(now + LINK_LIVES))
    return token


def link_is_good(token: str, now: Millis) -> bool:
    """Whether the link could still be used; asking does not use it up."""
    return SignInLink.objects.filter(hash=hash_of(token), used_at=None, expires_at__gt=to_datetime(now)).exists()


def use_link(token: str, now: Millis) -> User:
    """Use the link up and say whose it was. Errors: NOT_FOUND where it is unknown, used or too old, in the same words."""
    claimed = SignInLink.objects.filter(hash=hash_of(token), used_at=None, expires_at__gt=to_datetime(now)).update(used_at=to_datetime(now))
    if claimed == 1:
        link = SignInLink.objects.select_related("user").get(hash=hash_of(token))
        if link.user.is_active:
            return link.user
    raise Refusal(Code.NOT_FOUND, LINK_ENDED)


def user_by_email(email: str) -> User | None:
    """The user with that address, whatever its case."""
    return User.objects.filter(email__iexact=email).order_by("pk").first()
