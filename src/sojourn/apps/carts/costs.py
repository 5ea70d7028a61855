"""What causes cost: carts left and not bought, the money in them, and how many came back, by what was done about them."""

from collections.abc import Iterable
from dataclasses import dataclass

from sojourn.apps.carts.listing import Amounts, amounts, cells_of
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership
from sojourn.terms.episodes import Cause, EpisodeState
from sojourn.terms.money import Minor
from sojourn.terms.time import DAY, Millis, to_datetime, zone
from sojourn.ui.charts import Chart

DONE = ("send", "hold_out", "skip", "")
"""What was done about a cart; "" is nothing, as for carts that were imported."""


@dataclass(frozen=True, slots=True)
class Came:
    """Of so many carts that were left, so many were bought after all."""

    left: int
    bought: int

    @property
    def share(self) -> float | None:
        """The part that was bought; None where none was left."""
        return self.bought / self.left if self.left else None


@dataclass(frozen=True, slots=True)
class Cost:
    """One cause, or all of them where `cause` is "": carts that stay left with what was in them, those bought after all with what they brought.

    `share` is its part of all that stay left, `width` the same in thousandths of the largest, for a bar. The four ways of `done` add up to all carts left.
    """

    cause: str
    carts: int
    lost: Amounts
    recovered: int
    recovered_money: Amounts
    share: float
    width: int
    done: dict[str, Came]

    @property
    def written(self) -> Came:
        """Those written to, or about to be."""
        return self.done["send"]

    @property
    def held(self) -> Came:
        """Those held back at random."""
        return self.done["hold_out"]

    @property
    def skipped(self) -> Came:
        """Those about whom nothing was sent for a reason, or nothing decided."""
        one, other = self.done["skip"], self.done[""]
        return Came(one.left + other.left, one.bought + other.bought)


@dataclass(frozen=True, slots=True)
class Costs:
    """All causes, the dearest first in the currency most of them have money in, and their sum. `as_of` is when they were counted, milliseconds."""

    rows: list[Cost]
    total: Cost
    as_of: Millis


def costs(workspace: int, now: Millis, days: int, base: str) -> Costs:
    """Carts left in the last days by their first cause; the sums of the rows are the total."""
    kept = cells_of(workspace, now, days)
    cells = [cell for cell in kept.value if cell.state in (EpisodeState.ABANDONED, EpisodeState.RECOVERED)]
    by_cause: dict[str, list[people.Cell]] = {}
    for cell in cells:
        by_cause.setdefault(cell.cause or str(Cause.UNKNOWN), []).append(cell)
    total = _cost("", cells, base, 0, 0)
    most = max((_left(mine) for mine in by_cause.values()), default=0)
    rows = [_cost(cause, mine, base, total.carts, most) for cause, mine in by_cause.items()]
    chief = people.chief_currency(({code: minor for minor, code in one.lost} for one in rows), base)
    rows.sort(key=lambda one: (-{code: minor for minor, code in one.lost}.get(chief, 0), -one.carts, one.cause))
    return Costs(rows, total, kept.as_of)


def _left(cells: Iterable[people.Cell]) -> int:
    return sum(cell.carts for cell in cells if cell.state == EpisodeState.ABANDONED)


def _cost(cause: str, cells: list[people.Cell], base: str, all_left: int, most: int) -> Cost:
    left, back = ([cell for cell in cells if cell.state == state] for state in (EpisodeState.ABANDONED, EpisodeState.RECOVERED))
    number = _left(left)
    lost, brought = _summed((cell.currency, cell.value) for cell in left), _summed((cell.currency, cell.revenue) for cell in back)
    done = {way: Came(_number(cells, way), _number(back, way)) for way in DONE}
    share = number / all_left if all_left else 1.0
    width = round(1000 * number / most) if most else 0
    return Cost(cause, number, amounts(lost, base), sum(cell.carts for cell in back), amounts(brought, base), share, width, done)


def _number(cells: list[people.Cell], way: str) -> int:
    return sum(cell.carts for cell in cells if cell.outcome == way)


def _summed(parts: Iterable[tuple[str, Minor]]) -> dict[str, Minor]:
    out: dict[str, Minor] = {}
    for code, minor in parts:
        out[code] = out.get(code, 0) + minor
    return out


def days(member: Membership, now: Millis, number: int) -> people.Kept[Chart]:
    """Carts by day, today last, a week at least and ninety days at most, and when they were counted.

    Days begin at midnight in the workspace's zone, as its clock stands today.
    """
    ahead = to_datetime(now).astimezone(zone(member.zone or "UTC")).utcoffset()
    offset = int(ahead.total_seconds()) * 1000 if ahead is not None else 0
    span = min(max(number, 7), 90)
    found = people.cart_days(member.workspace, now, span, offset)
    lines = {name: [getattr(one, name).carts for one in found.value] for name in ("abandoned", "recovered", "ordered")}
    series = [(name.capitalize(), values) for name, values in lines.items()]
    chart = Chart(
        "stacked",
        "Carts by day",
        "carts",
        f"last {span} days",
        [_label(one.day) for one in found.value],
        series,
        tones=("warn", "good", "info"),
        across="Day",
    )
    return people.Kept(chart, found.as_of)


def _label(day: int) -> str:
    date = to_datetime(day * DAY)
    return f"{date.day} {date:%b}"
