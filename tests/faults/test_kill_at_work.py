"""kill -9 while a member works: a demo filled in and removed, rules published, events driven again, a person erased. Each comes to its end, once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.sqlite.log import open_log
from sojourn.adapters.sqlite.state import open_state
from sojourn.runtime.clock import SystemClock
from sojourn.terms.person import Person
from tests.faults import database
from tests.faults.processes import Installation, eventually
from tests.faults.sink import Sink

SEED: Final = int(os.environ.get("KILL_SEED", "1"))
ROOT: Final = Path(__file__).parents[2]
VICTIMS: Final = ("capture", "work")
CUSTOMERS: Final = 12
ASIDE: Final = 5


class Office:
    """A member who clicks again when the process that heard the click was killed."""

    def __init__(self, house: Installation, rng: Random) -> None:
        self._rng = rng
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.office"], env=house.environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._say() == "ready"

    def click(self, *words: str, kills: int = 2) -> None:
        """A few that are killed, then one that is not."""
        for _ in range(kills):
            assert self._say(str(self._rng.randint(1, 120)), *words) in ("0", str(-signal.SIGALRM))
        assert self._say("end", *words) == "0"

    def _say(self, *words: str) -> str:
        assert self._process.stdin
        assert self._process.stdout
        if words:
            self._process.stdin.write(" ".join(words) + "\n")
            self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.communicate()


def visit(number: int) -> list[dict[str, Any]]:
    """A customer of our own who leaves a cart."""
    who = {"anonymousId": f"a-{number}", "userId": f"u-{number}"}
    cart = {"cart_id": f"c-{number}", "currency": "EUR", "product_id": "p1", "price": 49.9, "quantity": 1}
    return [
        {"type": "identify", "messageId": f"{number}-0", **who, "traits": {"email": f"{number}@customers.internal"}},
        {"type": "track", "messageId": f"{number}-1", **who, "event": "Product Added", "properties": cart},
    ]


def set_aside(home: Path) -> None:
    """Events of our customers, as if the contract they broke had been mended meanwhile."""
    with closing(sqlite3.connect(home / "sojourn.sqlite", timeout=30)) as connection, connection:
        for number in range(1, ASIDE + 1):
            event = {"type": "track", "messageId": f"aside-{number}", "userId": f"u-{number}", "event": "Product Viewed", "properties": {}}
            row = {"workspace_id": 1, "source_id": 1, "position": 1, "at": time.time_ns() // 1_000_000, "reason": "contract_broken", "detail": ""}
            row["payload"] = json.dumps(event).encode()
            connection.execute(f"INSERT INTO sources_quarantined ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})", row)


@contextmanager
def killing(house: Installation, rng: Random) -> Iterator[Callable[[], None]]:
    """What kills somebody and starts them again."""

    def kill() -> None:
        victim = rng.choice(VICTIMS)
        time.sleep(rng.uniform(0.05, 0.6))
        house.kill(victim)
        house.start(victim)

    yield kill
    eventually(house.ready, 30, lambda: house.said("capture"))


def told(house: Installation) -> str:
    """What is still to be done, for a test that waited in vain."""
    return f"{database.rest(house.home)} {database.demo(house.home)} {house.said('work')}"


@pytest.mark.slow
def test_whatever_a_member_does_comes_to_its_end_once_through_kills(tmp_path: Path) -> None:
    print(f"KILL_SEED={SEED}")
    rng = Random(SEED)
    home = tmp_path / "home"
    settings = ("cart_gap=1s", "holdout=0", "quiet_hours=off", "cap=off", "cart_url=https://shop.example/cart")
    with Sink() as sink, Installation(home, sink.url, settings) as house:
        house.fork_from_now_on()
        office = Office(house, rng)
        try:
            for name in VICTIMS:
                house.start(name)
            eventually(house.ready, 60, lambda: house.said("capture"))
            for number in range(CUSTOMERS):
                assert house.post(visit(number))[0] == 200
            eventually(lambda: len(_own(home)) == CUSTOMERS, 60, lambda: told(house))

            with killing(house, rng) as kill:
                office.click("start_demo", "25", "4")
                for _ in range(4):
                    kill()
            eventually(lambda: database.demo(home)["state"] == "stopped", 120, lambda: told(house))
            run = database.demo(home)
            eventually(lambda: database.at_rest(home, but=("timers due",)), 60, lambda: told(house))
            assert database.kept(home, run["source_id"])["kept"] == run["events"]

            with killing(house, rng) as kill:
                office.click("publish", "cart_gap", "3s", "2s", "1s")
                kill()
                office.click("erase", "user_id:u-0")
                kill()
                set_aside(home)
                office.click("drive_all", "1", "contract_broken", kills=4)
                kill()

            with killing(house, rng) as kill:
                office.click("remove_demo")
                for _ in range(4):
                    kill()
            eventually(lambda: not database.demo(home), 60, lambda: told(house))
            eventually(lambda: database.at_rest(home), 60, lambda: told(house))
            _nothing_of_the_demo_is_left(home, run)

            after = _own(home)
            assert [person.counts["Product Added"] for person in after.values()] == [1] * (CUSTOMERS - 1)
            assert [person.counts.get("Product Viewed", 0) for person in after.values()] == [1] * ASIDE + [0] * (CUSTOMERS - 1 - ASIDE)
            recipients = [str(mail["To"]) for mail in sink.mails() if str(mail["To"]).endswith("@customers.internal")]
            assert len(recipients) == len(set(recipients))
            doctor = house.run("doctor")
            assert doctor.returncode == 0, doctor.stdout
            replay = house.run("replay", "--json")
            assert json.loads(replay.stdout)["different"] == 0, replay.stderr
        finally:
            office.close()


def _own(home: Path) -> dict[str, Person]:
    """Our customers who are there, by identifier, in the order they came."""
    state = open_state(home / "sojourn.sqlite")
    try:
        keys = [f"user_id:u-{number}" for number in range(CUSTOMERS)]
        entries = state.identifiers(1, keys)
        people = state.people(1, [entry.person for entry in entries.values()])
        return {key: people[entries[key].person] for key in keys if key in entries and entries[key].person in people}
    finally:
        state.close()


def _nothing_of_the_demo_is_left(home: Path, run: dict[str, Any]) -> None:
    sources = (run["source_id"], run["visitors_id"])
    assert len(database.people(home)) == CUSTOMERS - 1
    assert database.count(home, "people_intent") == CUSTOMERS
    assert database.count(home, "sources_source", f"id IN {sources}") == 0
    log = open_log(home / "log.sqlite", SystemClock())
    said = [fact for record in log.read(0, 1_000_000, 10_000_000) if record.source in sources for fact in record.facts if fact.message_id]
    log.close()
    assert said == []
    lake = DuckLake(home / "lake", read_only=True)
    assert lake.query("SELECT count(*) FROM facts WHERE source IN (SELECT unnest($sources))", {"sources": list(sources)}) == [(0,)]
    assert lake.query("SELECT count(DISTINCT message_id), count(*) FROM facts WHERE source = 1", {}) == [((CUSTOMERS - 1) * 2 + ASIDE,) * 2]
    lake.close()
