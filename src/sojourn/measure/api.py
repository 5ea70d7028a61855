"""What apps may ask of measure: what messages do, by cause and in total."""

from collections.abc import Mapping
from dataclasses import dataclass

from sojourn.measure.lift import LEVEL, NO_ONE, Arm, Lift, Verdict, lift, sentence

__all__ = ["LEVEL", "NO_ONE", "Arm", "Lift", "LiftRow", "LiftTable", "Verdict", "lift", "lift_so_far", "sentence"]


@dataclass(frozen=True, slots=True)
class LiftRow:
    """The two arms of one cause, or of all where `cause` is "", and what comparing them gives."""

    cause: str
    treated: Arm
    held_out: Arm
    lift: Lift

    @property
    def words(self) -> str:
        """The comparison in a sentence."""
        return sentence(self.treated, self.held_out, self.lift)

    @property
    def open(self) -> int:
        """How many have time left to convert, both arms together."""
        return self.treated.open + self.held_out.open


@dataclass(frozen=True, slots=True)
class LiftTable:
    """What messages do so far: in total and by cause, the most people first. The arms of the rows add up to those of the total."""

    total: LiftRow
    rows: list[LiftRow]


def lift_so_far(arms: Mapping[str, tuple[Arm, Arm]], level: float = LEVEL) -> LiftTable:
    """Compare (treated, held out) of each cause and of all together.

    The total compares the sums: the draw does not look at the cause, so both arms hold the causes in the same proportions but for chance.
    """
    treated, held_out = NO_ONE, NO_ONE
    rows = []
    for cause in sorted(arms, key=lambda cause: (-arms[cause][0].n - arms[cause][1].n, cause)):
        one, other = arms[cause]
        treated, held_out = treated + one, held_out + other
        rows.append(LiftRow(cause, one, other, lift(one, other, level)))
    return LiftTable(LiftRow("", treated, held_out, lift(treated, held_out, level)), rows)
