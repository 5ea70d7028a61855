"""The lake on disk between processes: one writes, several read, some die."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.ports.lake import Row, Unreachable
from sojourn.terms.facts import Fact
from sojourn.terms.ids import fact_id
from sojourn.terms.refusals import Code, Refusal

JANUARY = 1_767_225_600_000

WRITER = """
import sys
from pathlib import Path
from tests.lake.test_processes import some_rows
from sojourn.adapters.ducklake.lake import DuckLake
lake = DuckLake(Path(sys.argv[1]))
sequence = lake.sequence()
while True:
    sequence += 1
    lake.write(some_rows(sequence), [], sequence)
    print(sequence, flush=True)
    if sequence % 5 == 0:
        lake.compact()
"""

READER = """
import sys
from pathlib import Path
from sojourn.adapters.ducklake.lake import DuckLake
lake = DuckLake(Path(sys.argv[1]), read_only=True)
for _ in range(int(sys.argv[2])):
    before = lake.sequence()
    facts, several = lake.query("SELECT count(*), count(DISTINCT id) FROM facts", {})[0]
    rows = len(lake.timeline(1, [7], 10**6))
    after = lake.sequence()
    assert facts == several and facts % 250 == 0 and before * 250 <= facts <= after * 250, (before, facts, several, after)
    assert rows % 50 == 0 and before * 50 <= rows <= after * 50, (before, rows, after)
