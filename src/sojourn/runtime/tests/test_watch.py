"""One loop of a kind at a time on the same data."""

import os
import threading
from pathlib import Path

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
