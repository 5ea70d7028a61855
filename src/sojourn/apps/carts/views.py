"""Pages of carts: all of them by state and cause, one with its story, and what each cause costs."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.carts import costs, listing
from sojourn.apps.carts.detail import detail
from sojourn.apps.carts.lines import line
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership, member_page, now, rules
from sojourn.ui.periods import PERIODS


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """Carts, the newest first, counted by state and cause, with the money in them."""
    return render(request, "carts/index.html", _listed(request, member))


@member_page()
def index_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """The numbers and rows of that page alone, for a swap."""
    return render(request, "carts/_list.html", _listed(request, member))


def _listed(request: HttpRequest, member: Membership) -> dict[str, object]:
    ask, at, after = listing.asked(request.GET), now(), request.GET.get("after", "")[:60]
    base = rules(member.workspace).currency
    counts, days = listing.counts(member.workspace, ask, at, base), costs.days(member, at, ask.number_of_days)
    page = listing.rows(member.workspace, ask, at, counts.chief, after)
    return {
        "here": "carts",
        "ask": ask,
        "chief": counts.chief,
        "query": ask.link() + (f"&after={after}" if after else ""),
        "counts": counts,
        "as_of": min(counts.as_of, days.as_of),
        "now": at,
        "period": PERIODS[ask.days][0].lower(),
        "periods": PERIODS.items(),
        "days": days.value,
        "rows": [line(one) for one in page.rows],
        "after": after,
        "ever": bool(page.rows) or bool(people.carts(member.workspace, limit=1).rows),
        "more": f"{ask.link()}&after={page.after}" if page.after else "",
    }


@member_page()
def show(request: HttpRequest, member: Membership, cart: str) -> HttpResponse:
    """One cart: what was in it, how far they came, why it was left, what was done."""
    return render(request, "carts/show.html", _shown(member, cart))


@member_page()
def show_fragment(request: HttpRequest, member: Membership, cart: str) -> HttpResponse:
    """The same without the page around it, for a swap."""
    return render(request, "carts/_cart.html", _shown(member, cart))


def _shown(member: Membership, cart: str) -> dict[str, object]:
    found = people.get_cart(member.workspace, cart)
    automations = [one.name for one in rules(member.workspace).automations]
    return {"here": "carts", "cart": found, "detail": detail(found.episode), "automations": automations}


@member_page()
def causes(request: HttpRequest, member: Membership) -> HttpResponse:
    """What each cause costs: carts left, money in them, and what messages bring back against those held out."""
    return render(request, "carts/causes.html", _costs(request, member))


@member_page()
def causes_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """The table of that page alone, for a swap."""
    return render(request, "carts/_causes.html", _costs(request, member))


def _costs(request: HttpRequest, member: Membership) -> dict[str, object]:
    ask, at = listing.asked(request.GET), now()
    base = rules(member.workspace).currency
    found = costs.costs(member.workspace, at, ask.number_of_days, base)
    return {
        "here": "carts",
        "ask": ask,
        "base": base,
        "period": PERIODS[ask.days][0].lower(),
        "periods": PERIODS.items(),
        "costs": found,
        "as_of": found.as_of,
        "now": at,
    }
