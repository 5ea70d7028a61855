"""One call as a client made it, in Segment's words and unchecked: what every protocol turns its requests into."""

from typing import Annotated, Any

import msgspec

from sojourn.capture.limits import PROPERTIES
from sojourn.ports.directory import KeyHolder
from sojourn.terms.outcomes import Dropped, Quarantined

# What clients really send nests a few levels and has few keys. The fast decoder checks that while it decodes and gives up on anything else; the exact decoder
# then says what is wrong, if anything is. Four levels inside properties hold every event of Segment's specs.
_Few = msgspec.Meta(max_length=PROPERTIES)
_Scalar = str | int | float | bool | None
_Level1 = _Scalar | list[_Scalar] | Annotated[dict[str, _Scalar], _Few]
_Level2 = _Scalar | list[_Level1] | Annotated[dict[str, _Level1], _Few]
_Level3 = _Scalar | list[_Level2] | Annotated[dict[str, _Level2], _Few]
_Object = Annotated[dict[str, _Level3], _Few] | None


class Extra:
    """What the exact decoder adds to a call: unknown fields, and whether texts had to be made safe. A type of its own, so that no JSON can fill it."""

    __slots__ = ("fields", "sanitised")

    def __init__(self, fields: dict[str, Any], sanitised: bool = False) -> None:
        self.fields = fields
        self.sanitised = sanitised


class Call(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The fields of a Segment call. Missing and null are the same; what fits in no field is in `extra`.

    The types bind the fast decoder only: elsewhere any field may hold any JSON value. Texts are safe to keep and the limits of nesting, keys and numbers hold;
    nothing else has been checked.
    """

    type: _Scalar = None
    event: _Scalar = None
    name: _Scalar = None
    category: _Scalar = None
    properties: _Object = None
    traits: _Object = None
    context: _Object = None
    integrations: _Object = None
    timestamp: _Scalar = None
    original_timestamp: _Scalar = None
    sent_at: _Scalar = None
    message_id: _Scalar = None
    anonymous_id: _Scalar = None
    user_id: _Scalar = None
    group_id: _Scalar = None
    previous_id: _Scalar = None
    write_key: _Scalar = None
    channel: _Scalar = None
    version: _Scalar = None
    metadata: _Object = msgspec.field(default=None, name="_metadata")
    extra: Extra | None = msgspec.field(default=None, name="$extra")


Candidate = Call | Dropped | Quarantined
"""A call, or why there is none at that place of the batch."""


class Opened(msgspec.Struct):
    """A request's body, read: its calls in order, and what the envelope says about all of them."""

    calls: list[Candidate]
    key: str = ""  # a write key found in the body, or `protocol:name` for a client that names a site instead (see capture.keys)
    sent_at: Any = None
    context: Any = None
    integrations: Any = None
    plain: bool = False  # all calls are as the fast decoder gives them, all their texts printable ASCII
    historical: bool = False  # the client says that these are old events being moved here
    trusted: bool = False  # a secret proved who sends, as a secret key would
    note: Any = None  # what the route's own reply needs to know


class Refused(Exception):
    """The whole request cannot be taken in: the HTTP status, a reason and a sentence for whoever sent it."""

    def __init__(self, status: int, reason: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
        self.body = b""  # of the request, where it had been read
        self.source: KeyHolder | None = None  # whose it was, where that stood in the body
