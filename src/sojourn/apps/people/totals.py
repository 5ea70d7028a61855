"""What carts add up to: by state, by cause, by day; all from the same cells, so that the sums agree with each other."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Count, ExpressionWrapper, F, IntegerField, QuerySet, Sum

from sojourn.apps.people.kept import Kept, kept
from sojourn.apps.people.models import EpisodeRow
from sojourn.terms.episodes import Cause, EpisodeState
from sojourn.terms.listed import CART
from sojourn.terms.money import Minor
from sojourn.terms.time import DAY, Millis

Money = dict[str, Minor]
"""Minor units by currency; amounts in several currencies have no sum. "" where the shop did not say which."""

ENDED = (EpisodeState.ABANDONED, EpisodeState.RECOVERED, EpisodeState.ORDERED, EpisodeState.EMPTIED)
BOUGHT = (EpisodeState.RECOVERED, EpisodeState.ORDERED)


@dataclass(frozen=True, slots=True)
class Cell:
    """Carts alike in all that totals tell apart. `value` is what was in them, `revenue` what their orders brought, minor units of `currency`."""

    state: str
    cause: str
    outcome: str  # of the decision: send, hold_out, skip, or "" where nothing was decided
    currency: str
    carts: int
    value: Minor
    revenue: Minor


@dataclass(frozen=True, slots=True)
class Total:
    """How many carts, and their money: what was in them, or what the orders brought where they were bought."""

    carts: int = 0
    money: Money = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CartTotals:
    """Carts by the state they are in. Open ones are all there are; the others came into their state in the last `days`. `as_of`: counted when."""

    open: Total
    abandoned: Total
    recovered: Total
    ordered: Total
    emptied: Total
    days: int
    as_of: Millis


@dataclass(frozen=True, slots=True)
class CauseTotal:
    """Carts left for one cause: `carts` that stay left with what was in them, and those bought after all with what the orders brought.

    The cause is the first of the ranked list, "unknown" being one of them.
    """

    cause: str
    carts: int
    money_by_currency: Money
    recovered_carts: int
    recovered_money: Money


@dataclass(frozen=True, slots=True)
class DayTotal:
    """Carts that came into their state on one day; `day` counts days since 1970 in the zone that was asked for."""

    day: int
    abandoned: Total
    recovered: Total
    ordered: Total


def cart_cells(workspace: int, since: Millis, until: Millis, now: Millis, key: str = "") -> Kept[list[Cell]]:
    """All carts that are open, and those that came into their state in [since, until) milliseconds.

    `key` names the stretch where it moves with the clock, such as "30": only then is a figure that takes long kept. An order whose cart was never seen is no
    cart. History that was imported counts: those carts were left, whoever told us when.
    """
    name = f"cart-cells-{workspace}-{key or f'{since}-{until}'}"
    return kept(name, now, lambda: _cells(workspace, since, until))


def _cells(workspace: int, since: Millis, until: Millis) -> list[Cell]:
    rows = EpisodeRow.objects.filter(workspace_id=workspace, kind=CART)
    # The time stands in an expression, so that SQLite goes along the index in which the cells stand together instead of gathering and sorting.
    ended = rows.annotate(ended=F("at") + 0).filter(state__in=ENDED, ended__gte=since, ended__lt=until)
    return [cell for part in (rows.filter(state=EpisodeState.OPEN), ended) for cell in _grouped(part)]


def _grouped(rows: QuerySet[EpisodeRow]) -> list[Cell]:
    apart = ("state", "cause", "outcome", "currency")
    return [Cell(*row) for row in rows.order_by().values_list(*apart).annotate(n=Count("pk"), v=Sum("value"), r=Sum("revenue"))]


def cart_totals(workspace: int, now: Millis, days: int = 30) -> CartTotals:
    """Carts by state, with their money."""
    cells = _last(workspace, now, days)
    total = {state: _sum(cell for cell in cells.value if cell.state == state) for state in EpisodeState}
    return CartTotals(
        total[EpisodeState.OPEN],
        total[EpisodeState.ABANDONED],
        total[EpisodeState.RECOVERED],
        total[EpisodeState.ORDERED],
        total[EpisodeState.EMPTIED],
        days,
        cells.as_of,
    )


def chief_currency(amounts: Iterable[Money], base: str) -> str:
    """The currency by which causes, states and the like are compared, for amounts in several have no order: the one most of them have money in.

    Of several the workspace's own, `base`, else the first by the alphabet; "" where no amount is known.
    """
    found = Counter(code for money in amounts for code, minor in money.items() if code and minor)
    return min(found, key=lambda code: (-found[code], code != base, code), default="")


def cause_totals(workspace: int, now: Millis, days: int = 30) -> list[CauseTotal]:
    """Carts left in the last days by cause, the most first; the same carts as in `cart_totals`, and of the same moment."""
    cells = _last(workspace, now, days).value
    left, back = (_by_cause(cells, state) for state in (EpisodeState.ABANDONED, EpisodeState.RECOVERED))
    none = Total()
    made = [CauseTotal(cause, *_both(left.get(cause, none)), *_both(back.get(cause, none))) for cause in sorted(left.keys() | back.keys())]
    return sorted(made, key=lambda one: (-one.carts, -one.recovered_carts, one.cause))


def cart_days(workspace: int, now: Millis, days: int = 30, offset: Millis = 0) -> Kept[list[DayTotal]]:
    """One entry for each of the last days, today last. `offset` is what local time is ahead of UTC, milliseconds."""
    today = (now + offset) // DAY
    first = today - days + 1
    counted = kept(f"cart-days-{workspace}-{days}-{offset}", now, lambda: _days(workspace, first, offset))
    found = counted.value
    none = Total()
    states = (EpisodeState.ABANDONED, EpisodeState.RECOVERED, EpisodeState.ORDERED)
    return Kept([DayTotal(day, *(found.get((day, str(state)), none) for state in states)) for day in range(first, today + 1)], counted.as_of)


def _days(workspace: int, first: int, offset: Millis) -> dict[tuple[int, str], Total]:
    day = ExpressionWrapper((F("at") + offset) / DAY, output_field=IntegerField())
    rows = EpisodeRow.objects.filter(workspace_id=workspace, kind=CART, state__in=(EpisodeState.ABANDONED, *BOUGHT), at__gte=first * DAY - offset)
    groups = rows.order_by().annotate(day=day).values_list("day", "state", "currency").annotate(n=Count("pk"), v=Sum("value"), r=Sum("revenue"))
    found: dict[tuple[int, str], Total] = {}
    for number, state, currency, carts, value, revenue in groups:
        before = found.get((number, state), Total())
        money = revenue if state in BOUGHT else value
        found[number, state] = Total(before.carts + carts, _added(before.money, currency, money))
    return found


def _last(workspace: int, now: Millis, days: int) -> Kept[list[Cell]]:
    # Clocks of browsers run ahead: what carries a time a little later than now has happened all the same.
    return cart_cells(workspace, now - days * DAY, now + DAY, now, key=f"last-{days}")


def _by_cause(cells: list[Cell], state: str) -> dict[str, Total]:
    mine = [cell for cell in cells if cell.state == state]
    causes = {cell.cause or str(Cause.UNKNOWN) for cell in mine}
    return {cause: _sum(cell for cell in mine if (cell.cause or Cause.UNKNOWN) == cause) for cause in causes}


def _sum(cells: Iterable[Cell]) -> Total:
    carts = 0
    money: Money = {}
    for cell in cells:
        carts += cell.carts
        money = _added(money, cell.currency, cell.revenue if cell.state in BOUGHT else cell.value)
    return Total(carts, money)


def _added(money: Money, currency: str, amount: Minor) -> Money:
    return {**money, currency: money.get(currency, 0) + amount} if amount else money


def _both(total: Total) -> tuple[int, Money]:
    return total.carts, total.money
