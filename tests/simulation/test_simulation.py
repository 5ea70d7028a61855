"""A thousand seeded worlds, and what happens to them when one protection is off."""

import os
from typing import Final

import pytest

from tests.simulation.promises import check
from tests.simulation.world import Broken, Protections, World

SEEDS: Final = int(os.environ.get("SIMULATION_SEEDS", "1000"))
SHARDS: Final = 20
CONTROL_SEEDS: Final = 150


def run(seed: int, protections: Protections | None = None) -> World:
    """Live a world to its end and look at it."""
    world = World(seed, protections)
    world.live()
    check(world)
    return world


@pytest.mark.parametrize("shard", range(SHARDS))
def test_every_promise_holds_in_every_world(shard: int) -> None:
    mails = crashes = 0
    for seed in range(shard, SEEDS, SHARDS):  # a failing test shows what was printed; its last line is the seed
        print(f"seed {seed}")
        world = run(seed)
        mails += len(world.server.taken)
        crashes += sum(world.fuse.blown.values())
    # A world in which nothing is sent and nothing dies would prove nothing.
    assert SEEDS < SHARDS or (mails > 0 and crashes > 0)


@pytest.mark.parametrize(
    ("protections", "broken"),
    [
        (Protections(deduplication=False), "every event counts once"),
        (Protections(compare_and_set=False), "every event counts once"),
        (Protections(handing_over=False), "no message goes out twice"),
        (Protections(watermark=False), "nobody is mailed whose order was on the log before the hand-over"),
    ],
)
def test_without_one_protection_its_promise_breaks(protections: Protections, broken: str) -> None:
    seen: set[str] = set()
    for seed in range(CONTROL_SEEDS):
        try:
            run(seed, protections)
        except Broken as error:
            seen.add(error.promise)
        if broken in seen:
            return
    pytest.fail(f"{CONTROL_SEEDS} worlds without the protection broke only: {sorted(seen) or 'nothing'}")


def test_every_seam_is_crashed_at_somewhere_in_the_first_hundred_worlds() -> None:
    blown: set[str] = set()
    for seed in range(100):
        world = World(seed)
        world.live()
        blown.update(world.fuse.blown)
    calls = {
        "log.append", "log.tick", "state.commit", "intents.start_epoch", "intents.claim", "intents.begin", "intents.settle", "intents.relayed",
        "channel.hand_over",
    }  # fmt: skip
    assert blown == {f"{side} {call}" for side in ("before", "after") for call in calls}
