"""Whose fact it is: identifiers lead to people, facts that name several join them, and nobody is guessed."""

from typing import Final

from sojourn.engine import merge
from sojourn.engine.claims import Claim, claims_of, needs
from sojourn.engine.placeholders import is_blocked
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import PEOPLE_MERGED, Fact, Flag, Kind
from sojourn.terms.ids import ANONYMOUS_ID, ERASED, NOBODY, USER_ID, IdentifierKey, PersonId
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import DAY

__all__ = ["forget", "needs", "resolve"]

SHARED_KEPT: Final = 100
"""How many keys of others a person remembers to have touched."""

_USER: Final = USER_ID + ":"
_ANONYMOUS: Final = ANONYMOUS_ID + ":"
_TRUSTED: Final = int(Flag.TRUSTED)
_ALIAS: Final = str(Kind.ALIAS)


def resolve(work: Working, fact: Fact, moment: Moment) -> Person | None:
    """The person a fact belongs to, made, named and joined with others as the fact says; None for a fact that is nobody's.

    Errors: none. What could not be followed is counted: PLACEHOLDER_ID, IDENTIFIER_LIMIT, MERGE_REFUSED, SHARED_DEVICE, ERASED.
    Source: docs/explanation/identity.md
    """
    if fact.kind == _ALIAS:
        return _alias(work, fact, moment)
    if not (fact.flags & _TRUSTED or work.rules.blocked_values or "externalIds" in fact.context):
        found = _known(work, fact)
        if found is not None:
            return found
    claims = claims_of(work, fact, moment)
    return _follow(work, fact, moment, claims) if claims else None


def forget(work: Working, person: Person) -> None:
    """Remove an erased person. Their identifiers become tombstones, so that late and replayed facts of theirs are dropped into nobody."""
    for key in person.identifiers:
        work.set_entry(key, IdentifierEntry(ERASED))
    work.remove(person)


def _known(work: Working, fact: Fact) -> Person | None:
    """The common case without any list: all ids of the fact are known and lead to one person. Anything else is left to `_follow`."""
    user, anonymous = fact.user_id, fact.anonymous_id
    entries = work.entries
    if user is None:
        if anonymous is None:
            return None
        entry = entries.get(_ANONYMOUS + anonymous)
        return work.people.get(entry.person) if entry is not None and not entry.shared else None
    entry = entries.get(_USER + user)
    if entry is None:
        return None
    if anonymous is not None:
        other = entries.get(_ANONYMOUS + anonymous)
        if other is None or other.person != entry.person or other.shared:
            return None
    person = work.people.get(entry.person)
    return person if person is not None and person.identified else None


# -- following the claims


def _follow(work: Working, fact: Fact, moment: Moment, claims: list[Claim]) -> Person | None:
    """Find or make the person of the strongest claim, then bind the others to them as far as the rules allow."""
    kind, key = claims[0]
    entry = work.entry(key)
    if entry is not None and entry.person == ERASED:
        work.count(moment.source, Reason.ERASED)
        return None
    if entry is not None and entry.shared:
        return _device(work, moment, key, entry)
    person = _owner(work, entry)
    if person is None:
        person = _candidate(work, fact, moment, claims) or _new(work, moment)
        _attach(work, person, key)
    if kind == USER_ID and not person.identified:
        person.identified = True
        work.touch(person)
    for kind, key in claims[1:]:
        person = _bind(work, fact, moment, person, kind, key)
    return person


def _owner(work: Working, entry: IdentifierEntry | None) -> Person | None:
    return work.person(entry.person) if entry is not None and entry.person > 0 and not entry.shared else None


def _new(work: Working, moment: Moment) -> Person:
    person = Person(moment.id)
    work.add(person)
    return person


def _attach(work: Working, person: Person, key: IdentifierKey, *, aliased: bool = False) -> None:
    """Have a free key lead to a person."""
    entry = work.entry(key)
    person.identifiers.append(key)
    work.set_entry(key, IdentifierEntry(person.id, [], entry.apart if entry is not None else [], aliased))
    work.touch(person)


def _candidate(work: Working, fact: Fact, moment: Moment, claims: list[Claim]) -> Person | None:
    """Who may be given a strongest key that nobody has yet: whoever an alias said it is, else the first known person of a weaker claim."""
    kind, key = claims[0]
    if kind == USER_ID:
        said = work.entry(_ANONYMOUS + key[len(_USER) :])
        if said is not None and said.aliased:
            person = _owner(work, said)
            if person is not None and not _refusal(work, fact, moment, person, kind, key):
                return person
    for _, weaker in claims[1:]:
        person = _owner(work, work.entry(weaker))
        if person is not None and not (kind == USER_ID and person.identified) and not _refusal(work, fact, moment, person, kind, key):
            return person
    return None


