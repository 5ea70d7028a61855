"""The parts of a portrait's page, each readable alone: what a swap fetches is what the page includes."""

from typing import Any, Final

from sojourn.apps.people import deeds, lake_hook, reach, sessions_view, shown
from sojourn.apps.people.causes_shown import episode_causes, sightings
from sojourn.apps.people.listing import CHOICES, Asked, Count
from sojourn.apps.people.messages import intents_of
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.moments import Moment
from sojourn.apps.people.words import cause_words
from sojourn.apps.sources.api import list_sources
from sojourn.apps.workspace.api import Membership, rules
from sojourn.terms.episodes import Episode
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis

PARTS: Final = ("top", "carts", "decisions", "side", "timeline")
FACTS_AT_ONCE, READS = 500, 6
Context = dict[str, Any]


def whole(member: Membership, row: PersonRow, person: Person, now: Millis, lane: str, facts: int) -> Context:
    """Everything the page shows."""
    context: Context = {}
    for part in PARTS:
        context |= one_part(part, member, row, person, now, lane, facts)
    return context


def one_part(part: str, member: Membership, row: PersonRow, person: Person, now: Millis, lane: str, facts: int) -> Context:
    """What one part shows."""
    book = rules(member.workspace)
    context: Context = {"row": row, "person": person, "title": shown.title_of(row)}
    match part:
        case "top":
            return context | shown.top(row, person, book, now)
        case "carts":
            return context | shown.carts_of(person)
        case "decisions":
            told = intents_of(member.workspace, [one.id for one in person.decisions if one.outcome == "send"])
            return context | shown.decisions_of(person, told)
        case "side":
            sources = {line.id: line.name for line in list_sources(member.workspace)}
            return context | shown.side(person, book, now, sources) | {"reach": reach.by_email(member.workspace, person, book)}
        case _:
            return timeline(member, row, person, now, lane, facts, "")


def timeline(member: Membership, row: PersonRow, person: Person, now: Millis, lane: str, facts: int, before: str) -> Context:
    """A stretch of the timeline, folded; `trouble` says why there is none where history cannot be read."""
    lanes = [{"key": "", "label": "All"}, *({"key": key, "label": label} for key, label in deeds.LANES.items())]
    context: Context = {
        "row": row,
        "person": person,
        "title": shown.title_of(row),
        "lane": lane,
        "lanes": lanes,
        "trouble": "",
        "entries": [],
        "older": "",
        "read": 0,
    }
    try:
        stretch = lake_hook.timeline(member.workspace, person, facts, before)
    except Refusal as refusal:
        return context | {"trouble": refusal.message}
    folded = sessions_view.fold(stretch, person, now, lane)
    return context | {"entries": folded.entries, "older": folded.before, "read": folded.facts}


def evidence(member: Membership, row: PersonRow, person: Person, episode: str, kind: str) -> Context:
    """One kind of evidence of a cart, with its facts as they came. Errors: NOT_FOUND."""
    cart = next((one for one in person.carts if str(one.id) == episode), None)
    entry = next((one for one in cart.evidence if one.kind == kind), None) if cart is not None else None
    if cart is None or entry is None:
        raise Refusal(Code.NOT_FOUND, "This cart has no such evidence; it may have been weighed anew since.")
    said = next(one.text for one in sightings(cart) if one.kind == kind)
    raised = [cause for cause in episode_causes(cart) if any(seen.kind == kind for seen in cause.seen)]
    context: Context = {"row": row, "title": shown.title_of(row), "cart": cart, "said": said, "raised": raised, "wanted": len(entry.facts), "trouble": ""}
    try:
        found = _facts(member.workspace, person, cart, {str(fact) for fact in entry.facts})
    except Refusal as refusal:
        return context | {"trouble": refusal.message, "facts": []}
    sources = {line.id: line.name for line in list_sources(member.workspace)}
    return context | {"facts": [(deeds.deed(one), sources.get(one.source, "")) for one in found]}


def _facts(workspace: int, person: Person, cart: Episode, wanted: set[str]) -> list[Moment]:
    """Facts of a cart by their ids, oldest first: read backwards from the cart's last activity until all are found or its beginning is passed."""
    found: list[Moment] = []
    before = f"{max(cart.last_at, cart.ended_at or 0) + 1}-0"
    for _ in range(READS):
        stretch = lake_hook.timeline(workspace, person, FACTS_AT_ONCE, before)
        found += (one for one in stretch.moments if one.id in wanted)
        before = stretch.before
        if not before or len(found) == len(wanted) or stretch.moments[-1].at < cart.started_at:
            break
    return found[::-1]


def filters(asked: Asked, counts: dict[str, Count | None]) -> list[Context]:
    """The filters of the list as chips: what each is called, whether it is on, its count, and the address that turns it on or off."""
    shown_as = (
        ("seen", "now", "Here now"),
        ("who", "known", "Known"),
        ("who", "anonymous", "Anonymous"),
        ("buyer", "yes", "Customers"),
        ("buyer", "no", "Never ordered"),
        ("cart", "open", "Open cart"),
        ("cart", "abandoned", "Left cart"),
        ("mail", "yes", "Reachable by email"),
    )
    return [_chip(asked, counts, name, value, label) for name, value, label in shown_as]


def causes(asked: Asked, counts: dict[str, Count | None]) -> list[Context]:
    """The causes to choose from."""
    return [_chip(asked, counts, "cause", cause, cause_words(cause)) for cause in CHOICES["cause"]]


def _chip(asked: Asked, counts: dict[str, Count | None], name: str, value: str, label: str) -> Context:
    on = getattr(asked, name) == value
    address = asked.but(**{name: "" if on else value}).query()
    return {"name": name, "value": value, "label": label, "on": on, "address": address, "count": counts.get(f"{name}.{value}")}
