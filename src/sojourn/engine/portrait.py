"""The portrait: what is known of a person, kept up with every fact and equal to what a rebuild from all facts gives."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

import msgspec

from sojourn.engine import affinity, consents, orders, touches
from sojourn.engine.placeholders import email_address
from sojourn.engine.useragent import classify
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import Person, Trait
from sojourn.terms.time import DAY, Millis

TRAITS_KEPT: Final = 500
TRAITS_BYTES: Final = 65_536
NAMES_KEPT: Final = 200
"""Distinct fact names counted per person; further ones count as `other`."""
DAYS_KEPT: Final = 30
GROUPS_KEPT: Final = 100
OTHER: Final = "other"
_TEXT: Final = 120
_PAGES: Final = frozenset({"page", "screen"})
_AGENT: Final = ("device", "os", "browser")
_PLAIN: Final = ("locale", "timezone")

RESERVED: Final = frozenset(
    "workspace workspace_id tenant tenant_id suppressed consent is_staff is_superuser identified merged person_id $erase $delete $unset".split(),
)
"""Trait names that only the house may set, beside those that start with an underscore or with `sojourn`."""

_Handler = Callable[[Working, Person, Fact, Moment], None]


def fold(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Take one fact into a person's portrait.

    Units: event time; money in minor units. Errors: none; what is no value of its kind is left out and, where the sender should know, counted.
    Source: docs/explanation/identity.md
    """
    at, kind, context = fact.at, fact.kind, fact.context
    facts = person.facts
    if not facts:
        person.first_seen = person.last_seen = at
    elif at > person.last_seen:
        person.last_seen = at
    elif at < person.first_seen:
        person.first_seen = at
    person.facts = facts + 1
    if not moment.live:
        person.late += 1
    name = fact.name if kind == "track" else kind
    _count(person, name, at)
    if context:
        traits = context.get("traits")
        if type(traits) is dict and traits:
            learn(work, person, fact, moment, traits)
        session = person.sessions.open
        if session is None or session.id == moment.id or (kind != "track" and _other_device(person, context)):
            _look(person, context, at, moment.source)
    if "campaign" in context or kind in _PAGES:
        touches.fold(person, fact)
    if kind != "track":
        if kind == "identify" and fact.traits:
            learn(work, person, fact, moment, fact.traits)
        elif kind == "group":
            _group(person, fact)
            return
    handlers = _BY_NAME.get(name)
    if handlers is not None:
        for handler in handlers:
            handler(work, person, fact, moment)


def join(work: Working, into: Person, other: Person) -> None:
    """Put two people's portraits together; the result does not depend on which of them is `into`, apart from the order of keys."""
    fresher = other.last_seen > into.last_seen
    if other.facts:
        into.first_seen = min(into.first_seen, other.first_seen) if into.facts else other.first_seen
        into.last_seen = max(into.last_seen, other.last_seen)
    into.facts += other.facts
    into.late += other.late
    into.identified = into.identified or other.identified
    for name, trait in other.traits.items():
        mine = into.traits.get(name)
        if mine is None or (trait.at, trait.message_id) > (mine.at, mine.message_id):
            into.traits[name] = trait
    for name, trait in other.about.items():
        if fresher or name not in into.about:
            into.about[name] = trait
    into.traits_size = sum(_size(name, trait.value) for name, trait in into.traits.items())
    _trim(into)
    for group, at in other.groups.items():
        into.groups[group] = max(at, into.groups.get(group, at))
    for name, times in other.counts.items():
        _bump(into.counts, name, times)
    for day, counted in other.days.items():
        mine_that_day = into.days.setdefault(day, {})
        for name, times in counted.items():
            mine_that_day[name] = mine_that_day.get(name, 0) + times
    while len(into.days) > DAYS_KEPT:
        del into.days[min(into.days)]
    touches.join(into, other)
    orders.join(into, other)
    affinity.join(into, other, work.rules.affinity_half_life)
    consents.join(into, other)


# -- counts


def _bump(counts: dict[str, int], name: str, times: int) -> str:
    """Add to a lifetime count; the name it was counted under."""
    held = counts.get(name)
    if held is not None:
        counts[name] = held + times
        return name
    if len(counts) >= NAMES_KEPT:
        name = OTHER
        times += counts.get(name, 0)
    counts[name] = times
    return name


def _count(person: Person, name: str, at: Millis) -> None:
    counts = person.counts
    held = counts.get(name)
    if held is None:
        name = _bump(counts, name, 1)
    else:
        counts[name] = held + 1
    days = person.days
    day = at // DAY
    today = days.get(day)
    if today is not None:
        today[name] = today.get(name, 0) + 1
    elif len(days) < DAYS_KEPT:
        days[day] = {name: 1}
    else:
        oldest = min(days)
        if day > oldest:
            del days[oldest]
            days[day] = {name: 1}


def _group(person: Person, fact: Fact) -> None:
    """Note the group; a group says nothing about who somebody is and never joins people."""
    group = fact.link
    if group and (group in person.groups or len(person.groups) < GROUPS_KEPT):
        person.groups[group] = max(fact.at, person.groups.get(group, fact.at))


# -- traits


