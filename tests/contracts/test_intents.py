"""The contract of ports/intents.py, held by every store of intents."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.memory.intents import MemoryIntents
from sojourn.adapters.memory.state import MemoryState
from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.intents import open_intents
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.intents import Claim, Intents, Settlement, Verdict
from sojourn.ports.state import State, Taken
from sojourn.terms.effects import Cancel, Commit, ConsentRow, Intent
from sojourn.terms.facts import Fact
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND

from .makers import START, intent

WINDOW = 7 * DAY
GO = Verdict(True)


class Desk:
    """The intents under test, with the engine's side to fill them."""

    def __init__(self, state: State, intents: Intents, pause: Callable[[], None]) -> None:
        self.state, self.intents, self.pause = state, intents, pause
        self.epoch = intents.start_epoch(START)

    def put(self, *intents: Intent, **parts: object) -> None:
        before = self.state.progress()
        commit = Commit(workspace=1, position=1, now=START, intents=list(intents), **parts)
        self.state.commit([commit], before, msgspec.structs.replace(before, position=before.position + 1))

    def claim(self, now: int = START, limit: int = 10) -> list[Claim]:
        return self.intents.claim(self.epoch, now, lambda _: WINDOW, limit)

    def begin(self, claim: Claim, now: int = START, verdict: Verdict = GO) -> Verdict:
        return self.intents.begin(self.epoch, claim, now, WINDOW, lambda _: verdict)

    def send(self, now: int = START, outcome: str = "accepted") -> None:
        """Hand over what is ready."""
        for claim in self.claim(now):
            assert self.begin(claim, now) == GO
            assert self.intents.settle(self.epoch, claim.intent.id, now, Settlement(outcome), None)

    def states(self, *numbers: str) -> list[str]:
        return [found[1] for number in numbers if (found := self.intents.get(number))]

    def told(self) -> list[tuple[str, dict[str, object]]]:
        """Names and properties of the facts in the outbox."""
        return [(fact.name, fact.props) for _, _, packed in self.intents.outbox(100) for fact in [msgspec.msgpack.decode(packed, type=Fact)]]


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest) -> Iterator[Desk]:
    if request.param == "memory":
        memory = MemoryState()
        intents = MemoryIntents(memory)
        yield Desk(memory, intents, lambda: intents.paused.add(1))
        return
    path: Path = request.getfixturevalue("database")
    state, stored, database = open_state(path), open_intents(path), Database(path)

    def pause() -> None:
        with database.writing() as connection:
            connection.execute("""UPDATE workspace_workspace SET settings = '{"paused": "on"}' WHERE id = 1""")

    yield Desk(state, stored, pause)
    for room in (state, stored, database):
        room.close()


# -- claiming


def test_each_epoch_is_one_higher(desk: Desk) -> None:
    assert desk.epoch == 1
    assert desk.intents.start_epoch(START) == 2


def test_what_is_not_ready_yet_is_not_claimed(desk: Desk) -> None:
    desk.put(intent("i1", ready_at=START + HOUR), intent("i2", state="held_out"))
    assert desk.intents.next_ready() == START + HOUR
    assert desk.claim(START + HOUR - 1) == []
    assert desk.claim(START + HOUR) == [Claim(intent("i1", ready_at=START + HOUR, state="claimed"), attempts=0)]
    assert desk.states("i1", "i2") == ["claimed", "held_out"]
    assert desk.intents.next_ready() is None
    assert desk.claim(START + DAY) == []


def test_the_oldest_are_claimed_first_and_never_more_than_asked_for(desk: Desk) -> None:
    desk.put(intent("c", ready_at=START - 1), intent("b"), intent("a"), intent("d", ready_at=START - 2))
    assert [claim.intent.id for claim in desk.claim(limit=3)] == ["d", "c", "a"]
    assert [claim.intent.id for claim in desk.claim(limit=3)] == ["b"]


