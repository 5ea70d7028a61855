"""What home shows: figures of the last minutes, of today and of 30 days, each with the money in words and the address of the records behind it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC

from sojourn.apps.home.words import Moment, moment, reason_lines
from sojourn.apps.people import api as people
from sojourn.measure.api import LiftRow, Verdict
from sojourn.terms.money import Minor, to_amount
from sojourn.terms.time import SECOND, Millis, to_datetime, zone
from sojourn.ui.charts import Chart

DAYS = 30
LIFT_DAYS = 90
MINUTES = 60
FULL_MINUTES = 5
"""Events a minute are the mean of the last full minutes; the running one is not over."""
MOMENTS = 12
REASONS = 4


@dataclass(frozen=True, slots=True)
class Figure:
    """So many carts, with their money in words, the workspace's currency first; `today` of them since midnight in its zone."""

    carts: int
    money: list[str]
    today: int = 0


@dataclass(frozen=True, slots=True)
class Stake:
    """What one cause costs: carts that stay left behind and what was in them. `share` is the bar's length, a fraction of 1."""

    cause: str
    carts: int
    money: list[str]
    share: float
    recovered: int

    @property
    def percent(self) -> str:
        """The bar's length in hundredths, at least as much as can be seen."""
        return f"{max(1.0, 100 * self.share):.1f}"


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything on the page.

    `by` is the currency by which the bars compare where there are several, else "". `as_of` is when the oldest of the figures was counted, milliseconds.
    """

    active: people.Count
    minutes: list[int]
    spark: Chart
    open: Figure
    abandoned: Figure
    recovered: Figure
    stakes: list[Stake]
    by: str
    days: Chart
    messages: people.MessageTotals
    reasons: list[tuple[str, str, int]]
    lift: LiftRow
    moments: list[Moment]
    as_of: Millis

    @property
    def per_minute(self) -> str:
        """Events a minute, mean of the last full minutes: one decimal below ten, whole numbers above."""
        full = self.minutes[-FULL_MINUTES - 1 : -1]
        mean = sum(full) / len(full) if full else 0.0
        return f"{mean:,.0f}" if mean >= 10 or mean == int(mean) else f"{mean:.1f}"

    @property
    def last_hour(self) -> int:
        """Events of the last hour."""
        return sum(self.minutes)

    @property
    def lift_points(self) -> str:
        """The difference in percentage points."""
        return _points(self.lift.lift.difference)

    @property
    def lift_between(self) -> str:
        """Its interval in words."""
        found = self.lift.lift
        return f"{_points(found.low)} to {_points(found.high)} with {100 * found.level:.0f} % confidence"

    @property
    def undrawn(self) -> bool:
        """Whether nobody was drawn for either arm."""
        return not (self.lift.treated.n or self.lift.held_out.n)

    @property
    def early(self) -> bool:
        """Whether nothing can be said of what messages do yet."""
        return self.lift.lift.verdict == Verdict.TOO_EARLY


def glance(workspace: int, zone_name: str, currency: str, now: Millis) -> Glance:
    """Read everything. `currency` is the one that stands first where there are several."""
    totals = people.cart_totals(workspace, now, DAYS)
    causes = people.cause_totals(workspace, now, DAYS)
    days = people.cart_days(workspace, now, DAYS, ahead(zone_name, now))
    minutes = people.events_per_minute(workspace, now, MINUTES)
    messages = people.messages_totals(workspace, now, DAYS)
    lift = people.lift_table(workspace, now, LIFT_DAYS)
    today = days.value[-1]
    return Glance(
        active=people.active_now(workspace, now),
        minutes=minutes,
        spark=Chart("spark", "Events per minute", "events", f"last {MINUTES} minutes", _clock(now, zone_name), [("events", minutes)]),
        open=_figure(totals.open, currency),
        abandoned=_figure(totals.abandoned, currency, today.abandoned.carts),
        recovered=_figure(totals.recovered, currency, today.recovered.carts),
        stakes=stakes(causes, currency),
        by=_bars(causes, currency),
        days=_by_day(days.value),
        messages=messages,
        reasons=reason_lines(messages.reasons, REASONS),
        lift=lift.value.total,
        moments=[moment(one) for one in people.recent(workspace, MOMENTS)],
        as_of=min(totals.as_of, days.as_of, messages.as_of, lift.as_of),
    )


def ahead(zone_name: str, now: Millis) -> Millis:
    """What local time is ahead of UTC now."""
    local = zone(zone_name) or UTC
    offset = to_datetime(now).astimezone(local).utcoffset()
    return round(offset.total_seconds() * SECOND) if offset is not None else 0


def money_words(money: Mapping[str, Minor], currency: str) -> list[str]:
    """Amounts as text, the given currency first, then by size of the number; what has no currency or is nothing is left out."""
    named = [(code, minor) for code, minor in money.items() if code and minor]
    ranked = sorted(named, key=lambda pair: (pair[0] != currency, -to_amount(pair[1], pair[0]), pair[0]))
    return [f"{to_amount(minor, code):,} {code}" for code, minor in ranked]


def stakes(causes: Iterable[people.CauseTotal], currency: str) -> list[Stake]:
    """Causes by what they cost in the currency most of them have money in, the given one of several, or by carts where no amount is known."""
    left = [one for one in causes if one.carts]
    chief = _chief(left, currency)

    def weight(one: people.CauseTotal) -> int:
        return one.money_by_currency.get(chief, 0) if chief else one.carts

    most = max((weight(one) for one in left), default=0) or 1
    ranked = sorted(left, key=lambda one: (-weight(one), -one.carts, one.cause))
    return [Stake(one.cause, one.carts, money_words(one.money_by_currency, chief), weight(one) / most, one.recovered_carts) for one in ranked]


def _chief(left: Iterable[people.CauseTotal], currency: str) -> str:
    return people.chief_currency((one.money_by_currency for one in left), currency)


def _bars(causes: Iterable[people.CauseTotal], currency: str) -> str:
    left = [one for one in causes if one.carts]
    several = {code for one in left for code, minor in one.money_by_currency.items() if code and minor}
    return _chief(left, currency) if len(several) > 1 else ""


def _figure(total: people.Total, currency: str, today: int = 0) -> Figure:
    return Figure(total.carts, money_words(total.money, currency), today)


def _by_day(days: list[people.DayTotal]) -> Chart:
    """Carts abandoned and recovered by day."""
    labels = [f"{at.day} {at:%b}" for at in (to_datetime(one.day * 86_400 * SECOND) for one in days)]
    series = [("abandoned", [one.abandoned.carts for one in days]), ("recovered", [one.recovered.carts for one in days])]
    return Chart(
        "line", "Carts abandoned and recovered", "carts", f"last {DAYS} days, by day", labels, series, tones=("warn", "good"), across="Day", size="low"
    )


def _points(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:+.1f}"


def _clock(now: Millis, zone_name: str) -> list[str]:
    local = zone(zone_name) or UTC
    first = now - (MINUTES - 1) * 60 * SECOND
    return [f"{to_datetime(first + number * 60 * SECOND).astimezone(local):%H:%M}" for number in range(MINUTES)]
