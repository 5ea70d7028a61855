"""The hole through which pages ask the lake; the runtime puts the lake in. Without one, pages say that history is not at hand."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from sojourn.ports.lake import Lake, Row, Unreachable
from sojourn.terms.facts import CART_ABANDONED, CART_RECOVERED, Flag
from sojourn.terms.ids import FactId
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY, Millis, to_datetime, to_iso

_open: Callable[[], Lake | None] | None = None


def connect(open_lake: Callable[[], Lake | None]) -> None:
    """Say how a reader of the lake is had; it is asked for each question and may answer None while there is no lake yet."""
    global _open
    _open = open_lake


def lake() -> Lake | None:
    """A reader of the lake, None where there is none yet."""
    return _open() if _open is not None else None


@dataclass(frozen=True, slots=True)
class Moment:
    """One fact on a timeline. `id` is text, `at` milliseconds; `derived` marks what the engine concluded."""

    id: str
    at: Millis
    kind: str
    name: str
    source: int
    derived: bool
    props: dict[str, Any] = field(default_factory=dict)
    traits: dict[str, Any] = field(default_factory=dict)
    url: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A stretch of somebody's history, newest first; `before` is where the older part begins, empty at the end."""

    moments: list[Moment]
    before: str


def timeline(workspace: int, person: Person, limit: int, before: str = "") -> Timeline:
    """The newest facts of a person and of all who became them. Errors: NOT_READY where the lake is not there yet or cannot be read now."""
    reader = lake()
    if reader is None:
        raise Refusal(Code.NOT_READY, "History is not at hand yet; it appears a few seconds after the first event.")
    try:
        rows = reader.timeline(workspace, [person.id, *person.merged], limit + 1, _cursor(before))
    except Unreachable:
        raise Refusal(Code.NOT_READY, "History cannot be read at the moment; try again in a few seconds.") from None
    cursor = f"{rows[limit - 1].fact.at}-{rows[limit - 1].id}" if len(rows) > limit else ""
    return Timeline([_moment(row) for row in rows[:limit]], cursor)


def _cursor(text: str) -> tuple[Millis, FactId] | None:
    at, _, fact = text.partition("-")
    return (int(at), int(fact)) if at.isdecimal() and fact.isdecimal() and len(at) < 19 and len(fact) < 20 else None


def _moment(row: Row) -> Moment:
    page = row.fact.context.get("page")
    url = page.get("url") if isinstance(page, dict) else row.fact.props.get("url")
    return Moment(
        id=str(row.id),
        at=row.fact.at,
        kind=str(row.fact.kind),
        name=row.fact.name or str(row.fact.kind),
        source=row.source,
        derived=bool(row.fact.flags & Flag.DERIVED),
        props=row.fact.props,
        traits=row.fact.traits,
        url=url if isinstance(url, str) else "",
    )


def as_json(moment: Moment) -> dict[str, Any]:
    """A moment for the API."""
    shown: dict[str, Any] = msgspec.to_builtins(moment)
    return {**shown, "at": to_iso(moment.at), "source": str(moment.source)}


@dataclass(frozen=True, slots=True)
class Month:
    """What the last 30 days hold, as far as the lake has taken it in. `skipped` and `held_back` are decisions by reason."""

    abandoned: int
    recovered: int
    decisions: dict[tuple[str, str], int]


def month(workspace: int, now: Millis) -> Month | None:
    """Carts abandoned and recovered and decisions by (outcome, reason) in the last 30 days; None where there is no lake that answers now."""
    reader = lake()
    if reader is None:
        return None
    since = to_datetime(now - 30 * DAY).replace(tzinfo=None)
    try:
        rows = reader.query(_MONTH, {"workspace": workspace, "since": since})
    except (Unreachable, Refusal):
        return None
    counts = dict.fromkeys((CART_ABANDONED, CART_RECOVERED), 0)
    decisions: dict[tuple[str, str], int] = {}
    for name, outcome, reason, number in rows:
        if name in counts:
            counts[name] += number
        else:
            decisions[outcome or "", reason or ""] = number
    return Month(counts[CART_ABANDONED], counts[CART_RECOVERED], decisions)


_MONTH = """
    SELECT name, props ->> '$.outcome', props ->> '$.reason', count(*)
    FROM facts
    WHERE workspace = $workspace
        AND name IN ('Cart Abandoned', 'Cart Recovered', 'Intervention Decided')
        AND happened_at >= $since
    GROUP BY 1, 2, 3
"""
