"""A watched folder: complete files only, once, as history that fires nothing, and on from where it was."""

import gzip
import json
import os
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sojourn.adapters.sqlite.log import SqliteLog
from sojourn.runtime import importer, stream_folder
from sojourn.runtime.stream_files import Hands
from sojourn.runtime.stream_tap import Tap
from sojourn.terms.facts import Flag
from sojourn.terms.streams import FolderSettings
from tests.streams.house import House, eventually

HISTORICAL = int(Flag.HISTORICAL)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream_folder, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(stream_folder, "SETTLED_SECONDS", 0.3)


@pytest.fixture
def inbox(house: House) -> Path:
    house.stream("folder", FolderSettings("orders"))
    path = house.settings.home / "inbox" / "orders"
    path.mkdir(parents=True)
    return path


def order(number: int) -> str:
    return json.dumps({"type": "track", "event": "Order Completed", "userId": f"u-{number}", "properties": {"order_id": f"o-{number}"}}) + "\n"


def ids(house: House) -> list[str]:
    return [str(fact.props["order_id"]) for fact in house.facts()]


def test_a_file_in_each_form_becomes_facts_of_the_past(house: House, inbox: Path):
    (inbox / "1.jsonl").write_text(order(1))
    (inbox / "2.csv").write_text("event,userId,timestamp,order_id,total\nOrder Completed,u-2,2025-06-01T10:00:00Z,o-2,12.50\n")
    (inbox / "3.csv.gz").write_bytes(gzip.compress(b"event;userId;order_id\nOrder Completed;u-3;o-3\n"))
    with duckdb.connect() as db:
        db.execute(
            "COPY (SELECT 'Order Completed' AS event, 4 AS user_id, TIMESTAMPTZ '2025-06-01 10:00:00+00' AS timestamp, 'o-4' AS order_id,"
            " 9.95::DECIMAL(9, 2) AS total,"
            f" [{{'sku': 'a', 'quantity': 2}}] AS products) TO '{inbox}/4.parquet' (FORMAT parquet)"
        )
    with house.running():
        eventually(lambda: len(house.facts()) == 4, say=house.told)
        eventually(lambda: len(json.loads(house.told()["cursor"] or "{}")) == 4, say=house.told)
    assert ids(house) == ["o-1", "o-2", "o-3", "o-4"]
    assert all(fact.flags & HISTORICAL for fact in house.facts())
    assert house.facts()[1].props == {"order_id": "o-2", "total": 12.5}
    assert (house.facts()[3].user_id, house.facts()[3].at) == ("4", 1_748_772_000_000)
    assert house.facts()[3].props == {"order_id": "o-4", "total": 9.95, "products": [{"sku": "a", "quantity": 2}]}
    assert house.told()["tally"]["kept"] == 4


def test_a_file_that_still_grows_is_not_touched(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_folder, "SETTLED_SECONDS", 3600.0)
    (inbox / "growing.jsonl").write_text(order(1))
    with house.running():
        (inbox / "whole.jsonl").write_text(order(2))
        (inbox / "whole.jsonl.done").touch()
        eventually(lambda: len(house.facts()) == 1, say=house.told)
        eventually(lambda: "whole.jsonl" in house.told()["cursor"], say=house.told)
    assert ids(house) == ["o-2"]


def test_a_file_counts_once_and_one_that_grew_adds_only_what_is_new(house: House, inbox: Path):
    lines = [json.dumps({**json.loads(order(n)), "messageId": f"m-{n}"}) + "\n" for n in (1, 2, 3)]
    (inbox / "a.jsonl").write_text("".join(lines[:2]))
    with house.running():
        eventually(lambda: "a.jsonl" in house.told()["cursor"], say=house.told)
    with house.running():
        (inbox / "copy.jsonl").write_text("".join(lines[:2]))
        eventually(lambda: "copy.jsonl" in house.told()["cursor"], say=house.told)
        (inbox / "a.jsonl").write_text("".join(lines))
        eventually(lambda: len(house.facts()) == 3, say=house.told)
    assert ids(house) == ["o-1", "o-2", "o-3"]
    assert house.told()["tally"]["duplicates"] >= 2


