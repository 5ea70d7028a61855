"""What is said of the stores when the log is broken: the doctor, health and readiness name it, and none of them falls over."""

from pathlib import Path

import pytest

from sojourn.runtime.doctor import examine
from sojourn.runtime.metrics import Metrics
from sojourn.runtime.settings import read
from sojourn.runtime.wiring import House


@pytest.fixture
def house(database: Path) -> House:
    return House(read({"SOJOURN_HOME": str(database.parent)}))


def test_a_log_that_is_no_database_is_named_by_all_who_look(house: House) -> None:
    house.settings.log_path.write_bytes(b"not a log at all " * 1000)
    found = {check.name: check for check in examine(house)}
    assert found["engine"].text.startswith("the engine cannot go on: ")
    assert "file is not a database" in found["engine"].text
    assert not found["log"].ok
    assert Metrics(house, None).trouble() == "the stores cannot be read: Damaged"


def test_a_sound_log_takes_writes(house: House) -> None:
    assert Metrics(house, None).trouble() == ""
    assert all(check.ok for check in examine(house))
