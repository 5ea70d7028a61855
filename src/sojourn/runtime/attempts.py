"""What tells the next process that this one died while it folded: a few numbers in a file, so that a fact that kills is found and set aside."""

import os
from pathlib import Path
from struct import Struct
from typing import Final

import structlog

from sojourn.terms.ids import NOBODY, FactId, position_of

log = structlog.get_logger("engine")

STARTS: Final = 3
"""After so many starts in a row that did not get past the same position, records are folded one by one."""
DEATHS: Final = 2
"""A fact is a killer when a process that folded one by one died of it so often in a row."""
KILLERS: Final = 4
"""With so many killers in one record all of it is set aside: each costs two starts."""
_LAYOUT: Final = Struct(f"<5q{KILLERS}q")
_NUMBER: Final = Struct("<q")
_FOLDING_AT: Final = 16


class Attempts:
    """The file of one engine; starts begun at a position, the fact being folded, who is suspected and how often it killed, the killers found so far.

    What is written outlives the process, however that ends; nothing is synced, for a machine that stops is nobody's fault. Where the file cannot be written
    a killer is not found. Source: docs/adr/0115-a-fact-that-kills-the-engine-is-set-aside.md
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(exist_ok=True)
        self._handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        found = os.pread(self._handle, _LAYOUT.size + 1, 0)
        if len(found) > _LAYOUT.size:
            os.ftruncate(self._handle, 0)
        numbers: tuple[int, ...] = _LAYOUT.unpack(found) if len(found) == _LAYOUT.size else (0,) * (5 + KILLERS)
        self._position, self._starts, self._folding, self._suspect, self._deaths = numbers[:5]
        self._killers: list[FactId] = [fact for fact in numbers[5:] if fact > NOBODY]

    @property
    def killers(self) -> list[FactId]:
        """The facts of one record that killed."""
        return list(self._killers)

    @property
    def whole_record(self) -> bool:
        """Whether that record has so many that all of it is set aside."""
        return len(self._killers) >= KILLERS

    def begin(self, position: int) -> bool:
        """An engine starts behind this position; whether it has to fold one by one."""
        if position != self._position:
            self._starts = self._deaths = 0
        elif position_of(self._folding) > position:
            self._blame(self._folding)
        if self._killers and position_of(self._killers[0]) > position + 1:
            self._killers = []  # a backup was put back since: other facts may come to stand there
        self._position, self._starts = position, self._starts + 1
        self._write()
        return self._starts > STARTS

    def _blame(self, fact: FactId) -> None:
        self._deaths = self._deaths + 1 if fact == self._suspect else 1
        self._suspect = fact
        if self._deaths >= DEATHS and fact not in self._killers and not self.whole_record:
            self._killers = [killer for killer in self._killers if position_of(killer) == position_of(fact)] + [fact]
            log.error("the process died of a fact again and again; the fact is set aside", fact=fact, position=position_of(fact))

    def folding(self, fact: FactId) -> None:
        """This fact is folded now; 0 for none."""
        self._put(_NUMBER.pack(fact), _FOLDING_AT)

    def moved(self, position: int) -> None:
        """Folding one by one has come so far; it stays one by one should the process die again."""
        self._position = position
        self._write()

    def forget_killers(self) -> None:
        """They are dealt with for good."""
        self._killers = []
        self._write()

    def over(self) -> None:
        """No death is to be counted: the engine got through, was asked to stop, or met trouble that is not a fact's."""
        self._starts = self._suspect = self._deaths = 0
        self._write()

    def _write(self) -> None:
        killers = self._killers + [NOBODY] * (KILLERS - len(self._killers))
        self._folding = NOBODY
        self._put(_LAYOUT.pack(self._position, self._starts, NOBODY, self._suspect, self._deaths, *killers), 0)

    def _put(self, numbers: bytes, place: int) -> None:
        try:
            os.pwrite(self._handle, numbers, place)
        except OSError as error:
            log.warning("the attempts cannot be noted", error=str(error))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)
