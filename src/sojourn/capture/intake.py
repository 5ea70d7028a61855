"""Intake: one call after the other becomes an item for the log, or an outcome with its reason."""

from collections.abc import Callable, Generator, Iterator, Sequence
from typing import Any, Final, TypeVar
from uuid import uuid4

import msgspec

from sojourn.capture import shields
from sojourn.capture.as_json import as_json
from sojourn.capture.bounds import OutOfBounds, clean
from sojourn.capture.call import Call, Candidate, Opened, Refused
from sojourn.capture.limits import (
    CALLS_AT_ONCE,
    CALLS_BETWEEN,
    DEPTH,
    EVENT_NAMES,
    EVENT_NAMES_BURST,
    MESSAGE_ID_CHARACTERS,
    QUARANTINE_BYTES,
    RETRY_AFTER_SECONDS,
)
from sojourn.capture.packing import key_base, pack
from sojourn.capture.plain import Frame, pack_plain
from sojourn.capture.screen import screen
from sojourn.capture.shields import identifier
from sojourn.capture.times import FUTURE, SKEW_TOLERANCE, event_time, read_time
from sojourn.ports.directory import NO_POLICY, KeyHolder
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
_FIRST: Final = range(1)
_NONE: Final[dict[str, Any]] = {}
T = TypeVar("T")
Steps = Generator[bool, None, T]
"""Work that may be left for a moment wherever it yields; True where the next step is long and had better be taken by another thread."""


class Turned(msgspec.Struct):
    """What became of a request's calls: the arrival for the log, where each kept item stood in the batch, and every other outcome by index."""

    arrival: Arrival
    places: Sequence[int]
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
        known = self._known.get(workspace)
        return known if known is not None else self._known.setdefault(workspace, set())

    def room(self, workspace: int, new: set[str]) -> set[str]:
        """Take in as many of the new names as there is room for, and return the others. Errors: Refused(429) where these are very many."""
        known = self.known(workspace)
        ordered = sorted(new - known)  # others may have brought some of them since
        free = max(0, self._limit - len(known))
        if len(ordered) - free > self._burst:
            message = f"{len(ordered)} new event names at once; a workspace has at most {self._limit}. Put what varies into properties"
            raise Refused(429, Reason.TOO_MANY_EVENT_NAMES, message, retry_after=RETRY_AFTER_SECONDS * 30)
        known.update(ordered[:free])
        return set(ordered[free:])


