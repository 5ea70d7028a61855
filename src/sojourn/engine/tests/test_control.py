"""Control facts: rules, what became of messages, consent, corrections."""

import msgspec
import pytest

from sojourn.engine import control, decide, eligibility
from sojourn.engine.defaults import default_rules
from sojourn.engine.tests.test_decide import NOON, RULES, abandon, ann, cart
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import HOUR, MINUTE

BEFORE = {"person": 100, "channel": "email", "purpose": "marketing"}


def house(person, rules=RULES):
    work = Working(1, rules, now=NOON)
    work.add(person)
    return work


def tell(work, name, at=NOON + HOUR, **props):
    fact = Fact("control", name, at, f"{name}-{at}", props=props)
    return control.apply(work, fact, Moment(9 << 14, at, 0))


def waiting():
    """Ann with one message on its way."""
    person = ann()
    abandon(person, cart())
    return person, person.decisions[0]


def test_published_rules_are_taken_into_force_and_kept():
    work = house(ann())
    rules = default_rules(8, holdout=0.2)
    assert tell(work, "Rules Published", version=8, rules=msgspec.to_builtins(rules)) is None
    assert work.rules == rules
    assert msgspec.msgpack.decode(work.new_rules, type=RuleBook) == rules


def test_rules_older_than_those_in_force_change_nothing():
    work = house(ann())
    tell(work, "Rules Published", version=6, rules=msgspec.to_builtins(default_rules(6)))
    assert (work.rules, work.new_rules) == (RULES, None)


@pytest.mark.parametrize("rules", [None, 7, {"version": "x"}, {"version": 9, "holdout": "much"}])
def test_rules_that_cannot_be_read_are_set_aside_and_the_old_ones_stay(rules):
    work = house(ann())
    tell(work, "Rules Published", rules=rules)
    assert work.rules == RULES
    [(position, source, what)] = work.quarantined
    assert (position, source, what.reason) == (9, 0, "bad_shape")


@pytest.mark.parametrize("person", [None, "x", True, 0, -1, 5, 2**70, "100 "])
def test_a_fact_about_nobody_has_no_effect(person):
    work = house(ann())
    assert tell(work, "Message Sent", person=person, intent="x") is None


def test_an_unknown_control_fact_has_no_effect():
    assert tell(house(ann()), "Something Else", person=100) is None


def test_a_sent_message_counts_for_its_cart_and_its_channel_once():
    person, decision = waiting()
    work = house(person)
    for _ in range(2):
        assert tell(work, "Message Sent", person=100, intent=decision.id, channel="email", at=NOON + 5) is person
    assert (decision.state, decision.sent_at) == ("sent", NOON + 5)
    assert (person.carts[0].messages, person.engagement["email"].sent, person.engagement["email"].last_at) == (1, 1, NOON + 5)


def test_a_message_of_unknown_fate_counts_as_sent_until_it_is_known():
    person, decision = waiting()
    work = house(person)
    tell(work, "Message Unknown", person=100, intent=decision.id)
    assert (decision.state, person.carts[0].messages) == ("unknown", 1)
    assert eligibility.sent_in_window(RULES, person, NOON + HOUR) == 1
    tell(work, "Message Delivered", person=100, intent=decision.id)
    assert (decision.state, person.carts[0].messages, person.engagement["email"].delivered) == ("sent", 1, 1)
    tell(work, "Message Unknown", person=100, intent=decision.id)
    assert decision.state == "sent"


def test_a_message_taken_back_too_late_is_recorded_as_overtaken():
    person, decision = waiting()
    work = house(person)
    decide.on_ended(work, person, person.carts[0], "ordered", NOON + MINUTE, "o-1", 4990)
    tell(work, "Message Sent", person=100, intent=decision.id, at=NOON + 2 * MINUTE)
    assert (decision.state, decision.note) == ("sent", "overtaken")
    assert [d.props["sent_at"] for d in work.derived if d.name == "Intervention Overtaken"] == [NOON + 2 * MINUTE]


