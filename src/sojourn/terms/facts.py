"""Facts: what the log holds. One log record is one arrival (a request, a tick, a control message) with its facts."""

from enum import IntFlag, StrEnum
from typing import Any, Final

import msgspec

from sojourn.terms.ids import FactId, PersonId
from sojourn.terms.time import Millis


class Kind(StrEnum):
    """The call a fact came by. CONTROL facts are made inside the house only (rules, corrections, outcomes) and never by a write key."""

    IDENTIFY = "identify"
    TRACK = "track"
    PAGE = "page"
    SCREEN = "screen"
    GROUP = "group"
    ALIAS = "alias"
    CONTROL = "control"


class Flag(IntFlag):
    """What was noticed about a fact on its way in; kept in `Fact.flags`."""

    NONE = 0
    HISTORICAL = 1  # imported or late history: updates portraits, fires nothing
    AT_LEAST_ONCE = 2  # no messageId was given
    CONFLICT = 4  # same messageId as an earlier fact, other content
    CLAMPED = 8  # its time lay more than a day ahead
    TIME_GUESSED = 16  # its time could not be read
    SKEWED = 32  # its time was corrected by sentAt
    SANITISED = 64
    TRUSTED = 128  # came by a secret key or from inside, not by a public write key
    DERIVED = 256  # made by the engine, or set aside because it broke it; never folded again


class Fact(msgspec.Struct, array_like=True, frozen=True, gc=False, omit_defaults=True):
    """One event, normalised. `at` is event time (skew-corrected, UTC); `raw` keeps every time as the client sent it."""

    kind: str
    name: str
    at: Millis
    message_id: str
    anonymous_id: str | None = None
    user_id: str | None = None
    props: dict[str, Any] = {}
    traits: dict[str, Any] = {}
    context: dict[str, Any] = {}
    link: str | None = None  # alias: previousId; group: groupId
    flags: int = 0  # Flag
    raw: dict[str, Any] = {}  # timestamp, originalTimestamp, sentAt as sent; integrations; whatever fits nowhere else


def blanked(fact: Fact) -> Fact:
    """What is left of an erased fact: its place and its times, as a control fact without effect."""
    return Fact(kind=Kind.CONTROL, name=FACT_ERASED, at=fact.at, message_id="")


def passed_over(fact: Fact) -> Fact:
    """A fact that stays as it is and is never folded."""
    return msgspec.structs.replace(fact, flags=fact.flags | Flag.DERIVED)


class Quarantine(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One event set aside: the reason and the first 64 KiB of what came."""

    reason: str
    payload: bytes
    detail: str = ""


class Item(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """One fact on its way to the log: its deduplication key, a digest of its content, and the msgpack of the Fact.

    `key` is 64 bits of blake2b(workspace, source, messageId), `content` 64 bits of blake2b(what the client said, without sentAt).
    """

    key: int
    content: int
    packed: bytes


class Arrival(msgspec.Struct, frozen=True):
    """What one request hands to the log; becomes one record. `counts` are outcomes by reason beside the kept items."""

    workspace: int
    source: int
    items: list[Item] = []
    counts: dict[str, int] = {}
    quarantined: list[Quarantine] = []


class Record(msgspec.Struct, frozen=True):
    """One record of the log as read back. `at` is record time: set by the log, never running backwards."""

    position: int
    at: Millis
    workspace: int
    source: int
    facts: list[Fact]
    counts: dict[str, int] = {}
    quarantined: list[Quarantine] = []


class Derived(msgspec.Struct, frozen=True, array_like=True):
    """A fact the engine derived: a fact like any other in the lake and on the timeline, but never folded again."""

    id: FactId
    person: PersonId
    at: Millis
    name: str
    message_id: str
    props: dict[str, Any]


NO_SOURCE: Final = 0
"""The source of ticks and of what the house itself puts on the log."""

# Control facts (Kind.CONTROL), made inside the house. Their props are documented in docs/reference/facts.md.
RULES_PUBLISHED: Final = "Rules Published"
PEOPLE_SPLIT: Final = "People Split"
PERSON_ERASED: Final = "Person Erased"
SOURCE_REMOVED: Final = "Source Removed"
FACT_ERASED: Final = "Fact Erased"
MESSAGE_SENT: Final = "Message Sent"
MESSAGE_SKIPPED: Final = "Message Skipped"
MESSAGE_UNKNOWN: Final = "Message Unknown"
MESSAGE_FAILED: Final = "Message Failed"
MESSAGE_CLICKED: Final = "Message Clicked"
MESSAGE_DELIVERED: Final = "Message Delivered"
MESSAGE_BOUNCED: Final = "Message Bounced"
MESSAGE_COMPLAINED: Final = "Message Complained"
UNSUBSCRIBED: Final = "Unsubscribed"
CONSENT_CHANGED: Final = "Consent Changed"
# Derived facts.
PEOPLE_MERGED: Final = "People Merged"
SESSION_STARTED: Final = "Session Started"
SESSION_ENDED: Final = "Session Ended"
CART_ABANDONED: Final = "Cart Abandoned"
CART_RECOVERED: Final = "Cart Recovered"
FRICTION_FOUND: Final = "Friction Found"
INTERVENTION_DECIDED: Final = "Intervention Decided"
INTERVENTION_OVERTAKEN: Final = "Intervention Overtaken"