class Intake:
    """Takes in the calls of one request from one source."""

    def __init__(
        self, holder: KeyHolder, received: Millis, kind: str = "", historical: bool = False, mint: Callable[[], str] | None = None, agent: str = ""
    ) -> None:
        """`agent` is the user agent of a browser that sends by itself, for calls that name none."""
        self._holder = holder
        self._received = received
        self._kind = kind
        self._base = key_base(holder.workspace, holder.source)
        self._flags = (Flag.TRUSTED.value if holder.secret else 0) | (Flag.HISTORICAL.value if historical else 0)
        self._mint = mint or _random_id
        self._latest = received + FUTURE
        self._sent: Any = None
        self._sent_at: Millis | None = None
        self._right_clock = True  # as far as the envelope's sentAt tells
        self._known: set[str] = set()
        self._new: set[str] = set()
        self._beyond: set[str] = set()
        self._context: dict[str, Any] | None = None
        self._integrations: dict[str, Any] | None = None
        self._counts: dict[str, int] = {}
        self._frame: Frame | None = None  # where plain calls are likely
        self._agent = agent
        self._screened = False

    def take(self, opened: Opened, names: Names) -> Turned:
        """Turn all calls into items and outcomes, at one go. Errors: Refused(400) where the envelope is wrong, Refused(429) for an explosion of names."""
        return finished(self.steps(opened, names))

    def steps(self, opened: Opened, names: Names) -> Steps[Turned]:
        """The same in steps: it yields wherever others may be looked after. Errors: as `take`."""
        self._open(opened)
        calls = opened.calls
        if self._holder.policy is not NO_POLICY:
            calls = yield from self._screen(opened)
        self._known = names.known(self._holder.workspace)
        if opened.plain and self._right_clock and not self._integrations:
            self._frame = Frame(self._base, self._kind, self._known, self._latest, self._flags, self._sent, self._context)
        items, places, others = yield from self._all(calls)
        if self._new:
            self._beyond = names.room(self._holder.workspace, self._new)
            if self._beyond:
                self._counts.clear()
                items, places, others = yield from self._all(calls)
        quarantined = []
        for _, other in others:
            self._counts[other.reason.value] = self._counts.get(other.reason.value, 0) + 1
            if type(other) is Quarantined:
                quarantined.append(Quarantine(other.reason.value, other.record, other.detail))
        arrival = Arrival(self._holder.workspace, self._holder.source, items, self._counts, quarantined)
        return Turned(arrival, places, others)

    def _open(self, opened: Opened) -> None:
        if opened.trusted:
            self._flags |= Flag.TRUSTED.value
        if opened.sent_at is not None:
            self._sent_at = sent = read_time(opened.sent_at)
            self._right_clock = sent is None or abs(self._received - sent) < SKEW_TOLERANCE
        try:
            self._sent = clean(opened.sent_at)
            self._context = _outer(opened.context, "context")
            self._integrations = _outer(opened.integrations, "integrations")
        except OutOfBounds as broken:
            # Not `too_deep` and the like: those count events that were set aside, and here nothing was.
            raise Refused(400, Reason.BAD_SHAPE, f"what all events share: {broken.detail}") from None

    def _screen(self, opened: Opened) -> Steps[list[Candidate]]:
        calls: list[Candidate] = []
        for some in _portions(opened.calls):
            left = screen(some, self._holder.policy, opened.context, self._agent)
            if left is not None:
                self._screened = True
            if some is opened.calls:
                return some if left is None else left
            calls += some if left is None else left
            yield False
        return calls

    def _all(self, calls: list[Candidate]) -> Steps[tuple[list[Item], Sequence[int], list[tuple[int, Dropped | Quarantined]]]]:
        if len(calls) <= CALLS_AT_ONCE:
            return _sorted(self._some(calls))
        outcomes: list[Any] = []
        for some in _portions(calls):
            outcomes += self._some(some)
            yield False
        return _sorted(outcomes)

    def _some(self, calls: list[Candidate]) -> list[Any]:
        one = self._one
        frame = self._frame
        if frame is not None and not self._screened:
            return [pack_plain(call, frame) or one(call) for call in calls]  # type: ignore[arg-type]  # a plain body gives calls only
        if frame is not None:
            return [(pack_plain(call, frame) or one(call)) if type(call) is Call else call for call in calls]
        return [one(call) if type(call) is Call else call for call in calls]

    def _one(self, call: Call) -> Item | Dropped | Quarantined:
        """Who, what, and whether both may be; the rest is `_pack`'s."""
        kind = self._kind or call.type
        if type(kind) is not str or kind not in _KINDS:
            return Dropped(Reason.BAD_TYPE, "type must be identify, track, page, screen, group or alias")
        flags = self._flags
        message_id = identifier(call.message_id, "messageId", MESSAGE_ID_CHARACTERS, Reason.MESSAGE_ID_TOO_LONG)
        if message_id is None:
            message_id = self._mint()
            flags |= _AT_LEAST_ONCE
        elif type(message_id) is Dropped:
            return message_id
        anonymous_id = None if call.anonymous_id is None else identifier(call.anonymous_id, "anonymousId")
        user_id = None if call.user_id is None else identifier(call.user_id, "userId")
        if type(anonymous_id) is Dropped:
            return anonymous_id
        if type(user_id) is Dropped:
            return user_id
        if user_id is None and anonymous_id is None:
            return Dropped(Reason.NO_IDENTIFIER, "an event needs userId or anonymousId")
        link: str | None = None
        if kind == _TRACK:
            name = shields.event_name(call.event, self._holder.secret)
            if name not in self._known and type(name) is str:
                if name in self._beyond:
                    return Dropped(Reason.TOO_MANY_EVENT_NAMES, "this workspace has too many different event names; put what varies into properties")
                self._new.add(name)
        else:
            name = shields.page_name(call.name) if kind in _NAMED else ""
            if kind in _LINKED:
                linked = _link(call, kind)
                if type(linked) is Dropped:
                    return linked
                link = linked  # type: ignore[assignment]
        if type(name) is Dropped:
            return name
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
            traits = _NONE
        else:
            traits = self._traits(kind, traits, context)
            if type(traits) is Dropped:
                return traits
        if self._context:
            context = {**self._context, **context}
        if call.category is not None and "category" not in props:
            props = {**props, "category": call.category}
        timestamp = call.timestamp
        at: Millis | None = None
        if type(timestamp) is str and call.original_timestamp is None and call.sent_at is None and self._right_clock:
            raw = {"timestamp": timestamp} if self._sent is None else {"timestamp": timestamp, "sentAt": self._sent}
            said_time = timestamp
            at = read_time(timestamp)
        if at is None or at > self._latest:
            raw, said_time, at, time_flags = self._times(call)
            flags |= time_flags
        if call.integrations or self._integrations:
            self._put_integrations(raw, call.integrations)
        if call.metadata is not None or call.name is not None or call.channel is not None or call.version is not None or call.extra is not None:
            _put_rest(raw, call, kind)
        if call.extra is not None and call.extra.sanitised:
            flags |= _SANITISED
        said = (ids[0], ids[1], ids[2], props, traits)
        try:
            item = pack(self._base, kind, name, at, said, (context, link, flags, raw), said_time)
        except (OverflowError, UnicodeEncodeError, ValueError):
            # Whole numbers beyond 64 bits: rare enough to find out by failing.
            try:
                said = (ids[0], ids[1], ids[2], clean(props), clean(traits))
                flags |= _SANITISED
                item = pack(self._base, kind, name, at, said, (clean(context), link, flags, clean(raw, DEPTH + 2)), clean(said_time))
            except OutOfBounds as broken:
                return Quarantined(broken.reason, as_json(call)[:QUARANTINE_BYTES], broken.detail)
        if flags & _WORTH_COUNTING:
            self._count(flags)
        return item

    def _times(self, call: Call) -> tuple[dict[str, Any], str, Millis, int]:
        """Every time as it was sent, the event's own as text, when it happened, and flags."""
        raw: dict[str, Any] = {}
        said_time = ""
        if call.timestamp is not None:
            raw["timestamp"] = call.timestamp
            said_time = call.timestamp if type(call.timestamp) is str else repr(call.timestamp)
        if call.original_timestamp is not None:
            raw["originalTimestamp"] = call.original_timestamp
            said_time += repr(call.original_timestamp)
        sent_at = self._sent_at
        if call.sent_at is not None:
            raw["sentAt"] = call.sent_at
            sent_at = read_time(call.sent_at)
        elif self._sent is not None:
            raw["sentAt"] = self._sent
        at, flags = event_time(call.timestamp, call.original_timestamp, sent_at, self._received)
        return raw, said_time, at, flags

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


