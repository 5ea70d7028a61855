"""Keys of other products that lead to a source, and how much a source may send."""

import hashlib

import pytest

from sojourn.apps.sources import actions
from sojourn.apps.sources.kinds import CLIENTS
from sojourn.apps.sources.models import Alias
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.refusals import Code, Refusal

pytestmark = pytest.mark.django_db


def made(workspace: int):
    return actions.create_source(workspace, "Website", "alice@example.com", NOW)[0]


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [("matomo", " 3 ", "matomo:3"), ("plausible", "shop.example", "plausible:shop.example"), ("posthog", "phc_abcdefghijklmn", "phc_abcdefghijklmn")],
)
def test_the_digest_is_that_of_the_name_capture_asks_for(kind, value, text):
    house = build()
    actions.add_alias(house.workspace, made(house.workspace).pk, kind, value, "a", NOW)
    assert Alias.objects.get().key_hash == hashlib.sha256(text.encode()).hexdigest()


def test_of_a_key_only_its_ends_are_kept_and_of_a_site_id_all():
    house = build()
    source = made(house.workspace).pk
    hints = [
        actions.add_alias(house.workspace, source, *said, "a", NOW).hint
        for said in (("segment", "A1b2C3d4E5f6G7h8"), ("segment", "short"), ("umami", "94db1cb1-74f4"))
    ]
    assert hints == ["A1b2…G7h8", "sh…", "94db1cb1-74f4"]


@pytest.mark.parametrize(
    ("kind", "value"),
    [("matomo", ""), ("matomo", "a b"), ("matomo", "3\x00"), ("segment", "x" * 201), ("toaster", "3"), ("segment", "wk_abc"), ("segment", "sk_abc")],
)
def test_what_is_no_key_of_another_product_is_refused(kind, value):
    house = build()
    with pytest.raises(Refusal) as refused:
        actions.add_alias(house.workspace, made(house.workspace).pk, kind, value, "a", NOW)
    assert (refused.value.code, Alias.objects.count()) == (Code.BAD_VALUE, 0)


def test_one_key_leads_to_one_source_also_across_workspaces():
    house = build()
    actions.add_alias(house.workspace, made(house.workspace).pk, "matomo", "1", "a", NOW)
    with pytest.raises(Refusal) as refused:
        actions.add_alias(house.next_door, made(house.next_door).pk, "matomo", "1", "c", NOW)
    assert refused.value.code == Code.CONFLICT


def test_charlie_can_neither_add_nor_remove_a_key_of_alice():
    house = build()
    source = made(house.workspace).pk
    alias = actions.add_alias(house.workspace, source, "matomo", "1", "a", NOW)
    charlie = browser(house.charlie)
    assert post(charlie, f"/sources/{source}/aliases/add", {"client": "matomo", "value": "2"}).status_code == 404
    assert post(charlie, f"/sources/{source}/aliases/{alias.pk}/remove").status_code == 404
    assert [one.hint for one in Alias.objects.all()] == ["1"]


def test_bob_adds_and_removes_a_key_and_vera_may_not():
    house = build()
    source = made(house.workspace).pk
    page = post(browser(house.bob), f"/sources/{source}/aliases/add", {"client": "plausible", "value": "shop.example"}, follow=True).content.decode()
    assert "Plausible may keep its domain or pa-… id" in page
    alias = Alias.objects.get()
    assert post(browser(house.vera), f"/sources/{source}/aliases/{alias.pk}/remove").status_code == 403
    assert "shop.example" in browser(house.vera).get(f"/sources/{source}/").content.decode()
    post(browser(house.bob), f"/sources/{source}/aliases/{alias.pk}/remove")
    assert not Alias.objects.exists()
    assert list(AuditRow.objects.filter(verb__endswith="_alias").order_by("pk").values_list("verb", flat=True)) == ["add_alias", "remove_alias"]


def test_every_client_of_the_list_has_words_for_the_page():
    assert all(one.title and one.asks and one.example for one in CLIENTS.values())


def test_a_limit_without_a_burst_lets_ten_seconds_come_at_once_and_an_empty_one_ends_it():
    house = build()
    source = made(house.workspace).pk
    found = actions.set_rate(house.workspace, source, ("50", ""), "a", NOW)
    assert (found.rate, found.burst) == (50, 500)
    found = actions.set_rate(house.workspace, source, ("", "20"), "a", NOW)
    assert (found.rate, found.burst) == (0, 0)
    assert AuditRow.objects.filter(verb="set_rate").count() == 2


@pytest.mark.parametrize("limits", [("-1", ""), ("many", ""), ("100", "20"), ("9999999", ""), ("٣", "")])
def test_a_limit_that_is_none_is_refused(limits):
    house = build()
    with pytest.raises(Refusal) as refused:
        actions.set_rate(house.workspace, made(house.workspace).pk, limits, "a", NOW)
    assert refused.value.code == Code.BAD_VALUE