print("fine", after, flush=True)
"""


def some_rows(sequence: int) -> list[Row]:
    """250 rows of five people: more than go into the catalog."""
    return [
        Row(1, fact_id(sequence, i), 5 + i % 5, 0, 1, JANUARY, Fact("track", "Product Viewed", JANUARY + sequence * 1000 + i, f"m-{sequence}-{i}"))
        for i in range(250)
    ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    lake = DuckLake(tmp_path / "lake")
    lake.write([], [], 0)
    lake.sequence()
    lake.close()
    return tmp_path / "lake"


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()


def start(processes: list[subprocess.Popen[str]], script: str, *arguments: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", script, *arguments], stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": "src:."})
    processes.append(process)
    return process


def test_readers_in_other_processes_always_see_whole_transactions(folder: Path, started: list[subprocess.Popen[str]]):
    writer = start(started, WRITER, str(folder))
    assert writer.stdout
    assert writer.stdout.readline() == "1\n"
    readers = [start(started, READER, str(folder), "12") for _ in range(2)]
    seen = [reader.communicate(timeout=120)[0] for reader in readers]
    assert [text.split()[0] for text in seen] == ["fine", "fine"]
    assert max(int(text.split()[1]) for text in seen) > 1, "the writer went on meanwhile"
    assert writer.poll() is None


def test_a_writer_killed_at_any_moment_loses_nothing_it_had_written(folder: Path, started: list[subprocess.Popen[str]]):
    told = 0
    for kill in range(4):
        writer = start(started, WRITER, str(folder))
        assert writer.stdout
        for _ in range(1 + kill):
            told = int(writer.stdout.readline())
        time.sleep(0.01 * kill)  # at another point of the transaction each time
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        lake = DuckLake(folder)
        sequence = lake.sequence()
        assert sequence >= told
        assert lake.query("SELECT count(*), count(DISTINCT id) FROM facts", {}) == [(sequence * 250, sequence * 250)]
        lake.close()


def test_two_writers_at_once_write_nothing_twice(folder: Path, started: list[subprocess.Popen[str]]):
    writers = [start(started, WRITER, str(folder)) for _ in range(2)]
    lake = DuckLake(folder, read_only=True)
    deadline = time.monotonic() + 60
    while lake.sequence() < 12:  # far enough for both to have begun, whoever gets the lock more often
        assert time.monotonic() < deadline
    for writer in writers:
        assert writer.poll() is None, "neither failed"
        writer.kill()
        writer.wait()
    sequence = lake.sequence()
    assert lake.query("SELECT count(*), count(DISTINCT id) FROM facts", {}) == [(sequence * 250, sequence * 250)]
    lake.close()


def test_a_reader_before_there_is_a_lake_finds_nothing_and_later_everything(tmp_path: Path):
    reader = DuckLake(tmp_path / "lake", read_only=True)
    assert reader.timeline(1, [7], 10) == []
    assert reader.sequence() == 0
    assert not (tmp_path / "lake").exists()
    writer = DuckLake(tmp_path / "lake")
    writer.write(some_rows(1), [], 1)
    assert len(reader.timeline(1, [7], 1000)) == 50
    writer.close()
    reader.close()


def test_a_reader_cannot_write(folder: Path):
    reader = DuckLake(folder, read_only=True)
    with pytest.raises(Refusal) as refusal:
        reader.query("DELETE FROM facts", {})
    assert refusal.value.code == Code.BAD_VALUE
    reader.close()


def test_the_folder_may_be_moved(folder: Path, tmp_path: Path):
    lake = DuckLake(folder)
    lake.write(some_rows(1), [], 1)
    lake.close()
    folder.rename(tmp_path / "elsewhere")
    moved = DuckLake(tmp_path / "elsewhere")
    assert len(moved.timeline(1, [7], 1000)) == 50
    moved.write(some_rows(2), [], 2)
    assert moved.query("SELECT count(*) FROM facts", {}) == [(500,)]
    moved.close()


@pytest.mark.parametrize("rows", [3, 250])
def test_nothing_of_an_erased_person_stays_in_any_file(folder: Path, rows: int):
    """Neither in Parquet, nor in the catalog, its statistics and its free pages; the largest and smallest values are the hardest to lose."""
    lake = DuckLake(folder)
    words = [b"zzz-erased-user", b"zzz-erased-anonymous", b"zzz-erased-message", b"zzz-erased-property", b"zzz-erased-name"]
    user, anonymous, message, prop, name = (word.decode() for word in words)
    marked = Fact("track", name, JANUARY, message, anonymous_id=anonymous, user_id=user, props={prop: 1, "currency": prop})
    lake.write([*some_rows(1)[:rows], Row(1, fact_id(9, 0), 99, 0, 1, JANUARY, marked)], [(1, 98, 99)], 1)
    assert any(word in text for word in words for text in every_file(folder)), "control: it is there before"
    assert lake.erase(1, [99]) == 1
    for word in words:
        assert not any(word in text for text in every_file(folder)), word
    assert len(lake.timeline(1, [5, 6, 7, 8, 9], 1000)) == rows
    lake.write(some_rows(2), [], 2)
    assert lake.sequence() == 2
    lake.close()


def every_file(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_a_connection_that_broke_is_opened_afresh(folder: Path):
    lake = DuckLake(folder)
    lake.write(some_rows(1), [], 1)
    assert lake._connection is not None
    lake._connection.close()
    assert len(lake.timeline(1, [7], 1000)) == 50
    lake.close()
    assert lake.sequence() == 1
    lake.close()


def test_a_lake_that_cannot_be_opened_says_so_and_works_again_afterwards(folder: Path):
    lake = DuckLake(folder)
    catalog = folder / "catalog.sqlite"
    whole = catalog.read_bytes()
    catalog.write_bytes(b"this is no database at all" * 100)
    with pytest.raises(Unreachable):
        lake.sequence()
    with pytest.raises(Unreachable):
        lake.write(some_rows(1), [], 1)
    catalog.write_bytes(whole)
    lake.write(some_rows(1), [], 1)
    assert lake.sequence() == 1
    lake.close()


def test_a_question_that_takes_long_prints_nothing(folder: Path):
    lake = DuckLake(folder, read_only=True)
    assert lake.query("SELECT current_setting('enable_progress_bar')", {}) == [(False,)]
    lake.close()
