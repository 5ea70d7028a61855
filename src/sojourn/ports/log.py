"""The log: an append-only sequence of records, durable once acknowledged, idempotent by deduplication key."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from sojourn.terms.facts import Arrival, Record
from sojourn.terms.ids import FactId
from sojourn.terms.time import Millis


class Appended(msgspec.Struct, frozen=True):
    """What became of one arrival: its position (0 where nothing was worth a record), which items were new, which repeated, which clashed."""

    position: int
    kept: int
    duplicates: tuple[int, ...] = ()  # indexes into Arrival.items
    conflicts: tuple[int, ...] = ()  # kept, though their key was there with other content; they carry Flag.CONFLICT


class Damaged(Exception):
    """A record's checksum does not fit. Nothing after it may be served as good. `position` names it."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"log record {position} is damaged: {what}; see docs/how-to/recover-a-damaged-log.md")
        self.position = position


class Full(Exception):
    """The log cannot take writes now (disk full, IO error). Senders must retry; nothing was acknowledged."""


class Log(Protocol):
    """One log for all workspaces. Positions start at 1, have no gaps, and record times never run backwards."""

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended]:
        """Append all arrivals in one durable transaction and return one `Appended` each.

        An item whose key was appended in the last 28 days with the same content is left out and counted (`duplicate`), within the batch,
        across processes and restarts; with other content it is kept once under a synthetic key with Flag.CONFLICT and counted.
        An arrival with neither new items nor counts nor quarantined events makes a record only if `counts` is not empty after deduplication.
        Errors: Full.
        """
        ...

    def tick(self) -> int:
        """Append a record without facts (workspace 0), so that time goes on; its position."""
        ...

    def read(self, after: int, limit: int, max_facts: int = 5_000) -> list[Record]:
        """Records with position > after, in order, at most `limit` of them and about `max_facts` facts. Errors: Damaged."""
        ...

    def tail(self, workspace: int, source: int, limit: int, look_back: int = 20_000) -> list[Record]:
        """The newest records of one source, the newest first, among the last `look_back` records of the log: for looking at, not for folding.

        At most `limit` of them, and no more once they hold `limit` facts. Errors: Damaged.
        """
        ...

    def head(self) -> int:
        """The position of the last durable record; 0 where there is none."""
        ...

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """Block until there is a record with position > after or the time is over, without burning CPU; whether there is one."""
        ...

    def trim(self, before: int) -> int:
        """Remove records with position < before (retention); how many. Deduplication keys stay for their 28 days. Never the last record."""
        ...

    def blank(self, facts: Sequence[FactId]) -> int:
        """Empty these facts where they stand (erasure): they keep their ids and times and say nothing more; how many there were. Idempotent. Errors: Full."""
        ...

    def pass_over(self, facts: Sequence[FactId]) -> int:
        """Mark these facts where they stand as never to be folded (Flag.DERIVED); how many were not yet. They say what they said. Errors: Full."""
        ...

    def verify(self) -> int:
        """Read all records and their checksums; how many there are. Errors: Damaged."""
        ...

    def close(self) -> None:
        """Let go of files and threads."""
        ...


DEDUPLICATION_WINDOW: Millis = 28 * 86_400_000
