"""kill -9, two hundred times, while customers shop: nothing acknowledged is lost, nothing is sent twice, nothing is missing."""

import json
import os
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Final

import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.sqlite.log import open_log
from sojourn.adapters.sqlite.state import open_state
from sojourn.runtime.clock import SystemClock
from sojourn.terms.effects import IntentState
from sojourn.terms.person import Person
from tests.faults import database
from tests.faults.load import Load
from tests.faults.processes import APART, Installation, eventually
from tests.faults.sink import Sink

KILLS: Final = int(os.environ.get("KILLS", "200"))
SEED: Final = int(os.environ.get("KILL_SEED", "1"))
PAUSE_SECONDS: Final = 0.4
PATIENCE_SECONDS: Final = 30.0
FINAL: Final = {IntentState.ACCEPTED, IntentState.REFUSED, IntentState.FAILED, IntentState.UNKNOWN, IntentState.CANCELLED, IntentState.HELD_OUT}


@pytest.mark.slow
def test_after_kills_at_random_moments_every_promise_holds(tmp_path: Path) -> None:
    print(f"KILL_SEED={SEED} KILLS={KILLS}")
    settings = ("cart_gap=1s", "holdout=0.1", "quiet_hours=off", "cap=off", "cart_url=https://shop.example/cart")
    with Sink() as sink, Installation(tmp_path / "home", sink.url, settings) as house:
        killed = _shop_and_kill(house)
        load = killed.load
        eventually(lambda: database.at_rest(house.home), 180, lambda: f"it does not come to rest: {database.rest(house.home)}")
        for name in APART:
            house.stop(name)
        print(f"{len(load.acknowledged)} events acknowledged, {load.retries} retries, {len(sink.raw)} mails, {killed.seconds:.0f} s")

        assert len(load.acknowledged) > KILLS
        assert len(sink.raw) > 0
        _nothing_lost_nothing_twice(house.home, load)
        _no_mail_twice(sink)
        _nothing_missing(house.home, load)
        replay = house.run("replay", "--json")
        assert replay.returncode == 0, replay.stderr
        assert json.loads(replay.stdout)["different"] == 0


class Killed:
    """What a run of kills left behind."""

    def __init__(self, load: Load, seconds: float) -> None:
        self.load = load
        self.seconds = seconds


def _shop_and_kill(house: Installation) -> Killed:
    rng = Random(SEED)
    load = Load(house, SEED)
    for name in APART:
        house.start(name)
    eventually(house.ready, 60, lambda: house.said("capture"))
    began = time.monotonic()
    load.start()
    house.fork_from_now_on()
    for number in range(KILLS):
        victim = rng.choice(APART)
        # One in four may die while it starts; of the others it is known that something went on before.
        if victim == "capture" and rng.random() < 0.75:
            eventually(house.ready, PATIENCE_SECONDS, lambda: house.said("capture"))
        time.sleep(rng.uniform(0.0, PAUSE_SECONDS))
        house.kill(victim)
        house.start(victim)
        if number % 10 == 0:
            _let_it_come_to_something(house)
    load.stop()
    return Killed(load, time.monotonic() - began)


def _let_it_come_to_something(house: Installation) -> None:
    """Wait until the engine has folded what was on the log a moment ago."""
    head = database.head(house.home)
    eventually(lambda: database.folded(house.home) >= head, PATIENCE_SECONDS, lambda: house.said("engine"))


def _nothing_lost_nothing_twice(home: Path, load: Load) -> None:
    log = open_log(home / "log.sqlite", SystemClock())
    stored = Counter(fact.message_id for record in log.read(0, 10_000_000, 100_000_000) if record.source for fact in record.facts)
    log.close()
    assert set(stored) == load.acknowledged
    assert {message: times for message, times in stored.items() if times > 1} == {}

    counted: Counter[str] = Counter()
    for person in _people(home):
        counted.update({name: times for name, times in person.counts.items() if name in load.names})
    assert counted == load.names

    lake = DuckLake(home / "lake", read_only=True)
    kept = dict(lake.query("SELECT message_id, count(*) FROM facts WHERE source > 0 GROUP BY message_id", {}))
    lake.close()
    assert kept == dict.fromkeys(load.acknowledged, 1)


def _people(home: Path) -> list[Person]:
    state = open_state(home / "sojourn.sqlite")
    try:
        ids = database.people(home)
        return [found for start in range(0, len(ids), 500) for found in state.people(1, ids[start : start + 500]).values()]
    finally:
        state.close()


def _no_mail_twice(sink: Sink) -> None:
    numbers = Counter(str(mail["Message-ID"]) for mail in sink.mails())
    assert {number: times for number, times in numbers.items() if times > 1} == {}
    people = Counter(str(mail["To"]) for mail in sink.mails())
    assert {address: times for address, times in people.items() if times > 1} == {}


def _nothing_missing(home: Path, load: Load) -> None:
    states = database.intent_states(home)
    assert set(states) <= {str(state) for state in FINAL}
    decided = {
        person.traits["email"].value.partition("@")[0]: [decision.outcome for decision in person.decisions]
        for person in _people(home)
        if "email" in person.traits
    }
    assert {user for user in load.left if not decided.get(user)} == set()
    assert states["accepted"] + states.get("unknown", 0) + states.get("held_out", 0) + states.get("cancelled", 0) + states.get("refused", 0) == sum(
        states.values()
    )