def test_a_bad_line_is_told_with_its_number_and_the_others_are_kept(house: House, inbox: Path):
    (inbox / "a.jsonl").write_text(order(1) + '{"type": "track"\n' + order(2))
    (inbox / "b.parquet").write_text("this is no Parquet")
    with house.running():
        eventually(lambda: len(json.loads(house.told()["cursor"] or "{}")) == 2, say=house.told)
    assert ids(house) == ["o-1", "o-2"]
    assert house.counts() == {"bad_json": 1}
    said = [(one["where"], one["text"], one["verdict"]) for one in house.told()["seen"]]
    assert said[:2] == [("a.jsonl", "line 2", "bad_json: the event is not JSON"), ("a.jsonl", "", "2 kept, 1 refused")]
    assert said[2][2].startswith("b.parquet is not a Parquet file that can be read")


def test_a_parquet_file_that_is_damaged_inside_is_told_and_holds_up_no_other(house: House, inbox: Path):
    path = inbox / "a.parquet"
    with duckdb.connect() as db:
        rows = "SELECT 'Order Completed' AS event, 'u-' || i AS user_id, 'o-' || i AS order_id FROM range(60000) t(i)"
        db.execute(f"COPY ({rows}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 20480)")
    whole = path.read_bytes()
    middle = len(whole) * 3 // 4
    path.write_bytes(whole[:middle] + bytes(byte ^ 0xFF for byte in whole[middle : middle + 200]) + whole[middle + 200 :])
    (inbox / "b.jsonl").write_text(order(1))
    with house.running():
        eventually(lambda: "b.jsonl" in house.told()["cursor"], say=house.told)
    said = [(one["where"], one["verdict"]) for one in house.told()["seen"]]
    assert said[0][0] == "a.parquet"
    assert said[0][1].startswith("a.parquet cannot be read any further than row ")
    assert ids(house)[-1] == "o-1"


@pytest.mark.parametrize("ending", ["jsonl", "parquet"])
def test_an_import_cut_short_goes_on_where_it_was(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch, ending: str):
    path = inbox / f"a.{ending}"
    if ending == "jsonl":
        path.write_text("".join(order(n) for n in range(3_000)))
    else:
        with duckdb.connect() as db:
            db.execute(
                f"COPY (SELECT 'Order Completed' AS event, 'u-' || i AS user_id, 'o-' || i AS order_id FROM range(3000) t(i)) TO '{path}' (FORMAT parquet)"
            )
    whole, appended = SqliteLog.append, []

    def cut(log: SqliteLog, arrivals: list) -> list:
        if len(appended) == 1:
            appended.append(0)
            raise importer.Full("the disk is full")
        done = whole(log, arrivals)
        appended.append(sum(len(one.items) for one in arrivals))
        return done

    monkeypatch.setattr(SqliteLog, "append", cut)
    with house.running():
        eventually(lambda: "make room" in house.told()["trouble"], say=house.told)
        eventually(lambda: f"a.{ending}" in house.told()["cursor"], say=house.told)
    assert ids(house) == [f"o-{n}" for n in range(3_000)]
    assert appended == [1_000, 0, 1_000, 1_000]
    assert house.told()["tally"]["kept"] == 3_000


def test_a_folder_s_name_leads_nowhere_else(house: House):
    house.stream("folder", FolderSettings("../../etc"))
    with house.running():
        eventually(lambda: house.told()["state"] == "trouble", say=house.told)
    assert "A folder is named by one word" in house.told()["trouble"]
    assert house.told()["seen"] == []


