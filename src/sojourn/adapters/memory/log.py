"""The log in memory."""

from collections.abc import Callable, Sequence
from threading import Condition
from typing import Final

import msgspec

from sojourn.ports.clock import Clock
from sojourn.ports.log import DEDUPLICATION_WINDOW, Appended
from sojourn.terms.facts import NO_SOURCE, Arrival, Fact, Flag, Item, Record, blanked, passed_over
from sojourn.terms.ids import FACTS_PER_RECORD_BITS, FactId, position_of
from sojourn.terms.outcomes import Reason
from sojourn.terms.time import DAY, Millis

_FACT: Final = msgspec.msgpack.Decoder(Fact)


class MemoryLog:
    """A `ports.log.Log` that lives as long as the object. Records are kept as values; nothing can be damaged or full."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: list[Record] = []
        self._trimmed = 0
        self._keys: dict[int, tuple[int, Millis]] = {}
        self._grown = Condition()

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended]:
        """Append all arrivals; see the port."""
        assert all(len(arrival.items) < 1 << FACTS_PER_RECORD_BITS for arrival in arrivals), "more facts than a record holds"
        with self._grown:
            done = [self._append(arrival, self._time()) for arrival in arrivals]
            self._grown.notify_all()
            return done

    def tick(self) -> int:
        """Append a record without facts."""
        with self._grown:
            self._records.append(Record(self._head() + 1, self._time(), 0, NO_SOURCE, []))
            self._grown.notify_all()
            return self._head()

    def read(self, after: int, limit: int, max_facts: int = 5_000) -> list[Record]:
        """Records with position > after; see the port."""
        start = max(after - self._trimmed, 0)
        found: list[Record] = []
        facts = 0
        for record in self._records[start : start + limit]:
            found.append(record)
            facts += len(record.facts)
            if facts >= max_facts:
                break
        return found

    def tail(self, workspace: int, source: int, limit: int, look_back: int = 20_000) -> list[Record]:
        """The newest records of one source; see the port."""
        found: list[Record] = []
        facts = 0
        for record in reversed(self._records[-look_back:]):
            if facts >= limit or len(found) >= limit:
                break
            if record.workspace == workspace and record.source == source:
                found.append(record)
                facts += len(record.facts)
        return found

    def head(self) -> int:
        """The position of the last record."""
        with self._grown:
            return self._head()

    def wait(self, after: int, timeout_seconds: float) -> bool:
        """Block until there is a record beyond `after`."""
        with self._grown:
            return self._grown.wait_for(lambda: self._head() > after, timeout_seconds)

    def trim(self, before: int) -> int:
        """Remove records below that position, never the last."""
        with self._grown:
            gone = max(0, min(before, self._head()) - 1 - self._trimmed)
            del self._records[:gone]
            self._trimmed += gone
            return gone

    def blank(self, facts: Sequence[FactId]) -> int:
        """Empty these facts where they stand."""
        return self._rewrite(facts, blanked)

    def pass_over(self, facts: Sequence[FactId]) -> int:
        """Mark these facts as never to be folded."""
        return self._rewrite(facts, passed_over)

    def _rewrite(self, facts: Sequence[FactId], change: Callable[[Fact], Fact]) -> int:
        count = 0
        with self._grown:
            for number in facts:
                place = position_of(number) - self._trimmed - 1
                index = number & (1 << FACTS_PER_RECORD_BITS) - 1
                if not 0 <= place < len(self._records) or index >= len(self._records[place].facts):
                    continue
                record = self._records[place]
                changed = [change(fact) if at == index else fact for at, fact in enumerate(record.facts)]
                count += changed[index] != record.facts[index]
                self._records[place] = msgspec.structs.replace(record, facts=changed)
        return count

    def verify(self) -> int:
        """How many records there are."""
        return len(self._records)

    def close(self) -> None:
        """Nothing to let go of."""

    def _head(self) -> int:
        return self._trimmed + len(self._records)

    def _time(self) -> Millis:
        return max(self._clock.now(), self._records[-1].at if self._records else 0)

    def _append(self, arrival: Arrival, at: Millis) -> Appended:
        facts: list[Fact] = []
        duplicates: list[int] = []
        conflicts: list[int] = []
        for index, item in enumerate(arrival.items):
            seen = self._seen(item.key, at)
            if seen is None:
                self._keys[item.key] = (item.content, at)
                facts.append(_FACT.decode(item.packed))
            elif seen == item.content or self._seen_conflict(item, at):
                duplicates.append(index)
            else:
                self._keys[_synthetic(item)] = (item.content, at)
                fact = _FACT.decode(item.packed)
                facts.append(msgspec.structs.replace(fact, flags=fact.flags | Flag.CONFLICT))
                conflicts.append(index)
        counts = dict(arrival.counts)
        for reason, indexes in ((Reason.DUPLICATE, duplicates), (Reason.MESSAGE_ID_CONFLICT, conflicts)):
            if indexes:
                counts[reason.value] = counts.get(reason.value, 0) + len(indexes)
        if not facts and not counts and not arrival.quarantined:
            return Appended(0, 0)
        position = self._head() + 1
        self._records.append(Record(position, at, arrival.workspace, arrival.source, facts, counts, list(arrival.quarantined)))
        return Appended(position, len(facts), tuple(duplicates), tuple(conflicts))

    def _seen(self, key: int, at: Millis) -> int | None:
        """The content last seen under a key, counted in whole days as every log does."""
        content, then = self._keys.get(key, (0, -DEDUPLICATION_WINDOW - DAY))
        return content if at // DAY - then // DAY <= DEDUPLICATION_WINDOW // DAY else None

    def _seen_conflict(self, item: Item, at: Millis) -> bool:
        return self._seen(_synthetic(item), at) == item.content


def _synthetic(item: Item) -> int:
    """The key under which an item is kept whose own key was taken by other content; below 0, where no real key is."""
    return ~(item.key ^ item.content)
