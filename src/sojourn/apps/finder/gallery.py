"""Every component in every state, to look at and to photograph. Its numbers are made up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.finder import specimens
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.refusals import Code, Refusal

SAYS = {
    "success": (messages.success, "The specimen was put away."),
    "info": (messages.info, "Nothing was changed."),
    "warning": (messages.warning, "Saved, but no mail server is set, so nothing leaves this machine."),
    "error": (messages.error, "That could not be saved: the name is taken. Choose another."),
}


@member_page()
def show(request: HttpRequest, member: Membership) -> HttpResponse:
    """The gallery; `?theme=light|dark|contrast` shows it in that theme."""
    query, state = request.GET.get("q", "")[:100], request.GET.get("state", "")
    at = now()
    everybody = specimens.rows(query, "", at)
    context = {
        "query": query,
        "state": state,
        "rows": specimens.rows(query, state, at),
        "counts": [(one, sum(row.state == one for row in everybody)) for one in specimens.STATES[:4]],
        "everybody": len(everybody),
        "charts": specimens.charts(),
        "spark": specimens.SPARK,
        "causes": list(zip(specimens.CAUSES, specimens.SHARES, strict=True)),
        "states": specimens.STATES,
        "tokens": specimens.TOKENS,
        "icons": specimens.ICONS,
        "now": at,
        "hour": at - 3_600_000,
        "minute": at - 61_000,
    }
    return render(request, "finder/gallery.html", context)


@member_page()
def specimen(request: HttpRequest, member: Membership) -> HttpResponse:
    """One made-up record, `?row=3`, as a page and beside the list; `?row=broken` is a refusal, to look at its page."""
    asked = request.GET.get("row", "1")
    if asked == "broken":
        raise Refusal(Code.CONFLICT, "Somebody changed this a moment ago. Reload the page to see how it is now, then make your change again.")
    found = next((one for one in specimens.rows(now=now()) if str(one.id) == asked), None)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such specimen.")
    return render(request, "finder/specimen.html", {"row": found})


@member_page(Role.VIEWER, "POST")
def toast(request: HttpRequest, member: Membership) -> HttpResponse:
    """Leave a note for the next page, which shows it as a toast; a good one can be undone."""
    kind = request.POST.get("kind", "success")
    if kind not in SAYS:
        raise Refusal(Code.BAD_VALUE, f"A note is one of {', '.join(SAYS)}.")
    act, words = SAYS[kind]
    act(request, words, extra_tags=f"undo:{reverse('gallery_undo')}" if kind == "success" else "")
    return redirect("gallery")


@member_page(Role.VIEWER, "POST")
def undo(request: HttpRequest, member: Membership) -> HttpResponse:
    """What the Undo button of a toast posts to."""
    messages.info(request, "The specimen is back.")
    return redirect("gallery")
