"""Facts that kill the engine's process, not by an exception but for good: they are found and set aside, and everything else is folded."""

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.sqlite.log import open_log
from sojourn.runtime.attempts import DEATHS, STARTS
from sojourn.runtime.clock import SystemClock
from sojourn.terms.facts import Arrival, Fact, Flag, Item
from tests.faults import database
from tests.faults.processes import Installation

ROOT = Path(__file__).parents[2]


def item(number: int, planted: str) -> Item:
    """A fact of a person of its own that does what is planted."""
    fact = Fact("track", "Product Viewed", SystemClock().now(), f"m-{number}", user_id=f"u-{number}", props={"planted": planted})
    return Item(number, number, msgspec.msgpack.encode(fact))


@pytest.mark.slow
def test_facts_that_kill_the_process_are_set_aside_and_all_others_are_folded(tmp_path: Path) -> None:
    planted = [["", "exit", ""], ["", ""], ["abort"], ["memory", ""], ["", "exit", "exit", "exit", "exit", "exit", ""], [""]]
    with Installation(tmp_path / "home") as house:
        log = open_log(house.home / "log.sqlite", SystemClock())
        before = log.head()
        numbers = iter(range(1, 100))
        log.append([Arrival(1, 1, [item(next(numbers), kind) for kind in kinds]) for kinds in planted])
        done = subprocess.run(
            [sys.executable, "-m", "tests.faults.killer", "60"], env=house.environment, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        # Two that are alone in their records, and four of the six in the last but one, before all of it goes; the one without memory dies in its process.
        assert done.stdout.split()[-1:] == [str(STARTS + DEATHS * (2 + 4))], done.stderr[-2_000:]

        flags = [[fact.flags & Flag.DERIVED for fact in record.facts] for record in log.read(before, 100)[: len(planted)]]
        log.close()
        whole = [bool(kind) or kinds == planted[4] for kinds in planted for kind in kinds]
        assert [bool(flag) for record in flags for flag in record] == whole
        assert len(database.people(house.home)) == whole.count(False)
        assert database.kept(house.home)["poison"] == whole.count(True)

        again = house.run("replay")
        assert again.returncode == 0, again.stderr
