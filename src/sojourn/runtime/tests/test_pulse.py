"""How a loop tells that it runs, and how others feel it."""

import os
import threading

import pytest

from sojourn.runtime.watch import Felt, Pulse, feel, hold


@pytest.fixture
def handle(tmp_path):
    held = hold(tmp_path, "engine", threading.Event())
    assert held is not None
    yield held
    os.close(held)


def test_a_loop_that_never_ran_is_not_held(tmp_path):
    assert feel(tmp_path, "engine") == Felt(False, 0, "")


def test_a_loop_is_held_while_its_process_has_the_lock_and_not_after(tmp_path):
    handle = hold(tmp_path, "engine", threading.Event())
    assert handle is not None
    assert feel(tmp_path, "engine").held is True
    os.close(handle)
    assert feel(tmp_path, "engine").held is False


def test_feeling_does_not_keep_the_next_loop_from_beginning(tmp_path):
    os.close(hold(tmp_path, "engine", threading.Event()) or 0)
    assert feel(tmp_path, "engine").held is False
    handle = hold(tmp_path, "engine", threading.Event())
    assert feel(tmp_path, "engine").held is True
    os.close(handle or 0)


def test_each_turn_is_felt_but_told_at_most_once_a_second(tmp_path, handle):
    now = 100.0
    pulse = Pulse(handle, lambda: now)
    pulse.beat()
    os.utime(handle, (5, 5))
    now = 100.9
    pulse.beat()
    assert feel(tmp_path, "engine").turned_at == 5_000
    now = 101.0
    pulse.beat()
    assert feel(tmp_path, "engine").turned_at > 1_600_000_000_000


def test_a_failure_is_told_until_the_next_good_turn_and_leaves_the_time_of_the_last(tmp_path, handle):
    pulse = Pulse(handle, lambda: 100.0)
    pulse.beat()
    os.utime(handle, (5, 5))
    pulse.failed(OSError("disk full" + "!" * 1_000))
    felt = feel(tmp_path, "engine")
    assert (felt.held, felt.turned_at, felt.trouble[:18], len(felt.trouble)) == (True, 5_000, "OSError: disk full", 500)
    pulse.failed(OSError("no"))
    assert feel(tmp_path, "engine").trouble == "OSError: no"
    pulse.beat()
    assert feel(tmp_path, "engine").trouble == ""


def test_what_a_predecessor_left_is_wiped_by_the_first_turn(tmp_path, handle):
    os.pwrite(handle, b"OSError: long ago", 0)
    Pulse(handle).beat()
    assert feel(tmp_path, "engine").trouble == ""
