import pytest

from sojourn.apps.people.api import CartFilter, cart, carts, carts_of
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.tests import lists
from sojourn.apps.people.tests.lists import NOW, decision, somebody, store_listed
from sojourn.apps.people.tests.some import store_intent
from sojourn.apps.workspace.tests.house import build
from sojourn.terms.episodes import CartItem
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY, HOUR

pytestmark = pytest.mark.django_db


def shop():
    house = build()
    dear = lists.cart(11, cause="shipping_cost", at=NOW - 3 * HOUR, value=9_000, shipping=1_290, items=[CartItem("p-1", 1, 9_000, "Lamp")])
    cheap = lists.cart(12, cause="comparing", at=NOW - HOUR, currency="USD", historical=True)
    store_listed(house.workspace, somebody(1, dear, cheap, decisions=(decision(11, "send"),)), "Ann Winter")
    store_listed(house.workspace, somebody(2, lists.cart(21, "open"), lists.cart(22, "ordered", revenue=5), lists.cart(23, "ordered", bare=True)))
    store_listed(house.next_door, somebody(3, lists.cart(31, cause="shipping_cost")), "Charlie")
    store_intent(house.workspace, 1, "i-11", state="refused", reason="ordered")
    return house


@pytest.mark.parametrize(
    ("which", "found"),
    [
        (CartFilter(), [22, 21, 12, 11]),
        (CartFilter(state="abandoned"), [12, 11]),
        (CartFilter(state="open"), [21]),
        (CartFilter(state="ordered"), [22]),
        (CartFilter(state="nonsense"), []),
        (CartFilter(cause="shipping_cost"), [11]),
        (CartFilter(min_value=9_000), [11]),
        (CartFilter(min_value=9_001), []),
        (CartFilter(currency="USD"), [12]),
        (CartFilter(historical=True), [12]),
        (CartFilter(historical=False), [22, 21, 11]),
        (CartFilter(outcome="send"), [11]),
        (CartFilter(since=NOW - HOUR), [22, 21, 12]),
        (CartFilter(until=NOW - HOUR), [11]),
        (CartFilter(since=NOW - 3 * HOUR, until=NOW - 3 * HOUR + 1), [11]),
    ],
)
def test_carts_are_found_by_what_is_asked(which, found):
    assert [row.id for row in carts(shop().workspace, which).rows] == found


def test_a_cart_comes_with_its_person_its_decision_and_what_became_of_the_message():
    house = shop()
    row = cart(house.workspace, 11)
    assert (row.person, row.person_name, row.state, row.at, row.value, row.currency, row.shipping) == (
        1,
        "Ann Winter",
        "abandoned",
        NOW - 3 * HOUR,
        9_000,
        "EUR",
        1_290,
    )
    assert (row.cause, row.probability) == ("shipping_cost", 0.7)
    assert (row.outcome, row.reason, row.intent, row.intent_state, row.intent_reason) == ("send", "fits", "i-11", "refused", "ordered")
    assert row.episode.items == [CartItem("p-1", 1, 9_000, "Lamp")]
    assert cart(house.workspace, 21).person_name == "Visitor 2"


@pytest.mark.parametrize("number", [31, 99, 0, -1, 2**63, 10**30])
def test_a_cart_next_door_or_of_nobody_is_not_found(number):
    house = shop()
    with pytest.raises(Refusal) as refused:
        cart(house.workspace, number)
    assert refused.value.code == Code.NOT_FOUND


def test_pages_show_every_cart_once_also_those_of_the_same_instant():
    house = build()
    for number in range(1, 24):
        store_listed(house.workspace, somebody(number, lists.cart(100 + number, ("abandoned", "open", "recovered")[number % 3], NOW - number // 5)))
    found, cursor, pages = [], "", 0
    while True:
        page = carts(house.workspace, after=cursor, limit=4)
        found += [row.id for row in page.rows]
        pages += 1
        cursor = page.after
        if not cursor:
            break
    assert found == sorted(range(101, 124), key=lambda number: (NOW - (number - 100) // 5, number), reverse=True)
    assert pages == 6


@pytest.mark.parametrize("cursor", ["x", "1", "-", "1-x", "٣-٣", "9" * 30 + "-1", "99999999999999999999-1"])
def test_a_cursor_that_cannot_be_read_begins_from_the_top(cursor):
    assert [row.id for row in carts(shop().workspace, after=cursor).rows] == [22, 21, 12, 11]


def test_the_carts_of_a_person_are_all_that_the_portrait_lists():
    house = shop()
    assert [row.id for row in carts_of(house.workspace, 2)] == [23, 22, 21]
    assert carts_of(house.next_door, 2) == []


def test_a_cart_whose_portrait_no_longer_has_it_is_left_out():
    house = shop()
    PersonRow.objects.filter(pk=2).delete()
    assert [row.id for row in carts(house.workspace).rows] == [12, 11]


def test_a_page_asks_the_same_few_questions_however_many_carts(django_assert_num_queries):
    house = build()
    for number in range(1, 41):
        store_listed(house.workspace, somebody(number, lists.cart(100 + number, at=NOW - number * DAY)))
    with django_assert_num_queries(2):
        assert len(carts(house.workspace, CartFilter(state="abandoned")).rows) == 40
