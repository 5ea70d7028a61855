"""What only state and intents in a file can show: processes, crashes, full disks, the columns that lists read."""

import ast
import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

import sojourn.adapters.sqlite
from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.intents import open_intents
from sojourn.adapters.sqlite.state import SqliteState, open_state
from sojourn.ports.intents import Settlement
from sojourn.ports.state import Progress, Taken, Unavailable
from sojourn.terms.effects import Commit, Intent
from sojourn.terms.facts import Fact
from sojourn.terms.person import IdentifierEntry
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY

from .makers import START, intent, person
from .running import lines, start

ZERO = Progress(0, 0)


def rows(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(sql).fetchall()


def fill(path: Path, *intents: Intent) -> None:
    state = open_state(path)
    state.commit([Commit(workspace=1, position=1, now=START, intents=list(intents))], ZERO, Progress(1, START))
    state.close()


# -- the state


def test_of_two_engines_only_one_goes_on(database: Path) -> None:
    first, second = open_state(database), open_state(database)
    assert first.progress() == second.progress() == ZERO
    first.commit([Commit(1, 1, START, people=[person(16384, name="first")])], ZERO, Progress(1, START))
    with pytest.raises(Taken):
        second.commit([Commit(1, 1, START, people=[person(16384, name="second")])], ZERO, Progress(1, START))
    assert second.people(1, [16384])[16384].traits["name"].value == "first"
    first.close()
    second.close()


def test_everything_is_there_after_a_restart(database: Path) -> None:
    state = open_state(database)
    ann = person(16384, "user_id:ann", due=START)
    state.commit([Commit(1, 1, START, people=[ann], gone={5: 16384}, rules=b"r")], ZERO, Progress(1, START))
    state.close()
    again = open_state(database)
    assert (again.progress(), again.people(1, [16384]), again.canonical(1, 5), again.rules(1)) == (Progress(1, START), {16384: ann}, 16384, b"r")
    assert again.due(1, START + 1, 9) == [(START, 16384)]
    again.close()


@pytest.mark.parametrize(
    ("traits", "name", "email"),
    [
        ({}, "", ""),
        ({"name": " Ann Lee ", "first_name": "Annabel"}, "Ann Lee", ""),
        ({"first_name": "Ann", "last_name": "Lee"}, "Ann Lee", ""),
        ({"firstName": "Ann"}, "Ann", ""),
        ({"lastName": "Lee", "email": "Ann@Example.COM"}, "Lee", "ann@example.com"),
        ({"name": 7, "email": ["ann@example.com"]}, "", ""),
        ({"name": "x" * 300}, "x" * 255, ""),
    ],
)
def test_the_columns_of_a_person_are_made_for_lists(database: Path, traits: dict[str, object], name: str, email: str) -> None:
    state = open_state(database)
    state.commit([Commit(1, 1, START, people=[person(16384, "user_id:ann", due=5, **traits)])], ZERO, Progress(1, START))
    state.close()
    assert rows(database, "SELECT id, workspace_id, name, email, identified, first_seen, last_seen, due FROM people_person") == [
        (16384, 1, name, email, 1, START, START + 16384, 5)
    ]


def test_the_columns_of_an_intent_are_made_for_lists(database: Path) -> None:
    fill(database, intent("i1", of=2))
    made = rows(
        database,
        "SELECT id, workspace_id, person, automation, channel, purpose, kind, template, cause, address, state, reason, detail,"
        " decided_at, ready_at, expires_at, epoch, attempts, handed_at, settled_at, queue_id FROM people_intent",
    )
    about = ("i1", 1, 2, "abandoned-cart", "email", "marketing", "bulk", "free_shipping", "shipping_cost", "Ann@Example.com")
    assert made == [(*about, "ready", "", "", START, START, START + DAY, 0, 0, None, None, "")]


def test_a_plain_identifier_needs_no_body(database: Path) -> None:
    state = open_state(database)
    entries = {"a": IdentifierEntry(2), "b": IdentifierEntry(2, apart=["c"])}
    state.commit([Commit(1, 1, START, identifiers=dict(entries))], ZERO, Progress(1, START))
    state.close()
    assert rows(database, "SELECT key, body IS NULL FROM people_identifier ORDER BY key") == [("a", 1), ("b", 0)]


def test_a_full_disk_leaves_the_state_as_it_was_and_it_recovers_alone(database: Path) -> None:
    state = open_state(database)
    state.commit([], ZERO, Progress(1, START))
    connection = state._database._connection
    connection.execute(f"PRAGMA max_page_count = {connection.execute('PRAGMA page_count').fetchone()[0] + 2}")
    commit = Commit(1, 2, START, people=[person(16384, text="x" * 100_000)], identifiers={"user_id:ann": IdentifierEntry(16384)})
    with pytest.raises(Unavailable):
        state.commit([commit], Progress(1, START), Progress(2, START))
    assert (state.progress(), state.people(1, [16384]), state.identifiers(1, ["user_id:ann"])) == (Progress(1, START), {}, {})
    # The limit went with the connection that met it: there is space again.
    state.commit([commit], Progress(1, START), Progress(2, START))
    assert state.progress() == Progress(2, START)
    state.close()


def test_a_database_without_tables_is_unavailable(tmp_path: Path) -> None:
    state = SqliteState(tmp_path / "not-migrated.sqlite")
    with pytest.raises(Unavailable):
        state.progress()
    state.close()


def test_questions_find_their_index(database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        for sql, index in (
            ("SELECT due, id FROM people_person WHERE workspace_id = 1 AND due < 5 ORDER BY due, id LIMIT 9", "person_due"),
            ('SELECT 1 FROM people_identifier WHERE workspace_id = 1 AND "key" IN (SELECT value FROM json_each(1))', "sqlite_autoindex_people_identifier_1"),
            ("SELECT 1 FROM people_intent WHERE state = 'ready' AND ready_at <= 5", "intent_ready"),
            ("SELECT 1 FROM people_intent WHERE workspace_id = 1 AND person = 2 AND handed_at > 5 AND kind = 'bulk'", "intent_person"),
            ("SELECT granted FROM people_consent WHERE workspace_id = 1 AND person = 2 AND channel = '' AND purpose = '' ORDER BY at DESC", "consent_person"),
        ):
            plan = [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql)]
            assert any(index in step for step in plan), plan
            assert not any("people_" in step and step.startswith("SCAN") for step in plan), plan


# -- the intents


def test_an_intent_being_handed_over_is_durable_before_the_courier_dies(database: Path) -> None:
    fill(database, intent("i1"))
    process = start("begin_and_hang", database)
    assert process.stdout is not None
    assert process.stdout.readline() == "i1\n"
    process.kill()
    process.wait()
    process.stdout.close()
    assert rows(database, "SELECT state, handed_at, attempts, epoch FROM people_intent") == [("handing_over", START, 1, 1)]
    intents = open_intents(database)
    epoch = intents.start_epoch(START + 9)
    assert intents.get("i1") == (intent("i1", state="unknown"), "unknown")
    assert intents.next_ready() is None
    assert not intents.settle(epoch, "i1", START, Settlement("accepted"), None)
    (told,) = intents.outbox(9)
    assert msgspec.msgpack.decode(told[2], type=Fact).name == "Message Unknown"
    intents.close()


def test_two_couriers_in_two_processes_hand_each_intent_over_once(database: Path) -> None:
    fill(database, *(intent(f"i{n:03}", of=n + 2, episode=n) for n in range(60)))
    said = [lines(process) for process in [start("courier", database), start("courier", database)]]
    out = sorted(said[0] + said[1])
    assert out == [f"i{n:03}" for n in range(60)]
    # Where the second took the epoch during a hand-over of the first, that one's fate is unknown; nothing is left waiting.
    states = dict(rows(database, "SELECT state, count(*) FROM people_intent GROUP BY state"))
    assert set(states) <= {"accepted", "unknown"}
    assert sum(int(str(n)) for n in states.values()) == 60


def test_a_workspace_that_is_not_there_sends_nothing_and_suppresses_nothing(database: Path) -> None:
    fill(database)
    state, intents = open_state(database), open_intents(database)
    state.commit([Commit(9, 1, START, intents=[intent("i1", workspace=9)])], Progress(1, START), Progress(2, START))
    epoch = intents.start_epoch(START)
    assert [claim.paused for claim in intents.claim(epoch, START, lambda _: 1, 9)] == [True]
    with pytest.raises(Refusal) as refused:
        intents.suppress(9, "ann@example.com", "global", "bounced", START)
    assert refused.value.code == Code.NOT_FOUND
    state.close()
    intents.close()


def test_the_suppression_list_holds_no_address(database: Path) -> None:
    intents = open_intents(database)
    intents.suppress(1, "ann@example.com", "global", "bounced", START)
    intents.close()
    ((address,),) = rows(database, "SELECT address FROM people_suppression")
    assert len(str(address)) == 64
    assert "ann" not in str(address)


# -- transactions


def test_a_transaction_that_fails_leaves_nothing_behind(database: Path) -> None:
    made = Database(database)

    def half() -> None:
        with made.writing() as connection:
            connection.execute("INSERT INTO people_rules (workspace_id, body) VALUES (1, x'00')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    assert made.rows("SELECT * FROM people_rules", {}) == []
    made.close()


def test_no_write_transaction_is_deferred() -> None:
    """One that reads first and writes later can fail with SQLITE_BUSY at any moment; so each takes its lock at the start, in one place."""
    found = wrong_transactions({file.name: file.read_text() for file in Path(sojourn.adapters.sqlite.__file__).parent.glob("*.py")})
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        'connection.execute("BEGIN")',
        'connection.execute("BEGIN DEFERRED")',
        'connection.execute(" begin transaction")',
        "sqlite3.connect(path)",
        "sqlite3.connect(path, isolation_level='DEFERRED')",
        "connection.isolation_level = 'DEFERRED'",
    ],
)
def test_a_deferred_transaction_would_be_found(source: str) -> None:
    assert len(wrong_transactions({"bad.py": source})) == 1


def wrong_transactions(sources: dict[str, str]) -> list[str]:
    """Every BEGIN that is not IMMEDIATE, and every connection on which Python would begin transactions by itself."""
    found = []
    for name, source in sorted(sources.items()):
        for node in ast.walk(ast.parse(source)):
            match node:
                case ast.Call(func=ast.Attribute(attr="execute" | "executescript"), args=[ast.Constant(value=str(sql)), *_]):
                    wrong = sql.strip().upper().startswith("BEGIN") and sql != "BEGIN IMMEDIATE"
                case ast.Call(func=ast.Attribute(value=ast.Name(id="sqlite3"), attr="connect"), keywords=keywords):
                    wrong = not any(k.arg == "isolation_level" and isinstance(k.value, ast.Constant) and k.value.value is None for k in keywords)
                case ast.Assign(targets=[ast.Attribute(attr="isolation_level")]):
                    wrong = True
                case _:
                    wrong = False
            if wrong:
                found.append(f"{name}:{node.lineno}")
    return found
