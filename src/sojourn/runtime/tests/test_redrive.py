"""Events set aside go through the real intake again."""

import json

import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.sources.redrive import Again, Verdict
from sojourn.capture.intake import Intake, Names
from sojourn.capture.protocols import Request
from sojourn.capture.protocols.segment import SEGMENT
from sojourn.capture.tests.door import Door
from sojourn.ports.directory import KeyHolder, Policy
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


@pytest.mark.parametrize("path", ["/v1/track", "/v1/t", "/v1/page", "/v1/identify", "/v1/group"])
@pytest.mark.parametrize("broken", [{"context": json.loads("[" * 40 + "]" * 40)}, {"context": {"k" * 2_000: 1}}])
def test_what_the_address_said_of_a_call_is_known_when_it_is_driven_again(log, path, broken):
    with Door() as door:
        assert door.post(path, {"event": "Viewed", "userId": "ann", "groupId": "g", **broken}).results[0][1] == "quarantined"
        [(_reason, payload)] = door.quarantined()
    assert drive(log, plain, [again(json.loads(payload) | {"context": {}})]) == [Verdict()]
    assert log.read(0, 10)[0].facts[0].kind[0] == path.removeprefix("/v1/")[0]


def test_so_it_is_of_a_call_that_breaks_its_contract(log):
    contracts = {"Viewed": '{"required": ["page"]}'}
    opened = SEGMENT.routes["/v1/track"].open(Request("POST", "/v1/track", b"", {}, json.dumps({"event": "Viewed", "userId": "ann"}).encode()))
    turned = Intake(KeyHolder(1, 7, "Shop", policy=Policy(contracts=contracts)), NOW, "track").take(opened, Names())
    [aside] = turned.arrival.quarantined
    assert aside.reason == "contract_broken"
    assert drive(log, plain, [again(json.loads(aside.payload) | {"properties": {"page": 1}})]) == [Verdict()]