def learn(work: Working, person: Person, fact: Fact, moment: Moment, traits: dict[str, Any]) -> None:
    """Take in traits: the last writer by (event time, message id) wins, null unsets, reserved names are left out and counted."""
    held = person.traits
    at, message, source = fact.at, fact.message_id, moment.source
    for name, value in traits.items():
        known = held.get(name)
        if known is not None and type(value) is str and known.value == value:
            if (at, message) > (known.at, known.message_id):
                held[name] = Trait(value, at, source, message)  # nothing new, but said again: the usual case
            continue
        if name in consents.TRAITS:
            consents.trait(work, person, fact, moment, name, value)
            continue
        if name in RESERVED or name.startswith(("_", "sojourn")):
            work.count(source, Reason.RESERVED_TRAIT)
            continue
        if name == "email" and value is not None:
            value = email_address(value)
            if value is None:
                work.count(source, Reason.BAD_EMAIL)
                continue
        if known is not None:
            if (at, message) <= (known.at, known.message_id):
                continue
            person.traits_size -= _size(name, known.value)
        person.traits_size += _size(name, value)
        held[name] = Trait(value, at, source, message)
    if len(held) > TRAITS_KEPT or person.traits_size > TRAITS_BYTES:
        work.count(source, Reason.TRAITS_TOO_LARGE, _trim(person))


def _size(name: str, value: Any) -> int:
    """What a trait weighs against the limit, in bytes."""
    if value is None or type(value) is bool or type(value) is int or type(value) is float:
        return len(name) + 9
    if type(value) is str:
        return len(name) + (len(value) if value.isascii() else len(value.encode("utf-8", "surrogatepass")))
    return len(name) + len(msgspec.msgpack.encode(value))


def _trim(person: Person) -> int:
    """Let go of the oldest traits beyond the limits; how many."""
    held = person.traits
    if len(held) <= TRAITS_KEPT and person.traits_size <= TRAITS_BYTES:
        return 0
    gone = 0
    for name in sorted(held, key=lambda name: (held[name].at, held[name].message_id, name)):
        if len(held) <= TRAITS_KEPT and person.traits_size <= TRAITS_BYTES:
            break
        person.traits_size -= _size(name, held[name].value)
        del held[name]
        gone += 1
    return gone


# -- what the device and the place are


def _other_device(person: Person, context: dict[str, Any]) -> bool:
    """Whether a page comes from another kind of device than is known, or says something for the first time."""
    agent = context.get("userAgent")
    held = person.about.get("browser")
    if held is None or type(agent) is not str:
        return True
    device, _, browser = classify(agent)
    known = person.about.get("device")
    return held.value != browser or known is None or known.value != device


def _look(person: Person, context: dict[str, Any], at: Millis, source: int) -> None:
    """Keep what the context says about device and place, each since when it is so.

    It is read where it may change: at the start of a session, and where a page, screen or identify call comes from another device. A late fact fills
    gaps only.
    """
    about = person.about
    if at < person.last_seen and about:
        about = {}
    get = about.get
    agent = context.get("userAgent")
    if type(agent) is str and agent:
        for key, said in zip(_AGENT, classify(agent), strict=True):
            held = get(key)
            if held is None or held.value != said:
                _note(about, key, said, at, source)
    for key in _PLAIN:
        value = context.get(key)
        if type(value) is str and ((held := get(key)) is None or held.value != value):
            _note(about, key, value, at, source)
    screen = context.get("screen")
    if type(screen) is dict:
        width, height = screen.get("width"), screen.get("height")
        if type(width) is int and type(height) is int:
            _note(about, "screen", _size_of(width, height), at, source)
    location = context.get("location")
    if type(location) is dict:
        for key in ("country", "region", "city"):
            value = location.get(key)
            if type(value) is str:
                _note(about, key, value, at, source)
    if "device" in context or "os" in context or "app" in context:
        _look_app(about, context, at, source)
    if about is not person.about:
        person.about = {**about, **person.about}


def _look_app(about: dict[str, Trait], context: dict[str, Any], at: Millis, source: int) -> None:
    """What apps say in words of their own: context.device, context.os, context.app."""
    device = context.get("device")
    if type(device) is dict:
        for key, word in (("type", "device_type"), ("manufacturer", "manufacturer"), ("model", "model")):
            value = device.get(key)
            if type(value) is str:
                _note(about, word, value, at, source)
    for key in ("os", "app"):
        named = context.get(key)
        value = named.get("name") if type(named) is dict else None
        if type(value) is str:
            _note(about, key, value, at, source)


def _note(about: dict[str, Trait], key: str, value: str, at: Millis, source: int) -> None:
    held = about.get(key)
    if held is not None and held.value == value:
        return
    value = value[:_TEXT]
    if value and (held is None or held.value != value):
        about[key] = Trait(value, at, source, "")


@lru_cache(maxsize=1024)
def _size_of(width: int, height: int) -> str:
    return f"{width}x{height}"


_BY_NAME: Final[dict[str, tuple[_Handler, ...]]] = {
    "Product Viewed": (affinity.fold,),
    "Product Clicked": (affinity.fold,),
    "Product Added": (affinity.fold,),
    "Order Completed": (orders.placed, affinity.fold),
    "Order Updated": (orders.placed,),
    "Order Refunded": (orders.refunded,),
    "Order Cancelled": (orders.cancelled,),
    "Consent Changed": (consents.changed,),
    **dict.fromkeys(consents.ENGAGEMENT, (consents.engaged,)),
}
