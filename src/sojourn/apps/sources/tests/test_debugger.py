"""The debugger shows what came, what became of it and why, and hides what is secret."""

import json

import msgspec
import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.sources import actions, debugger
from sojourn.apps.workspace.tests.house import NOW, browser, build
from sojourn.ports.log import Damaged
from sojourn.terms.facts import FACT_ERASED, Arrival, Fact, Flag, Item, Quarantine
from sojourn.terms.outcomes import Missed
from sojourn.terms.time import DAY

pytestmark = pytest.mark.django_db


def item(number: int, **fields: object) -> Item:
    fact = Fact(**{"kind": "track", "name": f"Event {number}", "at": NOW, "message_id": f"m{number}", "anonymous_id": "a-1", **fields})
    return Item(number, number, msgspec.msgpack.encode(fact))


@pytest.fixture
def log():
    made = MemoryLog(SettableClock(NOW))
    debugger.connect(lambda: made, lambda workspace, source, now: [])
    yield made
    debugger.connect(None, None)


def test_the_newest_event_stands_first_with_its_payload(log):
    log.append([Arrival(1, 7, [item(1), item(2, props={"price": 9.5}, user_id="ann")]), Arrival(1, 8, [item(3)]), Arrival(2, 7, [item(4)])])
    seen = debugger.glance(1, 7, NOW)
    assert [(one.name, one.outcome, one.who) for one in seen.events] == [("Event 2", "kept", "user_id:ann"), ("Event 1", "kept", "anonymous_id:a-1")]
    assert json.loads(seen.events[0].payload)["properties"] == {"price": 9.5}
    assert (seen.whole, seen.trouble) == (True, "")
    assert seen.counts() == {"kept": 2, "duplicate": 0, "dropped": 0, "quarantined": 0, "refused": 0}


def test_what_became_no_fact_stands_between_by_time(log):
    log.append([Arrival(1, 7, [item(1)])])
    missed = [
        Missed(2, NOW + 5, "dropped", "no_identifier", "an event needs userId or anonymousId", b'{"event":"Late"}'),
        Missed(1, NOW - 5, "refused", "bad_shape", "context must be an object", b"{"),
    ]
    debugger.connect(lambda: log, lambda workspace, source, now: missed if (workspace, source) == (1, 7) else [])
    shown = debugger.glance(1, 7, NOW).events
    assert [(one.name, one.outcome, one.meaning) for one in shown] == [
        ("Late", "dropped", "Neither userId nor anonymousId."),
        ("Event 1", "kept", ""),
        ("", "refused", "A field has the wrong shape, such as properties that are not an object."),
    ]
    assert len({one.id for one in shown}) == 3
    assert debugger.glance(2, 7, NOW).events == []


def test_what_was_set_aside_is_read_from_the_log_alone_so_that_it_shows_once(log):
    log.append([Arrival(1, 7, [], {"too_deep": 1}, [Quarantine("too_deep", b'{"event":"Deep"}', "33 levels")])])
    debugger.connect(lambda: log, lambda *_: [Missed(1, NOW, "quarantined", "too_deep", "33 levels", b'{"event":"Deep"}')])
    (one,) = debugger.glance(1, 7, NOW).events
    assert (one.outcome, one.name, one.detail) == ("quarantined", "Deep", "33 levels")


def test_flags_are_told_in_words_and_an_erased_event_says_nothing_more(log):
    log.append([Arrival(1, 7, [item(1, flags=Flag.SKEWED | Flag.HISTORICAL), item(2, name=FACT_ERASED, kind="control", anonymous_id=None)])])
    erased, flagged = debugger.glance(1, 7, NOW).events
    assert (erased.name, erased.payload) == ("Erased", "")
    assert flagged.noticed == ["Imported history: updates portraits, fires nothing.", "The client's clock was off; its time was corrected by sentAt."]