def finished(steps: Steps[T]) -> T:
    """What comes of steps that are taken without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: T = end.value
            return made


def _portions(calls: list[Candidate]) -> Iterator[list[Candidate]]:
    if len(calls) <= CALLS_AT_ONCE:
        return iter((calls,))
    return (calls[start : start + CALLS_BETWEEN] for start in range(0, len(calls), CALLS_BETWEEN))


def _sorted(outcomes: list[Any]) -> tuple[list[Item], Sequence[int], list[tuple[int, Dropped | Quarantined]]]:
    """Items, where each stood, and the other outcomes by index."""
    if len(outcomes) == 1 and type(outcomes[0]) is Item:
        return outcomes, _FIRST, []
    others = [(index, outcome) for index, outcome in enumerate(outcomes) if type(outcome) is not Item]
    if not others:
        return outcomes, range(len(outcomes)), others
    places = [index for index, outcome in enumerate(outcomes) if type(outcome) is Item]
    return [outcomes[index] for index in places], places, others


def _random_id() -> str:
    return f"minted-{uuid4().hex}"


def _outer(value: Any, field: str) -> dict[str, Any] | None:
    """What the envelope says for all items, made safe once."""
    if value is None:
        return None
    if type(value) is not dict:
        raise OutOfBounds(Reason.BAD_SHAPE, f"{field} must be an object")
    whole: dict[str, Any] = clean(value)
    return whole


def _link(call: Call, kind: str) -> str | Dropped:
    """The other id of a group or alias call."""
    field, value = ("groupId", call.group_id) if kind == _GROUP else ("previousId", call.previous_id)
    link = identifier(value, field)
    if link is None:
        return Dropped(Reason.NO_IDENTIFIER, f"{'a group' if kind == _GROUP else 'an alias'} call needs {field}")
    return link


def _put_rest(raw: dict[str, Any], call: Call, kind: str) -> None:
    """Keep what fits nowhere else under its own name."""
    name = call.name if kind not in _NAMED else None
    for field, value in (
        ("name", name),
        ("_metadata", call.metadata),
        ("channel", call.channel),
        ("version", call.version),
        *(call.extra.fields.items() if call.extra is not None else ()),
    ):
        if value is not None and field not in raw:
            raw[field] = value
