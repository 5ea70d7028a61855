"""Folding again from history: rebuilt equals live, and splitting is a correction and a re-fold."""

import msgspec

from sojourn.engine.refold import Placed, apart, closure, correction_of, refold
from sojourn.engine.tests.tape import NOON, RULES, Tape
from sojourn.terms.facts import Kind
from sojourn.terms.ids import fact_id
from sojourn.terms.time import HOUR, MINUTE


def first(position):
    return fact_id(position, 0)


def history(tape, people):
    """What the lake gives for these people: their facts and all control facts, in log order."""
    merged = tape.work.gone
    belongs = {}
    for resolved in tape.work.resolved:
        person = resolved.person
        belongs[resolved.fact] = person
    wanted = set(people) | {loser for loser, winner in merged.items() if winner in people}
    for record in tape.records:
        for index, fact in enumerate(record.facts):
            number = fact_id(record.position, index)
            if fact.kind == Kind.CONTROL or belongs[number] in wanted:
                yield Placed(number, record.at, record.source, fact)


def again(tape, start, corrections=(), until=None):
    """The working set of a re-fold of everybody that `start` is bound up with."""
    people = closure(start, tape.work.person, tape.work.entry)
    return refold(tape.work.workspace, RULES, history(tape, people), corrections, tape.now if until is None else until)


def household(tape):
    """Ann and Bob at one tablet, Ann's phone, Cem beside them, and a merge refused."""
    cart = {"product_id": "p", "price": 10, "currency": "EUR", "category": "Shoes"}
    tape.track("Product Viewed", anon="tablet", props=cart, context={"locale": "de-DE"})
    tape.track("Product Viewed", anon="cem")
    tape.identify(anon="tablet", user="ann", traits={"email": "ann@shop.test", "plan": "free"})
    tape.track("Product Added", anon="phone", props=cart)
    tape.wait(2 * MINUTE)
    tape.identify(anon="tablet", user="bob", traits={"plan": "pro"})
    tape.track("Product Viewed", anon="tablet", props=cart)
    tape.wait(HOUR)
    tape.identify(anon="phone", user="ann", traits={"plan": "team"})
    tape.track("Order Completed", user="ann", props={"order_id": "1", "total": 10, "currency": "EUR"})
    tape.alias("ann", "bob")
    tape.page(anon="tablet")
    tape.track("Product Added", anon="cem", props=cart)
    tape.wait(2 * HOUR)
    return tape


def test_everybody_who_was_rebuilt_equals_who_was_kept_up_byte_by_byte():
    tape = household(Tape())
    live = tape.bytes()
    assert len(live) == 4
    for number in live:
        rebuilt = again(tape, [number])
        assert msgspec.msgpack.encode(rebuilt.people[number]) == live[number]


def test_a_person_alone_needs_nobody_elses_history():
    tape = household(Tape())
    cem = tape.track("Viewed", anon="cem")
    assert closure([cem.id], tape.work.person, tape.work.entry) == [cem.id]


def test_people_bound_by_a_shared_device_need_each_others_history_and_that_of_who_they_were():
    tape = household(Tape())
    ann, bob, device = tape.track("x", user="ann"), tape.track("x", user="bob"), tape.track("x", anon="tablet")
    [phone] = ann.merged
    for one in (ann, bob, device):
        assert closure([one.id], tape.work.person, tape.work.entry) == sorted([ann.id, bob.id, device.id, phone])


def test_splitting_gives_each_their_own_facts_back():
    tape = Tape()
    tape.track("Product Viewed", anon="laptop", props={"category": "Shoes"})
    tape.track("Consent Changed", anon="phone", props={"granted": False})
    tape.identify(anon="laptop", user="ann", traits={"plan": "pro"})
    wrong = tape.identify(anon="phone", user="ann")
    tape.track("Product Viewed", anon="phone", props={"category": "Hats"})
    tape.control("People Split", person=wrong.id, apart=[["user_id:ann", "anonymous_id:laptop"], ["anonymous_id:phone"]])
    [asked] = tape.work.refolds
    assert asked.people == (wrong.id,)

    corrections = [correction_of(fact) for record in tape.records for fact in record.facts if correction_of(fact)]
    work = again(tape, asked.people, corrections)
    ann, phone = (work.people[number] for number in sorted(work.people))
    assert (ann.id, ann.identifiers, ann.consent, list(ann.affinity)) == (first(1), ["anonymous_id:laptop", "user_id:ann"], {}, ["category:Shoes"])
    assert (phone.id, phone.identifiers, list(phone.affinity)) == (first(2), ["anonymous_id:phone"], ["category:Hats"])
    assert phone.consent["email:marketing"].granted is False
    assert {resolved.fact: resolved.person for resolved in work.resolved} == {
        first(1): ann.id, first(2): phone.id, first(3): ann.id, first(4): ann.id, first(5): phone.id, first(6): ann.id,
    }  # fmt: skip


def test_who_was_split_is_not_joined_again():
    tape = Tape()
    tape.identify(anon="laptop", user="ann")
    tape.identify(anon="phone", user="ann")
    tape.control("People Split", person=first(1), apart=[["user_id:ann"], ["anonymous_id:phone"]])
    split = again(tape, [first(1)], [correction_of(tape.records[-1].facts[0])])
    tape.work.people, tape.work.entries = split.people, split.entries
    phone = tape.track("Viewed", anon="phone")
    ann = tape.identify(anon="phone", user="ann")
    aliased = tape.alias("phone", "ann")
    assert (ann.identifiers, aliased) == (["user_id:ann", "anonymous_id:laptop"], ann)
    assert phone.identifiers == ["anonymous_id:phone"]
    assert tape.counted("merge_refused") == 2


def test_a_correction_names_every_pair_of_its_groups():
    entries = apart([(("user_id:a",), ("anonymous_id:b", "anonymous_id:c")), (("user_id:a",), ("crm:7",))])
    assert {key: entry.apart for key, entry in entries.items()} == {
        "user_id:a": ["anonymous_id:b", "anonymous_id:c", "crm:7"],
        "anonymous_id:b": ["user_id:a"],
        "anonymous_id:c": ["user_id:a"],
        "crm:7": ["user_id:a"],
    }


def test_a_split_that_cannot_be_read_corrects_nothing():
    tape = Tape()
    for props in ({}, {"apart": "x"}, {"apart": [["a"], 7, [1, "b"]]}):
        tape.put(Kind.CONTROL, "People Split", props=props)
    assert [correction_of(record.facts[0]) for record in tape.records] == [(), (), (("a",), ("b",))]
    assert correction_of(tape.records[0].facts[0]) == ()


def test_timers_that_have_not_fired_yet_do_not_fire_in_a_rebuild():
    tape = Tape()
    ann = tape.page(anon="a", at=NOON)
    rebuilt = again(tape, [ann.id], until=NOON + MINUTE)
    assert rebuilt.people[ann.id].sessions.open is not None
    assert msgspec.msgpack.encode(rebuilt.people[ann.id]) == msgspec.msgpack.encode(ann)
    later = again(tape, [ann.id], until=NOON + HOUR)
    assert later.people[ann.id].sessions.open is None
