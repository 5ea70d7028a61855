"""Laws of the fold: whatever the facts, batches, ticks and neighbours, the same people come out."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.engine import fold
from sojourn.engine.tests.tape import NOON, RULES, SHOP, Tape
from sojourn.engine.tests.test_refold import again
from sojourn.engine.working import Reader, Working
from sojourn.terms.facts import Fact, Flag, Kind, Record
from sojourn.terms.person import IdentifierEntry, Person
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND

ITEM = {"product_id": "p-1", "price": 19.99, "quantity": 1, "currency": "EUR", "category": "Shoes"}
NAMES = ("Product Viewed", "Product Added", "Checkout Started", "Order Completed", "Order Cancelled", "Consent Changed", "Email Opened", "Payment Failed")
PROPS = {
    "Checkout Started": {"value": 19.99, "currency": "EUR", "shipping": 9.9},
    "Order Completed": {"order_id": "o-1", "total": 25, "currency": "EUR", "products": [ITEM]},
    "Order Cancelled": {"order_id": "o-1"},
    "Consent Changed": {"granted": False},
    "Email Opened": {},
}

devices = st.sampled_from(["d1", "d2", "d3", None])
users = st.sampled_from(["u1", "u2", "u3", None])
steps = st.integers(0, 70 * MINUTE)
lateness = st.sampled_from([0, 0, 0, SECOND, 20 * MINUTE, 3 * HOUR, 2 * DAY])


@st.composite
def deeds(draw, prefix=""):
    """One fact without its place: (kind, name, device, user, previous id, minutes since the last, how late, extra)."""
    kind = draw(st.sampled_from(["track", "track", "track", "page", "identify", "alias"]))
    device, user = draw(devices), draw(users)
    if device is None and user is None:
        device = "d1"
    link = draw(st.sampled_from(["u1", "u2", "d1", "d2", "u4"])) if kind == "alias" else None
    if kind == "alias":
        user, device = user or "u2", None
    name = draw(st.sampled_from(NAMES)) if kind == "track" else kind
    mark = draw(st.integers(0, 9))
    named = [prefix + value if value else None for value in (device, user, link)]
    return kind, name, *named, draw(steps), draw(lateness), mark


def tape_of(done):
    """Records of one fact each, in the order of the deeds."""
    records, now = [], NOON
    for position, (kind, name, device, user, link, step, late, mark) in enumerate(done, 1):
        now += step
        traits = {"plan": mark, f"t{mark}": mark} if kind == "identify" else {}
        props = PROPS.get(name, ITEM) if kind == "track" else {}
        context = {"locale": f"l{mark}", "campaign": {"source": f"s{mark}"}} if mark % 3 == 0 else {}
        flags = int(Flag.HISTORICAL) if mark == 9 else 0
        fact = Fact(kind, name, now - late, f"m-{position}", device, user, props, traits, context, link, flags)
        records.append(Record(position, now, 1, SHOP, [fact]))
    return records


class Store:
    """State as an adapter keeps it, in bytes: what one batch leaves is all that the next one finds."""

    def __init__(self):
        self.people, self.entries, self.merged, self.now = {}, {}, {}, 0
        self.derived, self.counts, self.resolved = [], {}, []

    def canonical(self, person):
        while person in self.merged:
            person = self.merged[person]
        return person

    def fold(self, records, rules=RULES):
        """One batch: load, fold, commit."""
        decode = msgspec.msgpack.decode
        reader = Reader(
            entry=lambda key: decode(self.entries[key], type=IdentifierEntry) if key in self.entries else None,
            person=lambda number: decode(self.people[number], type=Person) if number in self.people else None,
            canonical=self.canonical,
        )
        work = Working(1, rules, reader, self.now)
        stored = [decode(body, type=Person) for body in self.people.values()]
        fold.fold(work, records, sorted((one.due, one.id) for one in stored if one.due is not None and one.due < records[-1].at))
        commit = work.finish(records[-1].position)
        self.now = commit.now
        for number in (*commit.gone, *commit.removed):
            self.people.pop(number, None)
        self.people |= {person.id: msgspec.msgpack.encode(person) for person in commit.people}
        for key, entry in commit.identifiers.items():
            self.entries[key] = msgspec.msgpack.encode(entry)
        self.merged |= commit.gone
        self.derived += commit.derived
        self.resolved += commit.resolved
        for key, events in commit.counts.items():
            self.counts[key] = self.counts.get(key, 0) + events

    @property
    def everything(self):
        return self.people, self.entries, self.derived, self.counts, self.resolved


def folded(records, size):
    store = Store()
    for begin in range(0, len(records), size):
        store.fold(records[begin : begin + size])
    return store


def ending(records):
    """A tick long after everything, so that all timers have fired."""
    last = records[-1]
    return Record(last.position + 1, last.at + 10 * DAY, 0, 0, [])


@settings(max_examples=60)
@given(st.lists(deeds(), min_size=1, max_size=25))
def test_the_size_of_batches_makes_no_difference(done):
    records = tape_of([("page", "page", "d1", None, None, 0, 0, 0), *done])
    records.append(ending(records))
    whole = folded(records, len(records))
    assert whole.people
    for size in (1, 3, 7):
        assert folded(records, size).everything == whole.everything


@settings(max_examples=60)
@given(st.lists(deeds(), min_size=1, max_size=20), st.lists(st.integers(0, 24 * 60), max_size=10))
def test_ticks_make_no_difference(done, minutes):
    records = tape_of(done)
    ticks = [Record(0, NOON + minute * MINUTE, 0, 0, []) for minute in minutes]
    ticking = sorted([*records, *ticks], key=lambda record: record.at)
    plain, ticked = folded([*records, ending(records)], 4), folded([*ticking, Record(999, max(ticking[-1].at, records[-1].at) + 10 * DAY, 0, 0, [])], 4)
    assert ticked.people == plain.people
    assert ticked.entries == plain.entries


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), deeds("x-"), deeds("y-")), min_size=1, max_size=20))
def test_strangers_make_no_difference(pairs):
    records = tape_of([mine if choose else other for choose, mine, other in pairs])
    own = [record for record, (choose, _, _) in zip(records, pairs, strict=True) if choose]
    end = ending(records)
    together, alone = folded([*records, end], 5), folded([*own, end], 5)
    assert {number: body for number, body in together.people.items() if number in alone.people} == alone.people


@settings(max_examples=80)
@given(st.lists(deeds(), min_size=1, max_size=25))
def test_whoever_is_rebuilt_equals_who_was_kept_up(done):
    tape = Tape()
    for record in tape_of(done):
        tape.now = record.at
        tape.fold(record)
    for number, body in tape.bytes().items():
        assert msgspec.msgpack.encode(again(tape, [number]).people[number]) == body


@settings(max_examples=60)
@given(st.permutations(["d1>u1", "d2>u1", "d3>u2", "u1", "u2", "d1", "d3", "d1=u1", "d3=u2"]))
def test_devices_with_one_user_each_are_grouped_the_same_in_any_order(order):
    tape = Tape()
    for deed in order:
        if "=" in deed:
            tape.alias(*deed.split("="))
        elif ">" in deed:
            device, user = deed.split(">")
            tape.identify(anon=device, user=user)
        elif deed[0] == "u":
            tape.track("Viewed", user=deed)
        else:
            tape.track("Viewed", anon=deed)
    assert tape.groups == {frozenset({"user_id:u1", "anonymous_id:d1", "anonymous_id:d2"}), frozenset({"user_id:u2", "anonymous_id:d3"})}


def content(person):
    """What is known of a person, without ids and without the order in which it was learnt."""
    parts = msgspec.to_builtins(person)
    fields = Person.__struct_fields__
    known = dict(zip(fields, parts, strict=True))
    sessions = known.pop("sessions")
    for name in ("id", "merged", "identifiers", "carts", "due", "counts", "decisions", "about"):
        known.pop(name)
    known["orders_seen"] = sorted(known["orders_seen"])
    return known, sessions[:3], set(person.identifiers), {name: trait.value for name, trait in person.about.items()}


@settings(max_examples=60)
@given(st.lists(deeds(), min_size=1, max_size=8), st.lists(deeds(), min_size=1, max_size=8), st.permutations([0, 1]))
def test_merging_commutes(first, second, order):
    halves = []
    for who, done in (("a", first), ("b", second)):
        half = [(kind, name, who, None, None, 1 + step, 0, mark) for kind, name, _, _, _, step, _, mark in done if kind != "alias"]
        halves.append(half or [("page", "page", who, None, None, 1, 0, 1)])
    results = []
    for sides in ((0, 1), (1, 0)):
        tape = Tape()
        for side in sides:
            offset = 0
            for number, (kind, name, device, _, _, step, _, mark) in enumerate(halves[side]):
                offset += step
                traits = {"plan": mark} if kind == "identify" else {}
                props = PROPS.get(name, ITEM) if kind == "track" else {}
                context = {"locale": f"{side}{number}", "campaign": {"source": f"{side}{number}"}} if mark % 3 == 0 else {}
                at = NOON + offset * 2 + side
                tape.put(kind, name, anon=device, at=at, recorded=NOON + 9 * DAY, message=f"m-{side}-{number}", traits=traits, props=props, context=context)
        tape.identify(anon="a", user="ann", at=NOON + 8 * DAY, message="x-1")
        results.append(content(tape.identify(anon="b", user="ann", at=NOON + 8 * DAY + 1, message="x-2")))
    assert results[0] == results[1]


@settings(max_examples=60)
@given(st.permutations(range(7)))
def test_what_is_kept_by_event_time_does_not_depend_on_the_order_of_arrival(order):
    told = [
        ("identify", {"traits": {"plan": "free"}}),
        ("identify", {"traits": {"plan": "pro", "city": "Bonn"}}),
        ("Product Viewed", {"props": ITEM}),
        ("Order Completed", {"props": {"order_id": "1", "total": 10, "currency": "EUR"}}),
        ("Order Updated", {"props": {"order_id": "1", "total": 12, "currency": "EUR"}}),
        ("Consent Changed", {"props": {"granted": True}}),
        ("Consent Changed", {"props": {"granted": False}}),
    ]
    tape = Tape()
    for number in order:
        name, rest = told[number]
        kind = "identify" if name == "identify" else Kind.TRACK
        tape.put(kind, name, user="ann", at=NOON + number * 20 * DAY, recorded=NOON + 200 * DAY, message=f"m-{number}", **rest)
    ann = tape.people[0]
    assert {name: trait.value for name, trait in ann.traits.items()} == {"plan": "pro", "city": "Bonn"}
    assert (ann.money["EUR"].orders, ann.money["EUR"].revenue) == (1, 1200)
    assert ann.affinity["category:Shoes"].score == pytest.approx(1.0)
    assert ann.consent["email:marketing"].granted is False
    assert (ann.first_seen, ann.last_seen) == (NOON, NOON + 120 * DAY)
