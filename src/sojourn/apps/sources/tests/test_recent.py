"""The last good and bad events of a source, for the tests of whoever sends."""

import msgspec
import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.sources import actions, debugger
from sojourn.apps.workspace.actions import create_secret_key
from sojourn.apps.workspace.tests.house import NOW, browser, build
from sojourn.terms.facts import Arrival, Fact, Item, Quarantine
from sojourn.terms.outcomes import Missed

pytestmark = pytest.mark.django_db


def item(number: int, **fields: object) -> Item:
    fact = Fact(**{"kind": "track", "name": f"Event {number}", "at": NOW, "message_id": f"m{number}", "anonymous_id": "a-1", **fields})
    return Item(number, number, msgspec.msgpack.encode(fact))


@pytest.fixture
def sent():
    """A house whose source sent two good events and two bad ones."""
    house = build()
    source = actions.create_source(house.workspace, "Website", "a", NOW)[0].pk
    log = MemoryLog(SettableClock(NOW))
    log.append(
        [Arrival(house.workspace, source, [item(1, props={"password": "hunter2"}), item(2)], {}, [Quarantine("too_deep", b'{"event":"Deep"}', "33 levels")])]
    )
    missed = [Missed(1, NOW + 5, "dropped", "no_identifier", "an event needs userId or anonymousId", b'{"event":"Late"}')]
    debugger.connect(lambda: log, lambda _workspace, number, _now: missed if number == source else [])
    yield house, source
    debugger.connect(None, None)


def ask(house, source: int, query: str = "", key: str = ""):
    key = key or create_secret_key(house.workspace, "CI", "a", NOW)
    return browser().get(f"/api/v1/sources/{source}/recent{query}", headers={"Authorization": f"Bearer {key}"})


def test_bad_events_come_with_their_reason_and_what_was_sent(sent):
    house, source = sent
    items = ask(house, source, "?outcome=bad").json()["items"]
    assert [(one["event"], one["outcome"], one["reason"], one["payload"]) for one in items] == [
        ("Late", "dropped", "no_identifier", {"event": "Late"}),
        ("Deep", "quarantined", "too_deep", {"event": "Deep"}),
    ]
    assert items[0]["detail"] == "an event needs userId or anonymousId"


def test_good_events_come_newest_first_with_secrets_masked(sent):
    house, source = sent
    answer = ask(house, source, "?outcome=good").json()
    assert [(one["event"], one["who"], one["reason"]) for one in answer["items"]] == [
        ("Event 2", "anonymous_id:a-1", None),
        ("Event 1", "anonymous_id:a-1", None),
    ]
    assert answer["items"][1]["payload"]["properties"] == {"password": "••••"}
    assert answer["complete"] is True


def test_limit_and_name_narrow_the_answer(sent):
    house, source = sent
    assert [one["event"] for one in ask(house, source, "?limit=1").json()["items"]] == ["Late"]
    assert [one["event"] for one in ask(house, source, "?name=Event+1").json()["items"]] == ["Event 1"]


@pytest.mark.parametrize("query", ["?outcome=ugly", "?limit=0", "?limit=101", "?limit=many"])
def test_a_question_that_is_none_is_a_400(sent, query):
    house, source = sent
    assert ask(house, source, query).status_code == 400


def test_a_key_of_next_door_finds_no_source_and_a_write_key_reads_nothing(sent):
    house, source = sent
    charlies = create_secret_key(house.next_door, "CI", "c", NOW)
    assert ask(house, source, key=charlies).status_code == 404
    assert ask(house, source, key="wk_anything").status_code == 403


def test_a_process_without_a_log_says_so(sent):
    house, source = sent
    debugger.connect(None, None)
    assert (ask(house, source).status_code, ask(house, source).json()["code"]) == (503, "not_ready")
