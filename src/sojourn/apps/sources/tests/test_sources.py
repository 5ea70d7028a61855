import hashlib

import pytest

from sojourn.apps.sources import actions, queries
from sojourn.apps.sources.models import Count, QuarantinedEvent, Source
from sojourn.apps.sources.origins import Origin
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.outcomes import MEANING, Reason
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import MINUTE

pytestmark = pytest.mark.django_db


def make(workspace: int, name: str = "Website"):
    return actions.create_source(workspace, name, "alice@example.com", NOW)


def test_a_source_keeps_the_sha256_of_its_key_and_nothing_else_of_it():
    source, key = make(build().workspace, "  Online shop ")
    assert key.startswith("wk_")
    assert (source.name, source.key_hash) == ("Online shop", hashlib.sha256(key.encode()).hexdigest())
    assert key not in str(vars(Source.objects.get()))
    assert AuditRow.objects.get(verb="create_source").subject == "Online shop"


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
def test_a_source_without_a_fitting_name_is_refused(name):
    house = build()
    with pytest.raises(Refusal) as refused:
        make(house.workspace, name)
    assert (refused.value.code, Source.objects.count()) == (Code.BAD_VALUE, 0)


def test_another_key_replaces_the_old_one():
    house = build()
    source, old = make(house.workspace)
    _same, new = actions.rotate_key(house.workspace, source.pk, "alice@example.com", NOW)
    source.refresh_from_db()
    assert new != old
    assert source.key_hash == hashlib.sha256(new.encode()).hexdigest()


def test_switching_off_twice_leaves_one_audit_row():
    house = build()
    source, _key = make(house.workspace)
    for _ in range(2):
        actions.set_enabled(house.workspace, source.pk, False, "alice@example.com", NOW)
    assert AuditRow.objects.filter(verb="disable_source").count() == 1
    assert not queries.list_sources(house.workspace)[0].enabled
    assert actions.set_enabled(house.workspace, source.pk, True, "alice@example.com", NOW).disabled_at is None


def test_charlie_cannot_touch_a_source_of_alice():
    house = build()
    source, key = make(house.workspace)
    for verb in (lambda: actions.rotate_key(house.next_door, source.pk, "c", NOW), lambda: actions.set_enabled(house.next_door, source.pk, False, "c", NOW)):
        with pytest.raises(Refusal) as refused:
            verb()
        assert refused.value.code == Code.NOT_FOUND
    source.refresh_from_db()
    assert (source.key_hash, source.disabled_at) == (hashlib.sha256(key.encode()).hexdigest(), None)


def test_counts_are_summed_over_days_and_told_apart_by_what_became_of_the_event():
    house = build()
    source, _key = make(house.workspace)
    for day, reason, events in ((1, "kept", 5), (2, "kept", 7), (1, "duplicate", 3), (1, "bad_json", 2), (1, "too_deep", 1), (2, "skew_corrected", 4)):
        Count.objects.create(workspace_id=house.workspace, source_id=source.pk, day=day, reason=reason, events=events)
    Count.objects.create(workspace_id=house.next_door, source_id=source.pk, day=1, reason="kept", events=1000)
    line = queries.list_sources(house.workspace)[0]
    assert (line.kept, line.duplicate, line.dropped, line.quarantined, line.flagged) == (12, 3, {"bad_json": 2}, {"too_deep": 1}, {"skew_corrected": 4})
    assert queries.one_source(house.workspace, source) == line


def test_every_reason_has_its_place_and_its_meaning():
    kept = {"kept", "duplicate"}
    flagged = set(
        """
        time_clamped time_malformed skew_corrected message_id_minted message_id_conflict sanitised reserved_trait
        placeholder_id identifier_limit merge_refused shared_device bad_email
        """.split()
    )
    assert {reason.value for reason in Reason} == kept | queries.DROPPED | queries.QUARANTINED | flagged
    assert all(queries.meaning(reason.value) == MEANING[reason] for reason in Reason)


def test_the_key_is_shown_in_the_answer_that_makes_it_and_never_again():
    house = build()
    client = browser(house.bob)
    page = post(client, "/sources/create", {"name": "Website"}).content.decode()
    key = page.split('<code id="key">')[1].split("<")[0]
    source = Source.objects.get()
    assert source.key_hash == hashlib.sha256(key.encode()).hexdigest()
    assert key not in client.get(f"/sources/{source.pk}/").content.decode()


def test_an_event_set_aside_is_shown_as_text_with_its_reason():
    house = build()
    source, _key = make(house.workspace)
    payload = b'{"event":"<script>alert(1)</script>","x":"\xff"}'
    QuarantinedEvent.objects.create(
        workspace_id=house.workspace, source_id=source.pk, position=3, at=NOW, reason="too_deep", detail="<b>40 levels", payload=payload
    )
    page = browser(house.vera).get(f"/sources/{source.pk}/").content.decode()
    assert "Nested deeper than 32 levels" in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<b>40" not in page


