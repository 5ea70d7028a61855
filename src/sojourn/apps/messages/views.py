"""Pages of messages: what went out, what was held back and why, and the built-in mailbox."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.views.decorators.clickjacking import xframe_options_sameorigin

from sojourn.apps.messages import queries
from sojourn.apps.messages.access import access_mail
from sojourn.apps.messages.words import STATE, reason_words, state_words
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership, member_page, now


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """Messages, the newest decision first, with counts by state and reason."""
    state, after = request.GET.get("state", ""), request.GET.get("after", "")
    found, cursor = people.list_messages(member.workspace, state, after)
    at = now()
    month = people.month(member.workspace, at)
    skipped = [(reason_words(reason), number) for (outcome, reason), number in month.decisions.items() if outcome == "skip"] if month else None
    context = {
        "rows": found,
        "tally": [_tallied(one) for one in people.tally(member.workspace, at)],
        "skipped": sorted(skipped, key=lambda pair: (-pair[1], pair[0])) if skipped is not None else None,
        "states": [(key.value, words[0]) for key, words in STATE.items()],
        "state": state,
        "more": urlencode({"state": state, "after": cursor}) if cursor else "",
    }
    return render(request, "messages/index.html", context)


def _tallied(one: people.Tally) -> dict[str, object]:
    return {"state": one.state, "words": state_words(one.state)[0], "reason": _reason(one.state, one.reason), "messages": one.messages}


def _reason(state: str, reason: str) -> str:
    """The reason where it says more than the state."""
    return reason_words(reason) if reason and reason not in ("fits", state) else ""


@member_page()
def show(request: HttpRequest, member: Membership, intent: str) -> HttpResponse:
    """One message: its states, and what its template was given."""
    message = people.get_message(member.workspace, intent)
    name, sentence = state_words(message.state)
    context = {
        "one": message,
        "state": name,
        "sentence": sentence,
        "reason": _reason(message.state, message.reason),
        "data": sorted(message.data.items()),
        "mail": queries.mail_of(member.workspace, intent),
    }
    return render(request, "messages/show.html", context)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


@member_page()
def mailbox(request: HttpRequest, member: Membership) -> HttpResponse:
    """Mail that no server took, because none is set up."""
    found, before = queries.mailbox(member.workspace, _number(request.GET.get("before", "")))
    return render(request, "messages/mailbox.html", {"mails": found, "before": before})


@member_page()
def mail(request: HttpRequest, member: Membership, mail: int) -> HttpResponse:
    """One mail as its recipient sees it, its text, and its source."""
    found = access_mail(member.workspace, mail)
    images = request.GET.get("images") == "1"
    return render(request, "messages/mail.html", {"mail": found, "parts": queries.take_apart(bytes(found.raw)), "images": images})


_BODY_POLICY = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src data:{images}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


@xframe_options_sameorigin
@member_page()
def body(request: HttpRequest, member: Membership, mail: int) -> HttpResponse:
    """The HTML of a mail, for a frame: no script, no form, no origin; images of other sites only when asked for, since they tell their site who looks."""
    html = queries.take_apart(bytes(access_mail(member.workspace, mail).raw)).html
    response = HttpResponse(html or "<p>This mail has no HTML part.</p>")
    response["Content-Security-Policy"] = _BODY_POLICY.format(images=" https: http:" if request.GET.get("images") == "1" else "")
    return response
