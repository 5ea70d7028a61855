import json
from types import SimpleNamespace

import msgspec
import pytest

from sojourn.apps.hooks import actions, queries, reach
from sojourn.apps.hooks.models import Hook, Mapping
from sojourn.apps.sources.models import Count, QuarantinedEvent
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.runtime.hooks import connect, opened_again
from sojourn.terms.hooks import HookCall, Rule, verify_token
from sojourn.terms.refusals import Code, Refusal

pytestmark = pytest.mark.django_db

CALL = {"type": "ticket.closed", "data": {"ticket": 12, "requester": {"id": "u-5", "email": "ann@shop.example"}}}
RULE = Rule(topic="ticket.closed", event="Ticket Solved", user_id="data.requester.id", properties=(("ticket_id", "data.ticket"),))
FORM = {"topic": "ticket.closed", "event": "Ticket Solved", "user_id": "data.requester.id", "properties_name_0": "ticket_id", "properties_is_0": "data.ticket"}


@pytest.fixture
def heard():
    """What capture remembers, to be filled by a test."""
    calls: list[HookCall] = []
    connect(SimpleNamespace(heard=SimpleNamespace(of=lambda _workspace, _source, _now: list(calls))))
    yield calls
    reach.connect(None, None, None)


def make(house, kind="generic", secret="", name="Desk"):
    return actions.create_hook(house.workspace, name, kind, secret, "alice@example.com", NOW)


def call(number=1, body=CALL, outcome="kept", **more):
    return HookCall(number, NOW, body.get("type", ""), outcome, ("Ticket Solved",), json.dumps(body).encode(), **more)


def test_a_webhook_is_a_source_with_an_address_and_a_secret_of_its_own():
    house = build()
    hook = make(house)
    assert hook.source.name == "Desk"
    assert hook.token.startswith("hk_")
    assert len(hook.secret) >= 32
    assert make(house).token != hook.token
    assert AuditRow.objects.filter(verb="create_source").count() == 2


@pytest.mark.parametrize(
    ("kind", "secret", "kept"),
    [("shopify", "", ""), ("shopify", " shpss_123456 ", "shpss_123456"), ("stripe", "", ""), ("standard", "whsec_abcdef", "whsec_abcdef")],
)
def test_a_secret_that_the_vendor_makes_is_pasted(kind, secret, kept):
    assert make(build(), kind, secret).secret == kept


@pytest.mark.parametrize(
    ("kind", "secret"), [("standard", "abcdefghijk"), ("shopify", "short"), ("shopify", "x" * 501), ("shopify", "a\nbcdefghi"), ("paypal", "")]
)
def test_a_secret_that_cannot_be_right_is_refused(kind, secret):
    house = build()
    with pytest.raises(Refusal) as refused:
        make(house, kind, secret)
    assert (refused.value.code, Hook.objects.count()) == (Code.BAD_VALUE, 0)


def test_only_a_generic_webhook_can_do_without_a_secret():
    house = build()
    assert actions.change_secret(house.workspace, make(house).pk, "", "a", NOW).secret == ""
    with pytest.raises(Refusal):
        actions.change_secret(house.workspace, make(house, "shopify", "shpss_123456").pk, "", "a", NOW)


