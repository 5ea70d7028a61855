import pytest

from sojourn.apps.people.api import Count, active_now, events_per_minute, messages_totals, recent
from sojourn.apps.people.models import IntentRow, MinuteRow
from sojourn.apps.people.overview import COUNTED
from sojourn.apps.people.tests.lists import NOW, cart, decision, somebody, store_listed
from sojourn.apps.people.tests.some import store_intent
from sojourn.apps.workspace.tests.house import build
from sojourn.terms.time import DAY, HOUR, MINUTE

pytestmark = pytest.mark.django_db


def test_whoever_did_something_in_the_last_five_minutes_is_active():
    house = build()
    for number, ago in enumerate((0, 5 * MINUTE, 5 * MINUTE + 1, DAY), 1):
        store_listed(house.workspace, somebody(number, last_seen=NOW - ago))
    store_listed(house.next_door, somebody(9, last_seen=NOW))
    assert active_now(house.workspace, NOW) == Count(2, more=False)
    assert active_now(house.workspace, NOW, minutes=6) == Count(3, more=False)


def test_very_many_active_people_are_counted_to_a_thousand(monkeypatch):
    assert COUNTED == 1_000
    monkeypatch.setattr("sojourn.apps.people.overview.COUNTED", 3)
    house = build()
    for number in range(1, 4):
        store_listed(house.workspace, somebody(number, last_seen=NOW))
    assert active_now(house.workspace, NOW) == Count(3, more=False)
    store_listed(house.workspace, somebody(4, last_seen=NOW))
    assert active_now(house.workspace, NOW) == Count(3, more=True)
    assert (str(Count(1_000, more=True)), str(Count(12, more=False))) == ("1,000+", "12")


def test_minutes_without_events_count_nothing_and_the_running_one_is_last():
    house = build()
    this = NOW // MINUTE
    for workspace, minute, events in (
        (house.workspace, this, 4),
        (house.workspace, this - 2, 7),
        (house.workspace, this - 3, 9),
        (house.next_door, this - 1, 5),
    ):
        MinuteRow.objects.create(workspace_id=workspace, minute=minute, events=events)
    assert events_per_minute(house.workspace, NOW + 1, minutes=3) == [7, 0, 4]
    assert events_per_minute(house.next_door, NOW) == [0] * 58 + [5, 0]


def test_what_just_happened_is_told_the_newest_first_with_its_person():
    house = build()
    left = cart(11, "abandoned", NOW - 5, "shipping_cost")
    back = cart(12, "recovered", NOW - 3, "comparing", revenue=1_290)
    old = cart(13, "abandoned", NOW - 1, historical=True)
    bare = cart(14, "ordered", NOW - 2, revenue=700, bare=True)
    store_listed(house.workspace, somebody(1, left, back, old, bare, decisions=(decision(11, "skip", reason="no_consent"),)), "Ann Winter")
    store_intent(house.workspace, 1, "i-1", at=NOW - 9)
    IntentRow.objects.filter(pk="i-1").update(handed_at=NOW - 4)
    store_intent(house.workspace, 2, "i-2", state="held_out", reason="held_out", at=NOW - 6)
    store_intent(house.workspace, 2, "i-3", state="ready", at=NOW)
    store_listed(house.next_door, somebody(3, cart(31, "abandoned", NOW)))
    told = [(one.kind, one.at - NOW, one.person_name, one.cart, one.value, one.cause, one.intent, one.reason) for one in recent(house.workspace)]
    assert told == [
        ("ordered", -2, "Ann Winter", 0, 700, "", "", ""),
        ("recovered", -3, "Ann Winter", 12, 1_290, "comparing", "", ""),
        ("sent", -4, "Ann Winter", 0, 0, "shipping_cost", "i-1", ""),
        ("abandoned", -5, "Ann Winter", 11, 1_000, "shipping_cost", "i-11", "no_consent"),
        ("held_out", -6, "Visitor 2", 0, 0, "shipping_cost", "i-2", "held_out"),
    ]
    assert [one.kind for one in recent(house.workspace, limit=2)] == ["ordered", "recovered"]


def test_messages_are_added_up_by_what_became_of_them():
    house = build()
    states = ("accepted", "accepted", "ready", "claimed", "handing_over", "held_out", "failed", "unknown")
    for number, state in enumerate(states):
        store_intent(house.workspace, 1, f"a-{number}", state=state, at=NOW - DAY)
    store_intent(house.workspace, 1, "b-1", state="refused", reason="ordered", at=NOW - DAY)
    store_intent(house.workspace, 1, "b-2", state="cancelled", reason="ordered", at=NOW - DAY)
    store_intent(house.workspace, 1, "b-3", state="cancelled", reason="returned", at=NOW - 31 * DAY)
    store_listed(house.workspace, somebody(1, cart(11), decisions=(decision(11, "skip", NOW - HOUR, reason="no_consent"),)))
    found = messages_totals(house.workspace, NOW)
    assert (found.sent, found.waiting, found.held_out, found.stopped, found.failed, found.unknown, found.skipped) == (2, 3, 1, 2, 1, 1, 1)
    assert found.reasons == {"ordered": 2, "no_consent": 1}
    assert messages_totals(house.next_door, NOW).sent == 0
