import pytest
from django.db import connection
from django.http import QueryDict

from sojourn.apps.people import listing
from sojourn.apps.people.listing import Asked, Count, Place
from sojourn.apps.people.models import PersonRow
from sojourn.apps.workspace.tests.house import build

pytestmark = pytest.mark.django_db
NOW = 1_767_225_600_000


@pytest.fixture
def house():
    return build()


def add(workspace, number, **columns):
    PersonRow.objects.create(
        **{"id": number, "workspace_id": workspace, "body": b"", "first_seen": NOW - number, "last_seen": NOW - number * 60_000, **columns}
    )


def ids(place, asked, **cursor):
    return [line.id for line in listing.people(place, asked, limit=3, **cursor).rows]


def everybody(place, asked):
    """All pages there are, forwards, then the way back from the last."""
    pages, after = [], ""
    while True:
        page = listing.people(place, asked, after=after, limit=3)
        pages.append(page)
        if not page.after:
            break
        after = page.after
    back = [pages[-1]]
    while back[-1].before:
        back.append(listing.people(place, asked, before=back[-1].before, limit=3))
    return pages, back


@pytest.mark.parametrize("sort", listing.SORTS)
@pytest.mark.parametrize("up", ["", "1"])
def test_every_order_shows_everybody_once_in_both_directions(house, sort, up):
    for number in range(1, 12):
        bought = {"orders": number // 3 + 1, "revenue": number // 2, "revenue_currency": "EUR"}
        add(house.workspace, number, **bought, cart_state="open", cart_value=number // 4)
    add(house.next_door, 99, orders=1, cart_state="open")
    pages, back = everybody(Place(house.workspace, NOW), Asked(sort=sort, up=up))
    found = [line for page in pages for line in page.rows]
    column = listing.SORTS[sort]
    values = [(int(getattr(PersonRow.objects.get(pk=line.id), column)), line.id) for line in found]
    assert (len(found), values) == (11, sorted(values, reverse=not up))
    assert [line.id for page in reversed(back) for line in page.rows] == [line.id for line in found]
    assert (pages[0].before, pages[-1].after, back[-1].before) == ("", "", "")


def test_sorting_by_what_somebody_bought_lists_only_those_who_did(house):
    add(house.workspace, 1, orders=2, revenue=500, revenue_currency="EUR")
    add(house.workspace, 2)
    place = Place(house.workspace, NOW)
    assert ids(place, Asked(sort="orders")) == ids(place, Asked(sort="revenue")) == [1]
    assert ids(place, Asked(sort="cart")) == []
    assert ids(place, Asked(sort="orders", buyer="no")) == []


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("who=known", [1, 2]),
        ("show=known", [1, 2]),
        ("who=anonymous", [3, 4, 5]),
        ("cart=open", [2]),
        ("cart=abandoned", [3, 4]),
        ("cause=shipping_cost", [3]),
        ("seen=now", [1, 2, 3]),
        ("buyer=yes", [1]),
        ("buyer=no&who=known", [2]),
        ("mail=yes", [1, 2]),
        ("cart=abandoned&cause=unknown", [4]),
        ("cart=abandoned&seen=now&sort=first", [3]),
        ("who=nobody&cart=x&cause=' OR 1&seen=never", [1, 2, 3]),
        ("q=ann", [1]),
        ("q=ann&who=anonymous", []),
    ],
)
def test_filters_alone_and_together(house, said, found):
    add(house.workspace, 1, identified=True, name="Ann", orders=1, mailing="granted")
    add(house.workspace, 2, identified=True, cart_state="open", mailing="unasked")
    add(house.workspace, 3, cart_state="abandoned", cause="shipping_cost", mailing="refused")
    add(house.workspace, 4, cart_state="abandoned", cause="unknown", last_seen=NOW - 400_000)
    add(house.workspace, 5, last_seen=NOW - 8 * 86_400_000)
    add(house.next_door, 6, identified=True, name="Ann", cart_state="open", cause="shipping_cost")
    assert ids(Place(house.workspace, NOW), Asked.read(QueryDict(said))) == found


