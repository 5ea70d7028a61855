"""Intake: one call after the other becomes an item for the log, or an outcome with its reason."""

from collections.abc import Callable
from typing import Any, Final
from uuid import uuid4

import msgspec

from sojourn.capture import bounds, shields
from sojourn.capture.bounds import OutOfBounds
from sojourn.capture.call import Call, Candidate, Opened, Refused
from sojourn.capture.limits import DEPTH, EVENT_NAMES, EVENT_NAMES_BURST, MESSAGE_ID_CHARACTERS, QUARANTINE_BYTES, RETRY_AFTER_SECONDS
from sojourn.capture.packing import key_base, pack
from sojourn.capture.times import event_time, read_time
from sojourn.ports.directory import KeyHolder
from sojourn.terms.facts import Arrival, Flag, Item, Kind, Quarantine
from sojourn.terms.outcomes import Dropped, Quarantined, Reason
from sojourn.terms.time import Millis

_KINDS: Final = frozenset((Kind.IDENTIFY.value, Kind.TRACK.value, Kind.PAGE.value, Kind.SCREEN.value, Kind.GROUP.value, Kind.ALIAS.value))
_COUNTED: Final = (
    (Flag.CLAMPED.value, Reason.TIME_CLAMPED.value),
    (Flag.TIME_GUESSED.value, Reason.TIME_MALFORMED.value),
    (Flag.SKEWED.value, Reason.SKEW_CORRECTED.value),
    (Flag.AT_LEAST_ONCE.value, Reason.MESSAGE_ID_MINTED.value),
    (Flag.SANITISED.value, Reason.SANITISED.value),
)
_WORTH_COUNTING: Final = sum(flag for flag, _ in _COUNTED)
_AT_LEAST_ONCE: Final = Flag.AT_LEAST_ONCE.value
_SANITISED: Final = Flag.SANITISED.value
_LINKED: Final = (Kind.GROUP.value, Kind.ALIAS.value)
_NAMED: Final = (Kind.PAGE.value, Kind.SCREEN.value)
_TRACK: Final = Kind.TRACK.value
_IDENTIFY: Final = Kind.IDENTIFY.value
_GROUP: Final = Kind.GROUP.value
_encode = msgspec.json.Encoder().encode


class Turned(msgspec.Struct):
    """What became of a request's calls: the arrival for the log, where each kept item stood in the batch, and every other outcome by index."""

    arrival: Arrival
    places: list[int]
    others: list[tuple[int, Dropped | Quarantined]]


class Names:
    """The different event names of each workspace since the process started; what is beyond the limit is not taken in.

    Names become columns, menus and series; a client that puts an id into the name would drown everybody's.
    """

    def __init__(self, limit: int = EVENT_NAMES, burst: int = EVENT_NAMES_BURST) -> None:
        self._known: dict[int, set[str]] = {}
        self._limit = limit
        self._burst = burst

    def known(self, workspace: int) -> set[str]:
        """The names of a workspace."""
        return self._known.setdefault(workspace, set())

    def room(self, workspace: int, new: set[str]) -> set[str]:
        """Take in as many of the new names as there is room for, and return the others. Errors: Refused(429) where these are very many."""
        known = self.known(workspace)
        ordered = sorted(new)
        free = max(0, self._limit - len(known))
        if len(new) - free > self._burst:
            message = f"{len(new)} new event names at once; a workspace has at most {self._limit}. Put what varies into properties"
            raise Refused(429, Reason.TOO_MANY_EVENT_NAMES, message, retry_after=RETRY_AFTER_SECONDS * 30)
        known.update(ordered[:free])
        return set(ordered[free:])