def test_another_key_can_be_taken_back_for_ten_minutes():
    house = build()
    source, old = make(house.workspace)
    actions.rotate_key(house.workspace, source.pk, "alice@example.com", NOW)
    actions.restore_key(house.workspace, source.pk, "alice@example.com", NOW + 10 * MINUTE)
    source.refresh_from_db()
    assert source.key_hash == hashlib.sha256(old.encode()).hexdigest()
    assert source.key_hint == f"{old[:7]}…{old[-4:]}"
    with pytest.raises(Refusal) as refused:
        actions.restore_key(house.workspace, source.pk, "alice@example.com", NOW)
    assert refused.value.code == Code.CONFLICT


def test_after_ten_minutes_the_old_key_is_gone_for_good():
    house = build()
    source, _old = make(house.workspace)
    _same, new = actions.rotate_key(house.workspace, source.pk, "alice@example.com", NOW)
    with pytest.raises(Refusal) as refused:
        actions.restore_key(house.workspace, source.pk, "alice@example.com", NOW + 10 * MINUTE + 1)
    assert refused.value.code == Code.CONFLICT
    source.refresh_from_db()
    assert source.key_hash == hashlib.sha256(new.encode()).hexdigest()


def test_a_source_is_of_a_kind_of_the_list():
    house = build()
    assert actions.create_source(house.workspace, "Till", "alice@example.com", NOW, "other")[0].kind == "other"
    with pytest.raises(Refusal) as refused:
        actions.create_source(house.workspace, "Till", "alice@example.com", NOW, "toaster")
    assert (refused.value.code, Source.objects.count()) == (Code.BAD_VALUE, 1)


def test_a_source_without_a_name_is_refused_beside_its_field_and_keeps_what_was_chosen():
    house = build()
    answer = post(browser(house.bob), "/sources/create", {"name": " ", "kind": "server"})
    page = answer.content.decode()
    assert (answer.status_code, Source.objects.count()) == (400, 0)
    assert "A source needs a name of 1 to 200 characters" in page
    assert 'value="server" checked' in page


def test_switching_off_offers_to_undo_it():
    house = build()
    source, _key = make(house.workspace)
    page = post(browser(house.bob), f"/sources/{source.pk}/disable", follow=True).content.decode()
    assert f'data-undo="/sources/{source.pk}/enable"' in page


def test_a_source_can_be_called_something_else():
    house = build()
    source, _key = make(house.workspace)
    assert actions.rename_source(house.workspace, source.pk, " Shop ", "alice@example.com", NOW) == "Website"
    assert Source.objects.get().name == "Shop"
    assert AuditRow.objects.get(verb="rename_source").detail == {"source": source.pk, "before": "Website"}


def test_the_page_that_shows_a_key_has_the_address_of_the_source_so_that_a_reload_makes_no_other():
    client = browser(build().bob)
    made = post(client, "/sources/create", {"name": "Website"}).content.decode()
    source = Source.objects.get()
    assert f'data-address="/sources/{source.pk}/"' in made
    assert f'data-address="/sources/{source.pk}/"' in post(client, f"/sources/{source.pk}/rotate").content.decode()
    assert "data-address" not in client.get(f"/sources/{source.pk}/").content.decode()
    assert 'href="?' not in made
    assert client.get("/sources/create").headers["location"] == "/sources/"
    assert client.get(f"/sources/{source.pk}/rotate").headers["location"] == f"/sources/{source.pk}/"
    assert Source.objects.count() == 1


def test_where_events_come_and_none_is_kept_the_page_says_why_instead_of_waiting():
    house = build()
    source, _key = make(house.workspace)
    client = browser(house.vera)
    first = f"/sources/{source.pk}/first/"
    assert "Waiting for your first event" in client.get(first).content.decode()
    Count.objects.create(workspace_id=house.workspace, source_id=source.pk, day=1, reason="contract_broken", events=2)
    said = client.get(first).content.decode()
    assert "Waiting" not in said
    assert "2 set aside: The properties break the contract" in said
    assert "nothing kept" in client.get("/sources/table/").content.decode()


def test_a_source_that_is_a_webhook_or_a_stream_leads_there_and_shows_no_code_to_paste(monkeypatch):
    house = build()
    shop, calls = make(house.workspace)[0], make(house.workspace, "Orders")[0]
    there = {calls.pk: Origin("Webhook, Shopify", "shopping-bag", "/sources/hooks/5/", "Enter its address at Shopify.")}
    monkeypatch.setattr("sojourn.apps.sources.origins._finders", [lambda workspace: there if workspace == house.workspace else {}])
    client = browser(house.bob)
    page = client.get(f"/sources/{calls.pk}/").content.decode()
    assert 'href="/sources/hooks/5/"' in page
    assert "Enter its address at Shopify." in page
    assert not [code for code in ("YOUR_WRITE_KEY", "Another key", calls.key_hint, "alias-value", 'href="#setup"') if code in page]
    assert "YOUR_WRITE_KEY" in client.get(f"/sources/{shop.pk}/").content.decode()
    table = client.get("/sources/").content.decode()
    assert "Webhook, Shopify" in table
    assert shop.key_hint in table
    assert calls.key_hint not in table
