"""What only the log in a file can show: processes, crashes, damage, full disks, bells."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.sqlite import bells
from sojourn.adapters.sqlite.log import SqliteLog, open_log
from sojourn.adapters.sqlite.repair import main, repair
from sojourn.ports.log import Appended, Damaged, Full
from sojourn.terms.facts import Arrival
from sojourn.terms.time import DAY

from .makers import START, arrival, item
from .running import lines, start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "log.sqlite"


@pytest.fixture
def clock() -> SettableClock:
    return SettableClock(START)


@pytest.fixture
def log(path: Path, clock: SettableClock) -> Iterator[SqliteLog]:
    made = open_log(path, clock)
    yield made
    made.close()


def reopened(log: SqliteLog, path: Path, clock: SettableClock) -> SqliteLog:
    log.close()
    return open_log(path, clock)


def message_ids(log: SqliteLog) -> list[str]:
    return [fact.message_id for record in log.read(0, 1_000_000, 1_000_000) for fact in record.facts]


def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        threading.Event().wait(0.01)


# -- restarts and other processes


def test_keys_are_known_again_after_a_restart(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    log.append([arrival("m1", "m2")])
    log.append([Arrival(1, 7, [item("m1", price=5)])])
    again = reopened(log, path, clock)
    assert again.append([arrival("m2"), Arrival(1, 7, [item("m1", price=5)]), arrival("m3")]) == [
        Appended(3, 0, duplicates=(0,)),
        Appended(4, 0, duplicates=(0,)),
        Appended(5, 1),
    ]
    again.close()


def test_keys_of_trimmed_records_are_known_again_after_a_restart(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    log.append([arrival("m1"), arrival("m2")])
    log.trim(2)
    again = reopened(log, path, clock)
    assert again.append([arrival("m1")]) == [Appended(3, 0, duplicates=(0,))]
    again.close()


@pytest.mark.parametrize(("days", "known"), [(28, 3), (29, 2), (30, 1), (31, 1)])
def test_a_restart_reads_only_the_keys_inside_the_window(log: SqliteLog, path: Path, clock: SettableClock, days: int, known: int) -> None:
    for day in range(3):
        clock.set(START + day * DAY)
        log.append([arrival(f"m{day}")])
    clock.set(START + days * DAY)
    log.append([arrival("last")]) if days > 30 else log.tick()
    again = reopened(log, path, clock)
    again.append([])
    assert len(again._keys()) == known
    assert again.append([arrival("m0")]) == [Appended(5, 0, duplicates=(0,)) if days == 28 else Appended(5, 1)]
    again.close()


def test_old_keys_of_trimmed_records_are_let_go(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    log.append([arrival("m1"), arrival("m2")])
    log.trim(2)
    clock.advance(29 * DAY)
    log.append([arrival("m3")])
    assert log.trim(3) == 1
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT count(*) FROM trimmed").fetchone() == (0,)


def test_two_logs_on_one_file_know_each_others_keys(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    other = open_log(path, clock)
    assert log.append([arrival("m1")]) == [Appended(1, 1)]
    assert other.append([arrival("m1", "m2")]) == [Appended(2, 1, duplicates=(0,))]
    other.tick()
    assert log.append([arrival("m2")]) == [Appended(4, 0, duplicates=(0,))]
    other.trim(4)
    assert log.append([arrival("m3")]) == [Appended(5, 1)]
    other.close()


def test_record_time_goes_on_from_what_another_process_wrote(log: SqliteLog, path: Path) -> None:
    ahead = open_log(path, SettableClock(START + 500))
    ahead.append([arrival("m1")])
    ahead.close()
    log.append([arrival("m2")])
    log.tick()
    assert [record.at for record in log.read(0, 10)] == [START + 500] * 3


def test_two_processes_that_append_the_same_at_once_count_each_once(path: Path, clock: SettableClock) -> None:
    ids = [f"m{n}" for n in range(150)]
    said = [lines(process) for process in [start("append", path, *ids), start("append", path, *ids)]]
    new = [line for part in said for line in part if not line.startswith("duplicate")]
    assert sorted(new) == sorted(ids)
    log = open_log(path, clock)
    assert sorted(message_ids(log)) == sorted(ids)
    assert sum(record.counts.get("duplicate", 0) for record in log.read(0, 1_000)) == 150
    assert log.verify() == 300
    log.close()


def test_a_new_file_may_be_opened_by_many_at_once(path: Path, clock: SettableClock) -> None:
    opened: list[SqliteLog] = []
    threads = [threading.Thread(target=lambda: opened.append(open_log(path, clock))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(log.tick() for log in opened) == [1, 2, 3, 4, 5, 6, 7, 8]
    for log in opened:
        log.close()


def test_what_was_acknowledged_before_a_kill_is_stored_once(path: Path, clock: SettableClock) -> None:
    acknowledged: list[str] = []
    for life in range(6):
        process = start("append_for_ever", path, f"life{life}")
        assert process.stdout is not None
        acknowledged += [process.stdout.readline().strip() for _ in range(1 + life * 7)]
        process.kill()
        acknowledged += process.stdout.read().split()
        process.stdout.close()
        process.wait()
    log = open_log(path, clock)
    stored = message_ids(log)
    assert log.verify() == log.head()
    assert len(stored) == len(set(stored))
    assert {f"{record}-{part}" for record in acknowledged for part in range(3)} <= set(stored)
    assert len(stored) <= 3 * (len(acknowledged) + 6), "at most one record a life was stored and not acknowledged"
    assert len(acknowledged) >= 6
    log.close()


# -- damage


def damage(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(statement)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE record SET body = CAST(substr(body, 1, 20) || x'00' || substr(body, 22) AS BLOB) WHERE position = 2", "checksum"),
        ("UPDATE record SET keys = x'00000000000000000000000000000000' WHERE position = 2", "checksum"),
        ("UPDATE record SET at = at + 1 WHERE position = 2", "checksum"),
        ("UPDATE record SET workspace = 2 WHERE position = 2", "checksum"),
        ("UPDATE record SET body = 'text' WHERE position = 2", "cannot be read"),
        ("DELETE FROM record WHERE position = 2", "missing"),
    ],
)
def test_a_record_that_is_not_what_was_written_is_never_served(log: SqliteLog, path: Path, statement: str, said: str) -> None:
    log.append([arrival("m1"), arrival("m2"), arrival("m3")])
    damage(path, statement)
    assert [record.position for record in log.read(0, 1)] == [1]
    for read in (lambda: log.read(0, 10), lambda: log.read(1, 1), log.verify):
        with pytest.raises(Damaged, match=said) as caught:
            read()
        assert caught.value.position == 2
    assert [record.position for record in log.read(2, 10)] == [3]


def test_a_flipped_bit_in_the_file_is_noticed(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    for n in range(50):
        log.append([Arrival(1, 7, [item(f"m{n}", text=f"{n:05}" + "x" * 3_000)])])
    log.close()
    raw = bytearray(path.read_bytes())
    spot = raw.index(b"00025" + b"x" * 100) + 1_500
    raw[spot] ^= 1
    path.write_bytes(raw)
    again = open_log(path, clock)
    assert len(again.read(0, 25)) == 25
    with pytest.raises(Damaged):
        again.verify()
    again.close()


def test_a_destroyed_page_is_damage_and_not_an_empty_log(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    for n in range(50):
        log.append([Arrival(1, 7, [item(f"m{n}", text=f"{n:05}" + "x" * 3_000)])])
    log.close()
    raw = bytearray(path.read_bytes())
    for page in range(3 * 4_096, len(raw), 4_096):
        raw[page : page + 16] = b"\xff" * 16
    path.write_bytes(raw)
    again = open_log(path, clock)
    with pytest.raises(Damaged):
        again.verify()
    again.close()


def test_a_file_that_is_no_log_is_refused(path: Path, clock: SettableClock) -> None:
    path.write_bytes(b"not a database, by any means" * 100)
    with pytest.raises(Damaged):
        open_log(path, clock)


# -- full disks


def test_a_full_disk_acknowledges_nothing_and_the_log_recovers_alone(log: SqliteLog, path: Path) -> None:
    log.append([arrival("m1")])
    pages = log._writer.execute("PRAGMA page_count").fetchone()[0]
    log._writer.execute(f"PRAGMA max_page_count = {pages + 2}")
    large = Arrival(1, 7, [item("large", text="x" * 50_000)])
    with pytest.raises(Full):
        log.append([arrival("m2"), large])
    assert message_ids(log) == ["m1"]
    # The limit went with the connection that met it: there is space again.
    assert log.append([arrival("m2"), large, arrival("m1")]) == [Appended(2, 1), Appended(3, 1), Appended(4, 0, duplicates=(0,))]
    assert log.verify() == 4


def test_a_write_error_acknowledges_nothing_and_the_log_recovers_alone(path: Path) -> None:
    assert lines(start("append_past_the_limit", path)) == ["full, head 1", "full, head 1", "kept", "head 2, verified 2"]


def test_a_retry_that_waited_for_a_failed_append_is_no_duplicate(log: SqliteLog, clock: SettableClock) -> None:
    class Broken(SettableClock):
        def now(self) -> int:
            raise ZeroDivisionError

    log.append([])
    log._clock = Broken()
    with pytest.raises(ZeroDivisionError):
        log.append([arrival("m1")])
    log._clock = clock
    assert log.append([arrival("m1")]) == [Appended(1, 1)]


# -- bells


@pytest.fixture
def no_safety_net(monkeypatch: pytest.MonkeyPatch) -> None:
    """A waiter then wakes by a bell or not at all."""
    monkeypatch.setattr(bells, "_SAFETY_SECONDS", 3_600.0)


@pytest.mark.usefixtures("no_safety_net")
def test_an_append_in_another_process_wakes_who_waits(log: SqliteLog, path: Path) -> None:
    process = start("append", path, "m1")
    assert log.wait(0, 60) is True
    assert lines(process) == ["m1"]
    assert list((path.parent / "bells").iterdir()) == []


@pytest.mark.usefixtures("no_safety_net")
def test_bells_work_under_a_path_longer_than_a_socket_address(tmp_path: Path, clock: SettableClock) -> None:
    folder = tmp_path / ("d" * 100) / ("e" * 100)
    folder.mkdir(parents=True)
    log = open_log(folder / "log.sqlite", clock)
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(log.wait(0, 60)))
    waiter.start()
    until(lambda: (folder / "bells").exists() and any((folder / "bells").iterdir()))
    log.tick()
    waiter.join()
    assert woken == [True]
    log.close()


def test_bells_of_the_dead_are_removed(log: SqliteLog, path: Path) -> None:
    folder = path.parent / "bells"
    folder.mkdir()
    with bells.socket.socket(bells.socket.AF_UNIX, bells.socket.SOCK_DGRAM) as dead:
        dead.bind(str(folder / "1-1"))
    log.tick()
    assert list(folder.iterdir()) == []


def test_where_there_can_be_no_sockets_the_log_is_looked_at_again(log: SqliteLog, path: Path) -> None:
    (path.parent / "bells").write_text("no folder")
    woken: list[bool] = []
    waiter = threading.Thread(target=lambda: woken.append(log.wait(0, 60)))
    waiter.start()
    log.tick()
    waiter.join()
    assert woken == [True]


def test_waiting_looks_at_the_log_now_and_then_only(log: SqliteLog, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0

    def head() -> int:
        nonlocal looks
        looks += 1
        return 0

    monkeypatch.setattr(log, "head", head)
    assert log.wait(0, 1.5) is False
    assert looks < 10


# -- checkpoints and retention


def test_the_wal_is_copied_into_the_file_by_a_thread_of_its_own(log: SqliteLog, path: Path) -> None:
    assert log._writer.execute("PRAGMA wal_autocheckpoint").fetchone() == (0,)
    for n in range(6):
        log.append([Arrival(1, 7, [item(f"m{n}", text="x" * 1_000_000)])])
    until(lambda: path.stat().st_size > 4_000_000)


def test_many_records_are_trimmed_in_several_transactions(log: SqliteLog) -> None:
    log.append([arrival(f"m{n}") for n in range(2_500)])
    assert log.trim(2_400) == 2_399
    assert log.trim(2_400) == 0
    assert log.read(0, 1)[0].position == 2_400
    assert log.append([arrival("m0", "m2399")]) == [Appended(2_501, 0, duplicates=(0, 1))]


# -- repair


def test_a_repair_puts_empty_records_in_place_of_what_is_damaged_or_missing(log: SqliteLog, path: Path, clock: SettableClock) -> None:
    log.append([arrival(f"m{n}") for n in range(1, 7)])
    log.close()
    damage(path, "UPDATE record SET body = CAST('?' || body AS BLOB) WHERE position = 2")
    damage(path, "DELETE FROM record WHERE position IN (4, 5)")
    assert repair(path) == [2, 4, 5]
    assert repair(path) == []
    again = open_log(path, clock)
    assert message_ids(again) == ["m1", "m3", "m6"]
    assert again.verify() == 6
    assert again.append([arrival("m2"), arrival("m1")]) == [Appended(7, 1), Appended(8, 0, duplicates=(0,))]
    assert b"m2" in (path.parent / "log.sqlite.damaged" / "2").read_bytes()
    again.close()


def test_a_repair_of_a_sound_log_changes_nothing(log: SqliteLog, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    log.append([arrival("m1")])
    log.close()
    before = path.read_bytes()
    assert main([str(path)]) == 0
    assert path.read_bytes() == before
    assert capsys.readouterr().out == "every record reads well; nothing was changed\n"


def test_a_repair_says_where_it_cannot_help(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path.write_bytes(b"not a database, by any means" * 100)
    assert main([str(path)]) == 1
    assert "restore it from a backup" in capsys.readouterr().err
    assert main([]) == 2
