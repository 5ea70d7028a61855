"""What people did a moment ago: folded by the engine, on the log, and not in the lake yet."""

from collections.abc import Callable, Collection
from typing import Final

import msgspec

from sojourn.apps.people.models import HandoverRow
from sojourn.apps.people.moments import Moment, of_derived, of_fact
from sojourn.ports.log import Damaged, Log
from sojourn.terms.effects import Resolved
from sojourn.terms.facts import Derived
from sojourn.terms.ids import FACTS_PER_RECORD_BITS, PersonId, position_of

HANDOVERS_LOOKED_AT: Final = 200
"""The newest ones. The lake is two to five seconds behind, some 20 batches; while a replay keeps it further behind, its own rows are the older part."""

FACTS_SHOWN: Final = 300
_INDEX: Final = (1 << FACTS_PER_RECORD_BITS) - 1


class _Left(msgspec.Struct, frozen=True, array_like=True):
    """The beginning of ports.state.Handover.payload; what else stands there is for the lake."""

    resolved: list[Resolved]
    derived: list[Derived]


_PAYLOAD: Final = msgspec.msgpack.Decoder(_Left)


def recent(workspace: int, people: Collection[PersonId], open_log: Callable[[], Log | None]) -> list[Moment]:
    """Facts of these people that wait for the lake, the newest 300 at most, in no order. Some may be in the lake already.

    Errors: none; a record that cannot be read is left out here, `sojourn doctor` and the health page name it.
    Source: docs/adr/0067-a-timeline-reads-what-waits-for-the-lake.md
    """
    rows = HandoverRow.objects.filter(workspace_id=workspace).order_by("-sequence").values_list("payload", flat=True)[:HANDOVERS_LOOKED_AT]
    resolved: list[Resolved] = []
    derived: list[Derived] = []
    for payload in rows:
        left = _PAYLOAD.decode(payload)
        resolved += (one for one in left.resolved if one.person in people)
        derived += (one for one in left.derived if one.person in people)
    log = open_log() if resolved else None
    found = _read(log, sorted(resolved, key=lambda one: one.fact, reverse=True)[:FACTS_SHOWN]) if log is not None else []
    return found + [of_derived(one) for one in derived]


def _read(log: Log, wanted: list[Resolved]) -> list[Moment]:
    """The facts themselves, each record read once."""
    places: dict[int, list[Resolved]] = {}
    for one in wanted:
        places.setdefault(position_of(one.fact), []).append(one)
    found: list[Moment] = []
    for position, ones in places.items():
        try:
            records = log.read(position - 1, 1)
        except Damaged:
            continue
        for record in records:
            if record.position == position:
                found += (of_fact(one.fact, one.session, record.source, record.facts[one.fact & _INDEX]) for one in ones)
    return found
