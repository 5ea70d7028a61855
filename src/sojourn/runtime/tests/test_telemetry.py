"""Telling about trouble is no trouble of its own."""

import io

import pytest
import structlog

from sojourn.runtime.telemetry import set_up_logs


class FullDisk(io.StringIO):
    def write(self, text: str) -> int:
        raise OSError(28, "No space left on device")


@pytest.fixture(autouse=True)
def logs_as_they_were():
    yield
    structlog.reset_defaults()


@pytest.mark.parametrize("broken", ["full", "closed"])
def test_a_file_that_takes_no_logs_stops_nobody(monkeypatch: pytest.MonkeyPatch, broken: str) -> None:
    error = FullDisk() if broken == "full" else io.StringIO()
    monkeypatch.setattr("sys.stderr", error)
    set_up_logs("json")
    if broken == "closed":
        error.close()
    structlog.get_logger("test").error("loop failed", loop="engine")


def test_a_line_of_the_log_is_an_object(monkeypatch: pytest.MonkeyPatch) -> None:
    error = io.StringIO()
    monkeypatch.setattr("sys.stderr", error)
    set_up_logs("json")
    structlog.get_logger("test").info("working", loops=["engine"])
    assert '"event": "working"' in error.getvalue()
