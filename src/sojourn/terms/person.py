"""The person: everything the engine keeps about one human. Encoded as msgpack arrays; the same log gives the same bytes."""

from typing import Any

import msgspec

from sojourn.terms.episodes import Episode
from sojourn.terms.ids import FactId, IdentifierKey, PersonId
from sojourn.terms.money import Minor
from sojourn.terms.time import Millis


class Trait(msgspec.Struct, array_like=True, gc=False):
    """One trait with where it comes from. The last writer by (event time, message id) wins."""

    value: Any
    at: Millis
    source: int
    message_id: str


class Touch(msgspec.Struct, array_like=True, gc=False):
    """What brought somebody: campaign, referrer, landing page."""

    at: Millis
    source: str = ""
    medium: str = ""
    campaign: str = ""
    referrer: str = ""
    url: str = ""


class Consent(msgspec.Struct, array_like=True, gc=False):
    """A yes or no for one channel and purpose, as last said."""

    granted: bool
    at: Millis
    source: int
    message_id: str = ""
    text_version: str = ""


class OpenSession(msgspec.Struct, array_like=True, gc=False):
    """A session that has not rested for the gap yet. `id` is its first fact's id."""

    id: FactId
    start: Millis
    last: Millis
    facts: int = 1
    pages: int = 0
    entry: str = ""  # path of the first page
    source: str = ""  # campaign or referrer host
    seen: Millis = 0  # record time of the last fact put into it
    ended: int = 0  # how often it was closed: a fact that comes late may open it again


class Sessions(msgspec.Struct, array_like=True, gc=False):
    """Sessions by event time: how many there were, the one that is open, and how long the closed ones lasted in all."""

    count: int = 0  # started, the open one included
    total_ms: Millis = 0  # of the closed ones
    late: int = 0  # facts older than the open session that belonged to none
    open: OpenSession | None = None
    last_closed: OpenSession | None = None


class Money(msgspec.Struct, array_like=True, gc=False):
    """Orders in one currency."""

    orders: int = 0
    revenue: Minor = 0
    refunded: Minor = 0
    last_order_at: Millis = 0


class Order(msgspec.Struct, array_like=True, gc=False):
    """What the newest fact about one order said, so that an order counts once however often and by whichever way it is told."""

    currency: str
    revenue: Minor
    at: Millis
    message_id: str
    placed: bool = True  # False where only a cancellation has come so far
    cancelled: bool = False


class Decayed(msgspec.Struct, array_like=True, gc=False):
    """A score that halves every half-life: its value at `at`."""

    score: float
    at: Millis


class Engagement(msgspec.Struct, array_like=True, gc=False):
    """What somebody does with one channel."""

    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    bounced: int = 0
    complained: int = 0
    unsubscribed: int = 0
    last_at: Millis = 0


class Decision(msgspec.Struct, array_like=True, gc=False):
    """One decision about one person, also a "no". `outcome` is send, hold_out or skip; `reason` is a Why."""

    id: str  # the intent's id, also where nothing was sent
    automation: str
    outcome: str
    reason: str
    at: Millis
    channel: str
    rule_version: int
    episode: FactId
    cause: str = ""
    template: str = ""
    values: dict[str, Any] = {}  # what the decision saw
    state: str = ""  # of the message, as far as known: ready, sent, skipped, cancelled, unknown, failed
    note: str = ""  # why it ended so; "overtaken" where a late fact shows it should not have gone out
    clicked_at: Millis = 0
    order: str = ""
    revenue: Minor = 0
    currency: str = ""  # of the attributed order
    sent_at: Millis = 0  # when it was handed over, or may have been; it counts for caps from then on
    ended_at: Millis = 0  # event time of what took the intent back


class Person(msgspec.Struct, array_like=True, gc=False):
    """One human, anonymous or known."""

    id: PersonId
    identified: bool = False
    identifiers: list[IdentifierKey] = []  # in the order they were linked
    shared: list[IdentifierKey] = []  # identifiers that touched this person but are shared with others
    merged: list[PersonId] = []  # the people that became this one
    first_seen: Millis = 0
    last_seen: Millis = 0
    facts: int = 0
    late: int = 0
    traits: dict[str, Trait] = {}
    about: dict[str, Trait] = {}  # device, os, browser, country, city, language, timezone, ip_place, …
    groups: dict[str, Millis] = {}
    first_touch: Touch | None = None
    last_touch: Touch | None = None
    counts: dict[str, int] = {}  # lifetime, by fact name
    days: dict[int, dict[str, int]] = {}  # the last 30 days with facts: day number since 1970 -> counts by name
    money: dict[str, Money] = {}  # by currency
    affinity: dict[str, Decayed] = {}  # "category:Shoes", "brand:Acme", "product:p-1"
    engagement: dict[str, Engagement] = {}  # by channel
    consent: dict[str, Consent] = {}  # "email:marketing"
    suppressed: dict[str, str] = {}  # channel -> reason (hard_bounce, complaint, manual)
    sessions: Sessions = msgspec.field(default_factory=Sessions)
    carts: list[Episode] = []  # open ones and the last 20 ended, oldest first
    carts_ended: dict[str, int] = {}  # by state, also those no longer listed
    friction: dict[str, int] = {}  # lifetime, by kind
    decisions: list[Decision] = []  # the last 50, oldest first
    due: Millis | None = None  # not later than the next thing to do for this person; None when nothing waits
    orders_seen: list[str] = []  # the last 100 order ids, so that an order counts once
    orders: dict[str, Order] = {}  # the same orders with what they are worth
    traits_size: int = 0  # of the traits' values, in bytes, roughly
    links_day: int = 0  # the last day (since 1970) on which a device was linked by a public write key
    links_new: int = 0  # how many were on that day


class IdentifierEntry(msgspec.Struct, array_like=True, gc=False):
    """Whom an identifier leads to. `shared` lists the people who used it once it is in quarantine; `person` is then the device's own anonymous person."""

    person: PersonId
    shared: list[PersonId] = []
    apart: list[IdentifierKey] = []  # identifiers it must never be joined with (corrections)
    aliased: bool = False  # an anonymous id that an alias named: the same text as a user id means the same person
