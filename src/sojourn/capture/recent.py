"""What did not become a fact, kept in memory for a while, so that whoever builds a client sees what was wrong with its calls."""

from collections import deque
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Final

import msgspec

from sojourn.capture.as_json import as_json
from sojourn.capture.call import Call, Candidate
from sojourn.ports.log import Appended
from sojourn.terms.facts import Arrival, Fact
from sojourn.terms.outcomes import Dropped, Missed, Quarantined, Reason
from sojourn.terms.time import HOUR, Millis

EACH: Final = 100
"""Calls kept of one source."""
SOURCES: Final = 50
"""Sources remembered; the one that was quiet for longest is forgotten first."""
PAYLOAD_BYTES: Final = 4 * 1024
KEPT_FOR: Final = HOUR
"""Erasing somebody cannot find them in here, so nothing stays for longer."""
_FACT: Final = msgspec.msgpack.Decoder(Fact)


class Recent:
    """The newest calls of each source that were dropped, refused, set aside or repeated. The event loop's thread writes, any thread may read."""

    def __init__(self) -> None:
        self._sources: dict[tuple[int, int], deque[tuple[Missed, bytes]]] = {}
        self._numbers = count(1)

    def refused(self, workspace: int, source: int, now: Millis, reason: str, detail: str, body: bytes) -> None:
        """A whole request of which nothing was read."""
        self._note(workspace, source, [(Missed(next(self._numbers), now, "refused", reason, detail, body[:PAYLOAD_BYTES]), b"")])

    def lost(self, key: tuple[int, int], now: Millis, others: Sequence[tuple[int, Dropped | Quarantined]], calls: Sequence[Candidate], body: bytes) -> None:
        """Calls of a request that were dropped or set aside; only the last hundred are looked at. `key` is workspace and source."""
        whole = body if len(calls) == 1 else b""
        self._note(*key, [(self._lost(now, other, calls[index], whole), b"") for index, other in others[-EACH:]])

    def repeated(self, arrival: Arrival, now: Millis, appended: Appended) -> None:
        """Calls that were there already. They are kept as they came, and read when somebody looks."""
        found = []
        for place in appended.duplicates[-EACH:]:
            packed = arrival.items[place].packed
            missed = Missed(next(self._numbers), now, "duplicate", Reason.DUPLICATE.value)
            found.append((missed, packed if len(packed) <= PAYLOAD_BYTES else b""))
        self._note(arrival.workspace, arrival.source, found)

    def of(self, workspace: int, source: int, now: Millis) -> list[Missed]:
        """What is remembered of a source, the newest first."""
        kept = self._sources.get((workspace, source))
        if kept is None:
            return []
        return [_shown(missed, packed) for missed, packed in reversed(kept.copy()) if missed.at > now - KEPT_FOR]

    def _lost(self, now: Millis, other: Dropped | Quarantined, call: Candidate, body: bytes) -> Missed:
        if type(other) is Quarantined:
            return Missed(next(self._numbers), now, "quarantined", other.reason.value, other.detail, other.record[:PAYLOAD_BYTES])
        if other.reason == Reason.CONSENT_REFUSED:
            return Missed(next(self._numbers), now, "dropped", other.reason.value, other.detail)
        payload = _json(call) if type(call) is Call else body
        return Missed(next(self._numbers), now, "dropped", other.reason.value, other.detail, payload[:PAYLOAD_BYTES])

    def _note(self, workspace: int, source: int, missed: Iterable[tuple[Missed, bytes]]) -> None:
        key = (workspace, source)
        kept = self._sources.pop(key, None)
        if kept is None:
            kept = deque(maxlen=EACH)
            while len(self._sources) >= SOURCES:
                del self._sources[next(iter(self._sources))]
        kept.extend(missed)
        while kept and kept[0][0].at <= kept[-1][0].at - KEPT_FOR:
            kept.popleft()
        self._sources[key] = kept


def _json(value: object) -> bytes:
    try:
        return as_json(value)
    except RecursionError:  # what made it unfit is shown all the same
        return repr(value).encode("utf-8", "backslashreplace")


def _shown(missed: Missed, packed: bytes) -> Missed:
    if not packed:
        return missed
    fact = _FACT.decode(packed)
    said = {"type": fact.kind, "event": fact.name, "userId": fact.user_id, "anonymousId": fact.anonymous_id, "messageId": fact.message_id}
    whole = {**said, "properties": fact.props, "traits": fact.traits, "context": fact.context}
    return msgspec.structs.replace(missed, payload=_json({name: value for name, value in whole.items() if value}))