def test_a_message_handed_over_before_the_order_is_not_overtaken():
    person, decision = waiting()
    work = house(person)
    decide.on_ended(work, person, person.carts[0], "ordered", NOON + 2 * MINUTE, "o-1", 4990)
    tell(work, "Message Sent", person=100, intent=decision.id, at=NOON + MINUTE)
    assert (decision.state, [d.name for d in work.derived]) == ("sent", [])


def test_a_skipped_message_keeps_its_reason():
    person, decision = waiting()
    tell(house(person), "Message Skipped", person=100, intent=decision.id, reason="suppressed", state="refused")
    assert (decision.state, decision.note, person.carts[0].messages) == ("skipped", "suppressed", 0)


def test_the_echo_of_a_cancellation_keeps_the_first_reason():
    person, decision = waiting()
    work = house(person)
    decide.on_ended(work, person, person.carts[0], "ordered", NOON + MINUTE, "o-1", 4990)
    tell(work, "Message Skipped", person=100, intent=decision.id, reason="other", state="cancelled")
    assert (decision.state, decision.note) == ("cancelled", "ordered")


def test_a_missing_mailbox_suppresses_the_channel_and_other_failures_do_not():
    for hard, suppressed in ((True, {"email": "hard_bounce"}), (False, {})):
        person, decision = waiting()
        tell(house(person), "Message Failed", person=100, intent=decision.id, reason="550 5.1.1", hard=hard, channel="email")
        assert (decision.state, decision.note, person.suppressed) == ("failed", "550 5.1.1", suppressed)


def test_the_first_click_is_kept_and_every_click_counted():
    person, decision = waiting()
    work = house(person)
    tell(work, "Message Clicked", NOON + 7, person=100, intent=decision.id)
    tell(work, "Message Clicked", NOON + 9, person=100, intent=decision.id)
    assert (decision.clicked_at, person.engagement["email"].clicked) == (NOON + 7, 2)


def test_unsubscribing_is_a_no_and_takes_back_what_waits():
    person, decision = waiting()
    work = house(person)
    tell(work, "Unsubscribed", **BEFORE, intent=decision.id)
    assert person.consent["email:marketing"].granted is False
    assert [(row.person, row.channel, row.purpose, row.granted) for row in work.consents] == [(100, "email", "marketing", False)]
    assert [(c.intent, c.reason) for c in work.cancels] == [(decision.id, "unsubscribed")]
    assert (decision.state, decision.note, person.engagement["email"].unsubscribed) == ("cancelled", "unsubscribed", 1)


def test_unsubscribing_from_one_purpose_leaves_the_others():
    person, decision = waiting()
    work = house(person)
    tell(work, "Unsubscribed", person=100, channel="email", purpose="newsletter")
    assert (decision.state, work.cancels) == ("ready", [])


def test_a_later_yes_stands_against_an_earlier_no_that_comes_late():
    person, decision = waiting()
    work = house(person)
    tell(work, "Consent Changed", NOON + 2, **BEFORE, granted=True)
    tell(work, "Consent Changed", NOON + 1, **BEFORE, granted=False)
    assert (person.consent["email:marketing"].granted, decision.state) == (True, "ready")
    tell(work, "Consent Changed", NOON + 3, **BEFORE, granted=False)
    assert (person.consent["email:marketing"].granted, decision.state) == (False, "cancelled")


def test_a_complaint_suppresses_the_channel_and_takes_back_what_waits():
    person, decision = waiting()
    work = house(person)
    tell(work, "Message Complained", person=100, intent="another")
    assert (person.suppressed, decision.state, decision.note) == ({"email": "complaint"}, "cancelled", "suppressed")


def test_erasing_takes_back_what_waits_and_removes_the_person():
    person, _ = waiting()
    work = house(person)
    assert tell(work, "Person Erased", person=100) is None
    assert (work.removed, [c.reason for c in work.cancels]) == ([100], ["erased"])
    assert work.finish(9).people == []


def test_a_split_asks_for_a_refold_by_its_own_id():
    work = house(ann())
    tell(work, "People Split", person=100, apart=[["user_id:ann"], ["user_id:ben"]])
    assert [(refold.people, refold.correction) for refold in work.refolds] == [((100,), 9 << 14)]
