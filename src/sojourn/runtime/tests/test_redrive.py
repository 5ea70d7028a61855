"""Events set aside go through the real intake again."""

import json

import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.sources.redrive import Again, Verdict
from sojourn.ports.directory import Policy
from sojourn.ports.log import Full
from sojourn.runtime.redrive import drive
from sojourn.terms.facts import Flag
from sojourn.terms.refusals import Code, Refusal

NOW = 1_795_000_000_000
THEN = NOW - 3_600_000
GOOD = {"type": "track", "event": "Viewed", "userId": "ann"}


def again(call: object, number: int = 1) -> Again:
    return Again(1, 7, THEN, f"aside-{number}", json.dumps(call).encode())


def plain(_workspace: int, _source: int) -> Policy:
    return Policy()


@pytest.fixture
def log():
    return MemoryLog(SettableClock(NOW))


def test_an_event_without_a_time_happened_when_it_came_first(log):
    assert drive(log, plain, [again(GOOD)]) == [Verdict()]
    record = log.read(0, 10)[0]
    assert (record.workspace, record.source, record.at) == (1, 7, NOW)
    assert [(fact.name, fact.at, fact.user_id) for fact in record.facts] == [("Viewed", THEN, "ann")]


def test_its_own_message_id_stays_and_without_one_a_second_time_counts_once(log):
    drive(log, plain, [again({**GOOD, "messageId": "m-1"})])
    assert log.read(0, 10)[0].facts[0].message_id == "m-1"
    assert drive(log, plain, [again({**GOOD, "messageId": "m-1"})]) == [Verdict(duplicate=True)]
    assert [drive(log, plain, [again(GOOD, 2)]) for _ in range(2)] == [[Verdict()], [Verdict(duplicate=True)]]


def test_one_that_is_wrong_says_why_and_the_others_go_on(log):
    verdicts = drive(log, plain, [again({"type": "track", "event": "Viewed"}), again(GOOD)])
    assert [one.reason for one in verdicts] == ["no_identifier", ""]
    assert "userId" in verdicts[0].detail
    assert [len(record.facts) for record in log.read(0, 10)] == [1]


def test_what_a_member_edits_may_say_no_more_than_a_write_key(log):
    drive(log, plain, [again({**GOOD, "type": "identify", "traits": {"consent_email": True, "plan": "basic"}})])
    fact = log.read(0, 10)[0].facts[0]
    assert fact.traits == {"plan": "basic"}
    assert not fact.flags & Flag.TRUSTED


@pytest.mark.parametrize("payload", [b"", b"{", b"[]", b"\xff", b'{"a":' * 200])
def test_a_payload_that_is_no_event_is_told(log, payload):
    assert drive(log, plain, [Again(1, 7, THEN, "aside-1", payload)])[0].reason in ("bad_json", "bad_shape", "bad_encoding", "too_deep")
    assert log.read(0, 10) == []


def test_a_log_that_takes_nothing_changes_nothing():
    class FullLog:
        def append(self, _arrivals: object) -> None:
            raise Full("the disk is full")

    with pytest.raises(Refusal) as refused:
        drive(FullLog(), plain, [again(GOOD)])
    assert refused.value.code == Code.NOT_READY
