"""The demo's loop on a real database, with a door that only notes what comes."""

import json
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sojourn.apps.demo import paced
from sojourn.runtime.clock import SystemClock
from sojourn.runtime.demo import DemoLoop, truth_path
from sojourn.runtime.demo_door import Door
from sojourn.runtime.settings import Settings, read
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import HOUR, to_iso
from tests.contracts.conftest import database, migrated

__all__ = ["database", "migrated"]
NOW = 1_767_225_600_000


class Noted(Door):
    """Keeps what is sent, by path; while `closed` it takes nothing."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.sent: dict[str, list[dict[str, Any]]] = {"/v1/import": [], "/v1/batch": []}
        self.closed = False

    def post(self, key: str, path: str, events: list[dict[str, Any]]) -> None:
        if self.closed:
            raise Refusal(Code.NOT_READY, "Nothing listens")
        assert key == "wk_demo"
        self.sent[path] += events


@pytest.fixture
def settings(database: Path) -> Settings:
    return read({"SOJOURN_HOME": str(database.parent), "SOJOURN_BIND": "127.0.0.1:1"})


def begin(settings: Settings, state: str = "seeding", days: int = 3, quick: int = 1) -> None:
    row = {
        "workspace_id": 1, "state": state, "seed": 7, "rate": 2.0, "shoppers": 30, "days": days, "live": 0, "started_at": NOW, "source_id": 8,
        "write_key": "wk_demo", "visitors_id": 9, "visitors_key": "wk_v", "before": "{}", "day": 0, "people": 0, "events": 0, "number": 0, "quick": quick,
        "story": 0, "mail_seen": 0, "removing_at": 0, "swept": 0, "trouble": "",
    }  # fmt: skip
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        names, places = ", ".join(row), ", ".join(f":{name}" for name in row)
        connection.execute(f"INSERT INTO demo_run ({names}) VALUES ({places})", row)


def column(settings: Settings, name: str) -> Any:
    with closing(sqlite3.connect(settings.database_path)) as connection:
        found = connection.execute(f"SELECT {name} FROM demo_run").fetchone()
        return found[0] if found else None


def loop(settings: Settings, door: Noted) -> DemoLoop:
    stop = threading.Event()
    stop.set()  # so that nothing waits
    return DemoLoop(settings, stop, door)


def test_the_past_goes_through_the_import_and_the_story_comes_last(settings: Settings):
    begin(settings)
    door = Noted(settings)
    made = loop(settings, door)
    for _ in range(5):
        made.step()
    assert column(settings, "state") == "stopped"
    assert column(settings, "day") == 3
    sent = door.sent["/v1/import"]
    assert column(settings, "events") == len(sent) + len(door.sent["/v1/batch"])
    assert {event["messageId"].split("-")[0] for event in door.sent["/v1/batch"]} == {"story"}
    told = [json.loads(line) for line in truth_path(settings).read_text().splitlines()]
    assert sum(line["at"] == "past" for line in told) == column(settings, "people") - 12
    assert {line["cause"] for line in told if line["at"] == "story"} >= {"shipping_cost", "confusing_checkout", ""}


def test_a_day_that_was_cut_off_is_sent_again_with_the_same_ids(settings: Settings):
    begin(settings, days=1)
    first, second = Noted(settings), Noted(settings)
    loop(settings, first).step()
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        connection.execute("UPDATE demo_run SET day = 0")
    loop(settings, second).step()
    assert first.sent["/v1/import"] == second.sent["/v1/import"]
    assert first.sent["/v1/import"]


def test_the_truth_of_a_day_that_was_cut_off_is_told_once(settings: Settings):
    begin(settings)
    door = Noted(settings)
    loop(settings, door).step()
    told = truth_path(settings).read_text()
    door.closed = True
    for _ in range(2):  # the second day's lines are written, nothing of it is sent
        loop(settings, door).step()
    assert len(truth_path(settings).read_text()) > len(told)
    door.closed = False
    loop(settings, door).step()
    whole = truth_path(settings).read_text()
    assert whole.startswith(told)
    people = [json.loads(line)["anonymous_id"] for line in whole.splitlines() if json.loads(line)["at"] == "past"]
    assert len(people) == len(set(people)) == column(settings, "people")


def test_a_shopper_whose_visit_was_cut_off_does_not_begin_again(settings: Settings, monkeypatch: pytest.MonkeyPatch):
    begin(settings, state="live")
    begun: list[int] = []
    whole = paced.present
    monkeypatch.setattr(paced, "present", lambda seed, number: begun.append(number) or whole(seed, number))
    door = Noted(settings)
    door.closed = True
    loop(settings, door).step()
    loop(settings, door).step()
    assert begun
    assert begun == sorted(set(begun))
    assert column(settings, "number") == len(begun)


def test_a_story_that_was_cut_off_is_told_again_with_the_same_times(settings: Settings):
    begin(settings, days=1)
    first, second = Noted(settings), Noted(settings)
    for _ in range(2):
        loop(settings, first).step()
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        assert connection.execute("UPDATE demo_run SET story = 0 WHERE story = 1").rowcount == 1
    loop(settings, second).step()
    assert first.sent["/v1/batch"] == second.sent["/v1/batch"]
    os.utime(truth_path(settings), (1, 1))
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        connection.execute("UPDATE demo_run SET story = 0")
    late = Noted(settings)
    loop(settings, late).step()
    assert min(event["timestamp"] for event in late.sent["/v1/batch"]) > to_iso(SystemClock().now() - HOUR), "after a long time it is told of now"


def test_trouble_at_the_door_is_told_and_goes_away(settings: Settings):
    begin(settings)
    door = Noted(settings)
    door.closed = True
    made = loop(settings, door)
    made.step()
    assert (column(settings, "trouble"), column(settings, "day")) == ("Nothing listens", 0)
    door.closed = False
    made.step()
    assert (column(settings, "trouble"), column(settings, "day")) == ("", 1)


def test_a_stopped_demo_sends_nothing(settings: Settings):
    begin(settings, state="stopped")
    door = Noted(settings)
    loop(settings, door).step()
    assert door.sent == {"/v1/import": [], "/v1/batch": []}


def test_a_removal_is_swept_once_more_and_then_over(settings: Settings):
    begin(settings, state="removing")
    truth_path(settings).write_text("{}\n")
    made = loop(settings, Noted(settings))
    made.step()
    assert column(settings, "swept") == 1
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        assert connection.execute("SELECT count(*) FROM people_outbox").fetchone() == (1,)
        made.step()
        assert column(settings, "state") == "removing", "its fact is not on the log yet"
        connection.execute("DELETE FROM people_outbox")
    made.step()
    assert column(settings, "state") is None
    assert not truth_path(settings).exists()
