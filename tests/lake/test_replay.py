"""A replay of the log meets corrections where they stand, and gives the same bytes."""

import pytest

from sojourn.runtime.replay import replay_log
from sojourn.terms.facts import Kind
from tests.lake.house import House


@pytest.mark.parametrize("batch", [1, 7, 5_000])
@pytest.mark.parametrize("in_the_lake", [True, False])
def test_after_a_split_the_replayed_people_equal_the_live_ones(batch: int, in_the_lake: bool):
    house = House(batch_facts=batch)
    house.put(house.track("Product Viewed", "d-1"))
    house.put(house.track("", "d-1", "ann", kind=Kind.IDENTIFY))
    house.put(house.track("Product Viewed", "d-2"))
    house.put(house.track("Product Viewed", "d-2", "ann"))
    house.engine.catch_up()
    if in_the_lake:
        house.writer.drain()
    ann = house.person("user_id:ann")
    assert ann.identifiers == ["anonymous_id:d-1", "user_id:ann", "anonymous_id:d-2"]
    house.split(ann.id, ["user_id:ann", "anonymous_id:d-1"], ["anonymous_id:d-2"])
    house.later()
    house.put(house.track("Product Viewed", "d-2"))
    house.engine.catch_up()
    assert house.person("anonymous_id:d-2").facts == 2
    for again in (1, 5_000):
        found = replay_log(house.log, house.state, [1], batch_facts=again)
        assert (found.people, found.different) == (2, 0)
