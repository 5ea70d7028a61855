"""The courier on stores in memory: when it goes, waits, retries, gives up, and says so."""

import msgspec
import pytest

from sojourn.actions import courier as courier_module
from sojourn.actions.courier import Courier, Desk, Watermark, retry_at
from sojourn.actions.renderer import RenderFailed
from sojourn.actions.tests.samples import AT, MAIL, RULES, intent
from sojourn.adapters.memory.channel import MemoryChannel
from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.intents import MemoryIntents
from sojourn.adapters.memory.state import MemoryState
from sojourn.ports.channel import Envelope, HandedOver
from sojourn.ports.state import Progress, Taken
from sojourn.terms.effects import Cancel, Commit, ConsentRow
from sojourn.terms.facts import Fact
from sojourn.terms.time import DAY, HOUR, MINUTE


class PlainComposer:
    """Makes a message without a child process, or fails as told."""

    def __init__(self):
        self.failures = []
        self.meanwhile = lambda: None

    def compose(self, intent, settings):
        self.meanwhile()
        if self.failures:
            raise self.failures.pop(0)
        raw = b"Subject: x\r\n\r\ny\r\n"
        return Envelope(intent.id, intent.workspace, settings.sender, intent.address, raw, f"<{intent.id}@shop.example>", intent.decided_at)


class House:
    """All that stands around a courier, in memory."""

    def __init__(self, *answers, rules=RULES, mail=MAIL):
        self.state, self.clock, self.channel, self.composer = MemoryState(), SettableClock(AT), MemoryChannel(*answers), PlainComposer()
        self.intents = MemoryIntents(self.state)
        self.rules, self.mail, self.log_head, self.folded = rules, mail, 5, 5
        self.rested = 0
        self.courier = self.make()

    def make(self):
        def rest(_):
            self.rested += 1

        desk = Desk(rules=lambda _: self.rules, mail=lambda _: self.mail)
        mark = Watermark(head=lambda: self.log_head, folded=lambda: self.folded)
        return Courier(self.intents, self.channel, self.composer, self.clock, desk, mark, rest)

    def commit(self, **effects):
        before = self.state.progress()
        after = Progress(before.position + 1, self.clock.now())
        self.state.commit([Commit(workspace=1, position=after.position, now=after.now, **effects)], before, after)

    def run_until_idle(self):
        while self.courier.run_once():
            pass

    def facts(self):
        return [msgspec.msgpack.decode(packed, type=Fact) for _, _, packed in self.intents.outbox(100)]

    def told(self):
        return [(fact.name, fact.props["intent"], fact.props.get("reason")) for fact in self.facts()]

    def state_of(self, number=1):
        return self.intents.get(intent(number).id)[1]


def test_a_message_goes_out_once_and_the_portrait_hears_of_it():
    house = House()
    house.commit(intents=[intent()])
    house.run_until_idle()
    house.clock.advance(DAY)
    house.run_until_idle()
    assert house.channel.attempts == [intent().id]
    assert house.state_of() == "accepted"
    [fact] = house.facts()
    assert (fact.kind, fact.name, fact.at) == ("control", "Message Sent", AT)
    assert fact.props == {
        "intent": intent().id, "person": 101, "at": AT, "automation": "abandoned-cart", "template": "free_shipping", "cause": "shipping_cost",
        "episode": 200, "channel": "email", "purpose": "marketing", "kind": "bulk", "code": 250,
    }  # fmt: skip


def test_nothing_goes_before_its_time():
    house = House()
    house.commit(intents=[intent(ready_at=AT + 1)])
    assert house.courier.run_once() == 0
    house.clock.advance(1)
    assert house.courier.run_once() == 1


def test_an_order_on_the_log_that_is_not_folded_yet_holds_everything(monkeypatch):
    house = House()
    house.commit(intents=[intent()])
    house.folded = 4
    monkeypatch.setattr(courier_module, "BEHIND_SECONDS", 0.02)
    assert house.courier.run_once() == 0
    assert house.rested > 0
    assert house.channel.attempts == []
    assert house.state_of() == "ready"


