"""The API under /api/v1: its parts, who may ask, and how it says no."""

from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from sojourn.apps.people.http import router as people
from sojourn.apps.sources.http import router as sources
from sojourn.apps.workspace.http import AUTH
from sojourn.terms.refusals import Refusal
from sojourn.ui.middleware import STATUS

api = NinjaAPI(
    title="Sojourn",
    version="1",
    description="Read what Sojourn knows. Ids are text, times ISO 8601 in UTC, amounts decimal text beside their currency.",
    auth=AUTH,
    docs_url=None,
    urls_namespace="api",
)
api.add_router("/people", people)
api.add_router("/sources", sources)


def _no(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    return api.create_response(request, {"code": code, "message": message}, status=status)


@api.exception_handler(Refusal)
def refused(request: HttpRequest, error: Refusal) -> HttpResponse:
    """A refusal with its sentence."""
    return _no(request, STATUS[error.code], str(error.code), error.message)


@api.exception_handler(AuthenticationError)
def unknown(request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    """Nobody known asks."""
    response = _no(request, 401, "not_signed_in", "Send a secret key as Authorization: Bearer sk_…; make one with: sojourn key create NAME")
    response["WWW-Authenticate"] = "Bearer"
    return response


@api.exception_handler(ValidationError)
def bad(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A parameter that cannot be read."""
    first = error.errors[0]
    return _no(request, 400, "bad_value", f"{first['loc'][-1]}: {first['msg']}")


@api.exception_handler(HttpError)
def http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """What django-ninja itself refuses."""
    return _no(request, error.status_code, "bad_value", str(error))
