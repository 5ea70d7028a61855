"""Why and why not, also for people who never came near a decision."""

import msgspec
import pytest

from sojourn.engine import control, decide
from sojourn.engine.explain import explain
from sojourn.engine.tests.test_decide import CARTS, NOON, REFUSALS, RULES, abandon, ann, cart
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact
from sojourn.terms.time import HOUR, MINUTE


def why(person, rules=RULES, now=NOON + HOUR):
    return explain(person, "abandoned-cart", rules, now)


def last(explanation):
    return explanation.checks[-1].text


def test_a_message_that_waits():
    person = ann()
    abandon(person, cart())
    found = why(person)
    assert (found.outcome, found.reason, found.state, found.rule_version) == ("send", "fits", "ready", 7)
    assert found.summary == "Yes: free_shipping waits to be sent, for the cause shipping cost. Decided 2026-03-10 12:00:00 UTC under rules 7."
    assert [(check.name, check.passed) for check in found.checks] == [
        (name, True)
        for name in ("disabled", "history", "recovered", "one_per_cart", "no_address", "suppressed", "no_consent", "frequency_cap", "expired", "message")
    ]
    assert "0 of at most 3 messages in 7 days." in [check.text for check in found.checks]
    assert last(found) == "The message waits to be handed over, from 2026-03-10 12:00:00 UTC on."
    assert found.values["value"] == 4990


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_refusal_ends_with_the_condition_that_failed(reason):
    make_person, make_cart, rules = REFUSALS[reason]
    person = make_person()
    abandon(person, make_cart(), rules)
    found = why(person, rules)
    assert (found.reason, found.checks[-1].name, found.checks[-1].passed) == (reason, reason, False)
    assert all(check.passed for check in found.checks[:-1])
    assert found.summary.startswith("No: ")


FATES = {
    "Message Sent": ({}, True, "The message was handed over at 2026-03-10 12:30:00 UTC."),
    "Message Unknown": ({}, False, "never answered; it is not sent again"),
    "Message Failed": ({"reason": "550 5.1.1"}, False, "The mail server refused the message: 550 5.1.1."),
    "Message Skipped": ({"reason": "suppressed", "state": "refused"}, False, "refused at the last look: the address is suppressed"),
}


@pytest.mark.parametrize("name", FATES)
def test_what_became_of_the_message_is_said(name):
    props, passed, text = FATES[name]
    person = ann()
    abandon(person, cart())
    work = Working(1, RULES)
    work.add(person)
    fact = Fact("control", name, NOON, "m", props={"person": 100, "intent": person.decisions[0].id, "at": NOON + 30 * MINUTE, **props})
    control.apply(work, fact, Moment(1, NOON, 0))
    found = why(person)
    assert (found.checks[-1].name, found.checks[-1].passed) == ("message", passed)
    assert text in last(found)


def test_a_message_taken_back_and_one_overtaken():
    person, episode = ann(), cart()
    work = abandon(person, episode)
    decide.on_ended(work, person, episode, "ordered", NOON + MINUTE, "o-1", 1)
    assert last(why(person)) == "The message was taken back before hand-over: the order arrived."
    assert why(person).summary.startswith("No: free_shipping was decided for the cause shipping cost, but not sent.")
    person.decisions[0].state, person.decisions[0].sent_at, person.decisions[0].note = "sent", NOON + 2 * MINUTE, "overtaken"
    assert last(why(person)).endswith("had been bought or taken up again at 2026-03-10 12:01:00 UTC, before that.")


NEVER = {
    "no_cart": (None, "No cart has been seen."),
    "cart_open": (cart(state="open", due=NOON + HOUR), "The cart is open. It counts as left at 2026-03-10 13:00:00 UTC if nothing comes."),
    "ordered": (cart(state="ordered"), "The cart was bought; it was not left."),
    "emptied": (cart(state="emptied"), "The cart was emptied by hand; it was not left."),
    "history": (cart(historical=True), "The cart is known from imported or late facts only; the past fires nothing."),
}


@pytest.mark.parametrize("reason", NEVER)
def test_for_who_never_entered_it_says_what_is_missing(reason):
    episode, text = NEVER[reason]
    found = why(ann(carts=[episode] if episode is not None else []))
    assert (found.outcome, found.reason, found.checks[-1].passed, last(found)) == ("none", reason, False, text)


def test_a_cart_newer_than_the_last_decision_is_the_one_explained():
    person = ann()
    abandon(person, cart())
    person.carts.append(cart(id=300, state="open", started_at=NOON + MINUTE, due=NOON + HOUR))
    assert why(person).reason == "cart_open"


def test_a_left_cart_without_a_decision_is_judged_by_todays_rules():
    found = why(ann(carts=[cart(ended_at=NOON)], suppressed={"email": "complaint"}))
    assert (found.outcome, found.reason, found.checks[-1].name) == ("none", "not_decided", "suppressed")


def test_an_automation_nobody_has():
    assert explain(ann(), "birthday", RULES, NOON).reason == "no_automation"
    assert why(ann(), msgspec.structs.replace(RULES, automations=(msgspec.structs.replace(CARTS, name="x"),))).reason == "no_automation"


def test_explaining_changes_nothing():
    person = ann()
    abandon(person, cart())
    before = msgspec.msgpack.encode(person)
    why(person)
    assert msgspec.msgpack.encode(person) == before
