"""Who somebody is, drawn: the person in the middle, what they are known by on both sides."""

from dataclasses import dataclass
from typing import Final

from sojourn.apps.people.traces import Trace
from sojourn.terms.ids import IdentifierKey, identifier
from sojourn.terms.person import Person

SHOWN: Final = 16
WIDTH: Final = 640
ROW: Final = 44
BOX: Final = 214
HALF: Final = 17
"""Half the height of a box."""
RIM: Final = 30
"""The radius of the person's circle."""
_LETTERS: Final = 28


@dataclass(frozen=True, slots=True)
class Known:
    """One identifier: what kind, its value, what is known of its use. `shared` is used by several people and leads to none of them."""

    key: IdentifierKey
    kind: str
    value: str
    shared: bool = False
    trace: Trace | None = None

    @property
    def short(self) -> str:
        """The value, cut to what a box holds."""
        return self.value if len(self.value) <= _LETTERS else f"{self.value[: _LETTERS - 1]}…"


@dataclass(frozen=True, slots=True)
class Node:
    """A box at (x, y), its upper left corner, and the curve from it to the person."""

    known: Known
    x: int
    y: int
    line: str

    @property
    def text_x(self) -> int:
        """Where its text begins."""
        return self.x + 10

    @property
    def kind_y(self) -> int:
        """The base line of its kind."""
        return self.y + 13

    @property
    def value_y(self) -> int:
        """The base line of its value."""
        return self.y + 27


@dataclass(frozen=True, slots=True)
class Graph:
    """Boxes in two columns, the person between them at (`middle_x`, `middle_y`). `more` identifiers are in the table only."""

    nodes: list[Node]
    width: int
    height: int
    middle_x: int
    middle_y: int
    more: int


def known_by(person: Person, traces: dict[IdentifierKey, Trace] | None = None) -> list[Known]:
    """Everything a person is known by, in the order it was linked, then what they share with others."""
    there = traces or {}
    own = [Known(key, *identifier(key), False, there.get(key)) for key in person.identifiers]
    return own + [Known(key, *identifier(key), True, there.get(key)) for key in person.shared]


def draw(known: list[Known]) -> Graph:
    """Place the first sixteen in two columns; units are those of the picture."""
    shown = known[:SHOWN]
    rows = max(1, (len(shown) + 1) // 2)
    height = max(rows * ROW, 2 * RIM) + 8
    middle_x, middle_y = WIDTH // 2, height // 2
    nodes = []
    for index, one in enumerate(shown):
        right, row = index % 2, index // 2
        count = len(shown) // 2 if right else rows
        y = (height - count * ROW) // 2 + row * ROW + ROW // 2
        x = WIDTH - BOX - 1 if right else 1
        edge, rim = (x, middle_x + RIM) if right else (x + BOX, middle_x - RIM)
        half_way = (edge + rim) // 2
        nodes.append(Node(one, x, y - HALF, f"M {edge} {y} C {half_way} {y}, {half_way} {middle_y}, {rim} {middle_y}"))
    return Graph(nodes, WIDTH, height, middle_x, middle_y, len(known) - len(shown))
