"""Laws of carts: whatever comes in whatever order, and however the log is cut into batches and ticks."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.apps.demo.shoppers import fact_of, journeys, stream
from sojourn.engine import carts, decide, fold
from sojourn.engine.tests import carting
from sojourn.engine.tests.carting import NOON, Shopper
from sojourn.engine.working import Working
from sojourn.terms.facts import Record
from sojourn.terms.time import HOUR, MINUTE

RULES = msgspec.structs.replace(carting.RULES, cart_gaps={"2": 5 * MINUTE})
"""Two sources speak, and the second has a gap of its own."""
PRODUCTS = ("lamp", "pan", "book")
WHICH = st.sampled_from([{}, {"cart_id": "c-1"}, {"cart_id": "c-2"}, {"checkout_id": "k-1"}, {"cart_id": "c-1", "checkout_id": "k-1"}])
EVENTS = st.sampled_from([
    "Product Added", "Product Added", "Product Removed", "Cart Viewed", "Checkout Started", "Checkout Step Viewed", "Shipping Cost Shown", "Coupon Denied",
    "Payment Failed", "Form Field Error", "Product Viewed", "Order Completed", "page",
])  # fmt: skip
MOMENT = st.tuples(st.integers(0, 240), st.integers(0, 90))
STORY = st.lists(st.tuples(EVENTS, WHICH, st.sampled_from(PRODUCTS), MOMENT, st.integers(0, 3)), max_size=25)


def tell(shoppers, story):
    """Tell the story in the order it is recorded; facts may come up to 90 minutes late."""
    for number, (event, which, product, (minute, late), small) in enumerate(sorted(story, key=lambda entry: (entry[3][0] + entry[3][1], repr(entry)))):
        ann = shoppers[number % len(shoppers)]
        item = {"product_id": product, "price": 10 * (small + 1), "currency": "EUR"}
        told, source = minute + late, 1 + small % 2
        match event:
            case "page":
                ann.sees(minute, ("/", "/cart", "/checkout/payment", "/returns")[small], told=told, source=source)
            case "Cart Viewed" | "Checkout Started":
                ann.says(minute, event, told=told, source=source, products=[item][:small], currency="EUR", **which)
            case "Order Completed":
                ann.says(minute, event, told=told, source=source, order_id=f"o-{minute}", total=10, currency="EUR", products=[item][:small], **which)
            case _:
                ann.says(
                    minute, event, told=told, source=source, step=("account", "shipping", "payment", "2")[small], shipping=small, field="zip", **item, **which
                )


def check(ann):
    person = ann.person
    for cart in person.carts:
        assert (cart.due is not None) == (cart.state == "open")
        assert (cart.ended_at is None) == (cart.state == "open")
        assert cart.started_at <= cart.last_at
        assert (cart.abandoned_at is not None) == (cart.abandonments > 0)
        assert cart.value >= 0
        assert len({item.product for item in cart.items}) == len(cart.items)
        assert all(item.quantity > 0 for item in cart.items)
        assert (cart.order != "") == (cart.state in ("ordered", "recovered"))
        if cart.state == "abandoned":
            assert abs(sum(guess.probability for guess in cart.causes) - 1) < 1e-6
        waiting = [decision for decision in person.decisions if decision.episode == cart.id and decision.state == "ready"]
        assert len(waiting) <= 1
        assert not waiting or cart.state == "abandoned"
    ended = [str(cart.state) for cart in person.carts if cart.state != "open"]
    assert person.carts_ended == {state: ended.count(state) for state in sorted(set(ended))}
    assert len({cart.id for cart in person.carts}) == len(person.carts)
    assert sum(1 for cart in person.carts if cart.state == "open" and not cart.keys) <= 1
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(person), type=type(person)) == person


@given(STORY)
@settings(max_examples=100)
def test_carts_are_always_in_one_piece(story):
    ann = Shopper(rules=RULES)
    tell([ann], story)
    check(ann)
    ann.waits_until(1_000)
    check(ann)
    assert carts.due(ann.person, RULES) is None


@given(STORY)
@settings(max_examples=60)
def test_the_same_story_told_again_gives_the_same_bytes(story):
    first, second = Shopper(rules=RULES), Shopper(rules=RULES)
    tell([first], story)
    tell([second], story)
    assert first.copy() == second.copy()
    assert first.derived() == second.derived()


@given(STORY)
@settings(max_examples=100)
def test_carts_are_in_one_piece_after_two_people_become_one(story):
    work = Working(1, RULES)
    one, other = Shopper(1, work=work), Shopper(2, work=work)
    tell([one, other], story)
    carts.join(work, one.person, other.person)
    decide.join(work, one.person, other.person)
    check(one)
    one.waits_until(1_000)
    check(one)


@given(STORY)
@settings(max_examples=60)
def test_which_of_two_people_takes_the_other_in_makes_no_difference_to_the_carts(story):
    ends = []
    for order in (0, 1):
        work = Working(1, RULES)
        pair = [Shopper(1, work=work), Shopper(2, work=work)]
        tell(pair, story)
        into, gone = pair[order], pair[1 - order]
        carts.join(work, into.person, gone.person)
        ends.append((msgspec.msgpack.encode(into.carts), into.person.carts_ended, into.person.friction))
    assert ends[0] == ends[1]


def log_of(ticks):
    """What 30 shoppers do, one record per fact, with a tick every so many minutes."""
    facts = [fact_of(event) for event in stream(journeys(5, 30, NOON, HOUR))]
    records, at, next_tick = [], NOON, NOON
    for fact in facts:
        while ticks and next_tick < fact.at:
            records.append(Record(len(records) + 1, max(at, next_tick), 0, 0, []))
            next_tick += ticks * MINUTE
        at = max(at, fact.at)
        records.append(Record(len(records) + 1, at, 1, 7, [fact]))
    records.append(Record(len(records) + 1, at + HOUR, 0, 0, []))
    return records


def folded(records, size):
    """People as bytes without what a fact's place on the log changes, and what was derived in which order."""
    work = Working(1, RULES)
    for start in range(0, len(records), size):
        batch = records[start : start + size]
        due = sorted((person.due, person.id) for person in work.people.values() if person.due is not None and person.due < batch[-1].at)
        fold.fold(work, batch, due)
    return {number: msgspec.msgpack.encode(person) for number, person in sorted(work.people.items())}, work.derived, work.intents, work.cancels


@pytest.mark.parametrize("size", [7, 1_000, 100_000])
def test_batches_of_any_size_give_the_same_bytes(size):
    records = log_of(ticks=10)
    one = folded(records, 1)
    assert len(one[1]) > 60
    assert len(one[2]) > 5
    assert folded(records, size) == one


def test_ticks_change_nothing_but_the_numbers_of_the_records():
    def told(records):
        people, derived, intents, _ = folded(records, 50)
        return len(people), [(fact.at, fact.name) for fact in derived], [(intent.decided_at, intent.cause, intent.address) for intent in intents]

    assert told(log_of(ticks=0)) == told(log_of(ticks=1)) == told(log_of(ticks=45))
