"""Headers on every answer, and refusals turned into pages."""

from collections.abc import Callable

import structlog
from django.conf import settings
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render

from sojourn.terms.refusals import Code, Refusal

log = structlog.get_logger("pages")

API = "/api/"

STATUS = {Code.NOT_FOUND: 404, Code.NOT_ALLOWED: 403, Code.BAD_VALUE: 400, Code.CONFLICT: 409, Code.NOT_READY: 503, Code.DAMAGED: 500}
TITLE = {
    Code.NOT_FOUND: "Not here",
    Code.NOT_ALLOWED: "Not for you",
    Code.BAD_VALUE: "That did not fit",
    Code.CONFLICT: "Somebody was faster",
    Code.NOT_READY: "Not ready yet",
    Code.DAMAGED: "Damaged",
}

NO_DATABASE = "The database takes nothing now: the disk may be full. Make room, then try again; what was done already counts once."

FOR_FORMS = "This address only takes what a form sends. Nothing was changed. Go back, and use the button there."

Answer = Callable[[HttpRequest], HttpResponseBase]


class Headers:
    """Adds what Django's own middleware leaves out: no caching of pages, no device features, HTTPS for good where the public address has it."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault("X-Frame-Options", "DENY")
        if settings.HSTS:
            response.headers["Strict-Transport-Security"] = settings.HSTS
        return response


class Refusals:
    """A Refusal raised in a view becomes a page, in the API JSON, with its sentence and the fitting status; so does a database that cannot be used.

    Who opens an address that only takes what a form sends reads that, instead of nothing.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        answer = self.get_response(request)
        if isinstance(answer, HttpResponseNotAllowed) and not request.path.startswith(API):
            allowed = answer["Allow"]
            answer = render(request, "ui/plain.html", {"title": "Not a page", "message": FOR_FORMS}, status=answer.status_code)
            answer["Allow"] = allowed
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Called by Django with what a view raised."""
        if isinstance(error, OperationalError):
            log.warning("a page could not use the database", path=request.path, error=str(error))
            error = Refusal(Code.NOT_READY, NO_DATABASE)
        if isinstance(error, Refusal):
            if request.path.startswith(API):
                return JsonResponse({"code": error.code, "message": error.message}, status=STATUS[error.code])
            return render(request, "ui/refusal.html", {"title": TITLE[error.code], "message": error.message}, status=STATUS[error.code])
        return None