def _bind(work: Working, fact: Fact, moment: Moment, person: Person, kind: str, key: IdentifierKey) -> Person:
    """Have a further key of a fact lead to the fact's person; who that is afterwards."""
    entry = work.entry(key)
    if entry is not None and entry.person == ERASED:
        return person
    if entry is not None and entry.shared:
        _share(work, person, key, entry)
        return person
    other = _owner(work, entry)
    if other is person:
        return person
    if other is None:
        refusal = _refusal(work, fact, moment, person, kind, key)
        if refusal:
            work.count(moment.source, refusal)
        else:
            _spend(person, _day(fact, moment), 1 if _rationed(fact, person, kind) else 0)
            _attach(work, person, key)
        return person
    refusal = _obstacle(work, fact, moment, person, other)
    if not refusal:
        return _join(work, fact, moment, person, other, kind)
    if kind == ANONYMOUS_ID and person.identified and other.identified and refusal == Reason.MERGE_REFUSED and not _apart(work, person, other):
        _quarantine(work, person, other, key, entry)
        refusal = Reason.SHARED_DEVICE
    else:
        _remember(work, person, key)
    work.count(moment.source, refusal)
    return person


# -- limits and corrections


def _refusal(work: Working, fact: Fact, moment: Moment, person: Person, kind: str, key: IdentifierKey) -> str:
    """Why a free key may not be given to a person; empty where it may."""
    entry = work.entry(key)
    if entry is not None and entry.apart and not set(entry.apart).isdisjoint(person.identifiers):
        return Reason.MERGE_REFUSED
    if _held(person, kind) >= _limit(work, kind):
        return Reason.IDENTIFIER_LIMIT
    if _rationed(fact, person, kind) and not _ration(work, person, _day(fact, moment), 1):
        return Reason.IDENTIFIER_LIMIT
    return ""


def _obstacle(work: Working, fact: Fact, moment: Moment, one: Person, two: Person) -> str:
    """Why two people may not become one; empty where they may. Two people who were both seen with a user id of their own never do."""
    if (one.identified and two.identified) or _apart(work, one, two):
        return Reason.MERGE_REFUSED
    for kind in {key.partition(":")[0]: None for key in two.identifiers}:
        if _held(one, kind) + _held(two, kind) > _limit(work, kind):
            return Reason.IDENTIFIER_LIMIT
    known, extra = (one, two) if one.identified else (two, one)
    if _rationed(fact, known, ANONYMOUS_ID) and not _ration(work, known, _day(fact, moment), _held(extra, ANONYMOUS_ID)):
        return Reason.IDENTIFIER_LIMIT
    return ""


def _apart(work: Working, one: Person, two: Person) -> bool:
    """Whether a correction says that these two are not the same."""
    for key in one.identifiers:
        entry = work.entry(key)
        if entry is not None and entry.apart and not set(entry.apart).isdisjoint(two.identifiers):
            return True
    return False


def _limit(work: Working, kind: str) -> int:
    """How many identifiers of a type a person may have. A second user id comes only by an alias, which says that both are one person."""
    rules = work.rules
    return rules.default_identifier_limit if kind == USER_ID else rules.identifier_limits.get(kind, rules.default_identifier_limit)


def _held(person: Person, kind: str) -> int:
    prefix = kind + ":"
    return sum(1 for key in person.identifiers if key.startswith(prefix))


def _day(fact: Fact, moment: Moment) -> int:
    return (moment.at if moment.live else fact.at) // DAY


def _rationed(fact: Fact, person: Person, kind: str) -> bool:
    """Whether a link counts towards the devices a public key may give one known person on one day."""
    return kind == ANONYMOUS_ID and person.identified and not fact.flags & _TRUSTED


def _ration(work: Working, person: Person, day: int, devices: int) -> bool:
    allowed = work.rules.new_devices_per_day
    return not allowed or devices + (person.links_new if person.links_day == day else 0) <= allowed


def _spend(person: Person, day: int, devices: int) -> None:
    if devices:
        person.links_new = devices + (person.links_new if person.links_day == day else 0)
        person.links_day = day


# -- joining, and not joining


def _join(work: Working, fact: Fact, moment: Moment, one: Person, two: Person, rule: str) -> Person:
    """Make two people one: the older stays, and everything that led to the other leads to them."""
    known, extra = (one, two) if one.identified else (two, one)
    devices = _held(extra, ANONYMOUS_ID) if _rationed(fact, known, ANONYMOUS_ID) else 0
    winner, loser = (one, two) if one.id < two.id else (two, one)
    for key in loser.identifiers:
        entry = work.entry(key)
        assert entry is not None, "an identifier of a person leads to them"
        work.set_entry(key, IdentifierEntry(winner.id, entry.shared, entry.apart, entry.aliased))
    for key in loser.shared:
        entry = work.entry(key)
        if entry is not None and loser.id in entry.shared:
            people = [winner.id if person == loser.id else person for person in entry.shared]
            work.set_entry(key, IdentifierEntry(entry.person, people, entry.apart, entry.aliased))
    merge.join(work, winner, loser, fact.at)
    _spend(winner, _day(fact, moment), devices)
    props = {"from": loser.id, "into": winner.id, "by": fact.message_id, "rule": rule}
    work.derive(winner, fact.at, PEOPLE_MERGED, (loser.id, winner.id), props)
    return winner


