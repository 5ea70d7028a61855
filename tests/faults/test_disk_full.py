"""A disk that is full: nothing is acknowledged that is not kept, senders are told to come back, and it recovers alone."""

import resource
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sojourn.adapters.sqlite.log import open_log
from sojourn.runtime.clock import SystemClock
from tests.faults.processes import Installation, eventually

ROOM_BYTES = 300_000


def batch(number: int) -> list[dict[str, Any]]:
    """Twenty events of about a kilobyte each."""
    return [
        {"type": "track", "event": "Product Viewed", "anonymousId": "a1", "messageId": f"{number}-{index}", "properties": {"text": "x" * 900}}
        for index in range(20)
    ]


@pytest.mark.slow
def test_when_no_file_can_grow_capture_answers_503_and_recovers_without_a_restart(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    with Installation(tmp_path / "home") as house:
        house.start("capture")
        eventually(house.ready, 60, lambda: house.said("capture"))
        process = house.running["capture"].pid
        number = 0

        def send() -> int:
            status, headers = house.post(batch(number))
            if status == 200:
                acknowledged.update(event["messageId"] for event in batch(number))
            else:
                assert (status, int(headers["retry-after"]) > 0) == (503, True)
            return status

        assert send() == 200
        # As far as the process can tell the disk is full: no file may grow beyond what the log has now and a little.
        grown = max(file.stat().st_size for file in house.home.iterdir() if file.is_file() and file.name.startswith("log"))
        limits = resource.prlimit(process, resource.RLIMIT_FSIZE, (grown + ROOM_BYTES, resource.RLIM_INFINITY))
        while send() == 200:
            number += 1
            assert number < 200, "the disk never got full"
        before = len(acknowledged)
        assert [send() for _ in range(5)] == [503] * 5
        assert len(acknowledged) == before > 20

        resource.prlimit(process, resource.RLIMIT_FSIZE, limits)
        eventually(lambda: send() == 200, 30, lambda: f"still refused: {house.said('capture')}")
        assert house.running["capture"].poll() is None
        number += 1
        assert send() == 200
        house.stop("capture")

    log = open_log(tmp_path / "home" / "log.sqlite", SystemClock())
    stored = Counter(fact.message_id for record in log.read(0, 1_000_000, 10_000_000) if record.source for fact in record.facts)
    assert log.verify() > 0
    log.close()
    assert stored == Counter(acknowledged)
