"""One call as a client made it, in Segment's words and unchecked: what every protocol turns its requests into."""

from typing import Any

import msgspec

from sojourn.terms.outcomes import Dropped, Quarantined


class Call(msgspec.Struct, rename="camel", forbid_unknown_fields=True, omit_defaults=True, gc=False):
    """The fields of a Segment call. Anything may hold anything; missing and null are the same.

    Unknown fields make the fast decoder give up, so that the exact one puts them into `rest`.
    """

    type: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    properties: Any = None
    traits: Any = None
    context: Any = None
    integrations: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    message_id: Any = None
    anonymous_id: Any = None
    user_id: Any = None
    group_id: Any = None
    previous_id: Any = None
    write_key: Any = None
    channel: Any = None
    version: Any = None
    metadata: Any = msgspec.field(default=None, name="_metadata")
    rest: dict[str, Any] = msgspec.field(default_factory=dict, name="$rest")
    sanitised: bool = msgspec.field(default=False, name="$sanitised")


Candidate = Call | Dropped | Quarantined
"""A call, or why there is none at that place of the batch."""


class Opened(msgspec.Struct):
    """A request's body, read: its calls in order, and what the envelope says about all of them."""

    calls: list[Candidate]
    key: str = ""  # a write key found in the body
    sent_at: Any = None
    context: Any = None
    integrations: Any = None


class Refused(Exception):
    """The whole request cannot be taken in: the HTTP status, a reason and a sentence for whoever sent it."""

    def __init__(self, status: int, reason: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.retry_after = retry_after