def _device(work: Working, moment: Moment, key: IdentifierKey, entry: IdentifierEntry) -> Person:
    """The anonymous person of a device that several people use."""
    work.count(moment.source, Reason.SHARED_DEVICE)
    person = work.person(entry.person) if entry.person > 0 else None
    if person is None:
        person = _new(work, moment)
        person.identifiers.append(key)
        person.shared.append(key)
        work.set_entry(key, IdentifierEntry(person.id, entry.shared, entry.apart, entry.aliased))
    return person


def _quarantine(work: Working, person: Person, owner: Person, key: IdentifierKey, entry: IdentifierEntry | None) -> None:
    """A device of one user was used by another: from here on it is nobody's. What it told so far stays with its first user."""
    owner.identifiers.remove(key)
    _remember(work, owner, key)
    _remember(work, person, key)
    people: list[PersonId] = [owner.id, person.id]
    work.set_entry(key, IdentifierEntry(NOBODY, people, entry.apart if entry is not None else [], aliased=False))


def _share(work: Working, person: Person, key: IdentifierKey, entry: IdentifierEntry) -> None:
    """Note one more user of a shared device."""
    if person.identified and key not in person.shared:
        _remember(work, person, key)
        if person.id not in entry.shared and len(entry.shared) < SHARED_KEPT:
            work.set_entry(key, IdentifierEntry(entry.person, [*entry.shared, person.id], entry.apart, entry.aliased))


def _remember(work: Working, person: Person, key: IdentifierKey) -> None:
    """Note that a person touched a key of somebody else; a re-fold of the one then needs the history of the other."""
    if key not in person.shared and len(person.shared) < SHARED_KEPT:
        person.shared.append(key)
    work.touch(person)


# -- alias


def _alias(work: Working, fact: Fact, moment: Moment) -> Person | None:
    """Follow an alias call: `link` (previousId) and `user_id` are one person, unless both were seen with a user id of their own.

    Each id is taken as a user id where one is known, else as an anonymous id where one is known.
    """
    blocked = work.rules.blocked_values
    usable = [value for value in (fact.user_id, fact.link) if value is not None and not is_blocked(value, blocked)]
    missed = sum(value is not None for value in (fact.user_id, fact.link)) - len(usable)
    if missed:
        work.count(moment.source, Reason.PLACEHOLDER_ID, missed)
    if len(usable) < 2 or usable[0] == usable[1]:
        return _owner(work, work.entry(_find(work, usable[0]) or "")) if usable else None
    new_key, old_key = _find(work, usable[0]), _find(work, usable[1])
    there, here = work.entry(new_key) if new_key else None, work.entry(old_key) if old_key else None
    if (there is not None and there.person == ERASED) or (here is not None and here.person == ERASED):
        work.count(moment.source, Reason.ERASED)
        return None
    if there is not None and there.shared:
        work.count(moment.source, Reason.MERGE_REFUSED)
        return None
    person, other = _owner(work, there), _owner(work, here)
    if person is None:
        new_key = _USER + usable[0]
        able = other is not None and not _refusal(work, fact, moment, other, USER_ID, new_key)
        person = other if able and other is not None else _new(work, moment)
        _attach(work, person, new_key)
    return _alias_old(work, fact, moment, person, old_key or _ANONYMOUS + usable[1], other)


def _alias_old(work: Working, fact: Fact, moment: Moment, person: Person, key: IdentifierKey, other: Person | None) -> Person:
    """Have the previous id of an alias, and who it led to so far, follow the new one."""
    entry = work.entry(key)
    refusal: str
    if entry is not None and entry.shared:
        refusal = Reason.MERGE_REFUSED
    elif other is None:
        refusal = _refusal(work, fact, moment, person, ANONYMOUS_ID, key)
        if not refusal:
            _attach(work, person, key, aliased=True)
            return person
    else:
        refusal = "" if other is person else _obstacle(work, fact, moment, person, other)
        if not refusal:
            person = person if other is person else _join(work, fact, moment, person, other, _ALIAS)
            joined = work.entry(key)
            if key.startswith(_ANONYMOUS) and joined is not None and not joined.aliased:
                work.set_entry(key, IdentifierEntry(joined.person, joined.shared, joined.apart, aliased=True))
            return person
    work.count(moment.source, refusal)
    _remember(work, person, key)
    return person


def _find(work: Working, value: str) -> str:
    """The key by which an id of an alias is known, as a user id first; empty where it is not known at all."""
    for key in (_USER + value, _ANONYMOUS + value):
        entry = work.entry(key)
        if entry is not None and (entry.person or entry.shared):
            return key
    return ""
