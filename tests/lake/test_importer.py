"""Files become history: each event once, the bad lines named, nothing else lost."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.ports.log import Appended, Full
from sojourn.runtime import importer
from sojourn.runtime.importer import Summary
from sojourn.terms.facts import Arrival, Fact, Flag
from sojourn.terms.refusals import Code, Refusal
from tests.lake.house import JUNE, House


class _Failing(MemoryLog):
    """A log that is full after some appends."""

    room = 10**9

    def append(self, arrivals: Sequence[Arrival]) -> list[Appended]:
        if self.room == 0:
            raise Full("no space left on device")
        self.room -= 1
        return super().append(arrivals)


@pytest.fixture
def log() -> _Failing:
    return _Failing(SettableClock(JUNE))


def bring_in(path: Path, log: MemoryLog, **options: Any) -> Summary:
    return importer.import_file(path, log, 1, 7, lambda: JUNE, **options)


def facts(log: MemoryLog) -> list[Fact]:
    return [fact for record in log.read(0, 10_000, 10**9) for fact in record.facts]


def an_event(number: int, **fields: Any) -> dict[str, Any]:
    at = f"2025-01-01T00:{number // 60 % 60:02d}:{number % 60:02d}.000Z"
    return {"type": "track", "event": "Product Viewed", "userId": f"u-{number}", "timestamp": at, "properties": {"price": 12.5}, **fields}


def write(path: Path, *lines: Any) -> Path:
    path.write_bytes(b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines) + b"\n")
    return path


def test_events_come_in_as_history_with_their_own_time(tmp_path: Path, log: _Failing):
    assert bring_in(write(tmp_path / "e.jsonl", an_event(1, messageId="m-1"), an_event(2)), log) == Summary(kept=2)
    first, second = facts(log)
    assert (first.message_id, first.user_id, first.at, first.props) == ("m-1", "u-1", 1_735_689_601_000, {"price": 12.5})
    assert first.flags == Flag.HISTORICAL
    assert second.message_id.startswith("import-")
    assert second.message_id.endswith("-2")
    assert second.flags == Flag.HISTORICAL


def test_the_same_file_counts_once_however_often_it_comes(tmp_path: Path, log: _Failing):
    path = write(tmp_path / "e.jsonl", *(an_event(number) for number in range(30)))
    assert bring_in(path, log).kept == 30
    assert bring_in(path, log) == Summary(kept=0, duplicates=30)
    assert len(facts(log)) == 30
    assert list(tmp_path.iterdir()) == [path]


def test_bad_lines_are_named_and_the_others_kept(tmp_path: Path, log: _Failing):
    path = write(
        tmp_path / "e.jsonl", an_event(1), b"{not json", b"", an_event(4, event=None), b'"text"', b"\xff\xfe{}", {"type": "track", "event": "X"}, an_event(8)
    )
    summary = bring_in(path, log)
    assert (summary.kept, summary.refused) == (2, 5)
    assert [line for line, _ in summary.examples] == [2, 4, 5, 6, 7]
    assert [why.partition(":")[0] for _, why in summary.examples] == ["bad_json", "no_event_name", "bad_shape", "bad_encoding", "no_identifier"]
    assert [fact.user_id for fact in facts(log)] == ["u-1", "u-8"]
    assert log.read(0, 10)[0].counts == {"bad_json": 1, "no_event_name": 1, "bad_shape": 1, "bad_encoding": 1, "no_identifier": 1}


def test_a_line_larger_than_any_event_is_refused_and_the_next_one_kept(tmp_path: Path, log: _Failing):
    path = write(tmp_path / "e.jsonl", b'{"type":"track","event":"' + b"x" * 5_000_000 + b'"}', an_event(2))
    summary = bring_in(path, log)
    assert (summary.kept, summary.refused) == (1, 1)
    assert summary.examples[0][0] == 1
    assert facts(log)[0].message_id.endswith("-2")


def test_gzip_is_read_and_where_it_is_cut_off_what_came_before_is_kept(tmp_path: Path, log: _Failing):
    lines = [json.dumps(an_event(number, properties={"noise": str(number) * 50})) for number in range(3_000)]
    whole = gzip.compress("\n".join(lines).encode())
    (tmp_path / "e.jsonl.gz").write_bytes(whole)
    assert bring_in(tmp_path / "e.jsonl.gz", log) == Summary(kept=3_000)
    other = MemoryLog(SettableClock(JUNE))
    (tmp_path / "cut.jsonl.gz").write_bytes(whole[: len(whole) // 2])
    summary = bring_in(tmp_path / "cut.jsonl.gz", other)
    assert 0 < summary.kept < 3_000
    assert summary.refused == 1
    assert "cut off" in summary.examples[0][1]


@pytest.mark.parametrize("table", [False, True])
def test_an_import_cut_short_goes_on_where_it_was(tmp_path: Path, log: _Failing, table: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importer, "BATCH_LINES", 10)
    rows = [f'u-{number},Product Viewed,2025-01-01T00:00:00Z,"a\nb"\n' for number in range(35)]
    if table:
        path = tmp_path / "e.csv"
        path.write_text("userId,event,timestamp,properties.note\n" + "".join(rows))
    else:
        path = write(tmp_path / "e.jsonl", *(an_event(number) for number in range(35)))
    log.room = 2
    with pytest.raises(Refusal) as refusal:
        bring_in(path, log)
    assert refusal.value.code == Code.NOT_READY
    assert len(facts(log)) == 20
    log.room = 10
    done: list[int] = []
    assert bring_in(path, log, progress=done.append) == Summary(kept=35)
    assert log.room == 8, "the two batches that were in are not sent again"
    assert [fact.user_id for fact in facts(log)] == [f"u-{number}" for number in range(35)]
    assert done == sorted(done)
    assert done[-1] == path.stat().st_size
    assert list(tmp_path.iterdir()) == [path]


def test_a_table_of_events_is_read_by_its_header(tmp_path: Path, log: _Failing):
    path = tmp_path / "e.csv"
    path.write_text(
        "\ufeffUser ID;Event;Timestamp;price;properties.product_id;context.page.url;order_number;new\n"
        "u-1;Product Viewed;2025-01-01T00:00:00Z;12.50;0815;https://shop.example/;007;true\n"
        "u-2;;;;;;;\n"
        "u-3;Product Viewed\n"
    )
    summary = bring_in(path, log)
    assert (summary.kept, summary.refused) == (2, 1)
    assert summary.examples == [(4, "bad_shape: 2 cells where the first line names 8 columns")]
    viewed, known = facts(log)
    assert (viewed.kind, viewed.name, viewed.user_id, viewed.at) == ("track", "Product Viewed", "u-1", 1_735_689_600_000)
    assert viewed.props == {"price": 12.5, "product_id": "0815", "order_number": "007", "new": True}
    assert viewed.context == {"page": {"url": "https://shop.example/"}}
    assert (known.kind, known.user_id, known.traits) == ("identify", "u-2", {})


@pytest.mark.parametrize("text", ["userId,user_id\n1,2\n", "userId,,event\n", '[{"type":"track"}]'])
def test_a_file_that_cannot_be_read_at_all_is_refused_with_what_to_do(tmp_path: Path, log: _Failing, text: str):
    (tmp_path / "e.csv").write_text(text)
    with pytest.raises(Refusal) as refusal:
        bring_in(tmp_path / "e.csv", log)
    assert refusal.value.code == Code.BAD_VALUE
    assert facts(log) == []
    with pytest.raises(Refusal):
        bring_in(tmp_path / "not-there.csv", log)


def test_contacts_become_identify_calls_with_traits(tmp_path: Path, log: _Failing):
    path = tmp_path / "c.csv"
    path.write_text("user_id,Email,first_name,plan,visits\nu-1,Ann@Example.com,Ann,gold,12\n,bob@example.com,Bob,,\n,,Nobody,,\n")
    summary = bring_in(path, log, contacts=True)
    assert (summary.kept, summary.refused) == (2, 1)
    assert summary.examples[0][0] == 4
    ann, bob = facts(log)
    assert (ann.kind, ann.user_id, ann.traits) == ("identify", "u-1", {"email": "ann@example.com", "first_name": "Ann", "plan": "gold", "visits": 12})
    assert ann.flags & (Flag.HISTORICAL | Flag.TRUSTED) == Flag.HISTORICAL | Flag.TRUSTED
    assert (bob.user_id, bob.traits) == (None, {"email": "bob@example.com", "first_name": "Bob"})
    assert bob.anonymous_id is not None
    assert bob.anonymous_id.startswith("contact-")


def test_contacts_as_json_lines_may_be_flat_or_in_segments_shape(tmp_path: Path, log: _Failing):
    path = write(tmp_path / "c.jsonl", {"userId": "u-1", "traits": {"plan": "gold"}}, {"user_id": "u-2", "plan": "silver"}, {"email": 5})
    summary = bring_in(path, log, contacts=True)
    assert (summary.kept, summary.refused) == (2, 1)
    assert [(fact.user_id, fact.traits) for fact in facts(log)] == [("u-1", {"plan": "gold"}), ("u-2", {"plan": "silver"})]


def test_imported_carts_fire_nothing_and_reach_the_portrait(tmp_path: Path):
    house = House()
    cart = {"cart_id": "c", "product_id": "p", "price": 50, "quantity": 1, "currency": "EUR"}
    path = write(
        tmp_path / "e.jsonl",
        an_event(1, userId="u", type="identify", traits={"email": "u@example.com"}),
        an_event(2, userId="u", event="Product Added", properties=cart),
    )
    importer.import_file(path, house.log, 1, 7, house.clock.now)
    house.later(7200)
    house.engine.catch_up()
    person = house.person("user_id:u")
    assert person.counts["Product Added"] == 1
    assert house.state.waiting == {}
