"""What the runtime tells of this installation, and the hole through which the page asks for it."""

from collections.abc import Callable
from dataclasses import dataclass

from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis


@dataclass(frozen=True, slots=True)
class Loop:
    """One loop of the work process. `state`: running | failing | stuck | stopped | unknown.

    `turned_at` is its last turn (ms, 0 where it never made one), `behind` what it has yet to do, in `unit`; `late_seconds` how old the oldest of that is.
    """

    name: str
    state: str
    does: str
    turned_at: Millis
    behind: int
    unit: str
    late_seconds: float
    trouble: str

    @property
    def units(self) -> str:
        """The unit of `behind` in words, one or many."""
        return self.unit if self.behind != 1 else {"batches": "batch"}.get(self.unit, self.unit.removesuffix("s"))

    @property
    def tone(self) -> str:
        """How it is coloured."""
        return {"running": "good", "unknown": "warn"}.get(self.state, "bad")


@dataclass(frozen=True, slots=True)
class Size:
    """How much one part of the data takes, in bytes; `files` where it is a folder."""

    name: str
    what: str
    size: int
    files: int


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `text` says what was found and, where it is not well, what to do."""

    name: str
    ok: bool
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """The installation now."""

    loops: list[Loop]
    findings: list[Finding]
    sizes: list[Size]
    free_bytes: int
    disk_bytes: int
    log_records: int
    lake_waiting: int
    outbox: int
    intents: dict[str, int]  # not settled yet, by state
    versions: list[tuple[str, str]]
    settings: list[tuple[str, str, str]]  # variable, value in force without secrets, meaning

    @property
    def wrong(self) -> list[Finding]:
        """What needs somebody."""
        return [one for one in self.findings if not one.ok]


_ask: Callable[[], Report] | None = None


def connect(ask: Callable[[], Report]) -> None:
    """Say how a report is had; it is asked for each time the page is drawn."""
    global _ask
    _ask = ask


def report() -> Report:
    """The installation now. Errors: NOT_READY where nobody has connected one."""
    if _ask is None:
        raise Refusal(Code.NOT_READY, "This process knows nothing of the installation around it. Run: sojourn doctor")
    return _ask()
