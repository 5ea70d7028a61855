"""Moments: facts as a timeline shows them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from sojourn.ports.lake import Row
from sojourn.terms.facts import NO_SOURCE, Derived, Fact, Flag, Kind
from sojourn.terms.ids import FactId
from sojourn.terms.time import Millis, to_iso


@dataclass(frozen=True, slots=True)
class Moment:
    """One fact on a timeline. `id` and `session` are text (0 where it belongs to no session), `at` milliseconds; `derived` marks what the engine concluded."""

    id: str
    at: Millis
    kind: str
    name: str
    source: int
    derived: bool
    props: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    url: str = ""
    session: str = "0"
    device: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stretch of somebody's history, newest first; `before` is where the older part begins, empty at the end."""

    moments: list[Moment]
    before: str


def of_fact(number: FactId, session: FactId, source: int, fact: Fact) -> Moment:
    """The moment of a fact."""
    page = fact.context.get("page")
    url = page.get("url") if isinstance(page, dict) else fact.props.get("url")
    return Moment(
        id=str(number),
        at=fact.at,
        kind=str(fact.kind),
        name=fact.name or str(fact.kind),
        source=source,
        derived=bool(fact.flags & Flag.DERIVED),
        props=fact.props,
        traits=fact.traits,
        url=url if isinstance(url, str) else "",
        session=str(session),
        device=_device(fact.context),
    )


_AGENTS: Final = ("iPhone", "iPad", "Android", "Windows", "Macintosh", "CrOS", "Linux")
_NAMED: Final = {"Macintosh": "Mac", "CrOS": "Chromebook"}


def _device(context: dict[str, Any]) -> str:
    """What it was done on, in one word, as far as the fact says: a model or system, else what the user agent names."""
    for part, name in (("device", "model"), ("device", "name"), ("os", "name")):
        said = context.get(part)
        found = said.get(name) if isinstance(said, dict) else None
        if isinstance(found, str) and found.strip():
            return found.strip()[:40]
    agent = context.get("userAgent")
    seen = next((one for one in _AGENTS if one in agent), "") if isinstance(agent, str) else ""
    return _NAMED.get(seen, seen)


def of_row(row: Row) -> Moment:
    """The moment of a row of the lake."""
    return of_fact(row.id, row.session, row.source, row.fact)


def of_derived(one: Derived) -> Moment:
    """The moment of what the engine concluded, before the lake has it."""
    return Moment(str(one.id), one.at, str(Kind.TRACK), one.name, NO_SOURCE, True, one.props)


def order(moment: Moment) -> tuple[Millis, FactId]:
    """What timelines are sorted by: event time, then id."""
    return moment.at, int(moment.id)


def newest_first(moments: Iterable[Moment]) -> list[Moment]:
    """Sorted, each fact once."""
    return sorted({one.id: one for one in moments}.values(), key=order, reverse=True)


def as_json(moment: Moment) -> dict[str, Any]:
    """A moment for the API."""
    shown: dict[str, Any] = msgspec.to_builtins(moment)
    return {**shown, "at": to_iso(moment.at), "source": str(moment.source)}