def test_each_saving_is_a_new_version_and_an_older_one_can_be_had_back(heard):
    house = build()
    hook = make(house).pk
    actions.save_rule(house.workspace, hook, RULE, "alice@example.com", NOW)
    actions.save_rule(house.workspace, hook, msgspec.structs.replace(RULE, event="Task Done"), "alice@example.com", NOW)
    assert [rule.event for rule in queries.rules_of(Hook.objects.get(pk=hook))] == ["Task Done"]
    actions.restore_version(house.workspace, hook, 1, "alice@example.com", NOW)
    assert [rule.event for rule in queries.rules_of(Hook.objects.get(pk=hook))] == ["Ticket Solved"]
    assert actions.save_rule(house.workspace, hook, RULE, "alice@example.com", NOW).version == 3
    assert [one.version for one in Mapping.objects.order_by("pk")] == [1, 2, 3]
    actions.remove_rule(house.workspace, hook, "ticket.closed", "alice@example.com", NOW)
    assert queries.rules_of(Hook.objects.get(pk=hook)) == ()


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (Rule(event="A"), "user_id"),
        (Rule(user_id="a"), "event"),
        (Rule(event="A", user_id="a["), "user_id"),
        (Rule(event="=a[", user_id="a"), "event"),
        (Rule(event="A", user_id="a", properties=(("x", "a"), ("x", "b"))), "properties.1"),
        (Rule(event="A", user_id="a", properties=(("", "a"),)), "properties.0"),
        (Rule(event="A", user_id="a", traits=(("x", "]"),)), "traits.0"),
        (Rule(event="A", user_id="x" * 501), "user_id"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_at_its_field(heard, rule, field):
    house = build()
    assert list(actions.checked_rule(rule)) == [field]
    with pytest.raises(Refusal):
        actions.save_rule(house.workspace, make(house).pk, rule, "a", NOW)
    assert Mapping.objects.count() == 0


# -- pages


def test_the_page_shows_the_address_and_a_made_secret_once(heard):
    house = build()
    client = browser(house.bob)
    page = post(client, "/sources/hooks/create", {"name": "Desk", "kind": "generic"}).content.decode()
    hook = Hook.objects.get()
    assert f"/hooks/{hook.token}" in page
    assert hook.secret in page
    again = client.get(f"/sources/hooks/{hook.pk}/").content.decode()
    assert hook.token in again
    assert hook.secret not in again


def test_a_pasted_secret_is_never_shown(heard):
    house = build()
    client = browser(house.bob)
    hook = make(house, "shopify")
    assert "The secret is missing" in client.get(f"/sources/hooks/{hook.pk}/").content.decode()
    page = post(client, f"/sources/hooks/{hook.pk}/secret", {"secret": "shpss_123456"}, follow=True).content.decode()
    assert "shpss_123456" not in page
    assert "The secret is missing" not in page
    assert Hook.objects.get().secret == "shpss_123456"
    wrong = post(client, f"/sources/hooks/{hook.pk}/secret", {"secret": "x"})
    assert (wrong.status_code, "at least 8 characters" in wrong.content.decode()) == (400, True)


def test_metas_verify_token_stands_on_its_page(heard):
    house = build()
    hook = make(house, "meta", "app-secret-1")
    assert verify_token(hook.token) in browser(house.vera).get(f"/sources/hooks/{hook.pk}/").content.decode()


def test_calls_are_shown_with_what_became_of_them_and_their_secrets_masked(heard):
    house = build()
    hook = make(house)
    heard += [call(2, {"type": "x", "password": "hunter22"}), call(1, outcome="refused")]
    page = browser(house.vera).get(f"/sources/hooks/{hook.pk}/calls/").content.decode()
    assert page.index("c-h2") < page.index("c-h1")
    assert "Refused" in page
    assert "hunter22" not in page


def test_the_preview_shows_what_a_real_call_would_become_and_keeps_nothing(heard):
    house = build()
    hook = make(house)
    heard.append(call())
    page = post(browser(house.bob), f"/sources/hooks/{hook.pk}/mapping/preview", FORM).content.decode()
    assert "<h3>Ticket Solved</h3>" in page
    assert "ticket_id" in page
    assert "u-5" in page
    assert Mapping.objects.count() == 0


def test_the_preview_says_what_an_expression_lacks_or_that_nobody_is_named(heard):
    house = build()
    path = f"/sources/hooks/{make(house).pk}/mapping/preview"
    heard.append(call())
    client = browser(house.bob)
    assert "User id" in post(client, path, {**FORM, "user_id": "data["}).content.decode()
    assert "an event needs userId or anonymousId" in post(client, path, {**FORM, "user_id": "data.nobody"}).content.decode()


def test_where_nothing_came_the_preview_is_tried_on_what_is_set_aside_and_else_on_an_example(heard):
    house = build()
    hook = make(house)
    client = browser(house.bob)
    path = f"/sources/hooks/{hook.pk}/mapping/?topic=ticket.closed"
    assert "example in the vendor" in client.get(path).content.decode()
    payload = json.dumps({"hook": "generic", "topic": "ticket.closed", "body": CALL}).encode()
    kept = {"workspace_id": house.workspace, "source_id": hook.source_id, "position": 1, "at": NOW, "reason": "unmapped", "detail": "", "payload": payload}
    QuarantinedEvent.objects.create(**kept)
    page = client.get(path).content.decode()
    assert "example in the vendor" not in page
    assert "no mapping for ticket.closed" in page


def test_saving_makes_a_version_and_errors_stand_at_their_field(heard):
    house = build()
    hook = make(house)
    client = browser(house.bob)
    bad = post(client, f"/sources/hooks/{hook.pk}/mapping/save", {**FORM, "user_id": "data["})
    assert bad.status_code == 400
    assert 'id="user_id_trouble"' in bad.content.decode()
    good = post(client, f"/sources/hooks/{hook.pk}/mapping/save", FORM, follow=True).content.decode()
    assert "Version 1 counts within 10 seconds" in good
    assert queries.rules_of(Hook.objects.get()) == (RULE,)


def test_what_was_set_aside_is_read_by_the_mapping_in_effect_when_it_is_driven_again(heard):
    house = build()
    hook = make(house)
    record = json.dumps({"hook": "generic", "topic": "ticket.closed", "body": CALL}, separators=(",", ":")).encode()
    actions.save_rule(house.workspace, hook.pk, RULE, "a", NOW)
    opened = opened_again(house.workspace, hook.source_id, record)
    assert [(one.event, one.user_id) for one in opened.calls] == [("Ticket Solved", "u-5")]
    assert opened.trusted
    assert opened_again(house.workspace, hook.source_id, b'{"type":"track"}') is None
    assert opened_again(house.next_door, hook.source_id, record) is None


def test_a_viewer_changes_nothing_and_a_stranger_finds_nothing(heard):
    house = build()
    hook = make(house)
    paths = ("secret", "mapping/save", "mapping/preview", "mapping/remove", "mapping/restore?version=1")
    for path in paths:
        assert post(browser(house.vera), f"/sources/hooks/{hook.pk}/{path}", FORM).status_code == 403
        assert post(browser(house.charlie), f"/sources/hooks/{hook.pk}/{path}", FORM).status_code == 404
    for path in ("", "calls/", "first/", "mapping/"):
        assert browser(house.charlie).get(f"/sources/hooks/{hook.pk}/{path}").status_code == 404
        assert browser(house.vera).get(f"/sources/hooks/{hook.pk}/{path}").status_code == 200
    assert hook.token not in browser(house.charlie).get("/sources/hooks/").content.decode()


def test_the_list_counts_what_was_kept_and_forged(heard):
    house = build()
    hook = make(house)
    for reason, events in (("kept", 3), ("forged", 2), ("unmapped", 1)):
        Count.objects.create(workspace_id=house.workspace, source_id=hook.source_id, day=1, reason=reason, events=events)
    line = queries.list_hooks(house.workspace)[0]
    assert (line.kept, line.forged, line.aside) == (3, 2, 1)
    assert queries.list_hooks(house.next_door) == []


def test_a_webhook_and_its_source_lead_to_each_other(heard):
    house = build()
    hook = make(house)
    client = browser(house.bob)
    page = client.get(f"/sources/{hook.source_id}/").content.decode()
    assert f'href="/sources/hooks/{hook.pk}/"' in page
    assert "Webhook, Any JSON" in page
    assert f'href="/sources/{hook.source_id}/"' in client.get(f"/sources/hooks/{hook.pk}/").content.decode()
    assert "Webhook, Any JSON" in client.get("/sources/").content.decode()


def test_the_page_says_whether_calls_arrive_and_what_they_lack(heard):
    house = build()
    hook = make(house)
    client = browser(house.bob)

    def said() -> str:
        part = client.get(f"/sources/hooks/{hook.pk}/first/").content.decode()
        assert part.strip().split(">")[0] in client.get(f"/sources/hooks/{hook.pk}/").content.decode()
        return part

    def count(reason: str) -> None:
        Count.objects.create(workspace_id=house.workspace, source_id=hook.source_id, day=1, reason=reason, events=1)

    assert "Waiting for the first call" in said()
    count("forged")
    assert "none is signed with this secret" in said()
    count("unmapped")
    payload = json.dumps({"hook": "generic", "topic": "ticket.closed", "body": CALL}).encode()
    QuarantinedEvent.objects.create(workspace_id=house.workspace, source_id=hook.source_id, position=1, at=NOW, reason="unmapped", detail="", payload=payload)
    assert "1 call waits without a meaning" in said()
    assert f"?topic=ticket.closed&amp;sample=q{QuarantinedEvent.objects.get().pk}" in said()
    assert "Take them in again" not in said()
    actions.save_rule(house.workspace, hook.pk, RULE, "a", NOW)
    assert "Take them in again" in said()
    assert "They have one by now" in said()
    count("kept")
    assert "1 event kept · 1 set aside · 1 forged" in said()


def test_the_page_that_shows_a_secret_has_an_address_of_its_own_so_that_a_reload_makes_no_other(heard):
    house = build()
    client = browser(house.bob)
    made = post(client, "/sources/hooks/create", {"name": "Desk", "kind": "generic"}).content.decode()
    hook = Hook.objects.get()
    assert f'data-address="/sources/hooks/{hook.pk}/"' in made
    assert f'data-address="/sources/hooks/{hook.pk}/"' in post(client, f"/sources/hooks/{hook.pk}/secret", {"make": "1"}).content.decode()
    secret = Hook.objects.get().secret
    assert client.get("/sources/hooks/create").headers["location"] == "/sources/hooks/"
    assert client.get(f"/sources/hooks/{hook.pk}/secret").headers["location"] == f"/sources/hooks/{hook.pk}/"
    assert Hook.objects.get().secret == secret
