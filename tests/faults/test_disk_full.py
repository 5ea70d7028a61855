"""A disk that is full: nothing is acknowledged that is not kept, senders are told to come back, and it recovers alone."""

import resource
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from sojourn.adapters.sqlite.log import open_log
from sojourn.runtime.clock import SystemClock
from tests.faults import database
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


@pytest.mark.slow
def test_a_command_that_finds_no_room_says_so_in_a_sentence_and_works_when_there_is_some(tmp_path: Path) -> None:
    with Installation(tmp_path / "home") as house:
        (tmp_path / "events.jsonl").write_text('{"type": "track", "event": "Seen", "userId": "u1", "messageId": "m1"}\n')
        command = ("import", "events", str(tmp_path / "events.jsonl"))
        limits = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_096, limits[1]))  # this process writes nothing meanwhile, the commands inherit it
        try:
            refused = house.run(*command)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        assert refused.returncode == 6, refused.stderr
        assert refused.stderr.startswith("sojourn: ")
        assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        assert house.run(*command).returncode == 0


@pytest.mark.slow
def test_when_the_engines_files_cannot_grow_events_are_taken_in_all_the_same_and_folded_later(tmp_path: Path) -> None:
    acknowledged: set[str] = set()
    with Installation(tmp_path / "home") as house:
        for name in ("capture", "engine"):
            house.start(name)
        eventually(house.ready, 60, lambda: house.said("capture"))

        def send(number: int) -> None:
            assert house.post(batch(number))[0] == 200
            acknowledged.update(event["messageId"] for event in batch(number))

        send(0)
        eventually(lambda: database.folded(house.home) >= database.head(house.home), 60, lambda: house.said("engine"))
        engine = house.running["engine"].pid
        resource.prlimit(engine, resource.RLIMIT_FSIZE, (4_096, resource.RLIM_INFINITY))
        folded = database.folded(house.home)
        send(1)
        eventually(lambda: "loop failed" in house.said("engine"), 60, lambda: house.said("engine"))
        send(2)
        assert database.folded(house.home) == folded

        resource.prlimit(engine, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        eventually(lambda: database.at_rest(house.home, but=("timers due",)), 90, lambda: f"{database.rest(house.home)} {house.said('engine')}")
        assert house.running["engine"].poll() is None
        for name in ("capture", "engine"):
            house.stop(name)
    assert database.kept(house.home) == {"kept": len(acknowledged)}
