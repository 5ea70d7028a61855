"""One loop of a kind at a time on the same data."""

import os
import threading
from pathlib import Path

from sojourn.runtime import work
from sojourn.runtime.settings import read
from sojourn.runtime.watch import hold


def test_the_second_stands_by_until_the_first_is_gone(tmp_path: Path) -> None:
    stop = threading.Event()
    first = hold(tmp_path / "locks", "engine", stop)
    assert first is not None
    got: list[int | None] = []
    second = threading.Thread(target=lambda: got.append(hold(tmp_path / "locks", "engine", stop)))
    second.start()
    second.join(0.5)
    assert second.is_alive()
    assert got == []
    os.close(first)
    second.join(10)
    assert len(got) == 1
    assert got[0] is not None
    os.close(got[0])


def test_who_stands_by_goes_when_asked_to_stop(tmp_path: Path) -> None:
    stop = threading.Event()
    first = hold(tmp_path / "locks", "engine", stop)
    assert first is not None
    got: list[int | None] = []
    second = threading.Thread(target=lambda: got.append(hold(tmp_path / "locks", "engine", stop)))
    second.start()
    stop.set()
    second.join(10)
    assert got == [None]
    os.close(first)


def test_loops_of_different_kinds_do_not_wait_for_each_other(tmp_path: Path) -> None:
    stop = threading.Event()
    handles = [hold(tmp_path / "locks", name, stop) for name in ("engine", "courier")]
    assert all(handle is not None for handle in handles)
    for handle in handles:
        os.close(handle or 0)


def test_a_loop_whose_lock_file_cannot_be_made_tries_again_and_then_works(tmp_path: Path) -> None:
    settings, stop, turns = read({"SOJOURN_HOME": str(tmp_path)}), threading.Event(), threading.Event()
    settings.locks_path.write_text("a file in the way")
    loop = threading.Thread(target=work._keep_going, args=(settings, "lake", lambda: lambda: turns.set() or stop.wait(0.01), stop))
    loop.start()
    assert not turns.wait(0.5)
    settings.locks_path.unlink()
    assert turns.wait(20)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()