def test_a_courier_that_was_succeeded_can_claim_begin_and_settle_nothing(desk: Desk) -> None:
    desk.put(intent("i1"), intent("i2"))
    first, second = desk.claim()
    desk.begin(first)
    desk.intents.start_epoch(START + 1)
    with pytest.raises(Taken):
        desk.claim()
    assert desk.begin(second) == Verdict(False, "taken")
    assert not desk.intents.settle(desk.epoch, "i1", START, Settlement("accepted"), {"name": "Message Sent", "props": {}})
    assert desk.states("i1", "i2") == ["unknown", "ready"]
    assert [name for name, _ in desk.told()] == ["Message Unknown"]


def test_an_intent_knows_the_person_it_belongs_to_now(desk: Desk) -> None:
    desk.put(intent("i1", of=5))
    desk.put(gone={5: 2})
    (claim,) = desk.claim()
    assert claim.intent.person == 2


# -- what the guard sees


def test_the_guard_sees_the_newest_consent_by_its_own_time(desk: Desk) -> None:
    def said(granted: bool, at: int, person: int = 16384, channel: str = "email", purpose: str = "marketing") -> ConsentRow:
        return ConsentRow(person, channel, purpose, granted, at, 7)

    desk.put(intent("i1"), consents=[said(False, START - 5), said(True, START - 9)])
    desk.put(consents=[said(True, START, person=5), said(True, START, channel="sms"), said(True, START, purpose="news")])
    assert [claim.consent for claim in desk.claim()] == [False]


def test_of_two_consents_of_one_instant_the_later_row_holds(desk: Desk) -> None:
    rows = [ConsentRow(16384, "email", "marketing", granted, START, 7) for granted in (True, False)]
    desk.put(intent("i1"), consents=rows)
    assert [claim.consent for claim in desk.claim()] == [False]


def test_nothing_said_is_none(desk: Desk) -> None:
    desk.put(intent("i1"))
    assert [claim.consent for claim in desk.claim()] == [None]


def test_consent_follows_a_merge(desk: Desk) -> None:
    desk.put(intent("i1", of=2), consents=[ConsentRow(5, "email", "marketing", False, START, 7)])
    desk.put(gone={5: 2})
    assert [claim.consent for claim in desk.claim()] == [False]


@pytest.mark.parametrize(
    ("level", "kind", "purpose", "seen"),
    [
        ("global", "bulk", "marketing", "bounced"),
        ("global", "transactional", "receipts", "bounced"),
        ("manual", "bulk", "marketing", "bounced"),
        ("manual", "transactional", "receipts", "bounced"),
        ("stream:marketing", "bulk", "marketing", "bounced"),
        ("stream:marketing", "bulk", "news", ""),
        ("stream:marketing", "transactional", "marketing", ""),
    ],
)
def test_a_suppressed_address_is_seen_as_far_as_its_level_reaches(desk: Desk, level: str, kind: str, purpose: str, seen: str) -> None:
    desk.intents.suppress(1, "Ann@EXAMPLE.com.", level, "bounced", START)
    desk.put(intent("i1", kind=kind, purpose=purpose))
    assert [claim.suppressed for claim in desk.claim()] == [seen]


def test_suppressing_twice_changes_nothing_and_other_addresses_and_workspaces_are_free(desk: Desk) -> None:
    desk.intents.suppress(1, "Ann@example.com", "global", "bounced", START)
    desk.intents.suppress(1, "Ann@example.com", "global", "complained", START + 1)
    desk.intents.suppress(2, "bob@example.com", "global", "bounced", START)
    desk.put(intent("i1"), intent("i2", address="ann@example.com"), intent("i3", address="bob@example.com"))
    assert [(claim.intent.id, claim.suppressed) for claim in desk.claim()] == [("i1", "bounced"), ("i2", ""), ("i3", "")]


