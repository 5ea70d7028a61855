"""A channel: takes a composed message and says what became of it."""

from typing import Protocol

import msgspec

from sojourn.terms.time import Millis


class Envelope(msgspec.Struct, frozen=True):
    """A message ready to go: `raw` is the whole message (RFC 5322 bytes for email)."""

    intent: str
    workspace: int
    sender: str
    recipient: str
    raw: bytes
    message_id: str
    at: Millis


class HandedOver(msgspec.Struct, frozen=True):
    """What the other side said.

    outcome: accepted (the only proof that it has the message), retry (explicit 4xx or failure before the final dot),
    failed (5xx), unknown (lost reply, timeout or drop after the final dot).
    """

    outcome: str
    code: int = 0
    enhanced: str = ""  # RFC 3463, as in 5.1.1
    detail: str = ""
    queue_id: str = ""


class Channel(Protocol):
    """One way to reach people."""

    name: str

    def hand_over(self, envelope: Envelope) -> HandedOver:
        """Give the message away. Never raises for what the other side does."""
        ...
