import pytest
from django.db import connection

from sojourn.apps.people import queries
from sojourn.apps.people.overview import count, open_carts
from sojourn.apps.people.tests.some import ANN, AT, store, store_ann
from sojourn.apps.workspace.tests.house import build
from sojourn.terms.episodes import Episode
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Person

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "text",
    [
        *("user_id:u-1", "u-1", " u-1 ", "anonymous_id:a:1", "email:ann@example.com", "email:Ann@Example.com"),
        *(f"id:{ANN}", str(ANN), f"id:{fact_id(9, 0)}", str(fact_id(9, 0))),
    ],
)
def test_ann_is_found_by_everything_that_leads_to_her(text):
    house = build()
    store_ann(house.workspace)
    assert queries.find(house.workspace, text).pk == ANN
    assert queries.find(house.next_door, text) is None


@pytest.mark.parametrize(
    "text",
    ["", ":", "id:", "id:x", "id:-1", "id:99999999999999999999999", "9" * 40, "email:", "user_id:", "nobody", "phone:u-1", "\x00", "id:٣"],
)
def test_what_leads_to_nobody_finds_nobody(text):
    house = build()
    store_ann(house.workspace)
    assert queries.find(house.workspace, text) is None


def test_an_email_that_is_only_a_trait_leads_to_the_one_last_seen():
    house = build()
    store(house.workspace, Person(id=1, last_seen=AT), email="shared@example.com")
    store(house.workspace, Person(id=2, last_seen=AT + 1), email="shared@example.com")
    assert queries.find(house.workspace, "email:shared@example.com").pk == 2


def test_pages_show_everybody_once_also_those_seen_at_the_same_instant():
    house = build()
    for number in range(1, 24):
        store(house.workspace, Person(id=number, last_seen=AT + number // 5))
    store(house.next_door, Person(id=100, last_seen=AT))
    found, cursor = [], ""
    while True:
        rows, cursor = queries.keyset(house.workspace, cursor, limit=4)
        found += [row.pk for row in rows]
        if not cursor:
            break
    assert found == sorted(range(1, 24), key=lambda number: (AT + number // 5, number), reverse=True)


@pytest.mark.parametrize("cursor", ["x", "1", "-", "1-x", "9" * 30 + "-1"])
def test_a_cursor_that_cannot_be_read_begins_from_the_top(cursor):
    house = build()
    store_ann(house.workspace)
    assert [row.pk for row in queries.keyset(house.workspace, cursor)[0]] == [ANN]


def test_search_finds_the_beginning_of_names_and_emails_whatever_the_case():
    house = build()
    store_ann(house.workspace)
    store(house.workspace, Person(id=2, last_seen=AT), "Bert", "annabel@example.com")
    store(house.next_door, Person(id=3, last_seen=AT), "Ann Other", "ann@other.example")

    def names(query, identified=None):
        return [line.name for line in queries.page(house.workspace, identified=identified, query=query).rows]

    assert names("ann") == ["Ann Winter", "Bert"]
    assert names("ANN W") == ["Ann Winter"]
    assert names("u-1") == ["Ann Winter"]
    assert names("ann", identified=False) == ["Bert"]
    assert names("%") == names("winter") == []


def test_a_name_is_looked_up_by_its_index():
    house = build()
    with connection.cursor() as cursor:
        plan = cursor.execute(
            """
            EXPLAIN QUERY PLAN
            SELECT id FROM people_person
            WHERE workspace_id = %s AND NOT (name = '') AND name COLLATE NOCASE >= %s AND name COLLATE NOCASE < %s
            """,
            [house.workspace, "ann", "ann\U0010ffff"],
        ).fetchall()
    assert "person_name" in str(plan)


def test_open_carts_are_counted_among_those_with_a_timer():
    house = build()
    store(house.workspace, Person(id=1, due=AT, carts=[Episode(id=1, started_at=AT, last_at=AT), Episode(id=2, started_at=AT, last_at=AT, state="ordered")]))
    store(house.workspace, Person(id=2, due=AT))
    store(house.next_door, Person(id=3, due=AT, carts=[Episode(id=3, started_at=AT, last_at=AT)]))
    carts = open_carts(house.workspace)
    assert (carts.open, carts.more, count(house.workspace)) == (1, False, 2)
