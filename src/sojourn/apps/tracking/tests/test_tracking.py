"""The tracking plan says what arrives, and contracts say what should."""

import json

import pytest

from sojourn.apps.sources.actions import create_source
from sojourn.apps.sources.models import QuarantinedEvent
from sojourn.apps.tracking import actions, hook, queries, views
from sojourn.apps.tracking.models import Contract
from sojourn.apps.tracking.queries import Sample
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.ports.lake import Unreachable
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY

pytestmark = pytest.mark.django_db
PRICED = '{"type": "object", "required": ["price"], "properties": {"price": {"type": "number"}}}'
TODAY = NOW // DAY


class Lake:
    """A lake that answers the three questions of the plan."""

    def __init__(self, workspace: int, source: int) -> None:
        self.workspace, self.source = workspace, source
        self.props = [{"price": 9.5, "name": "Boots"}, {"price": "9,50", "token": "t-123"}, {"name": "Hat"}]
        self.broken = False

    def query(self, sql, parameters):
        if self.broken:
            raise Unreachable("locked")
        if parameters["workspace"] != self.workspace:
            return []
        if "min(happened_at)" in sql:
            return [("track", "Viewed <b>", 3, NOW - DAY, NOW, [self.source, 99]), ("page", "", 7, NOW - 40 * DAY, NOW - 40 * DAY, [self.source])]
        if "LIMIT" in sql:
            return [(NOW - n, 11 + n, n, json.dumps(props)) for n, props in enumerate(self.props)]
        return [("track", "Viewed <b>", TODAY, 2), ("track", "Viewed <b>", TODAY - 1, 1)]


@pytest.fixture
def house(monkeypatch):
    monkeypatch.setattr(views, "now", lambda: NOW)
    return build()


@pytest.fixture
def lake(house):
    made = Lake(house.workspace, create_source(house.workspace, "Online shop", "a", NOW)[0].pk)
    hook.connect(lambda: made)
    yield made
    hook.connect(None)


def test_events_stand_with_family_days_and_sources(house, lake):
    first, second = queries.plan(house.workspace, NOW).value
    assert (first.title, first.family, first.total, first.month, first.days[-2:], len(first.days)) == ("Viewed <b>", "your own", 3, 3, (1, 2), 30)
    assert (second.title, second.family, second.month) == ("Page views", "calls", 0)
    page = browser(house.vera).get("/tracking/").content.decode()
    assert "Viewed &lt;b&gt;" in page
    assert "<b>" not in page.split("Viewed &lt;b&gt;")[0].split('id="plan"')[1]
    assert "Online shop" in page


def test_the_plan_is_filtered_by_family_and_name(house, lake):
    client = browser(house.vera)
    assert "Page views" not in client.get("/tracking/?family=your+own").content.decode()
    assert "Page views" in client.get("/tracking/?q=PAGE").content.decode()
    assert "No event is called that" in client.get("/tracking/?q=nothing").content.decode()


def test_properties_say_how_they_come_how_often_and_show_no_secret(house, lake):
    page = browser(house.vera).get("/tracking/event/", {"kind": "track", "name": "Viewed <b>"}).content.decode()
    assert "t-123" not in page
    assert "••••" in page
    price, name, token = Sample([(NOW - n, 0, props) for n, props in enumerate(lake.props)]).properties()[:3]
    if price.name != "price":
        price, name = name, price
    assert (price.name, price.types, price.mixed, price.example) == ("price", (("number", 0.5), ("text", 0.5)), True, "9.5")
    assert (name.name, round(name.share, 2), name.mixed, name.first, name.last) == ("name", 0.67, False, NOW - 2, NOW)
    assert token.name == "token"


def test_a_property_that_is_sometimes_missing_or_whole_is_not_mixed():
    found = Sample([(1, 0, {"a": 1}), (2, 0, {"a": 1.5}), (3, 0, {"a": None})]).properties()[0]
    assert [kind for kind, _share in found.types] == ["whole number", "number", "nothing"]
    assert not found.mixed


def test_what_is_suggested_is_kept_by_all_that_came():
    sample = Sample([(n, 0, {"a": n, "b": "x", **({"c": None} if n % 2 else {})}) for n in range(1, 21)])
    body = queries.suggestion(sample.properties(), len(sample.rows))
    assert json.loads(body)["required"] == ["a", "b"]
    assert sample.breaches(body) == (0, [])


def test_no_more_than_two_hundred_properties_are_shown():
    assert len(Sample([(1, 0, {f"k{n}": n for n in range(500)})]).properties()) == 200


