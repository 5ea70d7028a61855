"""Pages for recipients: unsubscribing and following a link. They never ask who is reading: no session, no cookie."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt

from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import mail_settings, now, salt_of

SCANNERS = re.compile(
    r"bot\b|crawl|spider|preview|prefetch|scan|fetch|monitor|curl|wget|python-|go-http|java/|okhttp|libwww|headless|barracuda|mimecast|proofpoint|safelinks"
    r"|microsoft office|ms-office|googleimageproxy|yahoomailproxy|symantec|trendmicro|slackbot|whatsapp|facebookexternalhit|telegram|skypeuri",
    re.IGNORECASE,
)
"""Programs that look at links before people do. They are led on, but not counted; nothing is lost by one too many in the list but a click."""


def _unidentified(view: Any) -> Any:
    view.unidentified = True
    return view


def _unknown(request: HttpRequest) -> HttpResponse:
    words = {"title": "This link does not work", "message": "It may have been cut off. Copy the whole link from the message."}
    return render(request, "messages/public.html", words, status=404)


@_unidentified
@csrf_exempt
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    """One-click unsubscribing (RFC 8058): POST does it, however often, and answers 200; GET only shows the button, since scanners look."""
    from sojourn.actions.api import verify_unsubscribe

    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "HEAD", "POST"])
    who = verify_unsubscribe(salt_of, token)
    if who is None:
        return _unknown(request)
    if request.method != "POST":
        return render(request, "messages/unsubscribe.html", {"title": "Unsubscribe?", "sender": mail_settings(who.workspace).from_name})
    salt = salt_of(who.workspace)
    assert salt is not None, "the token was signed with it"
    people.unsubscribe(who.workspace, salt, who.person, who.address, who.purpose, who.intent, now())
    sender = mail_settings(who.workspace).from_name
    words = {"title": "You are unsubscribed", "message": f"You will get no more messages of this kind from {sender}. You may close this page."}
    return render(request, "messages/public.html", words)


@_unidentified
@csrf_exempt
def follow(request: HttpRequest, token: str) -> HttpResponse:
    """Lead on to the address sealed in the token, and count the click of a person."""
    from sojourn.actions.api import verify_click

    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    click = verify_click(salt_of, token)
    if click is None:
        return _unknown(request)
    agent = request.headers.get("User-Agent", "")
    prefetch = "prefetch" in (request.headers.get("Sec-Purpose", "") + request.headers.get("Purpose", ""))
    if request.method == "GET" and agent and not prefetch and not SCANNERS.search(agent):
        people.record_click(click.workspace, click.person, click.intent, click.url, click.link, now())
    response = HttpResponse(status=302)
    response["Location"] = click.url
    response["Referrer-Policy"] = "no-referrer"
    return response
