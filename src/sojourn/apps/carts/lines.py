"""Carts as rows of a table: every cell in words. Mappings, because a template looks into these in half the time, fifty rows a page."""

from typing import TypedDict

from sojourn.apps.carts.words import state_name, step_name, sure
from sojourn.apps.messages import api as messages
from sojourn.apps.people import api as people
from sojourn.terms.episodes import CartItem
from sojourn.terms.time import Millis
from sojourn.ui.templatetags.ui import money, percent

LONGEST = 32
"""Characters of a product's name in a row."""
FITS = "fits"


class Line(TypedDict):
    """One cart. Empty text is nothing to say; `shipping` is empty where none was ever shown. `at` is when it came into its state, milliseconds."""

    id: str
    person: int
    person_name: str
    contents: str
    state: str
    state_name: str
    worth: str
    reached: str
    shipping: str
    cause: str
    share: str
    sure: str
    done: str  # what was done about it, in words; `done_kind` is its tag, `intent` the message that came of it
    done_kind: str
    intent: str
    brief: str
    why: str
    at: Millis


def line(one: people.CartRow) -> Line:
    """Of one cart."""
    done, kind, brief, why = _done(one)
    return Line(
        id=str(one.id),
        person=one.person,
        person_name=one.person_name,
        contents=contents(one.episode.items),
        state=one.state,
        state_name=state_name(one.state),
        worth=money(one.value, one.currency),
        reached=step_name(one.reached),
        shipping="" if one.shipping is None else money(one.shipping, one.currency),
        cause=one.cause,
        share="" if one.probability is None else percent(one.probability),
        sure=sure(one.probability),
        done=done,
        done_kind=kind,
        intent=one.intent if one.outcome in ("send", "hold_out") else "",
        brief=brief,
        why=why,
        at=one.at,
    )


def contents(items: list[CartItem]) -> str:
    """The first product, and how many others there are."""
    if not items:
        return "no products told"
    name = items[0].name or items[0].product
    name = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
    return name if len(items) == 1 else f"{name} +{len(items) - 1}"


def _done(one: people.CartRow) -> tuple[str, str, str, str]:
    """(what, its tag, why in a few words, why in a sentence)."""
    if one.outcome == "send":
        told = one.intent_reason if one.intent_reason != FITS else ""
        return messages.state_words(one.intent_state)[0], one.intent_state, messages.reason_short(told), messages.reason_words(told)
    if one.outcome == "hold_out":
        return "Held back", "held_out", "at random", messages.reason_words("held_out")
    if one.outcome == "skip":
        return "Not written to", "", messages.reason_short(one.reason), messages.reason_words(one.reason)
    return "", "", "", ""
