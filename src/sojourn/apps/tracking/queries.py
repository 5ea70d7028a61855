"""Which events arrive and what they carry, read from the lake: so what was erased or removed is in here no more."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from sojourn.apps.people.api import Kept, kept
from sojourn.apps.tracking import hook
from sojourn.apps.tracking.models import Contract
from sojourn.terms.catalogue import FAMILIES
from sojourn.terms.contracts import breach
from sojourn.terms.facts import Flag, Kind
from sojourn.terms.time import DAY, Millis, to_datetime

OWN: Final = "your own"
CALLS: Final = "calls"
DAYS: Final = 30
NAMES: Final = 1_000
"""Names shown, those that came most."""
PROPERTIES: Final = 200
"""Properties shown of one event, those that came most."""
SAMPLE: Final = 2_000
"""The newest events that are looked into for properties and contracts."""
KEPT_SECONDS: Final = 15.0
EXAMPLE_CHARACTERS: Final = 60
EXAMPLES: Final = 10
_FAMILY: Final = {name: family for family, names in FAMILIES.items() for name in names}
_TYPES: Final = {str: "text", int: "whole number", float: "number", bool: "yes or no", list: "list", dict: "object", type(None): "nothing"}
_SCHEMA: Final = {
    "text": "string",
    "whole number": "integer",
    "number": "number",
    "yes or no": "boolean",
    "list": "array",
    "object": "object",
    "nothing": "null",
}
_SENT: Final = f"workspace = $workspace AND kind <> '{Kind.CONTROL}' AND flags & {int(Flag.DERIVED)} = 0"
_NAME: Final = f"CASE WHEN kind = '{Kind.TRACK}' THEN name ELSE '' END"
_EVENTS: Final = f"""
SELECT kind, {_NAME} AS event, count(*), epoch_ms(min(happened_at)), epoch_ms(max(happened_at)), list_sort(list(DISTINCT source))
FROM facts
WHERE {_SENT}
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2
LIMIT {NAMES}
"""
_DAYS: Final = f"""
SELECT kind, {_NAME} AS event, epoch_ms(happened_at) // {DAY} AS day, count(*)
FROM facts
WHERE {_SENT} AND happened_at >= $since AND happened_at < $until
GROUP BY 1, 2, 3
"""
_NEWEST: Final = f"""
SELECT epoch_ms(happened_at), person, id, props
FROM facts
WHERE {_SENT} AND kind = $kind AND ($event = '' OR name = $event) AND happened_at >= $since
ORDER BY happened_at DESC
LIMIT {SAMPLE}
"""


@dataclass(frozen=True, slots=True)
class Event:
    """One kind of event. `days` are counts of the last 30 days (UTC) with today last; `first` and `last` are when it happened, `sources` ids."""

    kind: str
    name: str
    family: str
    total: int
    first: Millis
    last: Millis
    sources: tuple[int, ...]
    days: tuple[int, ...]

    @property
    def title(self) -> str:
        """What to call it."""
        return self.name or {"page": "Page views", "screen": "Screen views"}.get(self.kind, f"{self.kind.capitalize()} calls")

    @property
    def month(self) -> int:
        """Events of the last 30 days."""
        return sum(self.days)


@dataclass(frozen=True, slots=True)
class Property:
    """One property of an event. `types` are shares of the events that carry it, the commonest first; `share` is that of all events looked into."""

    name: str
    types: tuple[tuple[str, float], ...]
    share: float
    example: str
    first: Millis
    last: Millis

    @property
    def mixed(self) -> bool:
        """Whether it comes as one thing here and another there; a missing value does not count, nor do numbers with and without fraction."""
        kinds = {"number" if kind == "whole number" else kind for kind, _share in self.types if kind != "nothing"}
        return len(kinds) > 1


@dataclass(frozen=True, slots=True)
class Breach:
    """An event that breaks its contract."""

    at: Millis
    person: int
    why: str


@dataclass(slots=True)
class Sample:
    """The newest events of one kind: (when, person, properties)."""

    rows: list[tuple[Millis, int, dict[str, Any]]] = field(default_factory=list)

    def properties(self) -> list[Property]:
        """What they carry, the commonest first."""
        seen: dict[str, _Tally] = {}
        for at, _person, props in self.rows:
            for key, value in props.items():
                tally = seen.get(key)
                if tally is None:
                    tally = seen[key] = _Tally()
                tally.add(at, value)
        ordered = sorted(seen.items(), key=lambda one: (-one[1].events, one[0]))[:PROPERTIES]
        return [tally.property(name, len(self.rows)) for name, tally in ordered]

    def breaches(self, body: str) -> tuple[int, list[Breach]]:
        """How many break this contract, and the newest of them."""
        found = [Breach(at, person, why) for at, person, props in self.rows if (why := breach(body, props))]
        return len(found), found[:EXAMPLES]


class _Tally:
    """What was seen of one property."""

    def __init__(self) -> None:
        self.events = 0
        self.first: Millis = 0
        self.last: Millis = 0
        self.types: Counter[str] = Counter()
        self.example: Any = None

    def add(self, at: Millis, value: Any) -> None:
        self.events += 1
        self.first = min(self.first or at, at)
        self.last = max(self.last, at)
        self.types[_TYPES.get(type(value), "text")] += 1
        if self.example in (None, "", [], {}):
            self.example = value

    def property(self, name: str, events: int) -> Property:
        types = tuple((kind, count / self.events) for kind, count in self.types.most_common())
        return Property(name, types, self.events / events, _shown(self.example), self.first, self.last)


def plan(workspace: int, now: Millis) -> Kept[list[Event]]:
    """All kinds of events of a workspace, those that came most in the last 30 days first. Errors: NOT_READY."""
    return kept(f"tracking:{workspace}", now, lambda: _plan(workspace, now), at_least=KEPT_SECONDS)


def _plan(workspace: int, now: Millis) -> list[Event]:
    today = now // DAY
    since, until = ((today - DAYS + 1) * DAY, (today + 1) * DAY)
    days: dict[tuple[str, str], list[int]] = {}
    for kind, name, day, events in hook.ask(_DAYS, {"workspace": workspace, "since": _naive(since), "until": _naive(until)}):
        days.setdefault((kind, name), [0] * DAYS)[int(day) - today + DAYS - 1] = events
    events = [
        Event(kind, name, family_of(kind, name), total, first, last, tuple(sources), tuple(days.get((kind, name), [0] * DAYS)))
        for kind, name, total, first, last, sources in hook.ask(_EVENTS, {"workspace": workspace})
    ]
    return sorted(events, key=lambda one: (-one.month, -one.total, one.title))


def one_event(workspace: int, kind: str, name: str, now: Millis) -> Event | None:
    """One kind of event as the plan has it; None where none has arrived."""
    return next((one for one in plan(workspace, now).value if (one.kind, one.name) == (kind, name)), None)


def sample(workspace: int, event: Event, now: Millis) -> Kept[Sample]:
    """The newest events of a kind, of the 30 days (UTC) that end with the last one. Errors: NOT_READY."""

    def read() -> Sample:
        since = _naive((event.last // DAY - DAYS + 1) * DAY)
        rows = hook.ask(_NEWEST, {"workspace": workspace, "kind": event.kind, "event": event.name, "since": since})
        return Sample([(at, person, msgspec.json.decode(props)) for at, person, _id, props in rows])

    return kept(f"tracking-sample:{workspace}:{event.kind}:{event.name}", now, read, at_least=KEPT_SECONDS)


def family_of(kind: str, name: str) -> str:
    """The family of the catalogue, `calls` for what is no track call, else `your own`."""
    return _FAMILY.get(name, OWN) if kind == Kind.TRACK else CALLS


def contracts(workspace: int) -> dict[str, Contract]:
    """All contracts by event."""
    return {one.event: one for one in Contract.objects.filter(workspace_id=workspace)}


def suggestion(properties: Sequence[Property], events: int) -> str:
    """A contract that what arrives would keep: properties that nearly all events carry are required, types are those seen."""
    fields = {}
    for one in properties:
        types = sorted({_SCHEMA[kind] for kind, _share in one.types})
        if "number" in types and "integer" in types:
            types.remove("integer")
        fields[one.name] = {"type": types[0] if len(types) == 1 else types}
    needed = [one.name for one in properties if one.share == 1] if events >= EXAMPLES else []
    schema: dict[str, Any] = {"type": "object", "properties": fields}
    if needed:
        schema["required"] = needed
    return pretty(msgspec.json.encode(schema).decode())


def pretty(body: str) -> str:
    """A contract as people edit it."""
    return msgspec.json.format(body, indent=2)


def families(events: Iterable[Event]) -> list[tuple[str, int]]:
    """Families in the catalogue's order, with how many kinds of events each has here."""
    counts = Counter(one.family for one in events)
    return [(family, counts[family]) for family in (*FAMILIES, OWN, CALLS) if counts[family]]


def _naive(at: Millis) -> Any:
    return to_datetime(at).replace(tzinfo=None)


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode("utf-8", "replace")
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"
