import msgspec
import pytest

from sojourn.apps.demo import actions, queries
from sojourn.apps.demo.models import DemoRun, State
from sojourn.apps.people.models import OutboxRow
from sojourn.apps.sources.models import Source
from sojourn.apps.workspace.api import rules, set_setting, setting
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.facts import RULES_PUBLISHED, SOURCE_REMOVED, Fact
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import DAY

pytestmark = pytest.mark.django_db
ALICE = "alice@example.com"


def removals() -> list[dict[str, object]]:
    facts = [msgspec.msgpack.decode(row.fact, type=Fact) for row in OutboxRow.objects.order_by("sequence")]
    return [fact.props for fact in facts if fact.name == SOURCE_REMOVED]


def test_starting_makes_two_sources_and_says_what_it_changed():
    house = build()
    run = actions.start(house.workspace, ALICE, NOW)
    assert [source.name for source in Source.objects.order_by("pk")] == ["Demo shop", "Demo shop visitors"]
    assert (run.state, run.shoppers, run.days) == (State.SEEDING, 3_000, 60)
    assert setting(house.workspace, "cart_url").endswith("/demo-shop/cart/")
    assert setting(house.workspace, "free_shipping_code") == "FREESHIP"
    assert setting(house.workspace, "cart_gap") == "30m"
    assert queries.status(house.workspace).running
    assert not queries.status(house.next_door).running


def test_starting_twice_is_starting_once():
    house = build()
    first = actions.start(house.workspace, ALICE, NOW)
    assert actions.start(house.workspace, ALICE, NOW + 1).pk == first.pk
    assert Source.objects.count() == 2


def gaps(workspace: int) -> dict[str, int]:
    return rules(workspace).cart_gaps


def test_visitors_carts_rest_shortly_at_once_and_the_shoppers_only_once_their_past_is_there():
    house = build()
    run = actions.start(house.workspace, ALICE, NOW)
    assert gaps(house.workspace) == {str(run.visitors_id): 20_000}
    actions.quicken(house.workspace, NOW)
    actions.quicken(house.workspace, NOW)
    assert gaps(house.workspace) == {str(run.visitors_id): 20_000, str(run.source_id): 20_000}
    assert rules(house.workspace).version == 3
    assert setting(house.workspace, "cart_gap") == "30m"
    assert (gaps(house.next_door), queries.status(house.next_door).gap) == ({}, 0)


def test_the_engine_is_told_of_the_gap_by_a_fact():
    house = build()
    run = actions.start(house.workspace, ALICE, NOW)
    facts = [msgspec.msgpack.decode(row.fact, type=Fact) for row in OutboxRow.objects.order_by("sequence")]
    assert [fact.props["rules"]["cart_gaps"] for fact in facts if fact.name == RULES_PUBLISHED][-1] == {str(run.visitors_id): 20_000}


def test_a_demo_may_be_more_patient():
    house = build()
    run = actions.start(house.workspace, ALICE, NOW, gap=6_000)
    actions.quicken(house.workspace, NOW)
    assert gaps(house.workspace) == {str(run.visitors_id): 6_000, str(run.source_id): 6_000}
    assert queries.status(house.workspace).gap_words == "6 s"


def test_what_the_workspace_had_set_is_not_touched():
    house = build()
    set_setting(house.workspace, "cart_url", "https://shop.example/basket", ALICE, NOW)
    actions.start(house.workspace, ALICE, NOW)
    assert setting(house.workspace, "cart_url") == "https://shop.example/basket"
    assert "cart_url" not in DemoRun.objects.get().before


