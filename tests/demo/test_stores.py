"""What a removal asks of each store, of every product that is one."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.lake import Lake, Row
from sojourn.ports.state import Progress
from sojourn.terms.addresses import suppression_key
from sojourn.terms.effects import Commit, ConsentRow, Removal
from sojourn.terms.facts import NO_SOURCE, Fact, Flag, Kind
from sojourn.terms.ids import fact_id
from tests.contracts.conftest import SALT, database, migrated
from tests.contracts.makers import START, intent, person

__all__ = ["database", "migrated"]
REAL, DEMO = 3, 9


@pytest.fixture(params=["memory", "ducklake"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    made: Lake = MemoryLake() if request.param == "memory" else DuckLake(tmp_path / "lake")
    yield made
    made.close()


def a_row(position: int, of: int, source: int, flags: int = 0, **fact: object) -> Row:
    told = Fact(kind=str(fact.pop("kind", Kind.TRACK)), name="Product Viewed", at=START + position, message_id=f"m-{position}", flags=flags, **fact)
    return Row(1, fact_id(position, 0), of, 0, source, START + position, told)


def test_a_lake_knows_and_forgets_what_a_source_told(lake: Lake):
    rows = [
        a_row(1, 10, REAL),
        a_row(2, 10, DEMO),
        a_row(3, 20, DEMO),
        a_row(4, 20, NO_SOURCE, kind=Kind.CONTROL, props={"person": 20}),
        a_row(5, 10, NO_SOURCE, kind=Kind.CONTROL, props={"intent": "demo-intent"}),
        a_row(6, 20, NO_SOURCE, flags=int(Flag.DERIVED)),
        a_row(7, 30, REAL),
        a_row(8, 0, NO_SOURCE, kind=Kind.CONTROL, props={"version": 1}),
    ]
    lake.write(rows, [(1, 21, 20), (1, 31, 30)], 1)
    assert lake.seen_by(1, [DEMO]) == [10, 20]
    assert lake.seen_by(2, [DEMO]) == []
    assert lake.seen_elsewhere(1, [DEMO], [10, 20, 21]) == [10]
    assert lake.facts_of(1, [DEMO], [20, 21], ["demo-intent"]) == [fact_id(position, 0) for position in (2, 3, 4, 5)]
    assert lake.remove(1, [DEMO], [20, 21], ["demo-intent"]) == 5
    assert lake.remove(1, [DEMO], [20, 21], ["demo-intent"]) == 0
    assert [row.id for row in lake.history(1, [10, 20, 30])] == [fact_id(position, 0) for position in (1, 7, 8)]
    assert lake.sequence() == 1


def test_no_file_of_the_lake_holds_what_was_removed(tmp_path: Path):
    made = DuckLake(tmp_path / "lake")
    made.write([a_row(1, 20, DEMO, props={"secret": "zanzibar"}), a_row(2, 10, REAL, props={"kept": "timbuktu"})], [], 1)
    made.remove(1, [DEMO], [20], [])
    assert [row.fact.props for row in made.history(1, [10, 20])] == [{"kept": "timbuktu"}]
    made.close()
    files = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert files
    assert not [path for path in files if b"zanzibar" in path.read_bytes()]


def test_a_removal_killed_before_the_files_were_rewritten_is_finished_by_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    made = DuckLake(tmp_path / "lake")
    made.write([a_row(1, 20, DEMO, props={"secret": "zanzibar"}), a_row(2, 10, REAL, props={"kept": "timbuktu"})], [], 1)
    with monkeypatch.context() as patched:
        patched.setattr(DuckLake, "_purge", kill)
        with pytest.raises(Killed):
            made.remove(1, [DEMO], [20], [])
    made.close()
    again = DuckLake(tmp_path / "lake")
    assert again.remove(1, [DEMO], [20], []) == 0
    assert [row.fact.props for row in again.history(1, [10, 20])] == [{"kept": "timbuktu"}]
    again.close()
    files = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert any(path.suffix == ".parquet" for path in files)
    assert not [path for path in files if b"zanzibar" in path.read_bytes()]


def test_the_database_forgets_people_and_sources_and_nobody_else(database: Path):
    state = open_state(database)
    demo, real = fact_id(2, 0), fact_id(1, 0)
    people = [person(real, "user_id:ann", email="ann@example.com"), person(demo, "user_id:dora", email="dora@example.com")]
    intents = [intent("a" * 32, real, address="ann@example.com"), intent("d" * 32, demo, address="dora@example.com")]
    consents = [ConsentRow(real, "email", "marketing", True, START, REAL), ConsentRow(demo, "email", "marketing", True, START, DEMO)]
    counts = {(REAL, "kept"): 1, (DEMO, "kept"): 4}
    filled = Commit(1, 2, START, people=people, intents=intents, consents=consents, counts=counts)
    state.commit([filled], Progress(0, 0), Progress(2, START))
    with closing(sqlite3.connect(database)) as connection, connection:
        for number, address in ((1, "ann@example.com"), (2, "dora@example.com")):
            key = suppression_key(SALT, address)
            connection.execute("INSERT INTO people_suppression (workspace_id, address, level, reason, at) VALUES (1, ?, 'manual', 'said so', 1)", (key,))
            mail = (number, "ad"[number - 1] * 32, address)  # as the mailbox keeps it
            connection.execute("INSERT INTO mail_mail VALUES (?, 1, ?, 1, '', ?, '', x'')", mail)
            told = msgspec.msgpack.encode(Fact(Kind.CONTROL, "Message Sent", START, f"m-{number}", props={"person": (real, demo)[number - 1]}))
            connection.execute("INSERT INTO people_outbox (workspace_id, fact) VALUES (1, ?)", (told,))
    gone = Commit(1, 3, START, identifiers={"user_id:dora": None}, removal=Removal([DEMO], [demo]))
    state.commit([gone], Progress(2, START), Progress(3, START))
    state.close()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT id FROM people_person").fetchall() == [(real,)]
        assert connection.execute("SELECT id FROM people_intent").fetchall() == [("a" * 32,)]
        assert connection.execute("SELECT recipient FROM mail_mail").fetchall() == [("ann@example.com",)]
        assert connection.execute("SELECT person FROM people_consent").fetchall() == [(real,)]
        assert connection.execute("SELECT source_id FROM sources_count").fetchall() == [(REAL,)]
        assert connection.execute("SELECT address FROM people_suppression").fetchall() == [(suppression_key(SALT, "ann@example.com"),)]
        assert connection.execute("SELECT count(*) FROM people_outbox").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM people_handover").fetchone() == (1,)


ENTRANCES = {
    "sources_alias": "(workspace_id, source_id, kind, hint, key_hash, created_at) VALUES (1, {0}, 'matomo', '{0}', 'a{0}', '2026-01-01')",
    "hooks_hook": "(id, workspace_id, source_id, kind, token, mapping_id, created_at) VALUES ({0}, 1, {0}, 'generic', 't{0}', {0}, '2026-01-01')",
    "streams_stream": "(workspace_id, source_id, name, kind, settings, changed_at) VALUES (1, {0}, 's', 'mqtt', '{{}}', 1)",
}
"""How each table that refers to a source is filled."""


def test_what_leads_to_a_source_goes_with_it_and_other_sources_keep_theirs(database: Path):
    with closing(sqlite3.connect(database)) as connection, connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        refer = {name for name in tables for found in connection.execute(f"PRAGMA foreign_key_list({name})") if found[2] == "sources_source"}
        assert refer == ENTRANCES.keys(), "a table that refers to sources is not known here, and perhaps not to adapters/sqlite/removal.py"
        for source in (REAL, DEMO):
            made = f"({source}, 1, 's', 'k{source}', '', '2026-01-01')"
            connection.execute(f"INSERT INTO sources_source (id, workspace_id, name, key_hash, key_hint, created_at) VALUES {made}")
            connection.execute(
                f"INSERT INTO hooks_mapping (id, hook_id, version, rules, actor, created_at) VALUES ({source}, {source}, 1, '[]', '', '2026-01-01')"
            )
            for table, row in ENTRANCES.items():
                connection.execute(f"INSERT INTO {table} {row.format(source)}")
    state = open_state(database)
    state.commit([Commit(1, 3, START, removal=Removal([DEMO], []))], Progress(0, 0), Progress(3, START))
    state.close()
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT id FROM sources_source").fetchall() == [(REAL,)]
        assert connection.execute("SELECT hook_id FROM hooks_mapping").fetchall() == [(REAL,)]
        for table in ENTRANCES:
            assert connection.execute(f"SELECT source_id FROM {table}").fetchall() == [(REAL,)]
