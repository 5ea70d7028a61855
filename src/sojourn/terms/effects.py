"""Effects: what a fold of a batch of records leaves behind, committed in one transaction with the log position."""

from enum import StrEnum
from typing import Any

import msgspec

from sojourn.terms.facts import Derived, Quarantine
from sojourn.terms.ids import FactId, IdentifierKey, PersonId
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import Millis


class Why(StrEnum):
    """Why a message goes out, or does not. Closed, documented, shown to the user."""

    FITS = "fits"
    DISABLED = "disabled"
    HISTORY = "history"
    RECOVERED = "recovered"  # came back or bought before the decision
    NO_ADDRESS = "no_address"
    BAD_ADDRESS = "bad_address"
    NO_CONSENT = "no_consent"
    UNSUBSCRIBED = "unsubscribed"
    SUPPRESSED = "suppressed"
    ONE_PER_CART = "one_per_cart"
    FREQUENCY_CAP = "frequency_cap"
    HELD_OUT = "held_out"
    TOO_SMALL = "too_small"
    EXPIRED = "expired"
    ORDERED = "ordered"  # the order arrived before hand-over
    RETURNED = "returned"  # the cart was taken up again before hand-over
    MERGED = "merged"  # another intent for the same person and cart stands
    ERASED = "erased"
    PAUSED = "paused"
    RENDER_ERROR = "render_error"


class IntentState(StrEnum):
    """States of an intent: shared/semantics of email in docs/reference/messages.md."""

    READY = "ready"
    CLAIMED = "claimed"
    HANDING_OVER = "handing_over"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"
    HELD_OUT = "held_out"


class Intent(msgspec.Struct, frozen=True):
    """A decision on its way to a channel. `id` is blake2b(workspace, automation, person's first id, episode, abandonment number)."""

    id: str
    workspace: int
    person: PersonId
    automation: str
    rule_version: int
    episode: FactId
    channel: str
    purpose: str
    kind: str  # bulk | transactional
    template: str
    cause: str
    address: str
    decided_at: Millis
    ready_at: Millis  # not before: delay and quiet hours
    expires_at: Millis
    state: str = IntentState.READY  # READY, or HELD_OUT for the control arm
    data: dict[str, Any] = {}  # what the template may use: person, cart, cause, links; amounts as text with currency
    zone: str = ""  # the person's IANA zone, empty where unknown


class Cancel(msgspec.Struct, frozen=True, array_like=True):
    """Take back an intent that has not been handed over yet. One that has is left as it is."""

    intent: str
    reason: str
    at: Millis


class ConsentRow(msgspec.Struct, frozen=True, array_like=True):
    """A change of consent, to be appended to the consent history and made current."""

    person: PersonId
    channel: str
    purpose: str
    granted: bool
    at: Millis
    source: int
    text_version: str = ""


class Resolved(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Which person and session a fact of the log belongs to."""

    fact: FactId
    person: PersonId
    session: FactId


class Refold(msgspec.Struct, frozen=True):
    """These people must be folded again from their history because of a correction; the runtime does it and fires nothing."""

    people: tuple[PersonId, ...]
    correction: FactId


class Removal(msgspec.Struct, frozen=True, array_like=True):
    """What goes for good with sources that are removed. Nothing is left of it, unlike of an erased person: the ids may come again."""

    sources: list[int]
    people: list[PersonId]  # seen by these sources only, those merged into them included
    intents: list[str] = []  # decided about such carts of people who stay
    facts: list[FactId] = []  # of the batch itself, which the lake has not
    dissolved: list[PersonId] = []  # made by a fact that goes; what else they did belongs to others now


class Commit(msgspec.Struct):
    """What one batch leaves behind for one workspace."""

    workspace: int
    position: int
    now: Millis  # engine time after the batch: the last record's time
    people: list[Person] = []  # changed, without those gone
    gone: dict[PersonId, PersonId] = {}  # merged away -> into whom; intents, consents and identifiers follow
    removed: list[PersonId] = []  # erased
    identifiers: dict[IdentifierKey, IdentifierEntry | None] = {}  # changed; None = removed
    intents: list[Intent] = []
    cancels: list[Cancel] = []
    consents: list[ConsentRow] = []
    resolved: list[Resolved] = []
    derived: list[Derived] = []
    counts: dict[tuple[int, str], int] = {}  # (source, reason) -> how many
    quarantined: list[tuple[int, int, Quarantine]] = []  # (record position, source, what)
    rules: bytes | None = None  # msgpack of a newly published RuleBook
    removal: Removal | None = None
    parted: list[PersonId] = []  # merged away before, and by a correction people of their own again: what they had become is forgotten

    @property
    def taken_out(self) -> tuple[PersonId, ...]:
        """Who goes with a removal."""
        return (*self.removal.people, *self.removal.dissolved) if self.removal is not None else ()

    @property
    def handover(self) -> tuple[Any, ...]:
        """What ports.state.Handover.payload holds: resolved, derived, gone, and the removal where there is one."""
        told = (self.resolved, self.derived, self.gone)
        return told if self.removal is None else (*told, self.removal)
