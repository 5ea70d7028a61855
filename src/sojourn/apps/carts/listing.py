"""The page of carts: what its address asks for, how many there are of each kind with their money, and the rows."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.utils.http import urlencode

from sojourn.apps.carts.words import state_name
from sojourn.apps.people import api as people
from sojourn.terms.episodes import Cause, EpisodeState
from sojourn.terms.money import Minor, currency_of, to_minor
from sojourn.terms.time import DAY, Millis
from sojourn.ui.periods import DEFAULT_PERIOD, PERIODS

OUTCOMES: dict[str, str] = {"send": "Written to", "hold_out": "Held back", "skip": "Not written to"}
STATES = tuple(map(str, (EpisodeState.OPEN, EpisodeState.ABANDONED, EpisodeState.RECOVERED, EpisodeState.ORDERED, EpisodeState.EMPTIED)))
"""In the order in which they are told."""
BOUGHT = (EpisodeState.RECOVERED, EpisodeState.ORDERED)
LEFT = (EpisodeState.ABANDONED, EpisodeState.RECOVERED)
Amounts = list[tuple[Minor, str]]
"""Minor units and currency, the workspace's own currency first, then by the alphabet."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for; empty means any. `least` is in major units of `currency`, or of the one most carts have money in where none is chosen."""

    state: str = ""
    cause: str = ""
    done: str = ""
    currency: str = ""
    least: str = ""
    days: str = DEFAULT_PERIOD

    @property
    def narrowed(self) -> bool:
        """Whether anything but the state and the period is chosen."""
        return bool(self.cause or self.done or self.currency or self.least)

    @property
    def number_of_days(self) -> int:
        """How long the period is."""
        return PERIODS[self.days][1]

    def link(self, **changes: str) -> str:
        """The query of the page with something else chosen; what is empty or usual is left out."""
        chosen = {key: getattr(self, key) for key in ("state", "cause", "done", "currency", "least", "days")} | changes
        return "?" + urlencode({key: value for key, value in chosen.items() if value and not (key == "days" and value == DEFAULT_PERIOD)})


def asked(query: Any) -> Asked:
    """Read an address; what it cannot mean is left out."""
    state, cause, done, days = (query.get(key, "") for key in ("state", "cause", "done", "days"))
    return Asked(
        state=state if state in set(EpisodeState) else "",
        cause=cause if cause in set(Cause) else "",
        done=done if done in OUTCOMES else "",
        currency=currency_of(query.get("currency", "")),
        least=_amount(query.get("least", "")),
        days=days if days in PERIODS else DEFAULT_PERIOD,
    )


