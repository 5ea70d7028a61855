"""Files that are gone, damaged or of another time: one sentence that says what to do, an exit code, and nothing made worse."""

import socket
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.adapters.memory.log import MemoryLog
from sojourn.adapters.memory.state import MemoryState
from sojourn.adapters.sqlite.log import open_log
from sojourn.ports.lake import Row, Unreachable
from sojourn.runtime import soundness
from sojourn.runtime.cli import app
from sojourn.runtime.clock import SystemClock
from sojourn.runtime.doctor import Check, examine
from sojourn.runtime.lake_writer import LakeWriter
from sojourn.runtime.settings import Settings, read
from sojourn.runtime.soundness import in_words, look, secret, tables
from sojourn.runtime.wiring import House
from sojourn.terms.effects import Commit, Resolved
from sojourn.terms.facts import Fact
from sojourn.terms.ids import fact_id
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY, HOUR
from tests.contracts.conftest import database, migrated
from tests.contracts.makers import START, arrival

__all__ = ["database", "migrated"]


@pytest.fixture
def settings(database: Path) -> Settings:
    """A house with three records on its log, two of them folded."""
    found = read({"SOJOURN_HOME": str(database.parent)})
    log = open_log(found.log_path, SystemClock())
    for number in range(3):
        log.append([arrival(f"m-{number}")])
    log.close()
    with closing(sqlite3.connect(found.database_path)) as connection, connection:
        connection.execute('INSERT OR REPLACE INTO people_progress (id, position, "now") VALUES (1, 2, 1)')
    return found


def gone(path: Path) -> None:
    """No such file."""
    path.unlink()


def empty(path: Path) -> None:
    """Nothing in it."""
    path.write_bytes(b"")


def overwritten(path: Path) -> None:
    """Something else in it."""
    path.write_bytes(b"garbage " * 4_096)


def a_folder(path: Path) -> None:
    """A folder in its place."""
    path.unlink()
    path.mkdir()


def test_a_house_in_order_and_one_never_set_up_are_sound(settings: Settings, tmp_path: Path) -> None:
    look(settings)
    look(read({"SOJOURN_HOME": str(tmp_path / "not yet" / "Größe?#%20")}))


@pytest.mark.parametrize(
    ("file", "damage", "code", "words"),
    [
        ("sojourn.sqlite", gone, Code.DAMAGED, "sojourn.sqlite is missing"),
        ("sojourn.sqlite", empty, Code.DAMAGED, "sojourn.sqlite is missing"),
        ("sojourn.sqlite", overwritten, Code.DAMAGED, "sojourn.sqlite is damaged"),
        ("sojourn.sqlite", a_folder, Code.NOT_READY, "cannot be used now"),
        ("log.sqlite", gone, Code.DAMAGED, "The log ends at record 0, but the engine has folded up to 2"),
        ("log.sqlite", empty, Code.DAMAGED, "The log ends at record 0, but the engine has folded up to 2"),
        ("log.sqlite", overwritten, Code.DAMAGED, "log.sqlite is no log any more"),
        ("log.sqlite", a_folder, Code.NOT_READY, "cannot be used now"),
    ],
)
def test_a_house_whose_files_are_not_what_they_were_does_not_start(
    settings: Settings, file: str, damage: Callable[[Path], None], code: Code, words: str
) -> None:
    for companion in ("-wal", "-shm"):
        (settings.home / (file + companion)).unlink(missing_ok=True)
    damage(settings.home / file)
    before = sorted((path.name, path.stat().st_size) for path in settings.home.iterdir() if path.suffix == ".sqlite")
    with pytest.raises(Refusal) as refused:
        look(settings)
    assert (refused.value.code, words in refused.value.message) == (code, True), refused.value.message
    assert "estore" in refused.value.message or "look who owns it" in refused.value.message
    assert sorted((path.name, path.stat().st_size) for path in settings.home.iterdir() if path.suffix == ".sqlite") == before
    assert not all(check.ok for check in examine(House(settings))) or not settings.database_path.exists()


def test_a_house_at_work_is_sound_however_far_it_comes_while_one_looks(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    whole, log = soundness._ask, open_log(settings.log_path, SystemClock())

    def meanwhile(path: Path, sql: str, damaged: str) -> int | None:
        found = whole(path, sql, damaged)
        head = log.append([arrival(f"later-{path.name}")])[0].position
        with closing(sqlite3.connect(settings.database_path)) as connection, connection:
            connection.execute("UPDATE people_progress SET position = ?", (head,))
        return found

    monkeypatch.setattr(soundness, "_ask", meanwhile)
    look(settings)
    assert log.head() == 5
    log.close()


def test_processes_that_begin_at_once_do_not_find_each_others_folder_unwritable(tmp_path: Path) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(soundness.make_folder, [tmp_path / "house"] * 4_000))
    assert list((tmp_path / "house").iterdir()) == []


def test_a_folder_that_is_a_file_or_lies_in_one_is_said_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(Refusal, match="nothing can be written in"):
        look(read({"SOJOURN_HOME": str(tmp_path / "file" / "house")}))


