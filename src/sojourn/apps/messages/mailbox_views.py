"""Pages of the built-in mailbox: mail that no server took, as its recipient would see it."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin

from sojourn.apps.messages import queries
from sojourn.apps.messages.access import access_mail
from sojourn.apps.messages.words import template_words
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership, member_page

VIEWS = {"": "As they see it", "phone": "On a phone", "text": "Text", "source": "Headers and source"}


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _listed(request: HttpRequest, member: Membership, chosen: int = 0) -> dict[str, object]:
    query, before = request.GET.get("q", "")[:200], _number(request.GET.get("before", ""))
    found, older = queries.mails(member.workspace, query, before)
    intents = people.intents_of(member.workspace, [one.intent for one in found])
    kept = urlencode({key: value for key, value in (("q", query), ("before", str(before or ""))) if value})
    return {
        "here": "mailbox",
        "mail_server": bool(settings.SOJOURN.smtp),
        "mails": [(one, intents.get(one.intent)) for one in found],
        "query": query,
        "kept": kept,
        "chosen": chosen,
        "older": urlencode({"q": query, "before": str(older)}) if older else "",
        "newest": not before,
    }


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """Mail that no server took, because none is set up or nobody can have the address; the newest one open beside the list."""
    context = _listed(request, member)
    found = context["mails"]
    assert isinstance(found, list), "made above"
    if found and not request.GET.get("list"):
        context |= _opened(request, member, found[0][0].pk)
    return render(request, "messages/mailbox.html", context)


@member_page()
def index_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """The list alone, for a swap."""
    return render(request, "messages/_mails.html", _listed(request, member, _number(request.GET.get("chosen", ""))))


@member_page()
def mail(request: HttpRequest, member: Membership, mail: int) -> HttpResponse:
    """One mail as its recipient sees it, its text, and its source, beside the list."""
    opened = _opened(request, member, mail)
    return render(request, "messages/mailbox.html", {**_listed(request, member, mail), **opened, "alone": True})


def _opened(request: HttpRequest, member: Membership, number: int) -> dict[str, object]:
    found = access_mail(member.workspace, number)
    raw = bytes(found.raw)
    view = request.GET.get("view", "")
    intent = people.intents_of(member.workspace, [found.intent]).get(found.intent)
    return {
        "mail": found,
        "chosen": found.pk,
        "parts": queries.take_apart(raw),
        "source": queries.source(raw) if view == "source" else "",
        "images": request.GET.get("images") == "1",
        "view": view if view in VIEWS else "",
        "views": VIEWS.items(),
        "intent": intent,
        "template": template_words(intent.template) if intent else "",
    }


_BODY_POLICY = (
    "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:{images}; "
    "frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)
_IN_NEW_TABS = '<!doctype html><base target="_blank">'


@xframe_options_sameorigin
@member_page()
def body(request: HttpRequest, member: Membership, mail: int) -> HttpResponse:
    """The HTML of a mail, for a frame: no script, no form, no origin; images of other sites only when asked for, since they tell their site who looks.

    Links open tabs of their own, outside the sandbox, as in a mail program: a page that is no frame of ours could not be read from inside it.
    """
    html = queries.take_apart(bytes(access_mail(member.workspace, mail).raw)).html
    response = HttpResponse(_IN_NEW_TABS + html if html else "<p>This mail has no HTML part.</p>")
    response["Content-Security-Policy"] = _BODY_POLICY.format(images=" https: http:" if request.GET.get("images") == "1" else "")
    return response
