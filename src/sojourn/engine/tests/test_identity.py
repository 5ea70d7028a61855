"""Whose fact it is: linking, joining, refusing, shared devices, aliases, erasure."""

from itertools import permutations

import msgspec
import pytest

from sojourn.engine import identity
from sojourn.engine.placeholders import email_address, is_blocked, is_placeholder, phone_number
from sojourn.engine.tests.tape import NOON, RULES, Tape
from sojourn.terms.facts import Fact, Kind
from sojourn.terms.ids import ERASED, fact_id
from sojourn.terms.time import DAY


def first(position):
    return fact_id(position, 0)


# -- linking


def test_a_person_has_the_id_of_the_fact_that_made_them():
    tape = Tape()
    assert tape.track("Product Viewed", anon="a").id == first(1)
    assert tape.track("Product Viewed", anon="a").id == first(1)
    assert tape.track("Product Viewed", anon="b").id == first(3)


def test_signing_up_on_a_device_turns_its_anonymous_person_into_the_user():
    tape = Tape()
    tape.track("Product Viewed", anon="a")
    ann = tape.identify(anon="a", user="ann")
    assert (ann.id, ann.identified, ann.identifiers) == (first(1), True, ["anonymous_id:a", "user_id:ann"])
    assert tape.derived("People Merged") == []


def test_any_fact_with_both_ids_links_them():
    tape = Tape()
    tape.track("Order Completed", anon="a", user="ann", props={"order_id": "1", "total": 5})
    assert tape.track("Product Viewed", anon="a").id == tape.track("Product Viewed", user="ann").id == first(1)


def test_signing_in_on_a_second_device_joins_its_anonymous_person_to_the_older_one():
    tape = Tape()
    tape.identify(anon="laptop", user="ann")
    tape.track("Product Viewed", anon="phone")
    ann = tape.identify(anon="phone", user="ann", message="sign-in")
    assert ann.id == first(1)
    assert ann.merged == [first(2)]
    assert ann.identifiers == ["user_id:ann", "anonymous_id:laptop", "anonymous_id:phone"]
    [merged] = tape.derived("People Merged")
    assert merged.props == {"from": first(2), "into": first(1), "by": "sign-in", "rule": "anonymous_id"}
    assert tape.work.gone == {first(2): first(1)}
    assert tape.track("Product Viewed", anon="phone").id == first(1)


def test_the_older_person_stays_also_where_that_is_the_anonymous_one():
    tape = Tape()
    tape.track("Product Viewed", anon="phone")
    tape.identify(anon="laptop", user="ann")
    ann = tape.identify(anon="phone", user="ann")
    assert (ann.id, ann.merged, ann.identified) == (first(1), [first(2)], True)
    assert tape.groups == {frozenset({"anonymous_id:phone", "user_id:ann", "anonymous_id:laptop"})}


def test_ids_are_told_apart_by_case_and_by_every_letter():
    tape = Tape()
    people = [tape.identify(user=user).id for user in ("Ann", "ann", "straße", "strasse")]
    assert people == [first(1), first(2), first(3), first(4)]


def test_a_custom_id_links_like_any_other():
    tape = Tape()
    crm = {"externalIds": [{"id": "7", "type": "crm", "collection": "users", "encoding": "none"}]}
    tape.identify(user="ann", context=crm)
    assert tape.track("Ticket Opened", context=crm).identifiers == ["user_id:ann", "crm:7"]


@pytest.mark.parametrize(
    "listed",
    [
        "7",
        [7],
        [{"id": "7"}],
        [{"id": None, "type": "crm"}],
        [{"id": "7", "type": "a:b"}],
        [{"id": "7", "type": "crm", "encoding": "sha256"}],
        [{"id": "7", "type": "user_id"}],
    ],
)
def test_a_custom_id_that_cannot_be_read_is_no_id(listed):
    tape = Tape()
    assert tape.track("Ticket Opened", user="ann", context={"externalIds": listed}).identifiers == ["user_id:ann"]


def test_needs_names_every_key_that_resolve_looks_at_first():
    fact = Fact(Kind.ALIAS, "alias", NOON, "m", "dev", "new", link="old", context={"externalIds": [{"id": "7", "type": "crm"}]})
    assert identity.needs(fact) == [
        "user_id:new", "anonymous_id:dev", "user_id:new", "anonymous_id:new", "user_id:old", "anonymous_id:old", "crm:7",
    ]  # fmt: skip


