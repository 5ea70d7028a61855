"""Decisions about one cart: guards in their order, the draw of the control arm, quiet hours, taking back, attribution."""

from datetime import UTC, datetime

import msgspec
import pytest

from sojourn.engine import decide, eligibility
from sojourn.engine.working import Moment, Working
from sojourn.terms.effects import IntentState
from sojourn.terms.episodes import CartItem, CauseGuess, Episode
from sojourn.terms.facts import CART_ABANDONED, Fact
from sojourn.terms.person import Consent, Decision, Person, Trait
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import DAY, HOUR, MINUTE, QuietHours, from_datetime, parse_duration

NOON = from_datetime(datetime(2026, 3, 10, 12, tzinfo=UTC))
CARTS = Automation("abandoned-cart", CART_ABANDONED, {"shipping_cost": "free_shipping", "unknown": "reminder"})
RULES = RuleBook(version=7, automations=(CARTS,), holdout=0.0, currency="EUR", morning_spread=0, quiet_hours=QuietHours(21 * 60, 8 * 60))


def trait(value):
    return Trait(value, NOON, 1, "m")


def ann(**changes):
    person = Person(id=100, identified=True, identifiers=["user_id:ann"], traits={"email": trait("ann@example.com"), "firstName": trait("Ann")})
    return msgspec.structs.replace(person, **changes)


def cart(**changes):
    episode = Episode(
        id=200, started_at=NOON - HOUR, last_at=NOON - 30 * MINUTE, key="c-1", state="abandoned", currency="EUR", value=4990, shipping=1290,
        items=[CartItem("p-1", 1, 4990, "Boots")], causes=[CauseGuess("shipping_cost", 0.7, ["shipping_ratio_high"]), CauseGuess("unknown", 0.3, [])],
        abandonments=1, url="https://shop.example/cart",
    )  # fmt: skip
    return msgspec.structs.replace(episode, **changes)


def abandon(person, episode, rules=RULES, at=NOON, now=None):
    work = Working(1, rules, now=at if now is None else now)
    person.carts.append(episode)
    decide.on_abandoned(work, person, episode, at)
    return work


def test_a_cart_left_for_its_shipping_cost_gets_the_message_that_fits():
    person, episode = ann(), cart()
    work = abandon(person, episode)
    [intent] = work.intents
    [decision] = person.decisions
    assert (decision.outcome, decision.reason, decision.rule_version) == ("send", "fits", 7)
    assert (decision.cause, decision.template) == ("shipping_cost", "free_shipping")
    assert (intent.state, intent.address, intent.template) == ("ready", "ann@example.com", "free_shipping")
    assert (intent.ready_at, intent.expires_at) == (NOON, NOON + DAY)
    assert intent.id == decision.id == episode.intent
    assert intent.data["items"] == [{"name": "Boots", "quantity": 1, "price": "€49.90", "image": "", "url": ""}]
    assert (intent.data["first_name"], intent.data["value"], intent.data["shipping"]) == ("Ann", "€49.90", "€12.90")
    [derived] = work.derived
    assert derived.name == "Intervention Decided"
    assert derived.props["intent"] == intent.id
    assert (derived.props["outcome"], derived.props["probability"], derived.props["rule_version"]) == ("send", 0.7, 7)


def test_an_unlikely_or_unanswerable_cause_gets_the_plain_reminder():
    for causes in ([CauseGuess("shipping_cost", 0.39, []), CauseGuess("unknown", 0.2, [])], [CauseGuess("delivery_time", 0.9, [])], []):
        person = ann()
        work = abandon(person, cart(causes=causes))
        assert (work.intents[0].cause, work.intents[0].template) == ("unknown", "reminder")


def consent(granted):
    return {"email:marketing": Consent(granted, NOON, 1)}