def test_a_file_that_cannot_be_opened_is_told_once_and_read_as_soon_as_it_can_be(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    locked, real, tries = inbox / "a.jsonl", Path.open, []
    locked.write_text(order(1))

    def opened(path: Path, *mode: Any, **how: Any) -> Any:
        if path == locked and len(tries) < 3:
            tries.append(path)
            raise PermissionError(13, "Permission denied")
        return real(path, *mode, **how)

    monkeypatch.setattr(Path, "open", opened)
    (inbox / "b.jsonl").write_text(order(2))
    with house.running():
        eventually(lambda: "cannot be read: Permission denied." in house.told()["trouble"], say=house.told)
        eventually(lambda: len(house.facts()) == 2, say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)
    assert ids(house) == ["o-2", "o-1"]
    assert [one["where"] for one in house.told()["seen"] if "Permission denied" in one["verdict"]] == ["a.jsonl"]


def test_a_name_may_hold_any_letters_and_even_bytes_that_are_none(house: House, inbox: Path):
    (inbox / "größe 日本 &<b>.jsonl").write_text(order(1))
    (inbox / os.fsdecode(b"caf\xe9.jsonl")).write_text(order(2))
    with house.running():
        eventually(lambda: len(json.loads(house.told()["cursor"] or "{}")) == 2, say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)
    assert sorted(ids(house)) == ["o-1", "o-2"]
    assert sorted(json.loads(house.told()["cursor"])) == ["caf\\xe9.jsonl", "größe 日本 &<b>.jsonl"]


def test_a_link_that_leads_nowhere_and_a_file_that_is_taken_away_hold_up_no_other(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    (inbox / "a.jsonl").symlink_to(inbox / "nothing.jsonl")
    (inbox / "b.jsonl").write_text(order(1))
    (inbox / "c.jsonl").write_text(order(2))
    real = Hands.bring_in

    def bring_in(hands: Hands, tap: Tap, path: Path, *rest: Any) -> Any:
        if path.name == "b.jsonl":
            path.unlink(missing_ok=True)
        return real(hands, tap, path, *rest)

    monkeypatch.setattr(Hands, "bring_in", bring_in)
    with house.running():
        eventually(lambda: "c.jsonl" in house.told()["cursor"], say=house.told)
    assert ids(house) == ["o-2"]
    assert (house.told()["state"], list(json.loads(house.told()["cursor"]))) == ("live", ["c.jsonl"])


def test_a_folder_with_too_many_files_says_so(house: House, inbox: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(stream_folder, "FILES", 2)
    for number in (1, 2, 3):
        (inbox / f"{number}.jsonl").write_text(order(number))
    with house.running():
        eventually(lambda: "holds more than 2 files" in house.told()["trouble"], say=house.told)
        eventually(lambda: len(json.loads(house.told()["cursor"] or "{}")) == 2, say=house.told)
        for number in (1, 2):
            (inbox / f"{number}.jsonl").unlink()
        eventually(lambda: ids(house) == ["o-1", "o-2", "o-3"], say=house.told)
        eventually(lambda: house.told()["state"] == "live", say=house.told)


def test_two_houses_may_watch_one_folder_and_neither_goes_on_where_the_other_was(
    house: House, inbox: Path, migrated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "other" / "inbox").mkdir(parents=True)
    other = House(Path(shutil.copy(migrated, tmp_path / "other" / "sojourn.sqlite")))
    (other.settings.home / "inbox" / "orders").symlink_to(inbox)
    other.stream("folder", FolderSettings("orders"))
    (inbox / "a.jsonl").write_text("".join(order(n) for n in range(2_500)))
    whole, full = SqliteLog.append, [False, True]

    def cut(log: SqliteLog, arrivals: list) -> list:
        if full and full.pop(0):
            full.append(True)
            raise importer.Full("the disk is full")
        return whole(log, arrivals)

    monkeypatch.setattr(SqliteLog, "append", cut)
    with house.running():
        eventually(lambda: "make room" in house.told()["trouble"], say=house.told)
    full.clear()
    with other.running():
        eventually(lambda: "a.jsonl" in other.told()["cursor"], say=other.told)
    with house.running():
        eventually(lambda: "a.jsonl" in house.told()["cursor"], say=house.told)
    assert ids(other) == ids(house) == [f"o-{n}" for n in range(2_500)]
    assert [path.name for path in inbox.iterdir()] == ["a.jsonl"], "nothing is written into the folder"
    other.close()