# -- placeholders

PLACEHOLDERS = [
    "null", "UNDEFINED", "0", "", "   ", "NaN", "anonymous", "guest", "[object Object]", "-1", "n/a", "'undefined'", "test@test.com", "user@example.com",
    "distinct_id", "not_authenticated", "\uff4e\uff55\uff4c\uff4c", "nu\u200bll", "${user.id}", "{{ user.id }}", "YOUR_USER_ID", "“none”", "<user_id>",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_an_identify_with_a_placeholder_is_stored_for_nobody(value):
    tape = Tape()
    assert tape.identify(anon="a", user=value, traits={"x": 1}) is None
    assert (tape.people, tape.work.derived, tape.counted("placeholder_id")) == ([], [], 1)


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_behaviour_with_a_placeholder_stays_with_the_device(value):
    tape = Tape()
    assert tape.track("Product Viewed", anon="a", user=value).identifiers == ["anonymous_id:a"]
    assert tape.track("Product Viewed", anon="b", user=value).identifiers == ["anonymous_id:b"]
    assert tape.counted("placeholder_id") == 2


def test_a_fact_with_placeholders_only_goes_to_nobody():
    tape = Tape()
    assert tape.track("Product Viewed", anon="null", user="undefined") is None
    assert (tape.people, tape.counted("placeholder_id")) == ([], 2)


@pytest.mark.parametrize("value", ["ann", "u-1", "1", "nullable", "guest-4711", "tester@acme.test", "ann@example.com", "Ünal", "none-such"])
def test_an_id_that_only_looks_a_little_like_a_placeholder_is_one(value):
    assert not is_placeholder(value)


def test_a_workspace_may_block_values_of_its_own_also_those_already_known():
    tape = Tape()
    tape.track("Product Viewed", anon="kiosk-1")
    tape.work.rules = msgspec.structs.replace(RULES, blocked_values=("Kiosk-1",))
    assert is_blocked("KIOSK-1", ("Kiosk-1",))
    assert tape.identify(anon="kiosk-1", user="ann").identifiers == ["user_id:ann"]
    assert tape.track("Product Viewed", anon="kiosk-1") is None
    assert tape.counted("placeholder_id") == 2


# -- claims and trust


def test_an_email_that_a_browser_claims_joins_nobody():
    tape = Tape()
    tape.identify(user="victim", traits={"email": "victim@corp.test"})
    attacker = tape.identify(anon="attacker", user="u-15", traits={"email": "victim@corp.test"})
    assert attacker.identifiers == ["user_id:u-15", "anonymous_id:attacker"]
    assert len(tape.people) == 2


def test_an_email_from_a_trusted_sender_joins_those_without_a_user_id():
    tape = Tape()
    tape.identify(anon="a", traits={"email": "ann@corp.test"}, trusted=True)
    ann = tape.identify(user="ann", traits={"email": "ann@CORP.test"}, trusted=True)
    assert ann.identifiers == ["email:ann@corp.test", "anonymous_id:a", "user_id:ann"]
    assert len(tape.people) == 1


def test_an_email_from_a_trusted_sender_never_joins_two_users():
    tape = Tape()
    tape.identify(user="ann", traits={"email": "family@corp.test"}, trusted=True)
    bob = tape.identify(user="bob", traits={"email": "family@corp.test"}, trusted=True)
    assert bob.identifiers == ["user_id:bob"]
    assert bob.shared == ["email:family@corp.test"]
    assert tape.counted("merge_refused") == 1


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("ann@example.com", "ann@example.com"),
        (" Ann@Example.COM ", "Ann@example.com"),
        ("İSTANBUL@Example.org", "İSTANBUL@example.org"),
        ("ann+shop@münchen.example", "ann+shop@münchen.example"),
        ("a@b.test\r\nBcc: all@shop.test", None),
        (["a@b.test"], None),
        ("x" * 64 + "@example.org", "x" * 64 + "@example.org"),
        ("x" * 65 + "@example.org", None),
        ("ann", None),
        ("ann@localhost", None),
        ("a..b@example.org", None),
        ("an n@example.org", None),
        ("@example.org", None),
        (None, None),
        (7, None),
    ],
)
def test_what_is_an_email_address(value, address):
    assert email_address(value) == address


