"""Plain calls: what nearly all clients send nearly always, packed without the steps that only other calls need.

Whatever is not plain comes back as None and goes the long way through `intake`, which gives the same item for a plain call; a law compares the two.
"""

from functools import lru_cache
from hashlib import blake2b
from typing import Any, Final, TypeGuard

import msgspec

from sojourn.capture.call import Call
from sojourn.capture.limits import ID_CHARACTERS, MESSAGE_ID_CHARACTERS, TRAITS_BYTES
from sojourn.capture.packing import FIELDS, HEADS, LONG_TIME, content_of, key_of, pack_time, said_again
from sojourn.capture.shields import allowed_traits
from sojourn.capture.times import read_time
from sojourn.terms.facts import Item, Kind
from sojourn.terms.time import Millis

_encode = msgspec.msgpack.Encoder().encode
_TRACK: Final = Kind.TRACK.value
_NAMED: Final = (Kind.PAGE.value, Kind.SCREEN.value)
_IDENTIFY: Final = Kind.IDENTIFY.value
_SURELY_SMALL: Final = TRAITS_BYTES // 8
"""So much msgpack is within the limit of traits as JSON, which never takes more than six times the bytes."""
_NONE: Final[dict[str, Any]] = {}
_TIME_CHARACTERS: Final = 24
_TIME_SAID: Final = _encode("timestamp") + bytes((0xA0 | _TIME_CHARACTERS,))
_SENT_SAID: Final = _encode("sentAt")


def is_plain(body: bytes) -> bool:
    """Whether all texts of a body are printable ASCII, which spares looking for what is unsafe in each of them."""
    return body.isascii() and b"\\" not in body and b"\x7f" not in body


class Frame:
    """What all calls of one request share; `sent` is the envelope's sentAt as it was said, `latest` the latest time that stands."""

    __slots__ = ("base", "context", "end", "kind", "known", "latest", "middle")

    def __init__(self, base: blake2b, kind: str, known: set[str], latest: Millis, flags: int, sent: Any, context: dict[str, Any] | None) -> None:
        self.base = base
        self.kind = kind
        self.known = known
        self.latest = latest
        self.context = context
        # The end of a packed fact: no link, flags, and of `raw` the times.
        self.middle = _middle(flags, 1 if sent is None else 2)
        self.end = b"" if sent is None else _SENT_SAID + _encode(sent)


@lru_cache(maxsize=64)
def _middle(flags: int, times: int) -> bytes:
    return b"\xc0" + _encode(flags) + bytes((0x80 | times,)) + _TIME_SAID


def pack_plain(call: Call, frame: Frame) -> Item | None:
    """The item of a track, page, screen or identify call with ids and a time as SDKs write them and no rare field; None for any other."""
    kind = frame.kind or call.type
    name = call.name
    if kind == _TRACK:
        if name is not None:
            return None
        name = call.event
        if name not in frame.known or name[:1] == "$":  # what is known is text
            return None
    elif kind not in _NAMED and (kind != _IDENTIFY or name is not None):
        return None
    # A head is kept of names that were found good.
    head = HEADS.get((kind, "" if name is None else name))  # type: ignore[arg-type]  # any scalar may be asked for
    message_id, anonymous_id, user_id, timestamp = call.message_id, call.anonymous_id, call.user_id, call.timestamp
    if (
        head is None
        or type(message_id) is not str
        or not message_id
        or len(message_id) > MESSAGE_ID_CHARACTERS
        or message_id.strip() is not message_id
        or (anonymous_id is not None and not _good(anonymous_id))
        or (user_id is not None and not _good(user_id))
        or (user_id is None and anonymous_id is None)
        or type(timestamp) is not str
        or len(timestamp) != _TIME_CHARACTERS
        or (call.traits is not None and not _good_traits(call, kind))
        or call.original_timestamp is not None
        or call.sent_at is not None
        or call.category is not None
        or call.metadata is not None
        or call.channel is not None
        or call.version is not None
        or call.integrations
        or call.extra is not None
    ):
        return None
    at = read_time(timestamp)
    if at is None or not LONG_TIME <= at <= frame.latest:
        return None
    traits = call.traits or _NONE
    context = call.context or _NONE
    if kind == _IDENTIFY and "traits" in context:  # some clients put them there only
        return None
    if frame.context:
        context = {**frame.context, **context}
    time_said = timestamp.encode()
    try:
        said = _encode((message_id, anonymous_id, user_id, call.properties or _NONE, traits))
        around = _encode(context)
    except OverflowError:
        return None
    if traits and len(said) > _SURELY_SMALL:
        return None
    packed = b"".join((FIELDS, head, pack_time(0xCF, at), said[1:], around, frame.middle, time_said, frame.end))
    return Item(key_of(frame.base, message_id), content_of(head, said_again(said, message_id, anonymous_id, user_id), time_said), packed)


def _good_traits(call: Call, kind: Any) -> bool:
    return kind == _IDENTIFY and allowed_traits(call.traits) is call.traits  # type: ignore[arg-type]


def _good(value: Any) -> TypeGuard[str]:
    return type(value) is str and 0 < len(value) <= ID_CHARACTERS and value.strip() is value
