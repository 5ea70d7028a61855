"""What was set aside can be looked at, mended, driven again and thrown away."""

import pytest
from django.db import OperationalError

from sojourn.apps.sources import actions, redrive
from sojourn.apps.sources.models import Count, QuarantinedEvent
from sojourn.apps.sources.redrive import Again, Verdict
from sojourn.apps.workspace.middleware import SessionLimits
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.refusals import Code, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def driven():
    """What reached capture; whatever says `wrong` is not taken in."""
    seen: list[Again] = []

    def drive(events):
        seen.extend(events)
        return [Verdict("too_deep", "still 40 levels") if b"wrong" in one.payload else Verdict(duplicate=b"twice" in one.payload) for one in events]

    redrive.connect(drive)
    yield seen
    redrive.connect(None)


def aside(house, payload: bytes = b'{"event":"wrong"}', reason: str = "too_deep", source: int = 0) -> QuarantinedEvent:
    source = source or actions.create_source(house.workspace, "Website", "a", NOW)[0].pk
    return QuarantinedEvent.objects.create(
        workspace_id=house.workspace, source_id=source, position=3, at=NOW, reason=reason, detail="40 levels", payload=payload
    )


def test_bob_mends_an_event_and_it_leaves_for_capture_at_its_first_time(driven):
    house = build()
    event = aside(house)
    answer = post(browser(house.bob), f"/sources/{event.source_id}/aside/{event.pk}/drive", {"payload": ' {"event": "Right"}\n'}, follow=True)
    assert "Taken in." in answer.content.decode()
    assert driven == [Again(house.workspace, event.source_id, NOW, f"aside-3-{event.pk}", b'{"event": "Right"}')]
    assert not QuarantinedEvent.objects.exists()
    row = AuditRow.objects.get(verb="redrive_event")
    assert row.detail == {"source": event.source_id, "event": event.pk, "outcome": "kept", "edited": True}


def test_on_a_full_disk_a_click_says_so_and_can_be_repeated(driven, monkeypatch):
    house = build()
    event = aside(house)
    with monkeypatch.context() as full:
        full.setattr(redrive, "audit", lambda *_: (_ for _ in ()).throw(OperationalError("database or disk is full")))
        answer = post(browser(house.bob), f"/sources/{event.source_id}/aside/{event.pk}/drive", {"payload": '{"event": "Right"}'})
    assert answer.status_code == 503
    assert "The database takes nothing now: the disk may be full. Make room, then try again; what was done already counts once." in answer.content.decode()
    assert (QuarantinedEvent.objects.count(), len(driven)) == (1, 1), "the log has the event already"
    answer = post(browser(house.bob), f"/sources/{event.source_id}/aside/{event.pk}/drive", {"payload": '{"event": "Right"}'}, follow=True)
    assert "Taken in." in answer.content.decode()


def test_on_a_full_disk_the_api_says_so_as_json(monkeypatch):
    house = build()
    monkeypatch.setattr("sojourn.apps.people.http.rules", lambda _workspace: (_ for _ in ()).throw(OperationalError("database or disk is full")))
    answer = browser(house.bob).get("/api/v1/people?limit=1")
    assert (answer.status_code, answer.json()["code"]) == (503, "not_ready")


@pytest.mark.parametrize("path", ["/sources/", "/api/v1/people?limit=1"])
def test_on_a_full_disk_a_page_that_keeps_the_session_says_so_too(monkeypatch, path):
    house = build()
    there = browser(house.bob)
    there.raise_request_exception = False
    monkeypatch.setattr(SessionLimits, "process_view", lambda *_: (_ for _ in ()).throw(OperationalError("database or disk is full")))
    answer = there.get(path)
    assert answer.status_code == 503
    assert "the disk may be full" in answer.content.decode()


def test_what_is_still_wrong_stays_with_what_was_typed_and_why(driven):
    house = build()
    event = aside(house)
    answer = post(browser(house.bob), f"/sources/{event.source_id}/aside/{event.pk}/drive", {"payload": '{"event": "wrong again"}'})
    page = answer.content.decode()
    assert answer.status_code == 400
    assert "still 40 levels" in page
    assert "wrong again" in page
    assert QuarantinedEvent.objects.count() == 1


@pytest.mark.parametrize(
    ("text", "says"), [("{", "not JSON yet"), ("[1]", "one JSON object"), ('{"a": 1,\n "b": }', "line 2"), ("", "not JSON yet"), ("x" * 70_000, "bytes")]
)
def test_what_is_no_event_is_told_before_capture_is_asked(driven, text, says):
    house = build()
    event = aside(house)
    answer = post(browser(house.bob), f"/sources/{event.source_id}/aside/{event.pk}/drive", {"payload": text})
    assert (answer.status_code, driven) == (400, [])
    assert says in answer.content.decode()


def test_an_event_that_was_there_already_is_set_aside_no_more(driven):
    house = build()
    event = aside(house)
    verdict = redrive.drive_again(house.workspace, event.source_id, event.pk, '{"event":"twice"}', "bob", NOW)
    assert verdict.duplicate
    assert not QuarantinedEvent.objects.exists()
    assert AuditRow.objects.get(verb="redrive_event").detail["outcome"] == "duplicate"


