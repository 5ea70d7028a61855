"""`python -m tests` runs every test once and tells what became of all of them."""

from pathlib import Path

import pytest

from tests.__main__ import ROOT, closing, shares


def test_every_file_of_tests_is_in_one_share() -> None:
    files = {path.relative_to(ROOT) for folder in ("src", "tests") for path in (ROOT / folder).rglob("test_*.py") if "node_modules" not in path.parts}
    first, second = ({path for path in files if any(path.is_relative_to(one) for one in share)} for share in shares())
    assert (first | second, first & second) == (files, set())
    assert Path("tests/browser/test_visitors.py") in second


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
