"""The page that answers why: any person, any automation, in words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from sojourn.apps.people import api as people
from sojourn.apps.why import queries
from sojourn.apps.workspace.api import Membership, member_page, now, rules

FOUND = 20


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """Choose somebody and an automation, and read why they got a message, or why not."""
    text = request.GET.get("q", "")[:400]
    context = _answered(request, member)
    # Only words that were typed ask for people beside somebody who is chosen already.
    found = people.look_up(member.workspace, text, FOUND) if text or context["known"] is None else []
    return render(request, "why/index.html", {**context, "query": text, "found": found})


@member_page()
def index_answer(request: HttpRequest, member: Membership) -> HttpResponse:
    """The answer alone, for a swap."""
    return render(request, "why/_answer.html", _answered(request, member))


def _answered(request: HttpRequest, member: Membership) -> dict[str, object]:
    book = rules(member.workspace)
    names = [automation.name for automation in book.automations]
    automation = request.GET.get("automation", "")[:100] or (names[0] if names else "")
    person, decision = request.GET.get("person", "")[:40], request.GET.get("decision", "")[:64]
    context: dict[str, object] = {"here": "why", "names": names, "automation": automation, "known": None}
    if not person:
        return context
    known = people.get_person(member.workspace, person)
    asked = {"person": str(known.id), "automation": automation, "decision": decision}
    return {
        **context,
        "known": known,
        "answer": queries.answer(known.person, automation, book, now(), decision),
        "address": urlencode({key: value for key, value in asked.items() if value}),
    }
