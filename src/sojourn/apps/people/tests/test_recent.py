import msgspec
import pytest

from sojourn.adapters.memory.lake import MemoryLake
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.people import lake_hook, moments
from sojourn.apps.people.models import HandoverRow
from sojourn.apps.people.tests.some import ANN, AT, ann, store_ann
from sojourn.apps.workspace.tests.house import build
from sojourn.ports.lake import Row
from sojourn.ports.log import Damaged
from sojourn.terms.effects import Resolved
from sojourn.terms.facts import Arrival, Derived, Fact, Item
from sojourn.terms.ids import fact_id
from sojourn.terms.refusals import Refusal

pytestmark = pytest.mark.django_db


class Clock:
    """Stands still."""

    def now(self):
        return AT


@pytest.fixture
def house():
    built = build()
    store_ann(built.workspace)
    return built


@pytest.fixture
def log(house):
    """A log with one request of two clicks."""
    log = MemoryLog(Clock())
    facts = [Fact("track", name, AT + at, f"m{at}", "a:1", context={"page": {"url": "https://shop.example/"}}) for name, at in (("First", 1), ("Second", 2))]
    log.append([Arrival(house.workspace, 3, [Item(at, at, msgspec.msgpack.encode(fact)) for at, fact in enumerate(facts)])])
    return log


def hand_over(workspace, resolved, derived=()):
    HandoverRow.objects.create(workspace_id=workspace, payload=msgspec.msgpack.encode((list(resolved), list(derived), {})))


def connect(monkeypatch, lake, log):
    monkeypatch.setattr(lake_hook, "_open", lambda: lake)
    monkeypatch.setattr(lake_hook, "_open_log", lambda: log)


def names(workspace, limit=10, before=""):
    return [one.name for one in lake_hook.timeline(workspace, ann(), limit, before).moments]


def test_what_waits_for_the_lake_is_on_the_timeline_already(house, log, monkeypatch):
    connect(monkeypatch, None, log)
    concluded = Derived(1 << 62, ANN, AT + 3, "Cart Abandoned", "d1", {"number": 1})
    hand_over(house.workspace, [Resolved(fact_id(1, 0), ANN, 77), Resolved(fact_id(1, 1), 999, 0)], [concluded])
    shown = lake_hook.timeline(house.workspace, ann(), 10).moments
    assert [(one.name, one.session, one.source, one.derived, one.url) for one in shown] == [
        ("Cart Abandoned", "0", 0, True, ""),
        ("First", "77", 3, False, "https://shop.example/"),
    ]


def test_a_fact_in_both_places_is_shown_once_and_pages_go_on_below_their_cursor(house, log, monkeypatch):
    lake = MemoryLake()
    connect(monkeypatch, lake, log)
    first = Fact("track", "First", AT + 1, "m1", "a:1")
    lake.write([Row(house.workspace, fact_id(1, 0), ANN, 77, 3, AT, first), Row(house.workspace, 5, ANN, 0, 3, AT, Fact("track", "Old", AT, "m0"))], [], 1)
    hand_over(house.workspace, [Resolved(fact_id(1, 0), ANN, 77), Resolved(fact_id(1, 1), fact_id(9, 0), 77)])
    assert names(house.workspace) == ["Second", "First", "Old"]
    stretch = lake_hook.timeline(house.workspace, ann(), 2)
    assert stretch.before == f"{AT + 1}-{fact_id(1, 0)}"
    assert names(house.workspace, before=stretch.before) == ["Old"]


def test_the_house_next_door_has_its_own(house, log, monkeypatch):
    connect(monkeypatch, None, log)
    hand_over(house.next_door, [Resolved(fact_id(1, 0), ANN, 77)])
    with pytest.raises(Refusal, match="History is not at hand yet"):
        lake_hook.timeline(house.workspace, ann(), 10)


def test_a_damaged_record_leaves_the_rest_standing(house, log, monkeypatch):
    lake = MemoryLake()
    lake.write([Row(house.workspace, 5, ANN, 0, 3, AT, Fact("track", "Old", AT, "m0"))], [], 1)

    def broken(*_):
        raise Damaged(1, "its checksum does not fit")

    monkeypatch.setattr(log, "read", broken)
    connect(monkeypatch, lake, log)
    hand_over(house.workspace, [Resolved(fact_id(1, 0), ANN, 77)])
    assert names(house.workspace) == ["Old"]


def test_moments_are_sorted_by_time_then_id():
    made = [moments.Moment(str(number), at, "track", "x", 1, False) for number, at in ((1, 5), (3, 4), (2, 5), (1, 5))]
    assert [(one.at, one.id) for one in moments.newest_first(made)] == [(5, "2"), (5, "1"), (4, "3")]
