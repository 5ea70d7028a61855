"""What messages do: those written to against those held back at random, by cause and in total."""

from dataclasses import dataclass

from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import rules
from sojourn.measure.api import Arm, LiftRow
from sojourn.terms.money import Minor
from sojourn.terms.time import Millis

DEFAULT_PERIOD = "90"
SPAN = 1000
"""Width of the drawing of intervals; its middle is no difference."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """An interval as a drawing: where it begins, how wide it is, and where the difference lies, all in thousandths of the drawing's width."""

    start: int
    width: int
    at: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One line of the table: a cause, or all of them where `cause` is ""."""

    cause: str
    name: str
    row: LiftRow
    treated_money: list[tuple[Minor, str]]
    held_out_money: list[tuple[Minor, str]]
    drawn: Drawn | None


@dataclass(frozen=True, slots=True)
class Effect:
    """The whole comparison. `reach` is what half of the drawing stands for, in percentage points; `adds_up` is whether the lines sum to the total.

    `as_of` is when they were counted, milliseconds.
    """

    rows: list[Compared]
    total: Compared
    days: int
    window: Millis
    holdout: float
    reach: int
    adds_up: bool
    as_of: Millis


def effect(workspace: int, now: Millis, days: int) -> Effect:
    """Of people first drawn for in the last days."""
    book = rules(workspace)
    counted = people.lift_table(workspace, now, days)
    table = counted.value
    reach = _reach([table.total, *table.rows])
    total = _compared(table.total, "All causes", book.currency, reach)
    rows = [_compared(row, people.cause_words(row.cause), book.currency, reach) for row in table.rows]
    return Effect(rows, total, days, book.attribution_window, book.holdout, reach, _adds_up(table.rows, table.total), counted.as_of)


def _adds_up(rows: list[LiftRow], total: LiftRow) -> bool:
    parts = [(_counts(row.treated), _counts(row.held_out)) for row in rows]
    summed = tuple(tuple(sum(part[arm][place] for part in parts) for place in range(3)) for arm in range(2))
    return summed == (_counts(total.treated), _counts(total.held_out))


def _counts(arm: Arm) -> tuple[int, int, int]:
    return arm.n, arm.converted, arm.open


def _reach(rows: list[LiftRow]) -> int:
    """The next ten percentage points that hold every interval's nearer end and difference; a hundred at most."""
    ends = [abs(end) for row in rows if row.lift.difference is not None for end in (row.lift.low or 0.0, row.lift.high or 0.0)]
    return min(100, 10 * max(1, -(-round(100 * max(ends, default=0.0)) // 10)))


def _compared(row: LiftRow, name: str, base: str, reach: int) -> Compared:
    return Compared(row.cause, name, row, _money(row.treated, base), _money(row.held_out, base), _drawn(row, reach))


def _money(arm: Arm, base: str) -> list[tuple[Minor, str]]:
    """The workspace's currency first."""
    return [(minor, code) for code, minor in sorted(arm.revenue.items(), key=lambda pair: (pair[0] != base, pair[0])) if minor and code]


def _drawn(row: LiftRow, reach: int) -> Drawn | None:
    found = row.lift
    if found.difference is None or found.low is None or found.high is None:
        return None
    start, end, at = (_place(share, reach) for share in (found.low, found.high, found.difference))
    return Drawn(start, max(2, end - start), at)


def _place(share: float, reach: int) -> int:
    return round(min(1.0, max(0.0, 0.5 + 50 * share / reach)) * SPAN)
