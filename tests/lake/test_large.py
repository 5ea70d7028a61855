"""The lake at 200,000 facts: what it answers is what was put in, before and after small files are merged."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from benchmarks.lake import BREAKDOWN, GENERATED, UNIQUES, fill, some_rows
from sojourn.adapters.ducklake.lake import DuckLake

FACTS = 200_000
ALL = f"({GENERATED.replace('$facts', str(FACTS)).replace('$first', '1').replace('$last', str(FACTS + 1))})"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DuckLake]:
    made = DuckLake(tmp_path_factory.mktemp("large") / "lake")
    fill(made, FACTS)
    yield made
    made.close()


@pytest.fixture(scope="module")
def plain() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE plain AS SELECT * FROM {ALL}")
        yield connection


@pytest.mark.parametrize("person", [1 << 14, 700 << 14, 49_000 << 14])
def test_a_timeline_is_what_a_plain_table_says(lake: DuckLake, plain: duckdb.DuckDBPyConnection, person: int):
    wanted = plain.execute(
        "SELECT id, epoch_ms(happened_at), name, props, session FROM plain WHERE person = ? ORDER BY happened_at DESC, id DESC", [person]
    ).fetchall()
    assert len(wanted) > 0
    found = lake.timeline(1, [person], 1_000)
    assert [(row.id, row.fact.at, row.fact.name, row.session) for row in found] == [(i, at, name, session) for i, at, name, _, session in wanted[:1_000]]
    assert found[0].fact.props["category"] == "Shoes"
    assert len(lake.history(1, [person])) == len(wanted)


def test_questions_are_answered_as_by_a_plain_table(lake: DuckLake, plain: duckdb.DuckDBPyConnection):
    for question in (UNIQUES, BREAKDOWN):
        assert [row[:2] for row in sorted(lake.query(question.format("facts"), {}))] == [
            row[:2] for row in sorted(plain.execute(question.format("plain")).fetchall())
        ]


def test_merging_small_files_leaves_fewer_and_changes_nothing(tmp_path: Path):
    lake = DuckLake(tmp_path / "lake")
    for sequence in range(1, 16):
        lake.write(some_rows(0, sequence, 300), [], sequence)
    before = lake.timeline(1, [1 << 14, 2 << 14], 1_000)
    files = "SELECT count(*) FROM ducklake_list_files('lake', 'facts')"
    assert lake.query(files, {}) == [(15,)]
    lake.compact()
    assert lake.query(files, {}) == [(1,)]
    assert lake.timeline(1, [1 << 14, 2 << 14], 1_000) == before
    assert lake.sequence() == 15
    lake.close()


def test_old_snapshots_go_and_the_position_stays(tmp_path: Path):
    lake = DuckLake(tmp_path / "lake", keep_snapshots="0 seconds")
    for sequence in range(1, 6):
        lake.write(some_rows(0, sequence, 300), [], sequence)
        lake.compact()
        assert lake.sequence() == sequence
    assert len(lake.query("SELECT * FROM ducklake_snapshots('lake')", {})) <= 3
    lake.close()
    again = DuckLake(tmp_path / "lake")
    assert again.sequence() == 5
    assert again.query("SELECT count(*) FROM facts", {}) == [(1_500,)]
    again.close()
