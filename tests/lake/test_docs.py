"""What docs/how-to/query-the-lake.md says works as it stands there."""

import re
from pathlib import Path

import duckdb
import pytest

from sojourn.adapters.ducklake.lake import DuckLake
from sojourn.terms.facts import Flag
from sojourn.terms.ids import derived_id
from tests.contracts.test_lake import a_row

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "query-the-lake.md"
NOW = 1_767_225_600_000


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    made = DuckLake(tmp_path / "lake")
    left = {"value": 4990, "currency": "EUR", "causes": [{"cause": "shipping_cost", "probability": 0.7, "evidence": []}]}
    made.write(
        [
            a_row(1, person=1097728, name="Checkout Started", at=NOW),
            a_row(2, person=5, name="Order Completed", at=NOW + 1000),
            a_row(3, person=7, name="Checkout Started", at=NOW),
            a_row(4, number=derived_id("left"), person=7, name="Cart Abandoned", props=left, flags=int(Flag.DERIVED)),
        ],
        [(1, 5, 1097728)],
        1,
    )
    made.close()
    return tmp_path


def test_the_pages_code_and_questions_run(lake: Path):
    text = PAGE.read_text()
    python = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    questions = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert (len(python), len(questions)) == (1, 4)
    code = python[0].replace("sojourn-data/lake/catalog.sqlite", str(lake / "lake" / "catalog.sqlite"))
    code = code.replace("duckdb.connect()", f"duckdb.connect(config={{'extension_directory': {str(lake / 'extensions')!r}}})")
    names: dict[str, duckdb.DuckDBPyConnection] = {}
    exec(code, names)
    days, causes, funnel, one = (names["lake"].execute(question).fetchall() for question in questions)
    assert days == []
    assert causes == [("shipping_cost", "EUR", 1, 49.9)]
    assert funnel == [(2, 1)]
    assert [name for _, name, _ in one] == ["Order Completed", "Checkout Started"]
    names["lake"].close()
