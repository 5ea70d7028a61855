"""Who sees the health page, and what it says."""

import pytest

from sojourn.apps.health import report
from sojourn.apps.health.report import Finding, Loop
from sojourn.apps.health.tests.some import AT, a_report
from sojourn.apps.sources.actions import create_source
from sojourn.apps.sources.models import Count
from sojourn.apps.workspace.tests.house import NOW, browser, build
from sojourn.terms.refusals import Code, Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return build()


@pytest.fixture(autouse=True)
def told(monkeypatch):
    monkeypatch.setattr(report, "_ask", a_report)


def test_owners_and_members_see_it_and_viewers_do_not(house):
    for path in ("/health/", "/health/now/"):
        assert browser(house.alice).get(path).status_code == 200
        assert browser(house.bob).get(path).status_code == 200
        assert browser(house.vera).get(path).status_code == 403


def test_when_all_is_well_it_says_so_with_every_figure(house):
    page = browser(house.alice).get("/health/").content.decode()
    assert "Everything runs." in page
    for said in ("3 records", "1.5 s ago", "3 of 1,234", "4.8\xa0MB", "7 files", "75 % of the disk", "SOJOURN_HOME", "0.1.0"):
        assert said in page, said


def test_what_is_wrong_stands_first_with_what_to_do(house, monkeypatch):
    broken = a_report(
        loops=[Loop("engine", "failing", "folds", AT, 3, "records", 90.0, "Unavailable: disk full")],
        findings=[Finding("engine", ok=False, text="The engine fails: <disk full>"), Finding("disk", ok=True, text="8.0 GB free")],
    )
    monkeypatch.setattr(report, "_ask", lambda: broken)
    page = browser(house.alice).get("/health/now/").content.decode()
    assert "Everything runs." not in page
    assert "The engine fails: &lt;disk full&gt;" in page
    assert '<span class="tag bad">' in page


def test_counters_are_those_of_the_members_own_workspace(house):
    source, _key = create_source(house.workspace, "Website", "setup", NOW)
    create_source(house.next_door, "Next door's", "setup", NOW)
    for reason, events in (("kept", 1_200), ("duplicate", 3), ("no_event_name", 4), ("too_deep", 2)):
        Count.objects.create(workspace_id=house.workspace, source_id=source.pk, day=1, reason=reason, events=events)
    page = browser(house.bob).get("/health/now/").content.decode()
    for said in ("1,200", "no event name 4", "too deep 2", f"/sources/{source.pk}/"):
        assert said in page, said
    assert "Next door" not in page


def test_where_nobody_knows_the_installation_the_page_says_what_to_do(house, monkeypatch):
    monkeypatch.setattr(report, "_ask", None)
    answer = browser(house.alice).get("/health/")
    assert answer.status_code == 503
    assert "sojourn doctor" in answer.content.decode()


def test_stores_that_cannot_be_read_are_no_mishap_of_the_page(house, monkeypatch):
    def refuse():
        raise Refusal(Code.NOT_READY, "The stores cannot be read now.")

    monkeypatch.setattr(report, "_ask", refuse)
    assert browser(house.alice).get("/health/now/").status_code == 503
