"""What make check looks at in the docs."""

from pathlib import Path

import pytest

from sojourn.runtime import checks


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The docs of a tree of their own: a table of contents that lists one page, and a decision."""
    monkeypatch.setattr(checks, "ROOT", tmp_path)
    docs = tmp_path / "docs"
    for page, text in (
        ("README.md", "- [The first hour](first-hour.md)"),
        ("first-hour.md", "# The first hour"),
        ("adr/0001-a-title.md", "# 0001 A title\n**Context.** **Decision.** **Because.** **Costs.** **Revisit when** never"),
        ("../README.md", "[docs](docs/README.md)"),
        ("../CHANGELOG.md", ""),
    ):
        (docs / page).parent.mkdir(parents=True, exist_ok=True)
        (docs / page).write_text(text)
    return docs


def test_docs_in_order_are_left_alone(docs):
    assert [*checks.unlisted_pages(), *checks.broken_links(), *checks.odd_decisions()] == []


def test_a_page_that_the_table_of_contents_forgets_is_told(docs):
    (docs / "how-to").mkdir()
    (docs / "how-to" / "sing.md").write_text("# Sing")
    assert list(checks.unlisted_pages()) == ["docs/README.md does not list how-to/sing.md"]


def test_a_link_that_leads_nowhere_is_told(docs):
    (docs / "first-hour.md").write_text("[Next](second-hour.md), [far](https://example.com/), [here](#top)")
    assert list(checks.broken_links()) == ["docs/first-hour.md: the link second-hour.md leads nowhere"]


def test_a_decision_without_its_number_or_a_part_is_told(docs):
    (docs / "adr" / "0002-another.md").write_text("# Another\n**Context.** **Decision.** **Because.** **Revisit when** never")
    assert list(checks.odd_decisions()) == [
        "docs/adr/0002-another.md must begin with '# 0002 ' and its decision",
        "docs/adr/0002-another.md lacks **Costs",
    ]