def test_where_consent_is_asked_for_only_a_yes_makes_somebody_reachable(house):
    add(house.workspace, 1, mailing="granted")
    add(house.workspace, 2, mailing="unasked")
    assert ids(Place(house.workspace, NOW, opt_in=True), Asked(mail="yes")) == [1]


def test_where_no_index_has_all_filters_a_page_looks_at_so_many_and_the_next_goes_on(house, monkeypatch):
    monkeypatch.setattr(listing, "LOOKED_AT", 4)
    for number in range(1, 13):
        add(house.workspace, number, orders=1 if number in (3, 12) else 0)
    place, asked = Place(house.workspace, NOW), Asked(buyer="yes")
    first = listing.people(place, asked, limit=3)
    assert ([line.id for line in first.rows], first.looked_at) == ([3], 4)
    pages, _back = everybody(place, asked)
    assert [line.id for page in pages for line in page.rows] == [3, 12]
    assert listing.matching(place, asked) == Count(2)
    assert listing.matching(place, asked.but(mail="yes")) is None
    assert listing.matching(place, Asked(who="known")) == Count(0)


def test_who_stands_beside_somebody_in_the_list_they_were_opened_from(house):
    for number in (1, 2, 3):
        add(house.workspace, number, orders=number % 2)
    place = Place(house.workspace, NOW)

    def around(number, **asked):
        return listing.beside(place, Asked(**asked), PersonRow.objects.get(pk=number))

    assert [around(1), around(2), around(3)] == [(None, 2), (1, 3), (2, None)]
    assert around(2, up="1") == (3, 1)
    assert around(1, buyer="yes") == (None, 3)
    assert around(1, q="ann") == (None, None)


def test_counts_go_as_far_as_they_are_honest(house, monkeypatch):
    monkeypatch.setattr(listing, "COUNTED", 3)
    for number in range(1, 7):
        add(house.workspace, number, identified=number < 3, cart_state="open" if number < 6 else "", orders=5 if number < 6 else 0)
    counted = listing.counts(Place(house.workspace, NOW))
    assert (counted["all"], counted["who.known"], counted["who.anonymous"]) == (Count(3, True), Count(2), Count(3, True))
    assert (counted["cart.open"], counted["cart.abandoned"], counted["buyer.no"]) == (Count(3, True), Count(0), None)


@pytest.mark.parametrize("cursor", ["x", "-", "1", "1-x", "٣-1", "9" * 30 + "-1", "9223372036854775808-1"])
def test_a_cursor_that_cannot_be_read_begins_from_the_top(house, cursor):
    add(house.workspace, 1)
    assert ids(Place(house.workspace, NOW), Asked(), after=cursor) == [1]


def test_the_address_holds_the_whole_question():
    said = QueryDict("q=ann&who=known&cart=open&cause=shipping_cost&seen=day&buyer=yes&mail=yes&sort=cart&up=1&after=5-5&x=1")
    asked = Asked.read(said)
    assert Asked.read(QueryDict(asked.query())) == asked
    assert Asked().query() == ""
    assert asked.but(q="").query(list="1").startswith("who=known&")


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        (Asked(), "person_last_seen"),
        (Asked(sort="first"), "person_first_seen"),
        (Asked(who="known"), "person_known"),
        (Asked(cart="open"), "person_cart"),
        (Asked(cause="unknown"), "person_cause"),
        (Asked(sort="orders"), "person_orders"),
        (Asked(sort="revenue", up="1"), "person_revenue"),
        (Asked(sort="cart"), "person_cart_value"),
        (Asked(sort="first", buyer="yes", cause="unknown"), "person_first_seen"),
    ],
)
def test_each_question_is_answered_in_the_order_of_an_index(house, asked, index):
    asked_for = []

    def note(execute, sql, params, many, context):
        asked_for.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        listing.people(Place(house.workspace, NOW), asked, after=f"{NOW}-5")
    assert asked_for
    for sql, params in asked_for:
        with connection.cursor() as cursor:
            plan = str(cursor.execute(f"EXPLAIN QUERY PLAN {sql}", params).fetchall())
        assert f"INDEX {index} (" in plan, plan
        assert "TEMP B-TREE" not in plan, plan
