"""The hole through which pages ask the lake and the log; the runtime puts them in. Without a lake, pages say that history is not at hand."""

from collections.abc import Callable
from dataclasses import dataclass

from sojourn.apps.people.moments import Timeline, as_json, newest_first, of_row, order
from sojourn.apps.people.recent import recent
from sojourn.ports.lake import Lake, Unreachable
from sojourn.ports.log import Log
from sojourn.terms.facts import CART_ABANDONED, CART_RECOVERED
from sojourn.terms.ids import FactId
from sojourn.terms.person import Person
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY, Millis, to_datetime

__all__ = ["Month", "Timeline", "as_json", "connect", "lake", "month", "timeline"]

_open: Callable[[], Lake | None] | None = None
_open_log: Callable[[], Log | None] | None = None


def connect(open_lake: Callable[[], Lake | None], open_log: Callable[[], Log | None] | None = None) -> None:
    """Say how readers of the lake and the log are had; they are asked for each question. There may be no lake yet (None).

    Without a log, timelines end where the lake does, up to five seconds ago.
    """
    global _open, _open_log
    _open, _open_log = open_lake, open_log


def lake() -> Lake | None:
    """A reader of the lake, None where there is none yet."""
    return _open() if _open is not None else None


def _log() -> Log | None:
    return _open_log() if _open_log is not None else None


def timeline(workspace: int, person: Person, limit: int, before: str = "") -> Timeline:
    """The newest facts of a person and of all who became them, also those that are on their way to the lake.

    Errors: NOT_READY where the lake is not there yet and nothing waits for it either, or where it cannot be read now.
    """
    people = [person.id, *person.merged]
    below = _cursor(before)
    # First what waits, then the lake: a fact that moves over in between is met twice, never not at all.
    waiting = [one for one in recent(workspace, set(people), _log) if below is None or order(one) < below]
    reader = lake()
    if reader is None and not waiting:
        raise Refusal(Code.NOT_READY, "History is not at hand yet; it appears a few seconds after the first event.")
    try:
        rows = reader.timeline(workspace, people, limit + 1, below) if reader is not None else []
    except Unreachable:
        raise Refusal(Code.NOT_READY, "History cannot be read at the moment; try again in a few seconds.") from None
    moments = newest_first([*map(of_row, rows), *waiting])
    cursor = f"{moments[limit - 1].at}-{moments[limit - 1].id}" if len(moments) > limit else ""
    return Timeline(moments[:limit], cursor)


def _cursor(text: str) -> tuple[Millis, FactId] | None:
    at, _, fact = text.partition("-")
    return (int(at), int(fact)) if at.isdecimal() and fact.isdecimal() and len(at) < 19 and len(fact) < 20 else None


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
