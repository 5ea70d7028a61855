"""At most one bulk message per intent at the server, whenever the courier dies and however many there are; and the control arm that sends two."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing

import msgspec
import pytest

from sojourn.actions.tests.samples import intent
from sojourn.terms.facts import Fact
from tests.email.sink import Sink

FAILPOINTS = ("courier.after_claim", "courier.after_begin", "courier.after_hand_over", "courier.after_settle")


def start(office, sink, *flags, failpoint=""):
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in sys.path if p), "CXM_FAILPOINTS": failpoint}
    command = [sys.executable, "-m", "tests.email.send", str(office.path), str(sink.port), *flags]
    return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finish(process):
    _, errors = process.communicate(timeout=120)
    assert process.returncode in (0, 3, -signal.SIGKILL), errors
    return process.returncode


def stop_between_writes(process, office):
    """Stop a process while it does not hold the database: in the middle of a write it would keep everybody out, which is not what is asked here."""
    while True:
        os.kill(process.pid, signal.SIGSTOP)
        try:
            with closing(sqlite3.connect(office.path, timeout=0, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            os.kill(process.pid, signal.SIGCONT)
        else:
            return


def told(office):
    return sorted((fact.props["intent"], fact.name) for _, _, packed in office.intents.outbox(1_000) for fact in [msgspec.msgpack.decode(packed, type=Fact)])


def expected_after(failpoint):
    """(state of the intent that was in hand, whether it had reached the server) after a kill there and a fresh courier."""
    return {
        "courier.after_claim": ("accepted", 1),
        "courier.after_begin": ("unknown", 0),
        "courier.after_hand_over": ("unknown", 1),
        "courier.after_settle": ("accepted", 1),
    }[failpoint]


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_a_courier_killed_at_any_point_sends_nothing_twice_and_forgets_nothing(office, failpoint):
    intents = [intent(number) for number in (1, 2, 3)]
    office.decide(*intents)
    with Sink() as sink:
        assert finish(start(office, sink, failpoint=failpoint)) == -signal.SIGKILL
        assert finish(start(office, sink)) == 0
        state, arrived = expected_after(failpoint)
        assert office.states(intents) == [state, "accepted", "accepted"]
        assert sink.per_message_id() == {f"<{one.id}@shop.example>": 1 for one in intents[1 - arrived :]}
    outcome = {"accepted": "Message Sent", "unknown": "Message Unknown"}
    assert told(office) == [(intents[0].id, outcome[state]), (intents[1].id, "Message Sent"), (intents[2].id, "Message Sent")]


def test_without_the_mark_before_the_first_byte_a_kill_does_send_twice(office):
    """The control arm: the protection off, the same kill."""
    office.decide(intent())
    with Sink() as sink:
        assert finish(start(office, sink, "unprotected", failpoint="courier.after_hand_over")) == -signal.SIGKILL
        assert finish(start(office, sink, "unprotected")) == 0
        assert sink.per_message_id() == {f"<{intent().id}@shop.example>": 2}


def test_random_kills_send_nothing_twice_and_leave_nothing_waiting(office):
    seed = int(os.environ.get("SEED", "7"))
    print(f"seed {seed}")
    draw = random.Random(seed)
    intents = [intent(number) for number in range(1, 61)]
    office.decide(*intents)
    kills = 0
    with Sink() as sink:
        for _ in range(6):
            process = start(office, sink)
            assert process.stdout.readline() == "ready\n"
            try:
                process.wait(timeout=draw.uniform(0.02, 0.25))
            except subprocess.TimeoutExpired:
                process.kill()
                kills += 1
            finish(process)
        assert finish(start(office, sink)) == 0
        counts = sink.per_message_id()
    states = office.states(intents)
    assert kills > 0
    assert set(counts.values()) == {1}
    assert set(states) <= {"accepted", "unknown"}
    assert states.count("unknown") <= kills
    missing = [one for one, state in zip(intents, states, strict=True) if state == "accepted" and f"<{one.id}@shop.example>" not in counts]
    assert missing == []
    assert len(told(office)) == len({number for number, _ in told(office)}) == 60


def test_two_couriers_at_once_send_nothing_twice(office):
    intents = [intent(number) for number in range(1, 41)]
    office.decide(*intents)
    with Sink() as sink:
        both = [start(office, sink), start(office, sink)]
        assert {finish(process) for process in both} <= {0, 3}
        assert finish(start(office, sink)) == 0
        assert set(sink.per_message_id().values()) == {1}
        states = office.states(intents)
        assert set(states) <= {"accepted", "unknown"}
        assert states.count("unknown") <= 1
        assert len(sink.messages) >= 39


def test_a_courier_that_is_stopped_for_a_while_and_was_succeeded_sends_nothing_more(office):
    intents = [intent(number) for number in range(1, 41)]
    office.decide(*intents)
    with Sink() as sink:
        first = start(office, sink)
        assert first.stdout.readline() == "ready\n"
        stop_between_writes(first, office)
        before = len(sink.messages)
        assert finish(start(office, sink)) == 0
        os.kill(first.pid, signal.SIGCONT)
        assert finish(first) in (0, 3)
        assert set(sink.per_message_id().values()) == {1}
        assert len(sink.messages) >= before
        assert set(office.states(intents)) <= {"accepted", "unknown"}
