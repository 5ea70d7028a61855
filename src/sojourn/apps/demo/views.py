"""The demo's own page for members: how it stands, whom to look at first, and its verbs."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from sojourn.apps.demo import actions, queries
from sojourn.apps.demo.cast import cast
from sojourn.apps.workspace.api import Membership, Role, member_page, now
from sojourn.terms.refusals import Code, Refusal
from sojourn.ui.addresses import back_to

RATES = ((0.5, "quiet: one in two seconds"), (2.0, "gentle: 2 events a second"), (10.0, "busy: 10 events a second"), (50.0, "a sale: 50 events a second"))


@member_page()
def demo(request: HttpRequest, member: Membership) -> HttpResponse:
    """How the demo stands, and the people of its story."""
    return render(request, "demo/demo.html", _view(member))


@member_page()
def demo_state(request: HttpRequest, member: Membership) -> HttpResponse:
    """The part of the page that changes by itself."""
    return render(request, "demo/_state.html", _view(member))


def _view(member: Membership) -> dict[str, object]:
    return {"here": "demo", "demo": queries.status(member.workspace), "cast": cast(member.workspace), "rates": RATES}


@member_page(Role.OWNER, "POST")
def demo_start(request: HttpRequest, member: Membership) -> HttpResponse:
    """Start the demo, or let a stopped one go on."""
    actions.start(member.workspace, member.email, now())
    messages.success(request, "The demo begins. Open the demo shop and look around: you will see yourself here.")
    return _back(request)


@member_page(Role.OWNER, "POST")
def demo_stop(request: HttpRequest, member: Membership) -> HttpResponse:
    """Let no more shoppers come."""
    actions.stop(member.workspace, member.email, now())
    messages.success(request, "No new shoppers come. Everybody who was here stays until you remove the demo data.")
    return _back(request)


@member_page(Role.OWNER, "POST")
def demo_rate(request: HttpRequest, member: Membership) -> HttpResponse:
    """How busy the shop is."""
    try:
        rate = float(request.POST.get("rate", ""))
    except ValueError:
        raise Refusal(Code.BAD_VALUE, "Give the events a second as a number, such as 2.") from None
    actions.set_rate(member.workspace, rate, member.email, now())
    messages.success(request, f"The shop now makes about {rate:g} events a second.")
    return _back(request)


@member_page(Role.OWNER, "POST")
def demo_restore(request: HttpRequest, member: Membership) -> HttpResponse:
    """Give a setting its value from before the demo."""
    actions.restore_setting(member.workspace, request.POST.get("key", ""), member.email, now())
    messages.success(request, "The setting is what it was before the demo.")
    return _back(request)


@member_page(Role.OWNER, "GET", "POST")
def demo_remove(request: HttpRequest, member: Membership) -> HttpResponse:
    """Remove all demo data, once more asked; who comes back to the question, or reloads it, sees it again."""
    if request.POST.get("sure") != "yes":
        return render(request, "demo/remove.html", _view(member))
    actions.remove(member.workspace, member.email, now())
    messages.success(request, "The demo data is being removed. Your own data is not touched.")
    return redirect("demo")


def _back(request: HttpRequest) -> HttpResponse:
    """Where the button was, where that is one of our pages."""
    return redirect(back_to(request.POST.get("next", ""), reverse("demo")))
