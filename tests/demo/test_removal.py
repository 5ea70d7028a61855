"""Sources that are removed leave everybody else exactly as if nothing had ever come from them."""

from random import Random

import msgspec
import pytest

from sojourn.terms.facts import FACT_ERASED, MESSAGE_SENT, SOURCE_REMOVED, Fact, Flag, Kind
from sojourn.terms.time import DAY, HOUR, MINUTE
from tests.lake.house import WORKSPACE, House

REAL, DEMO = 3, 9
CART = {"product_id": "p-1", "name": "Lamp", "price": 49.9, "quantity": 1, "currency": "EUR"}
WORDS = ("Product Viewed", "Product Added", "Product Added", "Checkout Started", "Form Field Error", "Order Completed", "Product Removed")


def a_fact(house: House, rng: Random, ids: tuple[str, ...]) -> Fact:
    anonymous = rng.choice((*(f"a-{one}" for one in ids), None))
    user = rng.choice((*(f"u-{one}" for one in ids[:2]), None, None))
    fields = {
        "anonymous": anonymous or (None if user else f"a-{ids[0]}"),
        "user": user,
        "flags": int(rng.choice((Flag.NONE, Flag.NONE, Flag.HISTORICAL))),
        "at": house.clock.now() - rng.choice((0, 0, 0, MINUTE, HOUR, 3 * DAY)),
    }
    if rng.random() < 0.25:
        return house.track("", kind=Kind.IDENTIFY, traits={"email": f"{user or anonymous}@example.com"}, **fields)
    return house.track(rng.choice(WORDS), props={**CART, "cart_id": f"c-{rng.choice(ids)}", "order_id": f"o-{rng.randrange(9)}", "revenue": 49.9}, **fields)


def fold(house: House) -> None:
    """Fold all there is. With a tick of our own both houses have the same records: neither needs one for a timer that the other does not have."""
    house.log.tick()
    house.engine.catch_up()


def pass_over(house: House) -> None:
    """An empty record, and no message id, where the other house has a fact."""
    house.log.tick()
    house._messages += 1


def say_sent(house: House, intent: str) -> None:
    row = house.state.waiting.get(intent)
    if row is None:
        pass_over(house)
    else:
        house.control(MESSAGE_SENT, intent=intent, person=row.person, at=house.clock.now(), channel="email")


def live(seed: int, with_demo: bool, strangers: tuple[str, ...], sent: list[str], lake_runs: bool) -> House:
    """The same random days; in the one house the demo's facts come, in the other an empty record stands in each one's place."""
    house, rng = House(), Random(seed)
    for step in range(60):
        source = rng.choice((REAL, DEMO))
        fact = a_fact(house, rng, ("1", "2", "3") if source == REAL else strangers)
        if source == REAL or with_demo:
            house.put(fact, source=source)
        else:
            pass_over(house)
        if rng.random() < 0.4:
            house.later(rng.choice((1, 60, 1801, 4 * 3600)))
        if rng.random() < 0.5:
            fold(house)
        runs = rng.random() < 0.3
        if lake_runs and runs:
            house.writer.drain()
        if step % 6 == 5:
            fold(house)
            if with_demo and "1" in strangers:
                sent.append("none")  # whether a mail to somebody in common had gone out without the demo, nobody can know
            elif with_demo:
                sent.append(Random(step).choice(sorted(house.state.waiting) or ["none"]))
            say_sent(house, sent[step // 6])
    fold(house)
    return house


def portraits(house: House) -> dict[int, bytes]:
    return {number: msgspec.msgpack.encode(house.state.people(WORKSPACE, [number])[number]) for number in house.everybody()}


def remove(house: House, with_demo: bool) -> None:
    if with_demo:
        house.control(SOURCE_REMOVED, sources=[DEMO])
    else:
        pass_over(house)
    fold(house)


@pytest.mark.parametrize("lake_runs", [True, False], ids=["lake near", "lake far behind"])
@pytest.mark.parametrize("strangers", [("7", "8", "9"), ("1", "8", "9")], ids=["nobody in common", "somebody in common"])
@pytest.mark.parametrize("seed", range(12))
def test_everybody_else_is_as_if_there_had_been_no_demo(seed: int, strangers: tuple[str, ...], lake_runs: bool):
    print("seed", seed)
    sent: list[str] = []
    house = live(seed, True, strangers, sent, lake_runs)
    other = live(seed, False, strangers, sent, lake_runs)
    assert portraits(house) != portraits(other), "the demo left something to remove"
    remove(house, True)
    remove(other, False)
    assert portraits(house) == portraits(other)
    house.writer.drain()
    assert house.lake.seen_by(WORKSPACE, [DEMO]) == []
    for record in house.log.read(0, 10_000):
        assert record.source != DEMO or {fact.name for fact in record.facts} == {FACT_ERASED}
    house.assert_rebuilt_equals_live()


def a_cart(house: House, person: str, source: int, user: str) -> None:
    house.put(house.track("", anonymous=person, user=user, kind=Kind.IDENTIFY, traits={"email": f"{user}@example.com"}), source=source)
    house.put(house.track("Product Added", anonymous=person, user=user, props={**CART, "cart_id": f"c-{source}"}), source=source)
    house.later(3600)
    fold(house)


def test_a_mail_about_a_cart_of_the_demo_is_forgotten_with_its_intent():
    house = House()
    a_cart(house, "a-1", REAL, "ann")
    ours = set(house.state.waiting)
    house.later(8 * 24 * 3600)
    a_cart(house, "a-1", DEMO, "ann")
    [theirs] = set(house.state.waiting) - ours
    say_sent(house, theirs)
    fold(house)
    assert house.person("user_id:ann").engagement["email"].sent == 1
    remove(house, True)
    ann = house.person("user_id:ann")
    assert ann.engagement == {}
    assert {decision.id for decision in ann.decisions} == ours
    assert set(house.state.waiting) == ours


def test_people_of_the_demo_may_come_again():
    house = House()
    a_cart(house, "a-7", DEMO, "dora")
    remove(house, True)
    house.writer.drain()
    assert house.everybody() == []
    a_cart(house, "a-7", DEMO + 1, "dora")
    assert len(house.person("user_id:dora").carts) == 1


def test_removing_twice_changes_nothing():
    house = House()
    a_cart(house, "a-1", REAL, "ann")
    a_cart(house, "a-7", DEMO, "dora")
    remove(house, True)
    house.writer.drain()
    before = portraits(house)
    remove(house, True)
    house.writer.drain()
    assert portraits(house) == before
    assert len(before) == 1


def test_what_came_in_after_the_first_removal_goes_with_the_second():
    house = House()
    a_cart(house, "a-7", DEMO, "dora")
    remove(house, True)
    a_cart(house, "a-8", DEMO, "emil")
    assert len(house.everybody()) == 1
    remove(house, True)
    house.writer.drain()
    assert house.everybody() == []
    assert house.lake.seen_by(WORKSPACE, [DEMO]) == []