@pytest.mark.parametrize(("value", "number"), [("+49 (30) 123-456", "+4930123456"), ("12345", None), ("call me", None), (49301234, None)])
def test_what_is_a_telephone_number(value, number):
    assert phone_number(value) == number


# -- limits


def test_a_user_gets_five_new_devices_a_day_from_a_public_key():
    tape = Tape()
    for number in range(7):
        tape.identify(anon=f"a-{number}", user="u-1")
    [person] = tape.people
    assert person.identifiers == ["user_id:u-1", *(f"anonymous_id:a-{number}" for number in range(5))]
    assert tape.counted("identifier_limit") == 2
    tape.wait(DAY)
    assert "anonymous_id:a-9" in tape.identify(anon="a-9", user="u-1").identifiers


def test_a_thousand_and_one_devices_do_not_become_one_person():
    tape = Tape()
    for number in range(1001):
        tape.identify(anon=f"a-{number}", user="u-1", at=NOON + number * DAY // 4)
    person = tape.track("Product Viewed", user="u-1")
    assert len(person.identifiers) == 101
    assert tape.counted("identifier_limit") == 901
    assert person.facts == 1002


def test_a_trusted_sender_may_link_a_hundred_devices_and_no_more():
    tape = Tape()
    for number in range(101):
        tape.identify(anon=f"a-{number}", user="u-1", trusted=True)
    assert len(tape.people[0].identifiers) == 101
    assert tape.counted("identifier_limit") == 1


def test_a_device_over_the_limit_keeps_its_own_person():
    tape = Tape(msgspec.structs.replace(RULES, identifier_limits={"anonymous_id": 1}))
    tape.identify(anon="a", user="u-1")
    tape.track("Product Viewed", anon="b")
    assert tape.identify(anon="b", user="u-1").identifiers == ["user_id:u-1", "anonymous_id:a"]
    assert tape.track("Product Viewed", anon="b").id == first(2)
    assert tape.counted("identifier_limit") == 1


# -- shared devices


def test_a_device_used_by_two_users_is_nobodys_from_then_on():
    tape = Tape()
    tape.track("Product Viewed", anon="tablet")
    tape.identify(anon="tablet", user="ann")
    bob = tape.identify(anon="tablet", user="bob")
    later = tape.track("Product Viewed", anon="tablet")
    ann = tape.track("Cart Viewed", anon="tablet", user="ann")
    assert (ann.id, ann.identifiers, ann.shared, ann.facts) == (first(1), ["user_id:ann"], ["anonymous_id:tablet"], 3)
    assert (bob.id, bob.identifiers, bob.shared, bob.facts) == (first(3), ["user_id:bob"], ["anonymous_id:tablet"], 1)
    assert (later.id, later.identified, later.identifiers) == (first(4), False, ["anonymous_id:tablet"])
    assert tape.work.entry("anonymous_id:tablet").shared == [ann.id, bob.id]
    assert tape.derived("People Merged") == []
    assert tape.counted("shared_device") == 2


def test_a_third_user_of_a_shared_device_takes_none_of_its_history():
    tape = Tape()
    for user in ("ann", "bob", "cem"):
        tape.identify(anon="tablet", user=user)
        tape.track("Product Viewed", anon="tablet")
    assert [person.identifiers for person in tape.people] == [["user_id:ann"], ["user_id:bob"], ["anonymous_id:tablet"], ["user_id:cem"]]
    assert [person.facts for person in tape.people] == [2, 1, 2, 1]
    assert tape.work.entry("anonymous_id:tablet").shared == [first(1), first(3), first(5)]


def test_aliasing_a_shared_device_is_refused():
    tape = Tape()
    tape.identify(anon="tablet", user="ann")
    tape.identify(anon="tablet", user="bob")
    cem = tape.alias("tablet", "cem")
    assert cem.identifiers == ["user_id:cem"]
    assert tape.counted("merge_refused") == 1


# -- alias


def test_an_alias_of_two_unknown_ids_makes_one_person():
    tape = Tape()
    person = tape.alias("a", "b")
    assert (person.identifiers, person.identified) == (["user_id:b", "anonymous_id:a"], False)


def test_an_alias_of_an_id_with_itself_has_no_effect():
    tape = Tape()
    assert tape.alias("u-1", "u-1") is None
    assert (tape.people, tape.work.derived) == ([], [])
    ann = tape.identify(user="u-1")
    assert tape.alias("u-1", "u-1") is ann
    assert ann.identifiers == ["user_id:u-1"]


def test_an_alias_there_and_back_gives_one_person():
    tape = Tape()
    one, other = tape.alias("a", "b"), tape.alias("b", "a")
    assert one is other
    assert len(tape.people) == 1


@pytest.mark.parametrize("order", list(permutations([("a", "b"), ("b", "c"), ("c", "a")])))
def test_a_triangle_of_aliases_gives_one_person_in_any_order(order):
    tape = Tape()
    for previous, user in order:
        tape.alias(previous, user)
    assert len(tape.people) == 1
    assert {tape.track("Product Viewed", user=user).id for user in "abc"} == {first(1)}


@pytest.mark.parametrize("order", list(permutations([("a", "b"), ("b", "c"), ("c", "d")])))
def test_a_chain_of_aliases_gives_one_person_in_any_order(order):
    tape = Tape()
    for previous, user in order:
        tape.alias(previous, user)
    assert len(tape.people) == 1


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_alias_and_identify_give_the_same_grouping_in_any_order(order):
    tape = Tape()
    steps = [lambda: tape.alias("dev", "ann"), lambda: tape.identify(anon="dev", user="ann"), lambda: tape.track("Product Viewed", anon="dev")]
    for step in order:
        steps[step]()
    assert tape.groups == {frozenset({"anonymous_id:dev", "user_id:ann"})}


@pytest.mark.parametrize("order", list(permutations(range(2))))
def test_a_renamed_user_is_one_person_whether_the_alias_or_the_old_name_came_first(order):
    tape = Tape()
    steps = [lambda: tape.alias("old", "new"), lambda: tape.identify(user="old")]
    for step in order:
        steps[step]()
    tape.identify(user="new")
    tape.identify(user="old")
    assert len(tape.people) == 1


def test_two_users_who_were_both_seen_are_never_joined():
    tape = Tape()
    ann, bob = tape.identify(user="ann"), tape.identify(user="bob")
    assert tape.alias("ann", "bob") is bob
    assert tape.people == [ann, bob]
    assert bob.shared == ["user_id:ann"]
    assert (tape.counted("merge_refused"), tape.derived("People Merged")) == (1, [])


def test_an_alias_with_a_placeholder_links_nobody():
    tape = Tape()
    ann = tape.identify(user="ann")
    assert tape.alias("null", "ann") is ann
    assert tape.alias("undefined", "null") is None
    assert ann.identifiers == ["user_id:ann"]
    assert tape.counted("placeholder_id") == 3


def test_a_group_never_joins_people():
    tape = Tape()
    ann = tape.put(Kind.GROUP, user="ann", link="gmail.com")
    bob = tape.put(Kind.GROUP, user="bob", link="gmail.com")
    assert ann is not bob
    assert ann.groups == {"gmail.com": NOON + 1000}


# -- erasure


def test_facts_of_somebody_erased_go_to_nobody():
    tape = Tape()
    ann = tape.identify(anon="a", user="u-20")
    tape.control("Person Erased", person=ann.id)
    assert (tape.people, tape.work.removed) == ([], [ann.id])
    assert tape.work.entry("user_id:u-20").person == ERASED
    assert tape.track("Viewed", user="u-20") is None
    assert tape.track("Viewed", anon="a") is None
    assert tape.alias("u-20", "u-21") is None
    assert (tape.people, tape.counted("erased")) == ([], 3)


def test_the_next_user_of_an_erased_persons_device_is_not_linked_to_it():
    tape = Tape()
    tape.control("Person Erased", person=tape.identify(anon="a", user="u-20").id)
    bob = tape.identify(anon="a", user="bob")
    assert bob.identifiers == ["user_id:bob"]
    assert tape.work.entry("anonymous_id:a").person == ERASED
