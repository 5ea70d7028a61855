"""The page that answers why: any person, any automation, in words."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.people import api as people
from sojourn.apps.why import queries
from sojourn.apps.workspace.api import Membership, member_page, now, rules

FOUND = 20


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """Choose somebody and an automation, and read why they got a message, or why not."""
    book = rules(member.workspace)
    names = [automation.name for automation in book.automations]
    asked = request.GET.get("automation", "")[:100]
    automation = asked or (names[0] if names else "")
    person, text = request.GET.get("person", "")[:40], request.GET.get("q", "")[:400]
    context: dict[str, object] = {"names": names, "automation": automation, "query": text, "known": None, "found": []}
    if person:
        known = people.get_person(member.workspace, person)
        context |= {"known": known, "answer": queries.answer(known.person, automation, book, now(), request.GET.get("decision", "")[:64])}
    if text or not person:
        context["found"] = people.look_up(member.workspace, text, FOUND)
    return render(request, "why/index.html", context)
