"""What is said of the stores when the log is broken: the doctor, health and readiness name it, and none of them falls over."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sojourn.runtime.doctor import examine
from sojourn.runtime.metrics import Metrics
from sojourn.runtime.settings import read
from sojourn.runtime.wiring import House
from sojourn.terms.seals import Seal
from sojourn.terms.streams import MqttSettings, with_secret


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


def test_secrets_that_cannot_be_read_are_counted_with_what_to_do(house: House) -> None:
    here, elsewhere = house.seal(), Seal(b"of another installation")
    with closing(sqlite3.connect(house.settings.database_path)) as db, db:
        db.execute("INSERT INTO sources_source (id, workspace_id, name, key_hash, key_hint, created_at) VALUES (7, 1, 's', 'h', 'h', '2026-01-01')")
        db.execute("INSERT INTO sources_source (id, workspace_id, name, key_hash, key_hint, created_at) VALUES (8, 1, 's', 'i', 'i', '2026-01-01')")
        db.execute(
            "INSERT INTO hooks_hook (workspace_id, source_id, kind, token, secret, created_at) VALUES (1, 7, 'generic', 'hk_1', ?, '2026-01-01')",
            (here.close("secret-1"),),
        )
    assert all(check.ok for check in examine(house))
    with closing(sqlite3.connect(house.settings.database_path)) as db, db:
        db.execute("UPDATE hooks_hook SET secret = ?", (elsewhere.close("secret-1"),))
        settings = msgspec.json.encode(with_secret(MqttSettings("mqtt://a:b@c"), elsewhere.close)).decode()
        db.execute("INSERT INTO streams_stream (workspace_id, source_id, name, kind, settings, changed_at) VALUES (1, 8, 's', 'mqtt', ?, 1)", (settings,))
    check = next(check for check in examine(house) if check.name == "secrets")
    assert not check.ok
    assert check.text.startswith("2 of the secrets of webhooks and streams: each was sealed by another installation")


def test_a_sound_log_takes_writes(house: House) -> None:
    assert Metrics(house, None).trouble() == ""
    assert all(check.ok for check in examine(house))