class Intake:
    """Takes in the calls of one request from one source."""

    def __init__(self, holder: KeyHolder, received: Millis, kind: str = "", historical: bool = False, mint: Callable[[], str] | None = None) -> None:
        self._holder = holder
        self._received = received
        self._kind = kind
        self._base = key_base(holder.workspace, holder.source)
        self._flags = (Flag.TRUSTED.value if holder.secret else 0) | (Flag.HISTORICAL.value if historical else 0)
        self._mint = mint or _random_id
        self._sent: Any = None
        self._sent_at: Millis | None = None
        self._context: dict[str, Any] | None = None
        self._integrations: dict[str, Any] | None = None
        self._counts: dict[str, int] = {}

    def take(self, opened: Opened, names: Names) -> Turned:
        """Turn all calls into items and outcomes. Errors: Refused(400) where the envelope is wrong, Refused(429) for an explosion of names."""
        self._open(opened)
        others: list[tuple[int, Dropped | Quarantined]] = []
        beyond = self._names_beyond(opened.calls, names)
        items: list[Item] = []
        places: list[int] = []
        one = self._one
        for index, call in enumerate(opened.calls):
            outcome = one(call, beyond)
            if type(outcome) is Item:
                items.append(outcome)
                places.append(index)
            else:
                others.append((index, outcome))  # type: ignore[arg-type]
        quarantined = []
        for _, other in others:
            self._counts[other.reason.value] = self._counts.get(other.reason.value, 0) + 1
            if type(other) is Quarantined:
                quarantined.append(Quarantine(other.reason.value, other.record, other.detail))
        arrival = Arrival(self._holder.workspace, self._holder.source, items, self._counts, quarantined)
        return Turned(arrival, places, others)

    def _open(self, opened: Opened) -> None:
        self._sent = opened.sent_at
        self._sent_at = read_time(opened.sent_at) if opened.sent_at is not None else None
        try:
            self._context = _outer(opened.context, "context")
            self._integrations = _outer(opened.integrations, "integrations")
        except OutOfBounds as broken:
            raise Refused(400, broken.reason, broken.detail) from None

    def _names_beyond(self, calls: list[Candidate], names: Names) -> set[str]:
        known = names.known(self._holder.workspace)
        new = {call.event.strip() for call in calls if type(call) is Call and type(call.event) is str and call.event not in known}
        new = {name for name in new if name and name not in known and len(name) <= 200}
        return names.room(self._holder.workspace, new) if new else new

    def _one(self, call: Candidate, beyond: set[str]) -> Item | Dropped | Quarantined:
        if type(call) is not Call:
            return call  # type: ignore[return-value]
        kind = self._kind or call.type
        if type(kind) is not str or kind not in _KINDS:
            return Dropped(Reason.BAD_TYPE, "type must be identify, track, page, screen, group or alias")
        message_id = shields.identifier(call.message_id, "messageId", MESSAGE_ID_CHARACTERS, Reason.MESSAGE_ID_TOO_LONG)
        anonymous_id = shields.identifier(call.anonymous_id, "anonymousId")
        user_id = shields.identifier(call.user_id, "userId")
        for one in (message_id, anonymous_id, user_id):
            if type(one) is Dropped:
                return one
        if user_id is None and anonymous_id is None:
            return Dropped(Reason.NO_IDENTIFIER, "an event needs userId or anonymousId")
        name: str | Dropped = ""
        link: str | Dropped | None = None
        if kind == _TRACK:
            name = shields.event_name(call.event, self._holder.secret)
            if beyond and name in beyond:
                return Dropped(Reason.TOO_MANY_EVENT_NAMES, "this workspace has too many different event names; put what varies into properties")
        elif kind in _LINKED:
            link = _link(call, kind)
        elif kind != _IDENTIFY:
            name = shields.page_name(call.name)
        if type(name) is Dropped:
            return name
        if type(link) is Dropped:
            return link
        flags = self._flags
        if message_id is None:
            message_id = self._mint()
            flags |= _AT_LEAST_ONCE
        return self._pack(call, kind, name, (message_id, anonymous_id, user_id), link, flags)  # type: ignore[arg-type]

    def _pack(self, call: Call, kind: str, name: str, ids: tuple[str, str | None, str | None], link: str | None, flags: int) -> Item | Dropped | Quarantined:
        props: Any = call.properties
        traits: Any = call.traits
        context: Any = call.context
        if type(props) is not dict:
            if props is not None:
                return Dropped(Reason.BAD_SHAPE, "properties must be an object")
            props = {}
        if type(context) is not dict:
            if context is not None:
                return Dropped(Reason.BAD_SHAPE, "context must be an object")
            context = {}
        if traits is None and kind != _IDENTIFY:
            traits = {}
        else:
            read = self._traits(kind, traits, context)
            if type(read) is Dropped:
                return read
            traits = read
        if self._context:
            context = {**self._context, **context}
        if call.category is not None and "category" not in props:
            props = {**props, "category": call.category}
        raw: dict[str, Any] = {}
        sent_at = self._sent_at
        said_time = ""
        if call.timestamp is not None:
            raw["timestamp"] = call.timestamp
            said_time = call.timestamp if type(call.timestamp) is str else repr(call.timestamp)
        if call.original_timestamp is not None:
            raw["originalTimestamp"] = call.original_timestamp
            said_time += repr(call.original_timestamp)
        if call.sent_at is not None:
            raw["sentAt"] = call.sent_at
            sent_at = read_time(call.sent_at)
        elif self._sent is not None:
            raw["sentAt"] = self._sent
        at, time_flags = event_time(call.timestamp, call.original_timestamp, sent_at, self._received)
        flags |= time_flags
        if call.integrations or self._integrations:
            self._put_integrations(raw, call.integrations)
        if call.metadata is not None or call.name is not None or call.channel is not None or call.version is not None or call.rest:
            _put_rest(raw, call, kind)
        if call.sanitised:
            flags |= _SANITISED
        body = (ids[0], ids[1], ids[2], props, traits)
        try:
            item = pack(self._base, kind, name, at, body, context, link, flags, raw, said_time)
        except (OverflowError, UnicodeEncodeError, ValueError):
            # Whole numbers beyond 64 bits: rare enough to find out by failing.
            try:
                body = (ids[0], ids[1], ids[2], bounds.clean(props), bounds.clean(traits))
                flags |= _SANITISED
                item = pack(self._base, kind, name, at, body, bounds.clean(context), link, flags, bounds.clean(raw, DEPTH + 2), said_time)
            except OutOfBounds as broken:
                return Quarantined(broken.reason, _encode(call)[:QUARANTINE_BYTES], broken.detail)
        if flags & _WORTH_COUNTING:
            self._count(flags)
        return item

    def _traits(self, kind: str, traits: Any, context: dict[str, Any]) -> dict[str, Any] | Dropped:
        """The traits of an identify or group call; some clients put those of identify into `context.traits` only."""
        if traits is not None and type(traits) is not dict:
            return Dropped(Reason.BAD_SHAPE, "traits must be an object")
        whole: dict[str, Any] = traits or {}
        if kind == _IDENTIFY and type(context.get("traits")) is dict:
            whole = {**context["traits"], **whole}
        if not whole:
            return whole
        too_large = shields.traits_size(whole)
        if too_large is not None:
            return too_large
        if not self._holder.secret:
            allowed = shields.allowed_traits(whole)
            if allowed is not whole:
                self._counts[Reason.RESERVED_TRAIT.value] = self._counts.get(Reason.RESERVED_TRAIT.value, 0) + len(whole) - len(allowed)
            return allowed
        return whole

    def _put_integrations(self, raw: dict[str, Any], own: Any) -> None:
        if own is None:
            own = {}
        raw["integrations"] = {**(self._integrations or {}), **own} if type(own) is dict else own

    def _count(self, flags: int) -> None:
        for flag, reason in _COUNTED:
            if flags & flag:
                self._counts[reason] = self._counts.get(reason, 0) + 1


def _random_id() -> str:
    return f"minted-{uuid4().hex}"


def _outer(value: Any, field: str) -> dict[str, Any] | None:
    """What the envelope says for all items, made safe once."""
    if value is None:
        return None
    if type(value) is not dict:
        raise OutOfBounds(Reason.BAD_SHAPE, f"{field} must be an object")
    whole: dict[str, Any] = bounds.clean(value)
    return whole


def _link(call: Call, kind: str) -> str | Dropped:
    """The other id of a group or alias call."""
    field, value = ("groupId", call.group_id) if kind == _GROUP else ("previousId", call.previous_id)
    link = shields.identifier(value, field)
    if link is None:
        return Dropped(Reason.NO_IDENTIFIER, f"{'a group' if kind == _GROUP else 'an alias'} call needs {field}")
    return link


def _put_rest(raw: dict[str, Any], call: Call, kind: str) -> None:
    """Keep what fits nowhere else under its own name."""
    name = call.name if kind not in _NAMED else None
    for field, value in (("name", name), ("_metadata", call.metadata), ("channel", call.channel), ("version", call.version), *call.rest.items()):
        if value is not None and field not in raw:
            raw[field] = value
