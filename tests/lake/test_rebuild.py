"""A portrait kept up fact by fact equals the one folded again from the lake, whatever the order of what happened."""

from random import Random

import pytest

from sojourn.ports.lake import Lake
from sojourn.runtime.rebuild import rebuild_person
from sojourn.terms.facts import Fact, Flag, Kind
from sojourn.terms.time import DAY, HOUR, MINUTE
from tests.lake.house import WORKSPACE, House

CART = {"cart_id": "c-1", "product_id": "p-1", "name": "Lamp", "price": 49.9, "quantity": 1, "currency": "EUR"}


def shopping(house: House, rng: Random, steps: int) -> None:
    """Random shoppers on few ids, so that they merge, share devices, leave carts and come back; the engine and the lake run at random moments."""
    for _ in range(steps):
        house.put(*(a_fact(house, rng) for _ in range(rng.choice((1, 1, 1, 3)))))
        if rng.random() < 0.3:
            house.later(rng.choice((1, 60, 1801, 4 * 3600, 2 * 86_400)))
        if rng.random() < 0.3:
            house.engine.catch_up()
        if rng.random() < 0.2:
            house.writer.run_once()
    house.engine.catch_up()


def a_fact(house: House, rng: Random) -> Fact:
    anonymous = rng.choice(("a-1", "a-2", "a-3", "a-4", None))
    user = rng.choice(("u-1", "u-2", "u-3", None, None, None))
    flags = int(rng.choice((Flag.NONE, Flag.NONE, Flag.NONE, Flag.HISTORICAL, Flag.TRUSTED)))
    at = house.clock.now() - rng.choice((0, 0, 0, 0, MINUTE, HOUR, 3 * DAY))
    cart = {**CART, "cart_id": rng.choice(("c-1", "c-2", "")), "product_id": rng.choice(("p-1", "p-2"))}
    which = rng.randrange(10)
    common = {"anonymous": anonymous, "user": user, "flags": flags, "at": at}
    if which == 0:
        return house.track("", kind=Kind.IDENTIFY, traits={"email": f"{user}@example.com", "plan": rng.choice(("a", "b"))}, **common)
    if which == 1:
        return house.track("", kind=Kind.ALIAS, link=rng.choice(("a-1", "a-2", "u-3")), **common)
    if which == 2:
        return house.track("Order Completed", props={**cart, "order_id": f"o-{rng.randrange(5)}", "revenue": 49.9}, **common)
    if which == 3:
        return house.track("Checkout Started", props={**cart, "value": 60, "shipping": 12}, **common)
    if which == 4:
        return house.track("", kind=Kind.PAGE, context={"page": {"path": f"/p/{rng.randrange(4)}"}, "locale": "de-DE"}, **common)
    return house.track(rng.choice(("Product Viewed", "Product Added", "Product Added", "Form Field Error", "Product Removed")), props=cart, **common)


@pytest.mark.parametrize("seed", range(20))
def test_rebuilt_equals_live_while_the_lake_is_behind_and_when_it_has_everything(seed: int):
    print("seed", seed)
    rng = Random(seed)
    house = House(batch_facts=rng.choice((1, 7, 5000)))
    shopping(house, rng, 60)
    assert house.assert_rebuilt_equals_live() > 0
    house.writer.drain()
    assert house.state.handovers(0, 1) == []
    house.assert_rebuilt_equals_live()


def test_control_a_lost_fact_is_noticed():
    house = House()
    house.put(house.track("Product Added", "a-1", props=CART))
    house.put(house.track("Product Viewed", "a-1", props=CART))
    house.engine.catch_up()
    house.writer.drain()
    person = house.person("anonymous_id:a-1").id
    assert house.compare(person).equal
    forgetful: Lake = house.lake
    rows = forgetful.history(WORKSPACE, [person])
    house.lake = type(house.lake)()
    house.lake.write(rows[:-1], [], 99)
    assert not house.compare(person).equal


def test_somebody_who_was_merged_away_is_rebuilt_as_who_they_became():
    house = House()
    house.put(house.track("Product Viewed", user="u-1"))
    house.put(house.track("Product Viewed", "a-1"))
    house.engine.catch_up()
    loser = house.person("anonymous_id:a-1").id
    house.put(house.track("", "a-1", "u-1", kind=Kind.IDENTIFY))
    house.engine.catch_up()
    winner = house.person("user_id:u-1")
    assert winner.merged == [loser]
    again = rebuild_person(house.lake, house.log, house.state, WORKSPACE, loser)
    assert again == winner


def test_nobody_is_rebuilt_as_nobody():
    house = House()
    house.engine.catch_up()
    assert rebuild_person(house.lake, house.log, house.state, WORKSPACE, 12345) is None


def test_people_joined_by_mistake_are_parted_with_their_own_history():
    house = House()
    house.put(house.track("Product Viewed", "a-1"))
    house.later()
    house.put(house.track("Product Viewed", user="u-1"))
    house.later()
    house.put(house.track("", "a-1", "u-1", kind=Kind.IDENTIFY, traits={"email": "u-1@example.com"}))
    house.engine.catch_up()
    house.writer.drain()
    joined = house.person("user_id:u-1")
    assert joined.counts["Product Viewed"] == 2
    house.later()
    house.split(joined.id, ["anonymous_id:a-1"], ["user_id:u-1"])
    house.engine.catch_up()
    device, user = house.person("anonymous_id:a-1"), house.person("user_id:u-1")
    assert device.id != user.id
    assert device.identifiers == ["anonymous_id:a-1"]
    assert device.counts["Product Viewed"] == 1
    assert user.counts["Product Viewed"] == 1
    assert user.traits["email"].value == "u-1@example.com"
    house.assert_rebuilt_equals_live()
    house.writer.drain()
    house.assert_rebuilt_equals_live()
    assert [row.fact.anonymous_id for row in house.lake.timeline(WORKSPACE, [device.id], 10) if row.fact.name == "Product Viewed"] == ["a-1"]


def test_a_split_fires_nothing():
    house = House()
    house.put(house.track("Product Added", "a-1", props=CART))
    house.put(house.track("", "a-1", "u-1", kind=Kind.IDENTIFY, traits={"email": "u-1@example.com"}))
    house.later(3600)
    house.engine.catch_up()
    before = {intent: waiting.state for intent, waiting in house.state.waiting.items()}
    house.split(house.person("user_id:u-1").id, ["anonymous_id:a-1"], ["user_id:u-1"])
    house.engine.catch_up()
    assert {intent: waiting.state for intent, waiting in house.state.waiting.items()} == before


@pytest.mark.parametrize("seed", [*range(8), 38, 75])
def test_after_splits_at_random_moments_rebuilt_still_equals_live(seed: int):
    print("seed", seed)
    rng = Random(seed + 1000)
    house = House(batch_facts=rng.choice((1, 7, 5000)))
    for _ in range(3):
        shopping(house, rng, 25)
        several = [person for person in (house.state.people(WORKSPACE, [number])[number] for number in house.everybody()) if len(person.identifiers) > 1]
        if several:
            person = rng.choice(several)
            keys = list(person.identifiers)
            rng.shuffle(keys)
            house.split(person.id, keys[:1], keys[1:])
            house.engine.catch_up()
            house.assert_rebuilt_equals_live()
    shopping(house, rng, 25)
    house.assert_rebuilt_equals_live()
    house.writer.drain()
    house.assert_rebuilt_equals_live()
