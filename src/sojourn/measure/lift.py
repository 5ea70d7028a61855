"""What writing to people does, against those held back at random: the difference of two shares with its interval, and what it allows to say."""

from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from math import sqrt
from statistics import NormalDist
from typing import Final

from sojourn.terms.money import Minor

LEVEL: Final = 0.95
ENOUGH: Final = 20
"""People an arm must hold before a verdict is given. Below, one or two people more would turn it round."""

ENOUGH_CONVERTED: Final = 5
"""People who must have converted, both arms together, before a verdict is given."""


class Verdict(StrEnum):
    """What a difference allows to say."""

    TOO_EARLY = "too_early"
    HELPS = "helps"
    HURTS = "hurts"
    NO_DIFFERENCE_SEEN = "no_difference_seen"


@dataclass(frozen=True, slots=True)
class Arm:
    """People drawn for one side of the comparison, whatever happened to them afterwards (intention to treat).

    `converted` of the `n` did it inside their window; `open` of the others still have time left: they are no failures yet. `revenue` is what the converted
    brought, minor units by currency.
    """

    n: int
    converted: int
    revenue: dict[str, Minor] = field(default_factory=dict)
    open: int = 0

    @property
    def rate(self) -> float | None:
        """The share that has converted so far, None where nobody was drawn."""
        return self.converted / self.n if self.n else None

    def __add__(self, other: "Arm") -> "Arm":
        """Both together."""
        revenue = {code: self.revenue.get(code, 0) + other.revenue.get(code, 0) for code in sorted({*self.revenue, *other.revenue})}
        return Arm(self.n + other.n, self.converted + other.converted, revenue, self.open + other.open)


NO_ONE: Final = Arm(0, 0)


@dataclass(frozen=True, slots=True)
class Lift:
    """The difference of the shares that converted, treated minus held out, as fractions of 1; None where an arm is empty.

    `low` and `high` bound it at `level`. `relative` is the difference as a fraction of the share of those held out, None where that is 0. `extra` is how
    many of those treated converted more than would have without, by the same difference.
    """

    difference: float | None
    low: float | None
    high: float | None
    relative: float | None
    extra: float | None
    verdict: Verdict
    level: float = LEVEL


def lift(treated: Arm, held_out: Arm, level: float = LEVEL) -> Lift:
    """Compare two arms.

    Both are counted as far as they are: the draw gives both the same mixture of windows still open, so the difference so far is fair, and it is of what
    has happened so far. Looked at every day, an interval of 95 % misses more often than one time in twenty; the verdict is no licence to stop.
    Source: docs/adr/0074-lift-is-counted-by-person-and-so-far.md
    """
    if not treated.n or not held_out.n:
        return Lift(None, None, None, None, None, Verdict.TOO_EARLY, level)
    one, other = treated.converted / treated.n, held_out.converted / held_out.n
    difference = one - other
    low, high = newcombe(treated.converted, treated.n, held_out.converted, held_out.n, level)
    relative = difference / other if other else None
    return Lift(difference, low, high, relative, difference * treated.n, _verdict(treated, held_out, low, high), level)


def _verdict(treated: Arm, held_out: Arm, low: float, high: float) -> Verdict:
    if min(treated.n, held_out.n) < ENOUGH or treated.converted + held_out.converted < ENOUGH_CONVERTED:
        return Verdict.TOO_EARLY
    if low > 0:
        return Verdict.HELPS
    return Verdict.HURTS if high < 0 else Verdict.NO_DIFFERENCE_SEEN


def newcombe(hits: int, n: int, other_hits: int, other_n: int, level: float = LEVEL) -> tuple[float, float]:
    """Low and high of the difference of two independent shares, hits/n minus other_hits/other_n, as fractions of 1; n and other_n are positive.

    The hybrid score interval: method 10 of R. G. Newcombe, "Interval estimation for the difference between independent proportions: comparison of eleven
    methods", Statistics in Medicine 17 (1998) 873-890. It stays inside [-1, 1] and holds its level for the small, rare counts of a control arm.
    """
    share, other = hits / n, other_hits / other_n
    low, high = wilson(hits, n, level)
    other_low, other_high = wilson(other_hits, other_n, level)
    difference = share - other
    below = sqrt((share - low) ** 2 + (other_high - other) ** 2)
    above = sqrt((high - share) ** 2 + (other - other_low) ** 2)
    return max(-1.0, difference - below), min(1.0, difference + above)


def wilson(hits: int, n: int, level: float = LEVEL) -> tuple[float, float]:
    """Low and high of one share, hits/n, as fractions of 1; n is positive.

    The score interval: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927) 209-212.
    """
    z = _z(level)
    share = hits / n
    middle = share + z * z / (2 * n)
    reach = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    # At the ends rounding would leave a share of nothing a hair above 0, one of all a hair below 1.
    low = 0.0 if hits == 0 else (middle - reach) / whole
    high = 1.0 if hits == n else (middle + reach) / whole
    return low, high


@lru_cache(maxsize=8)
def _z(level: float) -> float:
    return NormalDist().inv_cdf((1 + level) / 2)


def sentence(treated: Arm, held_out: Arm, found: Lift) -> str:
    """What the comparison says, for a person to read. Shares are in percent, differences in percentage points."""
    counts = f"{treated.converted:,} of {treated.n:,} written to and {held_out.converted:,} of {held_out.n:,} held back have bought"
    if found.verdict == Verdict.TOO_EARLY or found.difference is None or found.low is None or found.high is None:
        return f"Too early to say: {counts}."
    said = f"{100 * found.difference:+.1f} points ({100 * found.low:+.1f} to {100 * found.high:+.1f}, {100 * found.level:.0f} % interval)"
    if found.verdict == Verdict.HELPS:
        return f"Writing helps: {said}; {counts}."
    if found.verdict == Verdict.HURTS:
        return f"Writing hurts: {said}; {counts}."
    return f"No difference seen so far: {said}; {counts}."