def test_caps_count_bulk_mail_that_went_out_or_may_have(desk: Desk) -> None:
    desk.put(*(intent(number, episode=n) for n, number in enumerate(("accepted", "unknown", "failed", "refused", "handing_over"))))
    desk.put(intent("elses", of=5), intent("receipt", kind="transactional", episode=9))
    for claim in desk.claim():
        number = claim.intent.id
        if number == "refused":
            desk.begin(claim, verdict=Verdict(False, "no_consent"))
            continue
        desk.begin(claim)
        if number != "handing_over":
            desk.intents.settle(desk.epoch, number, START, Settlement({"elses": "accepted", "receipt": "accepted"}.get(number, number)), None)
    desk.put(intent("next", episode=10, ready_at=START))
    (claim,) = desk.claim()
    assert claim.sent_in_window == 3


def test_the_cap_window_is_open_at_its_far_end(desk: Desk) -> None:
    desk.put(intent("i1"))
    desk.send(START)
    desk.put(intent("i2", episode=5), intent("i3", episode=6, ready_at=START + 1))
    assert [c.sent_in_window for c in desk.claim(START + WINDOW - 1, limit=1)] == [1]
    assert [c.sent_in_window for c in desk.claim(START + WINDOW, limit=1)] == [0]


def test_caps_follow_a_merge(desk: Desk) -> None:
    desk.put(intent("i1", of=5))
    desk.send()
    desk.put(intent("i2", of=2, episode=5), gone={5: 2})
    assert [claim.sent_in_window for claim in desk.claim()] == [1]


def test_what_went_out_about_the_same_cart_is_seen_however_long_ago(desk: Desk) -> None:
    desk.put(intent("i1", episode=5), intent("i2", episode=6, ready_at=START + 1))
    desk.send(START)
    desk.put(intent("i3", episode=5, ready_at=START + 2))
    assert [(claim.intent.id, claim.sent_for_cart) for claim in desk.claim(START + 9 * DAY)] == [("i2", 0), ("i3", 1)]


def test_an_attempt_of_its_own_does_not_count_for_the_cart(desk: Desk) -> None:
    desk.put(intent("i1", episode=5))
    (claim,) = desk.claim()
    desk.begin(claim)
    desk.intents.settle(desk.epoch, "i1", START, Settlement("ready", retry_at=START + 1), None)
    assert [claim.sent_for_cart for claim in desk.claim(START + 1)] == [0]


def test_a_paused_workspace_is_seen(desk: Desk) -> None:
    desk.put(intent("i1"))
    desk.pause()
    assert [claim.paused for claim in desk.claim()] == [True]


def test_the_judge_sees_what_changed_since_the_claim(desk: Desk) -> None:
    desk.put(intent("i1"))
    (claim,) = desk.claim()
    desk.intents.suppress(1, "Ann@example.com", "stream:marketing", "unsubscribed", START)
    desk.put(consents=[ConsentRow(16384, "email", "marketing", False, START, 7)])
    seen: list[Claim] = []

    def judge(now: Claim) -> Verdict:
        seen.append(now)
        return Verdict(False, "unsubscribed")

    desk.intents.begin(desk.epoch, claim, START, WINDOW, judge)
    assert [(c.suppressed, c.consent) for c in (claim, *seen)] == [("", None), ("unsubscribed", False)]


# -- beginning


def test_go_sets_handing_over(desk: Desk) -> None:
    desk.put(intent("i1"))
    (claim,) = desk.claim()
    assert desk.begin(claim) == GO
    assert desk.states("i1") == ["handing_over"]
    assert desk.told() == []


def test_what_was_begun_cannot_be_begun_again(desk: Desk) -> None:
    desk.put(intent("i1"))
    (claim,) = desk.claim()
    desk.begin(claim)
    assert desk.begin(claim) == Verdict(False, "taken")
    assert desk.states("i1") == ["handing_over"]


def test_waiting_puts_it_back_until_then(desk: Desk) -> None:
    desk.put(intent("i1"))
    (claim,) = desk.claim()
    assert desk.begin(claim, verdict=Verdict(False, "quiet_hours", START + HOUR)) == Verdict(False, "quiet_hours", START + HOUR)
    assert desk.states("i1") == ["ready"]
    assert desk.intents.next_ready() == START + HOUR
    assert desk.told() == []