def test_an_order_that_arrives_while_the_message_is_made_wins():
    house = House()
    house.commit(intents=[intent()])

    def order_arrives():
        house.log_head = 6  # on the log, not folded

    def engine_folds(_):
        house.folded = 6
        house.commit(cancels=[Cancel(intent().id, "ordered", AT)])

    house.composer.meanwhile = order_arrives
    house.courier._rest = engine_folds
    house.run_until_idle()
    assert house.channel.attempts == []
    assert house.state_of() == "cancelled"
    assert house.told() == [("Message Skipped", intent().id, "ordered")]


LAST_MOMENT = {
    "unsubscribed": lambda house: house.commit(consents=[ConsentRow(101, "email", "marketing", False, AT, 1)]),
    "suppressed": lambda house: house.intents.suppress(1, "ann1@example.com", "global", "complaint", AT),
    "disabled": lambda house: setattr(house, "rules", msgspec.structs.replace(RULES, automations=())),
    "expired": lambda house: house.clock.advance(DAY),
}


@pytest.mark.parametrize("reason", LAST_MOMENT)
def test_what_changed_since_the_decision_is_seen_at_the_last_moment(reason):
    house = House()
    house.commit(intents=[intent()])
    LAST_MOMENT[reason](house)
    house.run_until_idle()
    assert house.channel.attempts == []
    assert house.state_of() == "refused"
    assert house.told() == [("Message Skipped", intent().id, reason)]


def test_the_cap_counts_in_the_claim_so_that_two_messages_cannot_take_one_place():
    house = House(rules=msgspec.structs.replace(RULES, cap_count=1))
    house.commit(intents=[intent(1, person=7), intent(2, person=7)])
    house.run_until_idle()
    assert [house.state_of(1), house.state_of(2)] == ["accepted", "refused"]


def test_a_pause_holds_and_later_lets_go():
    house = House(mail=msgspec.structs.replace(MAIL, paused=True))
    house.commit(intents=[intent()])
    house.run_until_idle()
    assert (house.state_of(), house.told()) == ("ready", [])
    house.mail = MAIL
    house.clock.advance(10 * MINUTE)
    house.run_until_idle()
    assert house.state_of() == "accepted"


def test_an_explicit_try_later_is_tried_later_until_it_works():
    house = House(HandedOver("retry", 451, "4.7.1", "greylisted"), HandedOver("retry", 421))
    house.commit(intents=[intent()])
    waited = []
    for _ in range(3):
        house.courier.run_once()
        due = house.intents.next_ready()
        if due is not None:
            waited.append(due - house.clock.now())
            house.clock.set(due)
    assert house.state_of() == "accepted"
    assert house.channel.attempts == [intent().id] * 3
    assert [MINUTE <= waited[0] < 1.2 * MINUTE, 5 * MINUTE <= waited[1] < 6 * MINUTE] == [True, True]
    assert house.told() == [("Message Sent", intent().id, None)]


def test_after_a_day_of_trying_it_is_given_up_and_said():
    house = House(*[HandedOver("retry", 451)] * 50, rules=msgspec.structs.replace(RULES, quiet_hours=None))
    house.commit(intents=[intent(expires_at=AT + 3 * DAY)])
    while (due := house.intents.next_ready()) is not None:
        house.clock.set(max(due, house.clock.now()))
        house.courier.run_once()
    assert len(house.channel.attempts) == 11
    assert DAY * 0.8 < house.clock.now() - AT < DAY * 1.2
    assert house.state_of() == "failed"
    assert house.told() == [("Message Failed", intent().id, "time_limit")]


def test_transactional_messages_are_tried_for_an_hour():
    receipt = intent(kind="transactional", expires_at=AT + DAY)
    assert [retry_at(receipt, attempts, AT) is None for attempts in (1, 2, 3, 4)] == [False, False, False, True]


def test_no_retry_goes_beyond_the_messages_own_end():
    assert retry_at(intent(expires_at=AT + HOUR), 5, AT) is None


