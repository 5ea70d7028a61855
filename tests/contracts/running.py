"""Starts the programs of processes.py."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def start(verb: str, path: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": str(_ROOT)}
    command = [sys.executable, "-m", "tests.contracts.processes", verb, str(path), *arguments]
    return subprocess.Popen(command, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True)


def lines(process: "subprocess.Popen[str]") -> list[str]:
    """All it says until its end, which must be a good one."""
    said, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return said.splitlines()