def test_removing_sets_back_what_nobody_changed_since():
    house = build()
    run = actions.start(house.workspace, ALICE, NOW)
    actions.quicken(house.workspace, NOW)
    set_setting(house.workspace, "free_shipping_code", "WINTER", ALICE, NOW)
    actions.remove(house.workspace, ALICE, NOW)
    assert gaps(house.workspace) == {}
    assert setting(house.workspace, "cart_url") == ""
    assert setting(house.workspace, "free_shipping_code") == "WINTER"
    assert removals() == [{"sources": [run.source_id, run.visitors_id]}]
    assert Source.objects.filter(disabled_at=None).count() == 0
    assert queries.status(house.workspace).state == "removing"
    actions.remove(house.workspace, ALICE, NOW)
    assert len(removals()) == 1
    assert AuditRow.objects.filter(verb="demo_removed").count() == 1


def test_a_demo_that_is_being_removed_cannot_be_started():
    house = build()
    actions.start(house.workspace, ALICE, NOW)
    actions.remove(house.workspace, ALICE, NOW)
    with pytest.raises(Refusal) as refused:
        actions.start(house.workspace, ALICE, NOW)
    assert refused.value.code == Code.CONFLICT


def test_a_stopped_demo_goes_on_where_it_was():
    house = build()
    actions.start(house.workspace, ALICE, NOW)
    DemoRun.objects.update(day=60, state=State.LIVE)
    actions.stop(house.workspace, ALICE, NOW)
    assert queries.status(house.workspace).state == "stopped"
    assert actions.start(house.workspace, ALICE, NOW).state == State.LIVE


def test_one_setting_can_be_set_back_early():
    house = build()
    actions.start(house.workspace, ALICE, NOW)
    actions.restore_setting(house.workspace, "cart_url", ALICE, NOW)
    assert setting(house.workspace, "cart_url") == ""
    assert list(DemoRun.objects.get().before) == ["free_shipping_code"]


def test_carts_of_the_demo_can_be_given_the_rest_of_all_others():
    house = build()
    actions.start(house.workspace, ALICE, NOW)
    actions.restore_setting(house.workspace, "cart_gap", ALICE, NOW)
    actions.quicken(house.workspace, NOW)
    assert (gaps(house.workspace), DemoRun.objects.get().quick) == ({}, True)
    assert queries.status(house.workspace).gap_words == "30 min"


@pytest.mark.parametrize("wrong", [{"rate": 0.0}, {"rate": float("nan")}, {"days": 0}, {"shoppers": -1}, {"gap": 999}, {"gap": DAY + 1}])
def test_a_demo_out_of_bounds_is_refused(wrong):
    house = build()
    with pytest.raises(Refusal) as refused:
        actions.start(house.workspace, ALICE, NOW, **wrong)
    assert (refused.value.code, DemoRun.objects.count(), Source.objects.count()) == (Code.BAD_VALUE, 0, 0)


def test_one_click_starts_it_and_removing_asks_first():
    house = build()
    alice = browser(house.alice)
    assert post(alice, "/demo/start/").status_code == 302
    assert DemoRun.objects.get().workspace_id == house.workspace
    assert "Remove all demo data?" in alice.get("/demo/remove/").content.decode()
    assert "Remove all demo data?" in post(alice, "/demo/remove/").content.decode()
    assert DemoRun.objects.get().state == State.SEEDING
    assert post(alice, "/demo/remove/", {"sure": "yes"}).status_code == 302
    assert DemoRun.objects.get().state == State.REMOVING


def test_the_page_names_the_people_to_look_at():
    house = build()
    actions.start(house.workspace, ALICE, NOW)
    page = browser(house.vera).get("/demo/").content.decode()
    assert "Ann Berger" in page
    assert "not there yet" in page
    assert "Remove all demo data" not in page, "a viewer changes nothing"


@pytest.mark.parametrize("path", ["start", "stop", "rate", "restore", "remove"])
def test_only_an_owner_has_the_verbs(path):
    house = build()
    actions.start(house.workspace, ALICE, NOW)
    before = DemoRun.objects.values().get()
    assert post(browser(house.bob), f"/demo/{path}/", {"sure": "yes", "rate": "5", "key": "cart_url"}).status_code == 403
    assert DemoRun.objects.values().get() == before
