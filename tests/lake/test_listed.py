"""What lists read equals what the portraits say, whatever the order of what happened: merges, splits, erasures, late history, restarts."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import msgspec
import pytest

from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.state import Progress
from sojourn.runtime.engine_loop import EngineLoop
from sojourn.runtime.lake_writer import LakeWriter
from sojourn.runtime.rebuild import refolder
from sojourn.terms.effects import Commit
from sojourn.terms.episodes import Episode
from sojourn.terms.facts import PERSON_ERASED
from sojourn.terms.listed import EPISODE_COLUMNS, PERSON_COLUMNS, episode_rows, person_columns
from sojourn.terms.person import Person
from tests.contracts.conftest import database, migrated  # noqa: F401 - fixtures
from tests.lake.house import JUNE, WORKSPACE, House
from tests.lake.test_rebuild import shopping

KEYS = ("user_id:u-1", "user_id:u-2", "user_id:u-3", "anonymous_id:a-1", "anonymous_id:a-2", "anonymous_id:a-3", "anonymous_id:a-4")


class Listed(House):
    """A house whose state is in a file."""

    def __init__(self, path: Path, batch_facts: int = 5_000) -> None:
        super().__init__(batch_facts=batch_facts)
        self.path = path
        self._batch_facts = batch_facts
        self.sqlite = open_state(path)
        self.restart()

    def restart(self) -> None:
        """As a new process: what was known to be stored is forgotten."""
        self.sqlite.close()
        state = self.sqlite = open_state(self.path)
        self.engine = EngineLoop(
            self.log, state, self.clock, lambda: [WORKSPACE], refolder(self.lake, self.log, state), batch_facts=self._batch_facts, people_at_hand=3
        )
        self.writer = LakeWriter(self.log, state, self.lake, self.clock)

    def assert_lists_say_what_portraits_say(self) -> int:
        """Every row and column; how many carts there are."""
        with closing(sqlite3.connect(self.path)) as connection:
            stored = connection.execute(f"SELECT body, facts, {', '.join(PERSON_COLUMNS)} FROM people_person ORDER BY id").fetchall()
            rows = connection.execute(f"SELECT workspace_id, {', '.join(EPISODE_COLUMNS)} FROM people_episode ORDER BY id").fetchall()
        people = [msgspec.msgpack.decode(row[0], type=Person) for row in stored]
        assert [row[1:] for row in stored] == [(person.facts, *person_columns(person)) for person in people]
        assert rows == sorted((WORKSPACE, *row) for person in people for row in episode_rows(person))
        return len(rows)


@pytest.fixture
def house(database: Path) -> Iterator[Listed]:  # noqa: F811 - the fixture
    made = Listed(database)
    yield made
    made.sqlite.close()


@pytest.mark.parametrize("seed", range(12))
def test_lists_say_what_portraits_say_whatever_happens(seed: int, database: Path) -> None:  # noqa: F811 - the fixture
    print("seed", seed)
    rng = Random(seed)
    house = Listed(database, batch_facts=rng.choice((1, 7, 5_000)))
    seen = 0
    for _ in range(6):
        shopping(house, rng, 15)
        seen = max(seen, house.assert_lists_say_what_portraits_say())
        what = rng.randrange(4)
        known = [key for key in KEYS if house.sqlite.identifiers(WORKSPACE, [key])]
        if what == 0 and len(known) > 1:
            house.split(house.sqlite.identifiers(WORKSPACE, known)[known[0]].person, known[:1], known[1:])
        elif what == 1:
            person = house.sqlite.identifiers(WORKSPACE, known)[rng.choice(known)].person
            house.control(PERSON_ERASED, person=person)
        elif what == 2:
            house.restart()
        else:
            house.sqlite._stored.forget()
        house.engine.catch_up()
        house.writer.drain()
        house.assert_lists_say_what_portraits_say()
    assert seen > 0
    house.sqlite.close()


def test_control_a_row_that_was_not_written_is_noticed(house: Listed) -> None:
    house.put(house.track("Product Added", "a-1", props={"product_id": "p-1", "price": 5, "currency": "EUR"}))
    house.engine.catch_up()
    assert house.assert_lists_say_what_portraits_say() == 1
    with closing(sqlite3.connect(house.path, isolation_level=None)) as connection:
        connection.execute("UPDATE people_episode SET value = value + 1")
    with pytest.raises(AssertionError):
        house.assert_lists_say_what_portraits_say()


def test_only_carts_that_changed_are_written(house: Listed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page seen by somebody with carts writes none of them: the trap on the table would refuse it."""
    house.put(house.track("Product Added", "a-1", props={"product_id": "p-1", "price": 5, "currency": "EUR"}))
    house.engine.catch_up()
    with closing(sqlite3.connect(house.path, isolation_level=None)) as connection:
        connection.execute("CREATE TRIGGER trap BEFORE UPDATE ON people_episode BEGIN SELECT RAISE(ABORT, 'written'); END")
    house.later(1)
    house.put(house.track("Product Viewed", "a-1", props={"product_id": "p-2"}))
    house.engine.catch_up()
    house.later(1)
    house.put(house.track("Product Added", "a-1", props={"product_id": "p-2", "price": 5, "currency": "EUR"}))
    with pytest.raises(sqlite3.IntegrityError, match="written"):
        house.engine.catch_up()


def test_a_commit_that_failed_is_written_whole_when_it_is_tried_again(house: Listed) -> None:
    house.put(house.track("Product Added", "a-1", props={"product_id": "p-1", "price": 5, "currency": "EUR"}))
    with closing(sqlite3.connect(house.path, isolation_level=None)) as connection:
        connection.execute("CREATE TRIGGER trap BEFORE INSERT ON people_handover BEGIN SELECT RAISE(ABORT, 'no'); END")
        with pytest.raises(sqlite3.IntegrityError):
            house.engine.catch_up()
        assert house.assert_lists_say_what_portraits_say() == 0
        connection.execute("DROP TRIGGER trap")
    house.engine.catch_up()
    assert house.assert_lists_say_what_portraits_say() == 1


def test_where_it_is_not_known_what_is_stored_rows_that_are_no_more_go_as_well(house: Listed) -> None:
    carts = [Episode(id=number, started_at=number, last_at=number) for number in (1, 2)]
    before = house.sqlite.progress()
    house.sqlite.commit([Commit(WORKSPACE, 9, JUNE, people=[Person(id=1, carts=carts)])], before, Progress(9, JUNE))
    assert house.assert_lists_say_what_portraits_say() == 2
    house.sqlite._stored.forget()
    house.sqlite.commit([Commit(WORKSPACE, 10, JUNE, people=[Person(id=1, carts=carts[1:])])], Progress(9, JUNE), Progress(10, JUNE))
    assert house.assert_lists_say_what_portraits_say() == 1


def test_a_cart_may_pass_from_one_person_to_another_in_one_batch(house: Listed) -> None:
    cart = Episode(id=5, started_at=5, last_at=5)
    before = house.sqlite.progress()
    house.sqlite.commit([Commit(WORKSPACE, 9, JUNE, people=[Person(id=1, carts=[cart]), Person(id=2)])], before, Progress(9, JUNE))
    for holder, other, position in ((2, 1, 10), (1, 2, 11)):
        people = [Person(id=holder, carts=[cart]), Person(id=other)]
        house.sqlite.commit([Commit(WORKSPACE, position, JUNE, people=people)], Progress(position - 1, JUNE), Progress(position, JUNE))
        assert house.assert_lists_say_what_portraits_say() == 1