def test_a_refusal_is_final_and_a_missing_mailbox_is_suppressed():
    house = House(HandedOver("failed", 550, "5.1.1", "no such user"))
    house.commit(intents=[intent()])
    house.run_until_idle()
    house.commit(intents=[intent(2, address="ann1@EXAMPLE.com")])
    house.run_until_idle()
    assert [house.state_of(1), house.state_of(2)] == ["failed", "refused"]
    assert house.told() == [("Message Failed", intent().id, "550 5.1.1"), ("Message Skipped", intent(2).id, "suppressed")]
    assert house.facts()[0].props["hard"] is True


@pytest.mark.parametrize("enhanced", ["5.7.1", "5.3.0", ""])
def test_a_refusal_for_other_reasons_suppresses_nobody(enhanced):
    house = House(HandedOver("failed", 550, enhanced))
    house.commit(intents=[intent()])
    house.run_until_idle()
    house.commit(intents=[intent(2, address="ann1@example.com")])
    house.run_until_idle()
    assert house.state_of(2) == "accepted"
    assert house.facts()[0].props["hard"] is False


@pytest.mark.parametrize("outcome", ["unknown", "something new"])
def test_without_an_answer_bulk_mail_is_never_sent_again(outcome):
    house = House(HandedOver(outcome))
    house.commit(intents=[intent()])
    house.run_until_idle()
    house.clock.advance(DAY - 1)
    house.run_until_idle()
    assert house.channel.attempts == [intent().id]
    assert house.state_of() == "unknown"
    assert house.told() == [("Message Unknown", intent().id, "no_answer")]


def test_without_an_answer_transactional_mail_is_sent_once_more_after_ten_minutes():
    house = House(HandedOver("unknown"), HandedOver("unknown"))
    house.commit(intents=[intent(kind="transactional")])
    for wait, attempts in ((0, 1), (10 * MINUTE - 1, 1), (1, 2), (HOUR, 2)):
        house.clock.advance(wait)
        house.run_until_idle()
        assert len(house.channel.attempts) == attempts


def test_a_message_that_cannot_be_made_is_held_and_said():
    house = House()
    house.composer.failures = [RenderFailed("'x' is undefined")]
    house.commit(intents=[intent()])
    house.run_until_idle()
    assert house.channel.attempts == []
    assert house.state_of() == "refused"
    assert house.told() == [("Message Skipped", intent().id, "render_error")]


def test_a_renderer_that_overran_is_given_three_chances():
    for failures, state in ((2, "accepted"), (3, "refused")):
        house = House()
        house.composer.failures = [RenderFailed("too long", overrun=True)] * failures
        house.commit(intents=[intent()])
        for _ in range(4):
            house.run_until_idle()
            house.clock.advance(MINUTE)
        assert house.state_of() == state


def test_a_courier_that_was_succeeded_stops():
    house = House()
    house.commit(intents=[intent()])
    second = house.make()
    with pytest.raises(Taken):
        house.courier.run_once()
    assert second.run_once() == 1
    assert house.channel.attempts == [intent().id]


@pytest.mark.parametrize("broken", ["rules", "mail"])
def test_where_rules_or_settings_cannot_be_read_nothing_is_sent(broken):
    house = House()
    house.commit(intents=[intent()])

    def fail(_):
        raise OSError("the database is gone")

    parts = {"rules": lambda _: RULES, "mail": lambda _: MAIL, broken: fail}
    house.courier._desk = Desk(**parts)
    with pytest.raises(OSError, match="gone"):
        house.courier.run_once()
    assert house.channel.attempts == []


def test_where_the_guard_values_cannot_be_read_nothing_is_sent(monkeypatch):
    house = House()
    house.commit(intents=[intent()])

    def fail(*_):
        raise OSError("the suppression list is gone")

    monkeypatch.setattr(house.intents, "begin", fail)
    with pytest.raises(OSError, match="gone"):
        house.courier.run_once()
    assert house.channel.attempts == []


def test_a_channel_that_breaks_leaves_the_message_unknown_for_the_next_courier():
    house = House()
    house.commit(intents=[intent()])

    def explode(_):
        raise RuntimeError("bug")

    house.channel.hand_over = explode
    with pytest.raises(RuntimeError):
        house.courier.run_once()
    house.make()
    assert house.state_of() == "unknown"
