"""A stream's way to the log: it takes calls in, counts, remembers what was seen, and tells the table how the stream is."""

from collections.abc import Callable
from typing import Final

import msgspec

from sojourn.adapters.sqlite.streams import SEEN, Stream, StreamRows
from sojourn.capture.call import Candidate, Opened, Refused
from sojourn.capture.intake import Intake, Names
from sojourn.ports.directory import KeyHolder
from sojourn.ports.log import Appended, Log
from sojourn.terms.facts import Arrival, Quarantine
from sojourn.terms.outcomes import Reason
from sojourn.terms.streams import CONNECTING, Seen
from sojourn.terms.time import Millis

TELL_SECONDS: Final = 1.0
SHOWN: Final = 200
ASIDE_A_MINUTE: Final = 20
"""What is set aside of one stream in a minute; beyond it a stream that fits nothing is counted only."""


class Tap:
    """One stream on its way to the log: takes calls in, counts, remembers what was seen, and tells the table."""

    def __init__(self, stream: Stream, rows: StreamRows, records: Log, now: Callable[[], Millis]) -> None:
        self.stream = stream
        self.now = now
        self._rows = rows
        self._log = records
        self._names = Names()
        self._sampled = 0
        self._told = 0
        self._said = b""
        self._aside: tuple[Millis, int] = (0, 0)
        self.state, self.trouble = CONNECTING, ""

    def take(self, calls: list[Candidate], sampled: int = 0) -> list[str]:
        """Put calls on the log, durably; what became of each. Errors: Full, and then nothing was taken in."""
        tally = self.stream.tally
        tally.sampled += sampled
        self._sampled += sampled
        if not calls:
            return []
        verdicts = ["kept"] * len(calls)
        try:
            turned = Intake(KeyHolder(self.stream.workspace, self.stream.source, "stream"), self.now()).take(Opened(calls), self._names)
        except Refused as refused:
            tally.refused += len(calls)
            return [refused.message] * len(calls)
        for index, other in turned.others:
            verdicts[index] = f"{other.reason.value}: {other.detail}" if other.detail else other.reason.value
        self._thin_out(turned.arrival.quarantined)
        done = self._append(turned.arrival)
        for item in done.duplicates:
            verdicts[turned.places[item]] = "duplicate"
        tally.kept += done.kept
        tally.duplicates += len(done.duplicates)
        tally.refused += len(turned.others)
        return verdicts

    def flush(self) -> None:
        """Let what was sampled away be counted although nothing else came. Errors: Full."""
        if self._sampled:
            self._append(Arrival(self.stream.workspace, self.stream.source))

    def saw(self, where: str, text: str, verdict: str) -> None:
        """Remember a message for the page."""
        self.stream.seen.append(Seen(self.now(), where[:SHOWN], text[:SHOWN], verdict[:SHOWN]))
        del self.stream.seen[:-SEEN]

    def is_(self, state: str, trouble: str = "") -> None:
        """Say how the stream is, at once."""
        self.state, self.trouble = state, trouble
        self.tell(at_once=True)

    def tell(self, *, at_once: bool = False) -> None:
        """Tell the table, at most once a second."""
        now = self.now()
        if not at_once and now - self._told < TELL_SECONDS * 1_000:
            return
        said = msgspec.json.encode((self.state, self.trouble, self.stream))
        if said != self._said:
            self._rows.tell(self.stream, self.state, self.trouble, now)
            self._told, self._said = now, said

    def _append(self, arrival: Arrival) -> Appended:
        if self._sampled:
            arrival.counts[Reason.SAMPLED_AWAY.value] = self._sampled
        done = self._log.append([arrival])[0]
        self._sampled = 0
        return done

    def _thin_out(self, quarantined: list[Quarantine]) -> None:
        minute, before = self._aside
        now = self.now() // 60_000
        before = before if minute == now else 0
        del quarantined[max(0, ASIDE_A_MINUTE - before) :]
        self._aside = (now, before + len(quarantined))
