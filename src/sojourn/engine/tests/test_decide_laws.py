"""Laws of deciding, over made-up shopping: batches and ticks change nothing, each cart is written about once, every decision is told."""

from collections import Counter

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from sojourn.engine.defaults import default_rules
from sojourn.engine.fold import fold
from sojourn.engine.working import Working
from sojourn.terms.facts import Fact, Record
from sojourn.terms.ids import digest
from sojourn.terms.time import HOUR, MINUTE

START = 1_767_268_800_000
RULES = default_rules(1, holdout=0.4, holdout_salt="laws", cap_count=2)
PEOPLE = ("ann", "ben")


def track(name, at, number, who, /, **props):
    ids = {"anonymous_id": f"device-{who}"} if number % 3 == 0 else {"user_id": who, "anonymous_id": f"device-{who}"}
    return Fact("track", name, at, f"m{number}", props=props, **ids)


def fact(kind, at, number, who, cart, earlier):
    props = {"cart_id": f"{who}-{cart}", "currency": "EUR"}
    stamped = at - earlier
    if kind == "identify":
        return Fact("identify", "identify", stamped, f"m{number}", user_id=who, anonymous_id=f"device-{who}", traits={"email": f"{who}@example.com"})
    if kind == "add":
        return track("Product Added", stamped, number, who, product_id="p", price=20, quantity=1, **props)
    if kind == "shipping":
        return track("Shipping Cost Shown", stamped, number, who, shipping=9, value=20, **props)
    if kind == "order":
        return track("Order Completed", stamped, number, who, order_id=f"o{number}", total=29, **props)
    return Fact("control", kind, at, f"m{number}", props={"person": None, "channel": "email", "purpose": "marketing", "who": who})


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["identify", "add", "add", "shipping", "order", "Unsubscribed", "Message Sent", "Message Skipped"]),
        st.sampled_from([0, 1, 10 * MINUTE, 31 * MINUTE, 2 * HOUR]),
        st.sampled_from(PEOPLE),
        st.sampled_from([1, 2]),
        st.sampled_from([0, 0, 5 * MINUTE, 40 * MINUTE]),
    ),
    min_size=3,
    max_size=25,
)


def records(steps):
    """The steps as log records; facts about messages name a person and the message last decided, as the courier would."""
    out, at = [], START
    preview = Working(1, RULES)
    for number, (kind, wait, who, cart, earlier) in enumerate(steps, 1):
        at += wait
        made = fact(kind, at, number, who, cart, earlier)
        if made.kind == "control":
            person = next((p for p in preview.people.values() if any(who in key for key in p.identifiers)), None)
            intent = next((d.id for d in reversed(person.decisions) if d.state == "ready"), "none") if person is not None else "none"
            made = msgspec.structs.replace(made, props={**made.props, "person": person.id if person is not None else 1, "intent": intent, "at": at})
        record = Record(number, at, 1, 1, [made])
        fold(preview, [record], timers(preview, at))
        out.append(record)
    return [*out, Record(len(out) + 1, at + 3 * HOUR, 1, 1, [])]


def timers(work, before):
    return [(person.due, person.id) for person in work.people.values() if person.due is not None and person.due < before]


def run(history, batch, ticks=False):
    work = Working(1, RULES)
    told = []
    for start in range(0, len(history), batch):
        part = history[start : start + batch]
        if ticks:
            tick = Record(part[0].position, (work.now + part[0].at) // 2 if work.now else part[0].at, 0, 0, [])
            fold(work, [tick], timers(work, tick.at))
            told.append(work.finish(part[0].position))
        fold(work, part, timers(work, part[-1].at))
        told.append(work.finish(part[-1].position))
    people = sorted(work.people.values(), key=lambda person: person.id)
    return people, [i for c in told for i in c.intents], [i for c in told for i in c.cancels], [d for c in told for d in c.derived]


@settings(max_examples=80)
@given(STEPS)
def test_neither_batches_nor_ticks_change_what_is_decided(steps):
    history = records(steps)
    expected = [msgspec.msgpack.encode([one.decisions for one in run(history, 1)[0]]), *map(msgspec.msgpack.encode, run(history, 1)[1:])]
    for batch, ticks in ((3, False), (100, False), (1, True), (2, True)):
        people, *effects = run(history, batch, ticks)
        assert [msgspec.msgpack.encode([one.decisions for one in people]), *map(msgspec.msgpack.encode, effects)] == expected


@settings(max_examples=80)
@given(STEPS)
def test_each_cart_is_written_about_at_most_once_and_every_decision_is_told(steps):
    people, intents, cancels, derived = run(records(steps), 100)
    for person in people:
        standing = Counter((d.automation, d.episode) for d in person.decisions if d.sent_at or d.state in ("ready", "held_out"))
        assert all(count == 1 for count in standing.values())
        assert len({d.id for d in person.decisions}) == len(person.decisions)
    told = Counter(d.props["intent"] for d in derived if d.name == "Intervention Decided")
    assert all(count == 1 for count in told.values())
    assert {d.id for person in people for d in person.decisions} <= set(told)
    assert len({intent.id for intent in intents}) == len(intents)
    assert {cancel.intent for cancel in cancels} <= {intent.id for intent in intents}
    assert all(intent.state in ("ready", "held_out") for intent in intents)


@settings(max_examples=60)
@given(STEPS)
def test_nobody_who_said_no_is_decided_for_afterwards(steps):
    people, intents, _, _ = run(records(steps), 100)
    for person in people:
        consent = person.consent.get("email:marketing")
        if consent is not None and not consent.granted:
            assert [i.id for i in intents if i.person == person.id and i.state == "ready" and i.decided_at > consent.at] == []


def test_the_laws_see_sending_holding_out_skipping_and_taking_back():
    """The control of the laws above: the made-up shopping does reach every outcome."""
    seen = Counter()
    for seed in range(60):
        drawn = [int(digest(seed, n, size=4), 16) for n in range(12)]
        kinds, waits = ("identify", "add", "shipping", "add", "order"), (0, 10 * MINUTE, 31 * MINUTE)
        steps = [(kinds[draw % 5], waits[draw // 5 % 3], PEOPLE[draw // 15 % 2], 1 + draw // 30 % 2, 0) for draw in drawn]
        people, _, cancels, _ = run(records(steps), 100)
        seen.update(d.outcome for person in people for d in person.decisions)
        seen.update(cancel.reason for cancel in cancels)
    assert set(seen) >= {"send", "hold_out", "skip", "ordered", "returned"}