def _amount(text: str) -> str:
    """The text of an amount above zero, as it was written; empty for anything else."""
    text = text.strip().replace(",", ".")[:20]
    minor = to_minor(text, "EUR")
    return text if minor is not None and minor > 0 else ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow the list: how many carts it leaves with everything else as chosen, their money, and where it leads.

    `width` is its share of the largest in thousandths: of the money in the currency most choices have money in, of the carts where no amount is known.
    """

    key: str
    name: str
    carts: int
    money: Amounts
    link: str
    chosen: bool
    width: int = 0


@dataclass(frozen=True, slots=True)
class Counts:
    """Carts of the period by everything the list can be narrowed by. `as_of` is when they were counted, milliseconds.

    `chief` is the currency most of them have money in, of several the workspace's: a smallest value is asked for in that one.
    """

    states: list[Choice]
    causes: list[Choice]
    done: list[Choice]
    currencies: list[Choice]
    total: int
    chief: str
    as_of: Millis


def counts(workspace: int, ask: Asked, now: Millis, base: str) -> Counts:
    """By one question to the database, whatever is chosen. The smallest value asked for does not count in: cells hold no single carts."""
    found = cells_of(workspace, now, ask.number_of_days)
    cells = [_Cell(one.state, one.cause, one.outcome, one.currency, one.carts, _money(one)) for one in found.value]
    return Counts(
        states=_choices(cells, ask, "state", base, STATES, state_name),
        causes=_choices([cell for cell in cells if cell.cause and (ask.state or cell.state in LEFT)], ask, "cause", base, None, people.cause_words),
        done=_choices([cell for cell in cells if cell.done], ask, "done", base, list(OUTCOMES), lambda key: OUTCOMES[key]),
        currencies=_choices([cell for cell in cells if cell.currency], ask, "currency", base, None, str),
        total=sum(cell.carts for cell in cells),
        chief=_chief(cells, base),
        as_of=found.as_of,
    )


def cells_of(workspace: int, now: Millis, days: int) -> people.Kept[list[people.Cell]]:
    """Carts of the last days by all that totals tell apart, and all that are open."""
    # Clocks of browsers run ahead: what carries a time a little later than now has happened all the same.
    return people.cart_cells(workspace, now - days * DAY, now + DAY, now, key=f"last-{days}")


@dataclass(frozen=True, slots=True)
class _Cell:
    state: str
    cause: str
    done: str
    currency: str
    carts: int
    money: Minor


def _chief(cells: list[_Cell], base: str) -> str:
    numbers: dict[str, int] = {}
    for cell in cells:
        if cell.currency and cell.money:
            numbers[cell.currency] = numbers.get(cell.currency, 0) + cell.carts
    return min(numbers, key=lambda code: (-numbers[code], code != base, code), default=base)


def _money(cell: people.Cell) -> Minor:
    return cell.revenue if cell.state in BOUGHT else cell.value


def _choices(cells: list[_Cell], ask: Asked, key: str, base: str, order: Iterable[str] | None, name: Callable[[str], str]) -> list[Choice]:
    others = [one for one in ("state", "cause", "done", "currency") if one != key and getattr(ask, one)]
    numbers: dict[str, int] = {}
    money: dict[str, dict[str, Minor]] = {}
    for cell in cells:
        if all(getattr(cell, one) == getattr(ask, one) for one in others):
            mine = getattr(cell, key)
            numbers[mine] = numbers.get(mine, 0) + cell.carts
            sums = money.setdefault(mine, {})
            sums[cell.currency] = sums.get(cell.currency, 0) + cell.money
    chosen = getattr(ask, key)
    keys = list(order) if order is not None else sorted(numbers, key=lambda one: (-numbers[one], one))
    if chosen and chosen not in keys:
        keys.append(chosen)
    chief = people.chief_currency(money.values(), base)
    weight = {one: money.get(one, {}).get(chief, 0) if chief else numbers.get(one, 0) for one in keys}
    most = max(weight.values(), default=0)
    return [
        Choice(
            one,
            name(one),
            numbers.get(one, 0),
            amounts(money.get(one, {}), base),
            ask.link(**{key: "" if one == chosen else one}),
            one == chosen,
            round(1000 * weight[one] / most) if most else 0,
        )
        for one in keys
    ]


def amounts(money: dict[str, Minor], base: str) -> Amounts:
    """Sums by currency, the workspace's own first; nothing that is zero or has no currency."""
    return [(minor, code) for code, minor in sorted(money.items(), key=lambda pair: (pair[0] != base, pair[0])) if minor and code]


def rows(workspace: int, ask: Asked, now: Millis, chief: str, after: str) -> people.CartPage:
    """One page of carts, the newest first; a smallest value is in `chief` where no currency is chosen.

    Open carts are all there are, however old: they are open now.
    """
    since = None if ask.state == EpisodeState.OPEN else now - ask.number_of_days * DAY
    least = to_minor(ask.least, ask.currency or chief) if ask.least else None
    # A smallest value is an amount of one currency, so it asks for carts in that one.
    currency = ask.currency or (chief if ask.least else "")
    which = people.CartFilter(ask.state, ask.cause, since, None, least, currency, outcome=ask.done)
    return people.carts(workspace, which, after)
