"""What lists read in the file: columns that follow the portrait, minutes, indexes, and installations from before there were any."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.state import Progress
from sojourn.terms.effects import Commit
from sojourn.terms.episodes import CauseGuess, Episode
from sojourn.terms.facts import NO_SOURCE
from sojourn.terms.listed import EPISODE_COLUMNS, PERSON_COLUMNS, episode_rows, person_columns
from sojourn.terms.person import Money, Person
from sojourn.terms.time import DAY, MINUTE

from .makers import START, person

COLUMNS = ", ".join(("name", "identified", "last_seen", "due", "facts", *PERSON_COLUMNS))


def ask(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def commit(path: Path, position: int, *people: Person, now: int = START, **parts: object) -> None:
    """Another batch of workspace 1, in a state that knows nothing of the one before unless it read it."""
    state = open_state(path)
    state.commit([Commit(1, position, now, people=list(people), **parts)], state.progress(), Progress(position, now))
    state.close()


def shopper(number: int, *states: str) -> Person:
    made = person(number, "user_id:ann", name="Ann")
    made.money = {"EUR": Money(2, 12_990)}
    made.carts = [Episode(id=10 + place, started_at=place, last_at=place, state=state, currency="EUR", value=700) for place, state in enumerate(states)]
    for cart in made.carts:
        cart.ended_at = None if cart.state == "open" else START
        cart.causes = [CauseGuess("shipping_cost", 0.7, [])] if cart.state == "abandoned" else []
    return made


def test_columns_follow_the_portrait_whichever_of_them_change(database: Path) -> None:
    state = open_state(database)
    one, at = shopper(16384), Progress(0, 0)
    for position, (key, value) in enumerate(
        [("facts", 1), ("facts", 2), ("last_seen", START + 9), ("due", START + 10), ("money", {}), ("due", None), ("identified", False), ("traits", {})], 1
    ):
        setattr(one, key, value)
        state.commit([Commit(1, position, START, people=[one])], at, Progress(position, START))
        at = Progress(position, START)
        named = "Ann" if one.traits else ""
        assert ask(database, f"SELECT {COLUMNS} FROM people_person") == [(named, one.identified, one.last_seen, one.due, one.facts, *person_columns(one))]
        assert state.people(1, [16384]) == {16384: one}
    state.close()


def test_carts_are_rows_that_come_change_and_go(database: Path) -> None:
    for position, states in enumerate([("open",), ("abandoned", "open"), ("recovered", "abandoned"), ()], 1):
        one = shopper(16384, *states)
        commit(database, position, one)
        assert ask(database, f"SELECT {', '.join(EPISODE_COLUMNS)} FROM people_episode ORDER BY id") == episode_rows(one)


def test_events_of_sources_count_in_the_minute_their_batch_ended(database: Path) -> None:
    first = START // MINUTE
    commit(database, 1, now=START + 1, counts={(7, "kept"): 5, (8, "kept"): 1, (7, "duplicate"): 9, (NO_SOURCE, "kept"): 3})
    commit(database, 2, now=START + MINUTE - 1, counts={(7, "kept"): 2})
    commit(database, 3, now=START + MINUTE, counts={(7, "kept"): 4})
    commit(database, 4, now=START + 2 * MINUTE, counts={(NO_SOURCE, "kept"): 3})
    assert ask(database, "SELECT workspace_id, minute, events FROM people_minute ORDER BY minute") == [(1, first, 8), (1, first + 1, 4)]
    commit(database, 5, now=START + DAY, counts={(7, "kept"): 1})
    assert ask(database, "SELECT minute, events FROM people_minute ORDER BY minute") == [(first + 1, 4), (first + DAY // MINUTE, 1)]


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ("people_person WHERE workspace_id = 1 ORDER BY first_seen DESC, id DESC", "person_first_seen"),
        ("people_person WHERE workspace_id = 1 AND identified ORDER BY last_seen DESC, id DESC", "person_known"),
        ("people_person WHERE workspace_id = 1 AND orders > 0 ORDER BY orders DESC, id DESC", "person_orders"),
        ("people_person WHERE workspace_id = 1 AND NOT (revenue_currency = '') ORDER BY revenue DESC, id DESC", "person_revenue"),
        ("people_person WHERE workspace_id = 1 AND cart_state = 'open' AND NOT (cart_state = '') ORDER BY last_seen DESC, id DESC", "person_cart"),
        ("people_person WHERE workspace_id = 1 AND NOT (cart_state = '') ORDER BY cart_value DESC, id DESC", "person_cart_value"),
        ("people_person WHERE workspace_id = 1 AND cause = 'comparing' AND NOT (cause = '') ORDER BY last_seen DESC, id DESC", "person_cause"),
        ("people_episode WHERE workspace_id = 1 AND state = 'open' ORDER BY at DESC, id DESC", "episode_state"),
        ("people_episode WHERE workspace_id = 1 AND person = 5", "episode_person"),
        ("people_episode WHERE workspace_id = 1 AND decided_at > 5 AND NOT (arm = '')", "episode_arm"),
    ],
)
def test_each_list_finds_its_index_and_sorts_nothing(database: Path, asked: str, index: str) -> None:
    plan = [str(row[3]) for row in ask(database, f"EXPLAIN QUERY PLAN SELECT id, last_seen FROM {asked} LIMIT 50".replace(", last_seen", ", workspace_id"))]
    assert any(index in step for step in plan), plan
    assert not any("SCAN" in step or "B-TREE" in step for step in plan), plan


def test_people_from_before_there_were_lists_are_listed_by_the_migration(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOJOURN_")} | {"SOJOURN_HOME": str(tmp_path)}

    def migrate(*which: str) -> None:
        subprocess.run(
            [sys.executable, "-m", "sojourn.runtime.manage", "migrate", "-v", "0", "--skip-checks", *which], env=environment, check=True, capture_output=True
        )

    migrate("people", "0002")
    people = [shopper(16384 * number, *("abandoned", "ordered", "open")[: number % 4]) for number in range(1, 2_006)]
    for place, one in enumerate(people):
        for cart in one.carts:
            cart.id += 100 * place
    path = tmp_path / "sojourn.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.executemany(
            "INSERT INTO people_person (id, workspace_id, body, name, email, identified, first_seen, last_seen) VALUES (?, 1, ?, 'Ann', '', 1, ?, ?)",
            [(one.id, msgspec.msgpack.encode(one), one.first_seen, one.last_seen) for one in people],
        )
    migrate()
    assert ask(path, f"SELECT {COLUMNS} FROM people_person ORDER BY id") == [("Ann", 1, one.last_seen, None, one.facts, *person_columns(one)) for one in people]
    found = ask(path, f"SELECT workspace_id, {', '.join(EPISODE_COLUMNS)} FROM people_episode ORDER BY id")
    assert found == [(1, *row) for one in people for row in episode_rows(one)]
    assert len(found) == 3_007


BIG = ("people_person", "people_episode", "people_intent", "people_identifier", "people_consent")


def test_the_planner_knows_of_every_index_how_large_it_may_become(database: Path) -> None:
    """An index it knows nothing of would be taken for one that finds ten rows by the workspace alone. See migration 0006 of apps/people."""
    names = ", ".join(f"'{table}'" for table in BIG)
    indexes = {name for (name,) in ask(database, f"SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name IN ({names})")}
    assert {name for (name,) in ask(database, f"SELECT idx FROM sqlite_stat1 WHERE tbl IN ({names})")} == indexes
    for table, index, figures in ask(database, f"SELECT tbl, idx, stat FROM sqlite_stat1 WHERE tbl IN ({names})"):
        columns = len(ask(database, f"PRAGMA index_info('{index}')"))
        assert len(str(figures).split()) == columns + 1, (table, index)


@pytest.mark.parametrize(
    "asked",
    [
        "SELECT id, body FROM people_person WHERE id IN (1, 2, 3) AND workspace_id = 1",
        "SELECT id, body FROM people_person WHERE id IN (SELECT value FROM json_each('[1]')) AND workspace_id = 1",
        "DELETE FROM people_episode WHERE id = 1 AND workspace_id = 1 AND person = 1",
        "SELECT id FROM people_episode WHERE id IN (1, 2, 3) AND workspace_id = 1",
        "SELECT id FROM people_intent WHERE id IN ('a', 'b', 'c') AND workspace_id = 1",
    ],
)
def test_what_is_asked_for_by_its_id_is_looked_up_by_its_id(database: Path, asked: str) -> None:
    plan = " ".join(str(row[3]) for row in ask(database, "EXPLAIN QUERY PLAN " + asked))
    assert "INTEGER PRIMARY KEY (rowid=?)" in plan or "sqlite_autoindex_people_intent_1 (id=?)" in plan, plan