def test_a_refusal_is_final_and_told(desk: Desk) -> None:
    desk.put(intent("i1", of=2))
    (claim,) = desk.claim()
    desk.begin(claim, START + 3, Verdict(False, "frequency_cap"))
    assert desk.states("i1") == ["refused"]
    assert desk.intents.next_ready() is None
    assert desk.told() == [("Message Skipped", {"intent": "i1", "person": 2, "at": START + 3, "reason": "frequency_cap", "state": "refused"})]


def test_an_intent_cancelled_after_its_claim_is_not_handed_over(desk: Desk) -> None:
    desk.put(intent("i1"))
    (claim,) = desk.claim()
    desk.put(cancels=[Cancel("i1", "ordered", START)])
    assert desk.begin(claim) == Verdict(False, "ordered")
    assert desk.states("i1") == ["cancelled"]


def test_an_intent_that_is_not_there_is_not_handed_over(desk: Desk) -> None:
    assert desk.begin(Claim(intent("nobody"), 0)) == Verdict(False, "taken")


def test_a_judge_that_breaks_leaves_everything_as_it_was(desk: Desk) -> None:
    desk.put(intent("i1"))
    (claim,) = desk.claim()

    def judge(_: Claim) -> Verdict:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        desk.intents.begin(desk.epoch, claim, START, WINDOW, judge)
    assert desk.states("i1") == ["claimed"]
    assert desk.begin(claim) == GO


# -- settling


@pytest.mark.parametrize("outcome", ["accepted", "failed", "unknown"])
def test_an_end_is_kept_and_told_once(desk: Desk, outcome: str) -> None:
    desk.put(intent("i1", of=5))
    (claim,) = desk.claim()
    desk.begin(claim)
    desk.put(gone={5: 2})
    fact = {"name": "Message Sent", "at": START + 1, "props": {"person": 5, "intent": "i1", "channel": "email"}}
    assert desk.intents.settle(desk.epoch, "i1", START + SECOND, Settlement(outcome, "250 ok", "q-1"), fact)
    assert not desk.intents.settle(desk.epoch, "i1", START + SECOND, Settlement(outcome), fact)
    assert desk.states("i1") == [outcome]
    assert desk.told() == [("Message Sent", {"intent": "i1", "person": 2, "at": START + 1, "channel": "email"})]


def test_a_retry_waits_for_its_time_and_counts_its_attempts(desk: Desk) -> None:
    desk.put(intent("i1"))
    for attempt in (0, 1, 2):
        (claim,) = desk.claim(START + attempt * MINUTE)
        assert claim.attempts == attempt
        desk.begin(claim, START + attempt * MINUTE)
        again = START + (attempt + 1) * MINUTE
        assert desk.intents.settle(desk.epoch, "i1", START, Settlement("ready", "451", retry_at=again), None)
        assert desk.intents.next_ready() == again
        assert desk.claim(again - 1) == []
    assert desk.told() == []


def test_what_was_not_begun_cannot_be_settled(desk: Desk) -> None:
    desk.put(intent("i1"))
    desk.claim()
    assert not desk.intents.settle(desk.epoch, "i1", START, Settlement("accepted"), None)
    assert desk.states("i1") == ["claimed"]


# -- after a crash


def test_a_new_courier_frees_what_was_claimed_and_gives_up_what_was_being_handed_over(desk: Desk) -> None:
    desk.put(intent("claimed"), intent("begun", of=2), intent("done"), intent("waiting", ready_at=START + HOUR))
    claims = {claim.intent.id: claim for claim in desk.claim()}
    desk.begin(claims["begun"])
    desk.begin(claims["done"])
    desk.intents.settle(desk.epoch, "done", START, Settlement("accepted"), None)
    desk.epoch = desk.intents.start_epoch(START + 9)
    assert desk.states("claimed", "begun", "done", "waiting") == ["ready", "unknown", "accepted", "ready"]
    assert desk.told() == [("Message Unknown", {"intent": "begun", "person": 2, "at": START + 9, "reason": "courier_stopped", "state": "unknown"})]
    assert [claim.intent.id for claim in desk.claim(START + 9)] == ["claimed"]


