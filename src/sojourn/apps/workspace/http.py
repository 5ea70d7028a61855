"""Who asks the API: a secret key, or a signed-in member."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from sojourn.apps.workspace.access import member_of
from sojourn.apps.workspace.api import KeyOwner, secret_key_owner
from sojourn.terms.refusals import Code, Refusal


class SecretKey(HttpBearer):
    """`Authorization: Bearer sk_…`. A secret key never belongs into a browser, so a request that names an Origin is refused."""

    openapi_description = "A secret key, made under Settings or by `sojourn key create`."

    def authenticate(self, request: HttpRequest, token: str) -> KeyOwner | None:
        """The key's owner; None for an unknown or revoked key. Errors: NOT_ALLOWED for a write key, or a key sent from a browser."""
        if token.startswith("wk_"):
            raise Refusal(Code.NOT_ALLOWED, "A write key may only send events. Reading needs a secret key: sojourn key create NAME")
        if "Origin" in request.headers:
            raise Refusal(Code.NOT_ALLOWED, "A secret key must not be used from a browser: anybody could read it there.")
        return secret_key_owner(token)


class Session:
    """The session cookie of a signed-in member. The API only reads, so it needs no CSRF token."""

    def __call__(self, request: HttpRequest) -> KeyOwner | None:
        """The member's workspace; None where nobody is signed in."""
        if "Authorization" in request.headers:
            return None
        member = member_of(request)
        return KeyOwner(member.workspace, 0, member.email) if member else None


AUTH: list[Callable[..., Any]] = [SecretKey(), Session()]
