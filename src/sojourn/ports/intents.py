"""Intents on their way to a channel: claimed once, settled once, re-checked at the last moment."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import msgspec

from sojourn.terms.effects import Intent
from sojourn.terms.time import Millis


class Claim(msgspec.Struct, frozen=True):
    """An intent claimed for hand-over, with what the guard needs to see at this moment."""

    intent: Intent
    attempts: int
    suppressed: str = ""  # reason, where the address is on the suppression list (global, stream or manual)
    consent: bool | None = None  # what the person last said for (channel, purpose); None where nothing
    sent_in_window: int = 0  # accepted + unknown + handing_over of the person within the cap window
    paused: bool = False
    sent_for_cart: int = 0  # accepted + unknown + handing_over of the same automation about the same episode, this intent left out


class Verdict(msgspec.Struct, frozen=True):
    """What the guard says about a claim: go, wait until `at`, or refuse with a reason."""

    go: bool
    reason: str = ""
    at: Millis | None = None


class Settlement(msgspec.Struct, frozen=True):
    """How a hand-over ended. `state` is an IntentState; `retry_at` only with READY."""

    state: str
    detail: str = ""
    queue_id: str = ""
    retry_at: Millis | None = None


class Intents(Protocol):
    """The courier's view of the intents. Every method is one durable transaction."""

    def start_epoch(self, now: Millis) -> int:
        """Become the courier: raise the epoch in the lease row; rows `claimed` by an older epoch go back to ready, rows `handing_over` become unknown.

        Each that became unknown leaves a `Message Unknown` fact in the outbox.
        """
        ...

    def next_ready(self) -> Millis | None:
        """When the next intent may be claimed; None where none waits."""
        ...

    def claim(self, epoch: int, now: Millis, cap_window: Callable[[int], Millis], limit: int) -> list[Claim]:
        """Mark up to `limit` ready intents as claimed by this epoch and return them. Errors: Taken where the epoch is not the newest."""
        ...

    def begin(self, epoch: int, claim: Claim, now: Millis, cap_window: Millis, judge: Callable[[Claim], Verdict]) -> Verdict:
        """In one transaction: read the claim's guard values again, judge, and set `handing_over` (durable before any byte goes out), or ready at a later
        time, or refused. Where the intent was cancelled or taken in the meantime the verdict is a refusal and nothing changes.
        """
        ...

    def settle(self, epoch: int, intent: str, now: Millis, settlement: Settlement, fact: dict[str, Any] | None) -> bool:
        """Write how it ended, and the outcome fact into the outbox, in one transaction; whether this epoch still owned it."""
        ...

    def suppress(self, workspace: int, address: str, level: str, reason: str, now: Millis) -> None:
        """Put an address (kept as HMAC) on the suppression list. Idempotent."""
        ...

    def get(self, intent: str) -> tuple[Intent, str] | None:
        """An intent and its state."""
        ...

    def outbox(self, limit: int) -> Sequence[tuple[int, int, bytes]]:
        """Facts waiting to be put on the log: (sequence, workspace, msgpack of the Fact)."""
        ...

    def relayed(self, sequences: Sequence[int]) -> None:
        """Those are on the log now; forget them."""
        ...
