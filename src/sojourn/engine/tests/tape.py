"""A tape for tests: facts put on it one after the other become records, and are folded with everything on."""

import msgspec

from sojourn.engine import fold
from sojourn.engine.working import Working
from sojourn.terms.facts import Fact, Flag, Kind, Record
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import SECOND

NOON = 1_760_011_200_000  # 2025-10-09 12:00 UTC
SHOP = 7
RULES = RuleBook(currency="EUR")


class Tape:
    """Facts in, people out. Every fact makes a record of its own, one second after the last, unless it is told `at`."""

    def __init__(self, rules=RULES, workspace=1):
        self.work = Working(workspace, rules)
        self.records = []
        self.now = NOON

    def put(self, kind, name="", *, user=None, anon=None, at=None, recorded=None, trusted=False, historical=False, message=None, **rest):
        """Fold one fact; the person it went to, or None."""
        at = self.now + SECOND if at is None else at
        self.now = max(self.now, at if recorded is None else recorded)
        position = len(self.records) + 1
        flags = (Flag.TRUSTED if trusted else 0) | (Flag.HISTORICAL if historical else 0)
        fact = Fact(kind, name or kind, at, message or f"m-{position}", anon, user, flags=int(flags), **rest)
        self.fold(Record(position, self.now, self.work.workspace, SHOP, [fact]))
        return self.work.person(self.work.resolved[-1].person) if self.work.resolved[-1].person else None

    def fold(self, record):
        self.records.append(record)
        due = sorted((person.due, person.id) for person in self.work.people.values() if person.due is not None and person.due < record.at)
        fold.fold(self.work, [record], due)

    def wait(self, millis):
        """Let time go on without a fact: a tick."""
        self.now += millis
        self.fold(Record(len(self.records) + 1, self.now, 0, 0, []))

    def track(self, name, **rest):
        return self.put(Kind.TRACK, name, **rest)

    def page(self, **rest):
        return self.put(Kind.PAGE, **rest)

    def identify(self, **rest):
        return self.put(Kind.IDENTIFY, **rest)

    def alias(self, previous, user, **rest):
        return self.put(Kind.ALIAS, user=user, link=previous, **rest)

    def control(self, name, **props):
        return self.put(Kind.CONTROL, name, props=props, trusted=True)

    @property
    def people(self):
        """Everybody, oldest first."""
        return [self.work.people[number] for number in sorted(self.work.people)]

    @property
    def groups(self):
        """The grouping of identifiers into people, regardless of anybody's number."""
        return {frozenset(person.identifiers) for person in self.people}

    def counted(self, reason):
        return self.work.counts.get((SHOP, reason), 0)

    def derived(self, name):
        return [fact for fact in self.work.derived if fact.name == name]

    def bytes(self):
        """The state as it is stored."""
        return {number: msgspec.msgpack.encode(person) for number, person in sorted(self.work.people.items())}
