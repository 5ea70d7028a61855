"""Pages for what went wrong: they say what to do and nothing about the inside."""

import sys

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from sojourn.terms.refusals import Code
from sojourn.ui.middleware import API, NO_DATABASE

_CODE = {400: Code.BAD_VALUE, 403: Code.NOT_ALLOWED, 404: Code.NOT_FOUND}


def _page(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    if request.path.startswith(API):
        return JsonResponse({"code": _CODE[status], "message": message}, status=status)
    return render(request, "ui/plain.html", {"title": title, "message": message}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such address."""
    del exception
    return _page(request, 404, "Not here", "There is nothing at this address, or nothing that you may see.")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused."""
    del exception
    return _page(request, 403, "Not for you", "Your role does not allow this. Ask an owner of the workspace.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Not understood."""
    del exception
    return _page(request, 400, "That did not fit", "The request could not be understood. Go back, reload the page and try again.")


def failed(request: HttpRequest) -> HttpResponse:
    """Something broke. The page is rendered without the request's context, so that it cannot break too."""
    from django.template.loader import render_to_string

    if isinstance(sys.exc_info()[1], OperationalError):  # outside of a view, as when the session is kept
        if request.path.startswith(API):
            return JsonResponse({"code": Code.NOT_READY, "message": NO_DATABASE}, status=503)
        return HttpResponse(render_to_string("ui/plain.html", {"title": "Not ready yet", "message": NO_DATABASE}), status=503)
    if request.path.startswith(API):
        return JsonResponse({"code": "failed", "message": "Something broke; it is in the log of the front process."}, status=500)
    words = {"title": "Something broke", "message": "It is in the log of the front process. Nothing you entered before is lost."}
    return HttpResponse(render_to_string("ui/plain.html", words), status=500)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form from elsewhere, or one that is too old."""
    del reason
    return _page(request, 403, "Please try again", "This form was open for too long or came from another site. Go back, reload the page and send it once more.")