@pytest.mark.parametrize(("jump", "well"), [(DAY, False), (-HOUR, True)])
def test_a_clock_that_was_a_day_ahead_is_named_as_long_as_the_log_is(settings: Settings, jump: int, well: bool) -> None:
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        connection.execute('UPDATE people_progress SET "now" = ?', (SystemClock().now() + jump,))
    check = next(check for check in examine(House(settings)) if check.name == "clock")
    assert check.ok == well
    assert ("ahead of this machine's clock" in check.text) != well


def test_an_address_that_is_taken_is_refused_before_anything_starts(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("SOJOURN_HOME", str(settings.home))
        monkeypatch.setenv("SOJOURN_BIND", f"127.0.0.1:{taken.getsockname()[1]}")
        for command in ("capture", "web", "front"):
            done = CliRunner().invoke(app, [command])
            assert isinstance(done.exception, Refusal)
            assert "cannot listen on" in done.exception.message


def lake_check(settings: Settings) -> Check:
    """What the doctor says of the lake."""
    return next(check for check in examine(House(settings)) if check.name == "lake")


def test_the_doctor_misses_files_of_the_lake(settings: Settings) -> None:
    lake = DuckLake(settings.lake_path)
    lake.write([Row(1, fact_id(1, index), 5, 0, 1, START, Fact("track", "Seen", START, f"m-{index}")) for index in range(250)], [], 1)
    lake.close()
    assert lake_check(settings) == Check("lake", ok=True, text="1 files in the lake")
    (file,) = settings.lake_path.rglob("*.parquet")
    file.unlink()
    assert lake_check(settings).text == f"the lake lacks 1 of 1 files, such as {file}; restore {settings.lake_path} from a backup"
    overwritten(settings.lake_path / "catalog.sqlite")
    assert lake_check(settings).text.startswith("the lake cannot be read (")


def test_the_doctor_does_not_miss_files_that_a_compaction_takes_away_meanwhile(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.lake_path.mkdir()
    (settings.lake_path / "catalog.sqlite").touch()
    answers = iter([[("compacted.parquet",), (str(settings.log_path),)], [(str(settings.log_path),)]])
    monkeypatch.setattr(DuckLake, "query", lambda *_: next(answers))
    assert lake_check(settings).ok


def test_a_lake_that_is_older_than_the_database_is_not_gone_on_with_until_somebody_says_so(tmp_path: Path) -> None:
    log, state = MemoryLog(SettableClock(START)), MemoryState()
    progress = state.progress()
    for number in range(3):
        log.append([arrival(f"m-{number}")])
        after = type(progress)(number + 1, START)
        state.commit([Commit(workspace=1, position=number + 1, now=START, resolved=[Resolved(number + 1 << 14, 5, 0)])], progress, after)
        progress = after
    state.release(state.handovers(0, 1)[0].sequence)
    anew = tmp_path / "begin-anew"
    writer = LakeWriter(log, state, MemoryLake(), SettableClock(START), anew=anew)
    with pytest.raises(Refusal, match="older than the database") as refused:
        writer.drain()
    assert refused.value.code == Code.DAMAGED
    anew.touch()
    assert writer.drain() == 2
    assert not anew.exists()


def test_tables_of_another_version_are_not_touched(settings: Settings) -> None:
    tables(settings)
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        last = connection.execute("SELECT max(name) FROM django_migrations WHERE app = 'people'").fetchone()[0]
        connection.execute("DELETE FROM django_migrations WHERE app = 'people' AND name = ?", (last,))
    tables(settings, older=True)
    with pytest.raises(Refusal, match=rf"older version of Sojourn .people {last} is still to come.*sojourn up"):
        tables(settings)
    with closing(sqlite3.connect(settings.database_path)) as connection, connection:
        connection.execute("INSERT INTO django_migrations (app, name, applied) VALUES ('people', '9999_tomorrow', '2030-01-01')")
    for older in (True, False):
        with pytest.raises(Refusal, match=r"newer version of Sojourn .people 9999_tomorrow.; nothing was changed"):
            tables(settings, older=older)


@pytest.mark.parametrize("before", [None, b""])
def test_a_secret_is_made_where_there_is_none_or_a_crash_left_an_empty_one(tmp_path: Path, before: bytes | None) -> None:
    path = tmp_path / "secret"
    if before is not None:
        path.write_bytes(before)
    made = secret(path)
    assert len(made) == 64
    assert secret(path) == path.read_bytes() == made
    assert (path.stat().st_mode & 0o777, [file.name for file in tmp_path.iterdir()]) == (0o600, ["secret"])


def test_trouble_with_files_is_a_sentence_and_a_fault_of_ours_is_not() -> None:
    full = sqlite3.OperationalError("database or disk is full")
    assert "No space left" in str(in_words(OSError(28, "No space left on device")))
    assert "disk is full" in str(in_words(full))
    assert str(in_words(Unreachable("IO Error: no catalog\nat 0x1"))) == "the lake cannot be read now (IO Error: no catalog). Run: sojourn doctor"
    assert str(in_words(PermissionError(13, "Permission denied", "/data/log.sqlite"))) == "/data/log.sqlite: Permission denied"
    assert [in_words(error) for error in (KeyError("x"), sqlite3.IntegrityError("x"), sqlite3.ProgrammingError("x"))] == [None] * 3