def test_all_of_a_reason_are_driven_and_those_still_wrong_stay(driven):
    house = build()
    first = aside(house, b'{"event":"good"}')
    for payload, reason in ((b'{"event":"wrong"}', "too_deep"), (b'{"event":"good"}', "too_deep"), (b'{"event":"good"}', "key_too_long")):
        aside(house, payload, reason, first.source_id)
    page = post(browser(house.bob), f"/sources/{first.source_id}/aside/drive", {"reason": "too_deep"}, follow=True).content.decode()
    assert "2 events were taken in." in page
    assert "1 still cannot be: still 40 levels" in page
    assert sorted(QuarantinedEvent.objects.values_list("reason", flat=True)) == ["key_too_long", "too_deep"]


def test_throwing_away_leaves_an_audit_row(driven):
    house = build()
    first = aside(house)
    aside(house, source=first.source_id)
    post(browser(house.bob), f"/sources/{first.source_id}/aside/{first.pk}/discard")
    assert QuarantinedEvent.objects.count() == 1
    post(browser(house.bob), f"/sources/{first.source_id}/aside/discard", {"reason": "too_deep"})
    assert QuarantinedEvent.objects.count() == 0
    assert sorted(AuditRow.objects.filter(verb__startswith="discard").values_list("verb", flat=True)) == ["discard_event", "discard_events"]


def test_vera_looks_with_secrets_masked_and_changes_nothing(driven):
    house = build()
    event = aside(house, b'{"event":"good","properties":{"password":"hunter2"}}')
    page = browser(house.vera).get(f"/sources/{event.source_id}/aside/{event.pk}/").content.decode()
    assert "hunter2" not in page
    assert "needs the role Member" in page
    for path, data in (
        (f"{event.pk}/drive", {"payload": "{}"}),
        (f"{event.pk}/discard", {}),
        ("drive", {"reason": "too_deep"}),
        ("discard", {"reason": "too_deep"}),
    ):
        assert post(browser(house.vera), f"/sources/{event.source_id}/aside/{path}", data).status_code == 403
    assert (QuarantinedEvent.objects.count(), driven) == (1, [])


def test_charlie_finds_nothing_of_alice(driven):
    house = build()
    event = aside(house)
    charlie = browser(house.charlie)
    assert charlie.get(f"/sources/{event.source_id}/aside/{event.pk}/").status_code == 404
    for path, data in (
        (f"{event.pk}/drive", {"payload": "{}"}),
        (f"{event.pk}/discard", {}),
        ("drive", {"reason": "too_deep"}),
        ("discard", {"reason": "too_deep"}),
    ):
        assert post(charlie, f"/sources/{event.source_id}/aside/{path}", data).status_code == 404
    assert (QuarantinedEvent.objects.count(), driven) == (1, [])


def test_a_payload_is_shown_as_text_and_one_that_was_cut_says_so():
    house = build()
    event = aside(house, b'{"x":"</textarea><script>alert(1)</script>' + b"x" * 65_536)
    page = browser(house.bob).get(f"/sources/{event.source_id}/aside/{event.pk}/").content.decode()
    assert "<script>alert(1)" not in page
    assert "ends in the middle" in page


def test_where_capture_cannot_be_reached_nothing_is_lost():
    house = build()
    event = aside(house)
    with pytest.raises(Refusal) as refused:
        redrive.drive_again(house.workspace, event.source_id, event.pk, "{}", "bob", NOW)
    assert (refused.value.code, QuarantinedEvent.objects.count()) == (Code.NOT_READY, 1)
    assert "cannot reach capture" in post(browser(house.bob), f"/sources/{event.source_id}/aside/drive", {"reason": "too_deep"}, follow=True).content.decode()


def test_what_is_set_aside_is_a_region_of_its_own_that_counts_what_waits_now(driven):
    house = build()
    event = aside(house, b'{"event":"Wishlist Shared"}')
    Count.objects.create(workspace_id=house.workspace, source_id=event.source_id, day=1, reason="too_deep", events=3)
    client = browser(house.bob)
    page = client.get(f"/sources/{event.source_id}/").content.decode()
    part = client.get(f"/sources/{event.source_id}/aside/").content.decode()
    assert part.strip().split(">")[0] in page
    assert f'data-live="source:{event.source_id}"' in part
    assert "Wishlist Shared" in part
    assert "1 waits below now" in page
    post(client, f"/sources/{event.source_id}/aside/{event.pk}/discard")
    assert "Nothing waits here" in client.get(f"/sources/{event.source_id}/aside/").content.decode()
    assert "none waits any more" in client.get(f"/sources/{event.source_id}/counts/").content.decode()


def test_what_broke_its_contract_leads_to_the_contract(driven):
    house = build()
    event = aside(house, b'{"type":"track","event":"A & B"}', "contract_broken")
    page = browser(house.vera).get(f"/sources/{event.source_id}/aside/{event.pk}/").content.decode()
    assert '"/tracking/event/?kind=track&amp;name=A%20%26%20B#contract"' in page