def test_at_most_a_hundred_events_are_shown(log):
    log.append([Arrival(1, 7, [item(n) for n in range(300)]), Arrival(1, 7, [item(1000)])])
    names = [one.name for one in debugger.glance(1, 7, NOW).events]
    assert (len(names), names[0], names[1], names[-1]) == (100, "Event 1000", "Event 299", "Event 201")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("password", "hunter2"),
        ("newPassword", "x"),
        ("api_key", "sk"),
        ("Authorization", "Bearer x"),
        ("cardNumber", "4111"),
        ("cvc", 123),
        ("writeKey", "wk_1"),
    ],
)
def test_what_its_name_says_is_secret_is_masked_at_any_depth(name, value):
    assert debugger.masked({"a": [{name: value, "price": 5}]}) == {"a": [{name: debugger.MASK, "price": 5}]}


def test_a_broken_body_is_shown_as_text_without_its_secrets():
    text, cut = debugger.payload_text(b"{'event': 'Viewed', password: hunter2, \"token\": \"abc", 2_000)
    assert (text, cut) == ("{'event': 'Viewed', password: ••••, \"token\": ••••", False)


def test_without_a_capture_beside_it_the_page_says_that_dropped_events_are_only_counted(log):
    debugger.connect(lambda: log, None)
    assert debugger.glance(1, 7, NOW).whole is False


def test_a_damaged_log_is_a_sentence_and_no_error(log, monkeypatch):
    def broken(*_args):
        raise Damaged(3, "its checksum does not fit")

    monkeypatch.setattr(log, "tail", broken)
    assert "log record 3 is damaged" in debugger.glance(1, 7, NOW).trouble
    assert debugger.newest(1, 7) is None


def test_the_newest_event_is_found_behind_requests_of_which_nothing_was_kept(log):
    log.append([Arrival(1, 7, [item(1), item(2)]), Arrival(1, 7, [], {"no_identifier": 1})])
    found = debugger.newest(1, 7)
    assert found is not None
    assert (found.name, debugger.newest_visitor(1, 7), debugger.newest_visitor(1, 8)) == ("Event 2", "anonymous_id:a-1", "")


def test_the_newest_event_came_when_it_arrived_whatever_day_it_tells_of(log):
    log.append([Arrival(1, 7, [item(1, at=NOW - 40 * DAY, user_id="ann")])])
    told = debugger.newest_told(1, 7)
    assert told is not None
    assert (told.name, told.at, told.who) == ("Event 1", NOW, "user_id:ann")


def test_the_page_filters_by_outcome_and_name_and_can_be_held_still(log):
    house = build()
    source, _key = actions.create_source(house.workspace, "Website", "alice@example.com", NOW)
    log.append([Arrival(house.workspace, source.pk, [item(1, name="Product Added"), item(2, name="Page Seen")])])
    client = browser(house.vera)
    path = f"/sources/{source.pk}/events/"
    whole = client.get(path).content.decode()
    assert "Product Added" in whole
    assert "Page Seen" in whole
    assert f'data-live="source:{source.pk}"' in whole
    named = client.get(path, {"name": "product"}).content.decode()
    assert "Product Added" in named
    assert "Page Seen" not in named
    assert "Product Added" not in client.get(path, {"outcome": "dropped"}).content.decode()
    assert "data-live" not in client.get(path, {"pause": "1"}).content.decode()
    assert client.get(path, {"outcome": "nonsense"}).content.decode().count("Product Added") == whole.count("Product Added")


def test_the_fragment_of_each_region_is_the_one_in_the_page(log):
    house = build()
    source, _key = actions.create_source(house.workspace, "Website", "alice@example.com", NOW)
    client = browser(house.bob)
    page = client.get(f"/sources/{source.pk}/").content.decode()
    for part, root in (("first", "first-event"), ("events", "source-events")):
        fragment = client.get(f"/sources/{source.pk}/{part}/").content.decode()
        assert fragment.strip().split(">")[0] in page
        assert f'id="{root}"' in fragment
    assert "Waiting for your first event" in page


def test_charlie_sees_no_events_of_alice(log):
    house = build()
    source, _key = actions.create_source(house.workspace, "Website", "alice@example.com", NOW)
    for part in ("", "events/", "counts/", "first/", "aside/"):
        assert browser(house.charlie).get(f"/sources/{source.pk}/{part}").status_code == 404
