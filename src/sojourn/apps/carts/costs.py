"""What causes cost: carts left and not bought, the money in them, and what messages bring back against those held out."""

from dataclasses import dataclass

from sojourn.apps.carts.listing import Amounts, amounts
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership
from sojourn.measure.api import LiftRow
from sojourn.terms.money import Minor
from sojourn.terms.time import DAY, Millis, to_datetime, zone


@dataclass(frozen=True, slots=True)
class Cost:
    """One cause, or all of them where `cause` is "": carts that stay left with what was in them, those bought after all with what they brought.

    `share` is its part of all carts left, `width` the same for a bar, in thousandths of the largest; `lift` compares both arms, None where nobody was drawn.
    """

    cause: str
    name: str
    carts: int
    lost: Amounts
    recovered: int
    recovered_money: Amounts
    share: float
    width: int
    lift: LiftRow | None

    @property
    def left(self) -> int:
        """All that were left, whether bought later or not."""
        return self.carts + self.recovered


@dataclass(frozen=True, slots=True)
class Costs:
    """All causes, the dearest in the workspace's currency first, and their sum."""

    rows: list[Cost]
    total: Cost


def costs(workspace: int, now: Millis, days: int, base: str) -> Costs:
    """Carts left in the last days by their first cause; the sums of the rows are the total."""
    found = people.cause_totals(workspace, now, days)
    table = people.lift_table(workspace, now, days)
    arms = {row.cause: row for row in table.rows}
    carts = sum(one.carts for one in found)
    most = max((one.carts for one in found), default=0)
    rows = [
        Cost(
            one.cause,
            people.cause_words(one.cause),
            one.carts,
            amounts(one.money_by_currency, base),
            one.recovered_carts,
            amounts(one.recovered_money, base),
            one.carts / carts if carts else 0.0,
            round(1000 * one.carts / most) if most else 0,
            arms.get(one.cause),
        )
        for one in sorted(found, key=lambda one: (-one.money_by_currency.get(base, 0), -one.carts, one.cause))
    ]
    lost, back = _summed([one.money_by_currency for one in found]), _summed([one.recovered_money for one in found])
    recovered = sum(one.recovered_carts for one in found)
    drawn = table.total if table.rows else None
    return Costs(rows, Cost("", "All causes", carts, amounts(lost, base), recovered, amounts(back, base), 1.0, 0, drawn))


def _summed(parts: list[dict[str, Minor]]) -> dict[str, Minor]:
    out: dict[str, Minor] = {}
    for part in parts:
        for code, minor in part.items():
            out[code] = out.get(code, 0) + minor
    return out


@dataclass(frozen=True, slots=True)
class Day:
    """One day's carts; `label` is the day in the workspace's zone."""

    label: str
    abandoned: int
    recovered: int
    ordered: int


def days(member: Membership, now: Millis, number: int) -> list[Day]:
    """One entry a day, today last, a week at least and ninety days at most. Days begin at midnight in the workspace's zone, as its clock stands today."""
    here = to_datetime(now).astimezone(zone(member.zone or "UTC"))
    ahead = here.utcoffset()
    offset = int(ahead.total_seconds()) * 1000 if ahead is not None else 0
    found = people.cart_days(member.workspace, now, min(max(number, 7), 90), offset)
    return [Day(_label(one.day), one.abandoned.carts, one.recovered.carts, one.ordered.carts) for one in found]


def _label(day: int) -> str:
    date = to_datetime(day * DAY)
    return f"{date.day} {date:%b}"
