"""`python -m tests` runs every test once and tells what became of all of them."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.__main__ import ROOT, closing, end, run, shares, worst

HOUSE = """
import pathlib, pytest, time

@pytest.fixture
def house():
    pathlib.Path(__file__).with_name("begun").touch()
    yield
    pathlib.Path(__file__).with_name("put away").touch()

def test_long(house):
    time.sleep(120)
"""


def test_every_file_of_tests_is_in_one_share() -> None:
    files = {path.relative_to(ROOT) for folder in ("src", "tests") for path in (ROOT / folder).rglob("test_*.py") if "node_modules" not in path.parts}
    found = [{path for path in files if any(path.is_relative_to(one) for one in share)} for share in shares()]
    assert (set().union(*found), sum(map(len, found))) == (files, len(files))
    assert [any(path.is_relative_to("tests/browser") for path in share) for share in found] == [False, True, True, False]


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        (["...\n2 passed in 1.50s\n", ".\n1 passed in 70.20s (0:01:10)\n"], "3 passed in 9.00s"),
        (["1 failed, 2 passed, 1 skipped in 1.5s\n", "2 passed, 1 error in 1.5s\n"], "1 failed, 4 passed, 1 skipped, 1 errors in 9.00s"),
        (["2 passed in 1.50s\n", "Fatal Python error: Segmentation fault\n"], "2 passed, 1 errors in 9.00s"),
    ],
)
def test_the_closing_lines_are_added_up(outputs: list[str], line: str) -> None:
    assert closing(outputs, 9.0) == line


def test_all_is_well_only_where_each_share_is_and_one_that_crashed_is_not() -> None:
    assert [worst(codes) for codes in ([0, 0], [0, 1], [0, -11], [-9, 1])] == [0, 1, 139, 137]


@pytest.mark.parametrize("ours", [signal.default_int_handler, signal.SIG_IGN], ids=["at a terminal", "as a job in the background"])
def test_who_is_ended_puts_away_what_its_tests_began(tmp_path: Path, ours: Any) -> None:
    (tmp_path / "test_house.py").write_text(HOUSE)
    with (tmp_path / "said").open("wb") as said:
        before = signal.signal(signal.SIGINT, ours)
        try:
            process = run([str(tmp_path / "test_house.py")], said)
        finally:
            signal.signal(signal.SIGINT, before)
        deadline = time.monotonic() + 60
        while not (tmp_path / "begun").exists():
            assert process.poll() is None, (tmp_path / "said").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        end([process])
    assert (tmp_path / "put away").exists()
    assert process.returncode == 2
