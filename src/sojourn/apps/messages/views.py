"""Pages of messages: what went out, what was held back and why; one message with its story."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from sojourn.apps.messages import effect as effects
from sojourn.apps.messages import listing, queries
from sojourn.apps.messages.story import story
from sojourn.apps.messages.words import reason_words, state_words
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership, member_page, now
from sojourn.terms.effects import IntentState
from sojourn.ui.periods import PERIODS

KEPT = "The built-in mailbox has it, and nobody else: no mail server is set, or the address is an example."


@member_page()
def index(request: HttpRequest, member: Membership) -> HttpResponse:
    """Every decision to write or not, the newest first, counted by where it stands and why."""
    return render(request, "messages/index.html", _listed(request, member))


@member_page()
def index_list(request: HttpRequest, member: Membership) -> HttpResponse:
    """The numbers and rows of that page alone, for a swap."""
    return render(request, "messages/_list.html", _listed(request, member))


def _listed(request: HttpRequest, member: Membership) -> dict[str, object]:
    ask, at, after = listing.asked(request.GET), now(), request.GET.get("after", "")[:100]
    rows, cursor = listing.lines(member.workspace, ask, at, after)
    counts = listing.counts(member.workspace, ask, at)
    return {
        "here": "messages",
        "ask": ask,
        "query": ask.link() + (f"&after={after}" if after else ""),
        "counts": counts,
        "as_of": counts.as_of,
        "now": at,
        "period": PERIODS[ask.days][0],
        "kept_here": queries.kept_since(member.workspace, ask.since(at)),
        "periods": PERIODS.items(),
        "rows": rows,
        "after": after,
        "more": f"{ask.link()}&after={cursor}" if cursor else "",
    }


@member_page()
def show(request: HttpRequest, member: Membership, intent: str) -> HttpResponse:
    """One message: its story, what its template was given, and the mail itself."""
    return render(request, "messages/show.html", _shown(member, intent))


@member_page()
def show_story(request: HttpRequest, member: Membership, intent: str) -> HttpResponse:
    """The story of one message alone, for a swap."""
    return render(request, "messages/_story.html", _shown(member, intent))


@member_page()
def show_mail(request: HttpRequest, member: Membership, intent: str) -> HttpResponse:
    """The mail of one message alone, for a swap once it is handed over."""
    return render(request, "messages/_itself.html", _shown(member, intent))


def _shown(member: Membership, intent: str) -> dict[str, object]:
    one = people.get_message(member.workspace, intent)
    came = people.get_aftermath(member.workspace, one)
    name, sentence = state_words(one.state)
    reason = reason_words(one.reason) if one.reason not in (*listing.Unreasoned, one.state) else ""
    mail = queries.mail_of(member.workspace, intent)
    return {
        "here": "messages",
        "one": one,
        "came": came,
        "state": name,
        "sentence": KEPT if mail is not None and one.state == IntentState.ACCEPTED else sentence,
        "reason": reason,
        "story": story(one, came, now(), mail is not None),
        "held_out": one.state == IntentState.HELD_OUT,
        "data": sorted((key, value) for key, value in one.data.items() if value not in ("", [], None)),
        "mail": mail,
    }


@member_page()
def effect(request: HttpRequest, member: Membership) -> HttpResponse:
    """What messages do: those written to against those held back at random."""
    return render(request, "messages/effect.html", _compared(request, member))


@member_page()
def effect_table(request: HttpRequest, member: Membership) -> HttpResponse:
    """The table of that page alone, for a swap."""
    return render(request, "messages/_effect.html", _compared(request, member))


def _compared(request: HttpRequest, member: Membership) -> dict[str, object]:
    asked = request.GET.get("days", "")
    days = asked if asked in PERIODS else effects.DEFAULT_PERIOD
    at = now()
    found = effects.effect(member.workspace, at, PERIODS[days][1])
    shown = {"effect": found, "as_of": found.as_of, "now": at}
    return {"here": "messages", **shown, "days": days, "period": PERIODS[days][0].lower(), "periods": PERIODS.items()}