def test_bob_checks_a_contract_before_he_saves_it(house, lake):
    client = browser(house.bob)
    page = post(client, "/tracking/check", {"name": "Viewed <b>", "body": PRICED, "mode": "quarantine"}).content.decode()
    assert "2 of the newest 3 kept events" in page
    assert "price: " in page
    assert Contract.objects.count() == 0
    post(client, "/tracking/save", {"name": "Viewed <b>", "body": PRICED, "mode": "quarantine"})
    assert (Contract.objects.get().event, Contract.objects.get().mode) == ("Viewed <b>", "quarantine")
    assert "sets aside" in client.get("/tracking/").content.decode()
    assert '2</b><span class="kpi-unit">of 3 kept' in client.get("/tracking/event/", {"kind": "track", "name": "Viewed <b>"}).content.decode()
    assert AuditRow.objects.get(verb="set_contract").detail == {"mode": "quarantine", "before": ""}


def test_what_was_checked_can_still_be_suggested_anew_and_leads_to_what_was_set_aside(house, lake):
    client = browser(house.bob)
    post(client, "/tracking/save", {"name": "Viewed <b>", "body": PRICED, "mode": "quarantine"})
    for number in (1, 2):
        QuarantinedEvent.objects.create(
            workspace_id=house.workspace, source_id=lake.source, position=number, at=NOW, reason="contract_broken", detail="price", payload=b"{}"
        )
    page = post(client, "/tracking/check", {"name": "Viewed <b>", "body": PRICED, "mode": "quarantine"}).content.decode()
    assert 'href="?' not in page
    assert f'<a href="/sources/{lake.source}/#aside">2 at Online shop</a>' in page
    post(client, "/tracking/save", {"name": "Viewed <b>", "body": PRICED, "mode": "report"})
    assert "2 at Online shop" not in client.get("/tracking/event/", {"kind": "track", "name": "Viewed <b>"}).content.decode()


@pytest.mark.parametrize(
    "body", ["", "{", "[]", '{"type": 7}', '{"$ref": "http://127.0.0.1:9/"}', '{"pattern": "(?=a)"}', '{"description": "' + "x" * 17_000 + '"}']
)
def test_what_is_no_contract_stays_in_the_form_with_the_reason(house, lake, body):
    answer = post(browser(house.bob), "/tracking/save", {"name": "Viewed <b>", "body": body, "mode": "report"})
    assert (answer.status_code, Contract.objects.count()) == (400, 0)
    assert 'role="alert"' in answer.content.decode()


@pytest.mark.parametrize(("name", "mode"), [("", "report"), ("x" * 201, "report"), ("Viewed", "explode")])
def test_a_contract_needs_an_event_and_a_mode(house, name, mode):
    with pytest.raises(Refusal) as refused:
        actions.set_contract(house.workspace, name, PRICED, mode, "a", NOW)
    assert refused.value.code == Code.BAD_VALUE


def test_saving_again_changes_the_one_contract_and_removing_it_takes_it_away(house, lake):
    for mode in ("report", "quarantine"):
        actions.set_contract(house.workspace, "Viewed", PRICED, mode, "a", NOW)
    assert [one.mode for one in Contract.objects.all()] == ["quarantine"]
    post(browser(house.bob), "/tracking/remove", {"name": "Viewed"})
    assert Contract.objects.count() == 0
    assert AuditRow.objects.filter(verb="remove_contract").count() == 1


def test_an_event_that_was_planned_and_never_came_is_listed(house, lake):
    actions.set_contract(house.workspace, "Wishlist Shared", PRICED, "report", "a", NOW)
    client = browser(house.vera)
    assert "Promised, but never seen" in client.get("/tracking/").content.decode()
    assert "has not arrived yet" in client.get("/tracking/event/?kind=track&name=Wishlist+Shared").content.decode()


def test_vera_changes_nothing_and_charlie_sees_nothing_of_alice(house, lake):
    actions.set_contract(house.workspace, "Viewed <b>", PRICED, "report", "a", NOW)
    for path in ("check", "save", "remove"):
        assert post(browser(house.vera), f"/tracking/{path}", {"name": "Viewed <b>", "body": PRICED, "mode": "report"}).status_code == 403
    charlie = browser(house.charlie)
    assert "Viewed" not in charlie.get("/tracking/").content.decode()
    assert charlie.get("/tracking/event/", {"kind": "track", "name": "Viewed <b>"}).status_code == 404
    assert post(charlie, "/tracking/remove", {"name": "Viewed <b>"}).status_code == 404
    assert Contract.objects.count() == 1


@pytest.mark.parametrize("query", ["", "?kind=track", "?kind=page&name=x", "?kind=control&name=x", "?kind=track&name=Unknown", "?kind=track&name=" + "x" * 300])
def test_what_is_no_kind_of_event_is_not_found(house, lake, query):
    assert browser(house.alice).get(f"/tracking/event/{query}").status_code == 404


def test_without_a_lake_the_pages_say_so_and_with_none_yet_they_lead_to_sources(house, lake):
    client = browser(house.alice)
    lake.broken = True
    page = client.get("/tracking/")
    assert page.status_code == 200
    assert "cannot be read at the moment" in page.content.decode()
    assert "cannot be read" in client.get("/tracking/event/?kind=track&name=Viewed").content.decode()
    hook.connect(None)
    assert "Connect a source" in client.get("/tracking/").content.decode()
