"""From a click in the shop to the page that somebody has open, through every process there is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.processes import Installation, eventually
from tests.live.client import Member


def viewed(number: int) -> dict[str, object]:
    return {"type": "track", "event": "Product Viewed", "anonymousId": "a-1", "messageId": f"m-{number}", "properties": {"name": "Boots"}}


def person_of(home: Path) -> int:
    with closing(sqlite3.connect(f"file:{home / 'sojourn.sqlite'}?mode=ro", uri=True)) as db:
        row = db.execute("SELECT person FROM people_identifier WHERE key = 'anonymous_id:a-1'").fetchone()
    return row[0] if row is not None else 0


@pytest.mark.slow
def test_an_open_page_hears_of_a_click_and_of_the_end(tmp_path: Path) -> None:
    with Installation(tmp_path / "home") as house:
        house.start("front")
        house.start("work")
        eventually(house.ready, 60, lambda: house.said("front"))
        assert house.post([viewed(1)])[0] == 200
        eventually(lambda: person_of(house.home) > 0, 60, lambda: house.said("work"))
        person = person_of(house.home)
        owner = Member(house)

        stream = owner.listen(f"person:{person},person:{person + 1},people")
        assert stream.answer.status == 200
        assert stream.answer.headers["Content-Type"] == "text/event-stream"
        stream.until(f"data: person:{person + 1}")  # at first everybody is hinted once, the strangers too
        for number in (2, 3):
            assert house.post([viewed(number)])[0] == 200
            stream.until(f"data: person:{person}")
            assert f"data: person:{person + 1}" not in stream.lines
        assert house.post([viewed(4)])[0] == 200
        stream.until("data: people")

        eventually(lambda: "Everything runs." in owner.page("/health/now/"), 30, lambda: owner.page("/health/now/"))
        house.kill("work")
        page = owner.page("/health/now/")
        assert page.count(">stopped<") == 3
        assert "The engine does not run" in page
        assert "Everything runs." not in page

        house.stop("front")
        stream.wait_for_the_end()
        assert "Cancel" not in house.said("front"), "it was cut off instead of ending by itself"


@pytest.mark.slow
def test_whoever_signs_out_hears_nothing_more(tmp_path: Path) -> None:
    with Installation(tmp_path / "home") as house:
        house.start("front")
        eventually(house.ready, 60, lambda: house.said("front"))
        stream = Member(house).listen("people")
        stream.until("id: on")
        with closing(sqlite3.connect(house.home / "sojourn.sqlite", timeout=10)) as db:
            db.execute("DELETE FROM django_session")
            db.commit()
        stream.wait_for_the_end()
