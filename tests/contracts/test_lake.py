"""What every lake must do, and what only the one on disk can show: several processes, restarts, files."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.ports.lake import Lake, Row
from sojourn.terms.facts import Fact, Flag, Kind
from sojourn.terms.ids import derived_id, fact_id
from sojourn.terms.refusals import Refusal

JANUARY = 1_767_225_600_000  # 2026-01-01T00:00:00Z
MONTH = 31 * 86_400_000


def a_row(position: int, person: int = 1, at: int = JANUARY, workspace: int = 1, kind: str = Kind.TRACK, number: int | None = None, **fact: Any) -> Row:
    """A row of the fact at that log position."""
    fields = {"name": "Product Viewed", "message_id": f"m-{position}", "anonymous_id": "anon-1", **fact}
    number = fact_id(position, 0) if number is None else number
    return Row(workspace=workspace, id=number, person=person, session=0, source=3, recorded_at=JANUARY + position, fact=Fact(kind=kind, at=at, **fields))


@pytest.fixture(params=["memory", "ducklake"])
def lake(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Lake]:
    made: Lake = MemoryLake() if request.param == "memory" else DuckLake(tmp_path / "lake")
    yield made
    made.close()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[DuckLake]:
    made = DuckLake(tmp_path / "lake")
    yield made
    made.close()


def test_a_new_lake_is_empty_and_at_the_beginning(lake: Lake):
    assert lake.sequence() == 0
    assert lake.head(1) == 0
    assert lake.timeline(1, [1], 10) == []
    assert lake.history(1, [1]) == []


def test_rows_come_back_as_they_were_written(lake: Lake):
    row = a_row(
        7,
        person=fact_id(3, 2),
        user_id="u-1",
        link="group-1",
        flags=int(Flag.TRUSTED | Flag.SKEWED),
        props={"price": 12.5, "count": 2**63, "big": 12345678901234567890123, "nested": {"list": [1, None, True, {"deep": "Zoë \u0000 “x”"}]}},
        traits={"email": "ann@example.com"},
        context={"page": {"url": "https://shop.example/?a=1"}},
        raw={"timestamp": "2026-01-01T00:00:00Z"},
    )
    lake.write([row], [], 1)
    assert lake.timeline(1, [row.person], 10) == [row]
    assert lake.history(1, [row.person]) == [row]


def test_the_timeline_has_the_newest_facts_first_and_goes_on_below_a_place(lake: Lake):
    rows = [a_row(position, at=JANUARY + at) for position, at in ((1, 50), (2, 10), (3, 50), (4, 70), (5, 10))]
    lake.write(rows, [], 1)
    order = [4, 3, 1, 5, 2]
    assert [row.id for row in lake.timeline(1, [1], 10)] == [fact_id(position, 0) for position in order]
    assert [row.id for row in lake.timeline(1, [1], 2)] == [fact_id(position, 0) for position in order[:2]]
    assert [row.id for row in lake.timeline(1, [1], 10, before=(JANUARY + 50, fact_id(3, 0)))] == [fact_id(position, 0) for position in order[2:]]
    assert [row.id for row in lake.timeline(1, [1], 1, before=(JANUARY + 10, fact_id(5, 0)))] == [fact_id(2, 0)]
    assert lake.timeline(1, [1], 0) == []
    assert lake.timeline(1, [], 10) == []


def test_a_timeline_of_several_people_is_one_and_of_other_workspaces_nothing(lake: Lake):
    lake.write([a_row(1, person=10), a_row(2, person=20), a_row(3, person=30), a_row(4, person=10, workspace=2)], [(1, 20, 10)], 1)
    assert [row.person for row in lake.timeline(1, [10, 20], 10)] == [20, 10]
    assert [row.id for row in lake.timeline(2, [10, 20], 10)] == [fact_id(4, 0)]


def test_history_is_in_log_order_with_the_workspace_control_facts_and_without_derived_ones(lake: Lake):
    derived = a_row(0, number=derived_id("x"), name="Cart Abandoned", flags=int(Flag.DERIVED))
    lake.write(
        [
            a_row(5, at=JANUARY),
            a_row(2, at=JANUARY + 99),
            a_row(1, person=0, kind=Kind.CONTROL, name="Rules Published"),
            a_row(3, person=0, name="Nobody's"),
            a_row(4, person=1, kind=Kind.CONTROL, name="Message Sent"),
            a_row(6, person=2, kind=Kind.CONTROL, name="Message Sent"),
            derived,
        ],
        [],
        1,
    )
    assert [row.id >> 14 for row in lake.history(1, [1])] == [1, 2, 4, 5]
    assert derived in lake.timeline(1, [1], 10)
    assert lake.head(1) == fact_id(6, 0)
    assert lake.head(2) == 0


def test_everybody_who_used_an_id_is_found(lake: Lake):
    rows = [a_row(1, person=5, anonymous_id="x"), a_row(2, person=4, anonymous_id="b", user_id="x"), a_row(3, person=3, anonymous_id=None, link="x")]
    lake.write([*rows, a_row(4, person=2, anonymous_id="xx"), a_row(5, person=0, anonymous_id="x"), a_row(6, person=1, anonymous_id="x", workspace=2)], [], 1)
    assert lake.touching(1, ["x", "y"]) == [3, 4, 5]
    assert lake.touching(1, ["'"]) == []
    assert lake.touching(1, []) == []


def test_a_sequence_that_was_written_before_writes_nothing_again(lake: Lake):
    lake.write([a_row(1)], [], 4)
    lake.write([a_row(1)], [], 4)
    lake.write([a_row(2)], [], 3)
    assert lake.sequence() == 4
    assert [row.id for row in lake.timeline(1, [1], 10)] == [fact_id(1, 0)]


def test_a_position_alone_can_be_written(lake: Lake):
    lake.write([], [], 9)
    assert lake.sequence() == 9


def test_erased_people_are_gone_and_nobody_else_is(lake: Lake):
    lake.write([a_row(1, person=1), a_row(2, person=2), a_row(3, person=7), a_row(4, person=1, workspace=2)], [(1, 7, 1)], 1)
    assert lake.erase(1, [1]) == 2
    assert lake.timeline(1, [7], 10) == []
    assert lake.erase(1, [1]) == 0
    assert lake.timeline(1, [1], 10) == []
    assert [row.id for row in lake.timeline(1, [2], 10)] == [fact_id(2, 0)]
    assert [row.id for row in lake.timeline(2, [1], 10)] == [fact_id(4, 0)]


def test_moved_facts_belong_to_the_new_people_and_what_was_derived_is_replaced(lake: Lake):
    derived = [a_row(0, person=person, number=derived_id(f"old {person}"), name="Cart Abandoned", flags=int(Flag.DERIVED)) for person in (1, 2)]
    lake.write([*(a_row(position, person=1) for position in (1, 2, 3)), a_row(4, person=2), a_row(2, person=1, workspace=2), *derived], [(1, 9, 1)], 1)
    new = a_row(0, person=7, number=derived_id("new"), name="Cart Abandoned", flags=int(Flag.DERIVED))
    lake.move(1, [(fact_id(1, 0), 1, 0), (fact_id(2, 0), 7, 5), (fact_id(3, 0), 1, 0)], [new], [(8, 7)], 2)
    assert [row.id for row in lake.timeline(1, [1], 10)] == [fact_id(3, 0), fact_id(1, 0)]
    assert [(row.id, row.session) for row in lake.timeline(1, [7], 10)] == [(new.id, 0), (fact_id(2, 0), 5)]
    assert lake.timeline(1, [2], 10) == [derived[1], a_row(4, person=2)]
    assert len(lake.timeline(2, [1], 10)) == 1
    assert lake.sequence() == 2
    if isinstance(lake, DuckLake):
        assert lake.query("SELECT person, became FROM merges", {}) == [(8, 7)]


def test_compaction_changes_no_answer(lake: Lake):
    for sequence in range(1, 6):
        lake.write([a_row(sequence * 1000 + i, person=i % 3, at=JANUARY + i * MONTH // 100) for i in range(300)], [], sequence)
    before = lake.timeline(1, [1], 10_000)
    assert len(before) == 500
    lake.compact()
    assert lake.timeline(1, [1], 10_000) == before
    assert lake.sequence() == 5


def test_the_lake_in_memory_refuses_sql():
    with pytest.raises(Refusal):
        MemoryLake().query("SELECT 1", {})


def test_questions_see_facts_merges_and_who_people_are_today(disk: DuckLake):
    disk.write([a_row(1, person=1, props={"value": 5, "currency": "EUR"}), a_row(2, person=2), a_row(3, person=3)], [(1, 3, 2), (1, 2, 1)], 1)
    disk.write([a_row(4, person=1)], [(1, 1, 4)], 2)
    assert disk.query("SELECT person, became FROM merges ORDER BY person", {}) == [(1, 4), (2, 4), (3, 4)]
    assert disk.query("SELECT DISTINCT person FROM facts_today WHERE workspace = $w", {"w": 1}) == [(4,)]
    assert disk.query("SELECT value, currency, props->>'$.currency' FROM facts WHERE value IS NOT NULL", {}) == [(5.0, "EUR", "EUR")]


def test_amounts_are_in_major_units_whoever_said_them(disk: DuckLake):
    said = [
        {"value": 49.9, "currency": "eur"},
        {"revenue": 1200, "currency": "JPY"},
        {"value": "49.90", "total": True},
        {"value": None, "total": 3, "currency": "not one"},
    ]
    rows = [a_row(number, props=props) for number, props in enumerate(said, 1)]
    derived = [{"value": 4990, "currency": "EUR"}, {"value": 1200, "currency": "JPY"}]
    rows += [a_row(9, number=derived_id(str(number)), flags=int(Flag.DERIVED), props=props) for number, props in enumerate(derived)]
    disk.write(rows, [], 1)
    found = disk.query("SELECT value, currency FROM facts WHERE flags & 256 = 0 ORDER BY id", {})
    assert found == [(49.9, "EUR"), (1200.0, "JPY"), (None, None), (3.0, None)]
    assert disk.query("SELECT value, currency FROM facts WHERE flags & 256 != 0 ORDER BY currency", {}) == [(49.9, "EUR"), (1200.0, "JPY")]


def test_a_bad_question_is_refused_and_the_next_one_is_answered(disk: DuckLake):
    disk.write([a_row(1)], [], 1)
    for sql in ("SELECT nonsense FROM facts", "SELEC", "SELECT 1/'x'::int FROM facts", "SELECT * FROM read_text('/etc/hostname')", "SET threads = 8"):
        with pytest.raises(Refusal):
            disk.query(sql, {})
    assert disk.query("SELECT count(*) FROM facts", {}) == [(1,)]


text = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
whole = st.integers(-(2**63), 2**64 - 1)
json = st.recursive(
    st.none() | st.booleans() | whole | st.floats(allow_nan=False, allow_infinity=False) | text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
    max_leaves=8,
)
objects = st.dictionaries(text, json, max_size=4)
facts = st.builds(
    Fact,
    kind=st.sampled_from(list(Kind)).map(str),
    name=text,
    at=st.integers(0, 253_402_300_799_999),
    message_id=text,
    anonymous_id=st.none() | text,
    user_id=st.none() | text,
    props=objects,
    traits=objects,
    context=objects,
    link=st.none() | text,
    flags=st.integers(0, 511),
    raw=objects,
)


@pytest.fixture(scope="module")
def shared_lake(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[DuckLake, Callable[[], int]]]:
    made = DuckLake(tmp_path_factory.mktemp("hypothesis") / "lake")
    numbers = iter(range(1, 10**9))
    yield made, lambda: next(numbers)
    made.close()


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(batch=st.lists(facts, min_size=1, max_size=5), in_catalog=st.booleans())
def test_every_fact_comes_back_equal(shared_lake: tuple[DuckLake, Callable[[], int]], batch: list[Fact], in_catalog: bool):
    """Also in type: 1 is not 1.0 and true is not 1. Both through the catalog and through a Parquet file."""
    lake, number = shared_lake
    person = number()
    rows = [Row(1, fact_id(person, index), person, 0, 1, JANUARY, fact) for index, fact in enumerate(batch)]
    filler = [] if in_catalog else [a_row(position, person=0) for position in range(250)]
    lake.write([*rows, *filler], [], person)
    back = sorted(lake.timeline(1, [person], 100), key=lambda row: row.id)
    assert [repr(row) for row in back] == [repr(row) for row in rows]