REFUSALS = {
    "disabled": (ann, cart, msgspec.structs.replace(RULES, automations=(msgspec.structs.replace(CARTS, enabled=False),))),
    "history": (ann, lambda: cart(historical=True), RULES),
    "recovered": (ann, lambda: cart(state="ordered"), RULES),
    "too_small": (ann, cart, msgspec.structs.replace(RULES, automations=(msgspec.structs.replace(CARTS, min_value=4991),))),
    "one_per_cart": (ann, lambda: cart(messages=1), RULES),
    "no_address": (lambda: ann(traits={}), cart, RULES),
    "bad_address": (lambda: ann(traits={"email": trait("ann@example.com\r\nBcc: x@example.com")}), cart, RULES),
    "suppressed": (lambda: ann(suppressed={"email": "hard_bounce"}), cart, RULES),
    "unsubscribed": (lambda: ann(consent=consent(False)), cart, RULES),
    "no_consent": (ann, cart, msgspec.structs.replace(RULES, consent="opt_in")),
    "held_out": (ann, cart, msgspec.structs.replace(RULES, holdout=1.0)),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_every_refusal_is_recorded_with_its_reason_and_values(reason):
    make_person, make_cart, rules = REFUSALS[reason]
    person = make_person()
    work = abandon(person, make_cart(), rules)
    [decision] = person.decisions
    assert decision.reason == reason
    assert decision.outcome == ("hold_out" if reason == "held_out" else "skip")
    assert decision.values["value"] == 4990
    assert [(d.name, d.props["reason"]) for d in work.derived] == [("Intervention Decided", reason)]
    assert [i for i in work.intents if i.state == IntentState.READY] == []


def test_the_control_arm_leaves_an_intent_that_is_never_sent():
    person = ann()
    work = abandon(person, cart(), msgspec.structs.replace(RULES, holdout=1.0))
    assert [(i.state, i.template) for i in work.intents] == [("held_out", "free_shipping")]


def test_people_who_cannot_be_reached_belong_to_neither_arm():
    person = ann(consent=consent(False))
    work = abandon(person, cart(), msgspec.structs.replace(RULES, holdout=1.0))
    assert person.decisions[0].reason == "unsubscribed"
    assert work.intents == []


def test_the_draw_is_sticky_under_merges_and_about_as_large_as_asked():
    rules = msgspec.structs.replace(RULES, holdout=0.1)
    drawn = [number for number in range(1, 20_001) if eligibility.held_out(rules, 1, Person(id=number))]
    assert 1_850 < len(drawn) < 2_150
    assert eligibility.held_out(rules, 1, Person(id=99_999, merged=[50_000, drawn[0]]))
    assert eligibility.held_out(rules, 1, Person(id=drawn[0], merged=[50_000]))
    assert [n for n in range(1, 20_001) if eligibility.held_out(rules, 2, Person(id=n))] != drawn


def test_a_cart_gets_one_message_and_another_cart_another():
    person, first = ann(), cart()
    abandon(person, first)
    first.abandonments = 2
    abandon(person, first)
    abandon(person, cart(id=201, key="c-2"))
    assert [d.reason for d in person.decisions] == ["fits", "one_per_cart", "fits"]


def test_two_automations_do_not_write_about_the_same_cart():
    second = msgspec.structs.replace(CARTS, name="abandoned-cart-too")
    person = ann()
    work = abandon(person, cart(), msgspec.structs.replace(RULES, automations=(CARTS, second)))
    assert [(d.automation, d.reason) for d in person.decisions] == [("abandoned-cart", "fits"), ("abandoned-cart-too", "one_per_cart")]
    assert len(work.intents) == 1


def test_a_cart_that_was_taken_up_again_in_time_may_be_written_about_when_it_is_left_again():
    person, episode = ann(), cart()
    first = abandon(person, episode)
    decide.on_ended(first, person, episode, "returned", NOON + 1)
    episode.abandonments = 2
    second = abandon(person, episode, at=NOON + HOUR)
    assert [(c.intent, c.reason) for c in first.cancels] == [(first.intents[0].id, "returned")]
    assert len(second.intents) == 1
    assert second.intents[0].id != first.intents[0].id


def test_the_cap_counts_what_went_out_within_its_window():
    def sent(at, state="sent"):
        return Decision(f"{at}{state}", "abandoned-cart", "send", "fits", at, "email", 1, 1, state=state, sent_at=at)

    week = parse_duration("7d")
    full = [sent(NOON - 1), sent(NOON - week + 1, "unknown"), sent(NOON - 2)]
    person = ann(decisions=full)
    abandon(person, cart())
    assert person.decisions[-1].reason == "frequency_cap"
    person = ann(decisions=[sent(NOON - 1), sent(NOON - week), sent(NOON - 2, "failed")])
    abandon(person, cart())
    assert person.decisions[-1].reason == "fits"


NIGHT = from_datetime(datetime(2026, 3, 10, 23, tzinfo=UTC))


def test_at_night_the_message_waits_for_the_morning_where_the_person_is():
    person = ann(traits={"email": trait("a@example.com"), "timezone": trait("America/New_York")})
    work = abandon(person, cart(), at=NIGHT)  # 19:00 there
    assert work.intents[0].ready_at == NIGHT
    person = ann(about={"timezone": trait("Asia/Calcutta")})  # 04:30 there; a name of old
    work = abandon(person, cart(), at=NIGHT)
    assert work.intents[0].ready_at == from_datetime(datetime(2026, 3, 11, 2, 30, tzinfo=UTC))


def test_a_night_of_mail_is_spread_over_the_hour_after_it():
    rules = msgspec.structs.replace(RULES, morning_spread=HOUR, timezone="Europe/Berlin")
    opens = from_datetime(datetime(2026, 3, 11, 7, tzinfo=UTC))
    ready = [abandon(ann(), cart(id=number), rules, at=NIGHT).intents[0].ready_at - opens for number in range(200)]
    assert 0 <= min(ready) < 2 * MINUTE
    assert HOUR - 2 * MINUTE < max(ready) < HOUR
    assert abandon(ann(), cart(), rules, at=NOON).intents[0].ready_at == NOON


def test_where_the_zone_is_unknown_it_must_be_day_in_all_zones_of_the_span():
    rules = msgspec.structs.replace(RULES, timezone="Europe/Berlin", unknown_zone_span=("America/New_York",))
    person = ann(about={"timezone": trait("Mars/Olympus")})
    work = abandon(person, cart(), rules, at=NIGHT)
    assert work.intents[0].ready_at == from_datetime(datetime(2026, 3, 11, 12, tzinfo=UTC))  # 08:00 in New York (summer time), 13:00 in Berlin


def test_a_span_that_is_never_awake_together_sends_nothing():
    rules = msgspec.structs.replace(RULES, quiet_hours=QuietHours(12 * 60, 11 * 60), unknown_zone_span=("Asia/Tokyo",))
    person = ann()
    abandon(person, cart(), rules)
    assert person.decisions[0].reason == "expired"


def test_a_message_that_would_only_be_due_after_it_expired_is_not_sent():
    carts = msgspec.structs.replace(CARTS, expires_after=HOUR)
    person = ann()
    abandon(person, cart(), msgspec.structs.replace(RULES, automations=(carts,)), at=NIGHT)
    assert person.decisions[0].reason == "expired"


def test_what_happened_too_long_ago_fires_nothing():
    person = ann()
    abandon(person, cart(), at=NOON, now=NOON + DAY + 1)
    assert person.decisions[0].reason == "history"


def test_an_order_before_hand_over_takes_the_message_back():
    person, episode = ann(), cart()
    work = abandon(person, episode)
    decide.on_ended(work, person, episode, "ordered", NOON + MINUTE, "o-1", 4990)
    assert [(c.intent, c.reason, c.at) for c in work.cancels] == [(episode.intent, "ordered", NOON + MINUTE)]
    assert (person.decisions[0].state, person.decisions[0].note) == ("cancelled", "ordered")
    assert [d.name for d in work.derived] == ["Intervention Decided"]


def test_an_order_stamped_before_the_mail_but_heard_of_after_it_is_recorded_as_overtaken():
    person, episode = ann(), cart()
    work = abandon(person, episode)
    person.decisions[0].state, person.decisions[0].sent_at = "sent", NOON + 5 * MINUTE
    decide.on_ended(work, person, episode, "ordered", NOON + MINUTE, "o-1", 4990, late=True)
    decide.on_ended(work, person, episode, "ordered", NOON + MINUTE, "o-1", 4990, late=True)
    assert work.cancels == []
    assert (person.decisions[0].state, person.decisions[0].note) == ("sent", "overtaken")
    assert [d.props for d in work.derived if d.name == "Intervention Overtaken"] == [
        {"intent": episode.intent, "automation": "abandoned-cart", "order_id": "o-1", "order_at": NOON + MINUTE, "sent_at": NOON + 5 * MINUTE}
    ]


def merged(*carts_of_two):
    ann_person, ben = ann(), ann(id=300)
    for person, (number, at) in zip((ann_person, ben), carts_of_two, strict=True):
        abandon(person, cart(id=number), at=at)
    return Working(1, RULES, now=NOON + HOUR), ann_person, ben


def test_two_people_who_become_one_keep_the_earlier_of_two_messages_about_the_same_cart():
    work, ann_person, ben = merged((200, NOON + 1), (201, NOON))
    ben.decisions[0].episode = 200  # the carts became one
    decide.join(work, ann_person, ben)
    assert [(d.at, d.state, d.note) for d in ann_person.decisions] == [(NOON, "ready", ""), (NOON + 1, "cancelled", "merged")]
    assert [(c.intent, c.reason) for c in work.cancels] == [(ann_person.decisions[1].id, "merged")]


def test_a_message_that_waits_is_taken_back_where_the_other_person_was_sent_one_about_the_same_cart():
    work, ann_person, ben = merged((200, NOON), (200, NOON + 1))
    ben.decisions[0].state, ben.decisions[0].sent_at = "sent", NOON + 2
    decide.join(work, ann_person, ben)
    assert [(d.at, d.state) for d in ann_person.decisions] == [(NOON, "cancelled"), (NOON + 1, "sent")]
    assert len(work.cancels) == 1


def test_the_first_exposure_stays_where_one_person_was_held_out():
    work, ann_person, ben = merged((200, NOON), (200, NOON + 1))
    ann_person.decisions[0].outcome, ann_person.decisions[0].state = "hold_out", "held_out"
    decide.join(work, ann_person, ben)
    assert [(d.outcome, d.state) for d in ann_person.decisions] == [("hold_out", "held_out"), ("send", "cancelled")]


def test_two_carts_of_people_who_become_one_keep_both_messages():
    work, ann_person, ben = merged((201, NOON + 1), (200, NOON))
    decide.join(work, ann_person, ben)
    assert [d.state for d in ann_person.decisions] == ["ready", "ready"]
    assert work.cancels == []


def order(number, at, **props):
    return Fact("track", "Order Completed", at, f"m-{number}", user_id="ann", props={"order_id": number, "total": 49.9, "currency": "EUR", **props})


def test_an_order_is_credited_to_the_message_clicked_last_else_to_the_one_sent_last():
    def message(number, sent_at, clicked_at=0):
        return Decision(number, "abandoned-cart", "send", "fits", sent_at, "email", 1, 1, state="sent", sent_at=sent_at, clicked_at=clicked_at)

    person = ann(decisions=[message("a", NOON, NOON + 10), message("b", NOON + 1)])
    work = Working(1, RULES)
    for number in ("o-1", "o-1", "o-2", "o-3"):
        decide.fold(work, person, order(number, NOON + HOUR), Moment(1, NOON + HOUR, 1))
    assert [(d.id, d.order, d.revenue, d.currency) for d in person.decisions] == [("a", "o-1", 4990, "EUR"), ("b", "o-2", 4990, "EUR")]


def test_an_order_outside_the_window_is_credited_to_nothing():
    person = ann(decisions=[Decision("a", "abandoned-cart", "send", "fits", NOON, "email", 1, 1, state="sent", sent_at=NOON)])
    work = Working(1, RULES)
    for at in (NOON - 1, NOON + RULES.attribution_window + 1):
        decide.fold(work, person, order("o-1", at), Moment(1, at, 1))
    assert person.decisions[0].order == ""
    decide.fold(work, person, order("o-1", NOON + RULES.attribution_window), Moment(1, NOON, 1))
    assert person.decisions[0].order == "o-1"


NOT_ADDRESSES = (
    "ann", "ann@", "@example.com", "ann@example", "a b@example.com", "ann@exa mple.com", "ann@example.com,ben@example.com", "ann@-example.com",
    "Ann <ann@example.com>", "ann@example.com\n", ".ann@example.com", "x" * 65 + "@example.com", "änn@example.com",
)  # fmt: skip


@pytest.mark.parametrize("text", NOT_ADDRESSES)
def test_what_is_no_address_is_told_apart_from_none(text):
    assert eligibility.address_of(ann(traits={"email": trait(text)})) == ("", "bad_address")


@pytest.mark.parametrize("text", ["ann@example.com", "ann+shop@sub.example.co.uk", "o'neil@example.com", "ann@müller.example", " ann@example.com "])
def test_ordinary_addresses_are_taken(text):
    assert eligibility.address_of(ann(traits={"email": trait(text)})) == (text.strip(), "fits")


def test_what_customers_typed_becomes_one_plain_line():
    person = ann(traits={"email": trait("a@example.com"), "firstName": trait("Eve\r\nBcc: all\u202e")})
    work = abandon(person, cart(items=[CartItem("p", 2, 150, "{{7*7}} <b>")]))
    assert work.intents[0].data["first_name"] == "Eve Bcc: all"
    assert work.intents[0].data["items"][0] == {"name": "{{7*7}} <b>", "quantity": 2, "price": "€3.00", "image": "", "url": ""}


@pytest.mark.parametrize("name", ["Visit https://evil.example", "evil.example", "WWW.evil.example", "x evil.com/a", "ftp://x"])
def test_nobody_advertises_by_a_name(name):
    person = ann(traits={"email": trait("a@example.com"), "firstName": trait(name)})
    work = abandon(person, cart(items=[CartItem("p-1", 1, 150, "Win now https://evil.example/x or www.evil.example")]))
    assert work.intents[0].data["first_name"] == ""
    assert work.intents[0].data["items"][0]["name"] == "Win now or"


@pytest.mark.parametrize("name", ["Jean-Luc", "J.R.", "O'Neil", "Dr. Ann", "李", "Ann 2.0"])
def test_ordinary_names_are_greeted_as_they_are(name):
    person = ann(traits={"email": trait("a@example.com"), "firstName": trait(name)})
    assert abandon(person, cart()).intents[0].data["first_name"] == name


def test_only_the_last_fifty_decisions_stay():
    person = ann(decisions=[Decision(str(n), "other", "skip", "disabled", n, "email", 1, n) for n in range(50)])
    abandon(person, cart())
    assert [d.id for d in person.decisions[:2]] == ["1", "2"]
    assert len(person.decisions) == 50