def test_bulk_mail_of_unknown_fate_is_never_sent_again(desk: Desk) -> None:
    desk.put(intent("i1"))
    desk.send(outcome="unknown")
    assert desk.intents.next_ready() is None
    assert desk.claim(START + 30 * DAY) == []


def test_transactional_mail_of_unknown_fate_is_sent_once_more_after_ten_minutes(desk: Desk) -> None:
    desk.put(intent("i1", kind="transactional"))
    desk.send(outcome="unknown")
    assert desk.intents.next_ready() == START + 10 * MINUTE
    assert desk.claim(START + 10 * MINUTE - 1) == []
    desk.send(START + 10 * MINUTE, outcome="unknown")
    assert desk.intents.next_ready() is None
    assert desk.claim(START + DAY) == []


def test_a_resend_that_is_refused_leaves_the_fate_unknown(desk: Desk) -> None:
    desk.put(intent("i1", kind="transactional"))
    desk.send(outcome="unknown")
    (claim,) = desk.claim(START + HOUR)
    desk.begin(claim, START + HOUR, Verdict(False, "expired"))
    assert desk.states("i1") == ["unknown"]
    assert desk.told() == []
    assert desk.claim(START + DAY) == []


# -- the outbox


def test_relayed_facts_leave_the_outbox_and_the_others_stay_in_order(desk: Desk) -> None:
    desk.put(*(intent(f"i{n}") for n in range(4)))
    desk.put(cancels=[Cancel(f"i{n}", "ordered", START) for n in range(4)])
    waiting = desk.intents.outbox(3)
    assert [(workspace, msgspec.msgpack.decode(packed, type=Fact).props["intent"]) for _, workspace, packed in waiting] == [(1, "i0"), (1, "i1"), (1, "i2")]
    desk.intents.relayed([waiting[0][0], waiting[2][0]])
    assert [props["intent"] for _, props in desk.told()] == ["i1", "i3"]
    desk.intents.relayed([])
    desk.intents.relayed([sequence for sequence, _, _ in desk.intents.outbox(9)])
    assert desk.intents.outbox(9) == []


def test_the_same_ending_has_the_same_message_id_and_another_attempt_another(desk: Desk) -> None:
    desk.put(intent("i1", kind="transactional"))
    ids = []
    for now in (START, START + HOUR):
        (claim,) = desk.claim(now)
        desk.begin(claim, now)
        desk.epoch = desk.intents.start_epoch(now)
        ids = [msgspec.msgpack.decode(packed, type=Fact).message_id for _, _, packed in desk.intents.outbox(9)]
    assert len(set(ids)) == len(ids) == 2


# -- two at once


def test_two_couriers_in_threads_claim_each_intent_once(desk: Desk) -> None:
    desk.put(*(intent(f"i{n:03}", episode=n) for n in range(100)))
    claimed: list[str] = []

    def work() -> None:
        while claims := desk.claim(limit=3):
            claimed.extend(claim.intent.id for claim in claims)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(claimed) == [f"i{n:03}" for n in range(100)]


# -- one message per cart


def test_the_guard_sees_what_was_already_sent_about_this_cart(desk: Desk) -> None:
    desk.put(intent("a", of=5), intent("b", of=5))
    for claim, outcome in zip(desk.claim(), ("failed", "accepted"), strict=True):
        desk.begin(claim)
        desk.intents.settle(desk.epoch, claim.intent.id, START, Settlement(outcome), None)
    desk.put(gone={5: 2})
    desk.put(intent("same", of=2), intent("cart", of=2, episode=7), intent("other", of=2, automation="other"))
    assert {claim.intent.id: claim.sent_for_cart for claim in desk.claim()} == {"same": 1, "cart": 0, "other": 0}
