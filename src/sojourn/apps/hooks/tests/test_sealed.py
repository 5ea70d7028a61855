"""Secrets of webhooks: the database alone gives none away, and one that cannot be read is said so."""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from sojourn.apps.hooks import actions
from sojourn.apps.hooks.models import Hook
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.seals import Seal

ELSEWHERE = Seal(b"of another installation")


def kept() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT secret FROM hooks_hook")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_the_database_holds_no_secret_that_could_be_read():
    house = build()
    made = actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    assert (made.secret in kept(), Hook.objects.get().secret) == (False, made.secret)
    actions.change_secret(house.workspace, made.pk, "k" * 500, "alice@example.com", NOW)
    assert ("kkk" in kept(), Hook.objects.get().secret) == (False, "k" * 500)
    actions.change_secret(house.workspace, made.pk, "🔑" * 500, "alice@example.com", NOW)
    assert len(kept()) <= Hook._meta.get_field("sealed").max_length
    actions.change_secret(house.workspace, made.pk, "", "alice@example.com", NOW)
    assert kept() == ""


@pytest.mark.django_db
def test_a_secret_that_cannot_be_read_is_said_and_another_one_mends_it():
    house = build()
    hook = actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    Hook.objects.update(sealed=ELSEWHERE.close("secret-of-then"))
    page = browser(house.bob).get(f"/sources/hooks/{hook.pk}/").content.decode()
    assert "The secret cannot be read." in page
    assert "No secret." not in page, "nobody may think that calls are believed without one"
    assert browser(house.bob).get("/sources/hooks/").status_code == 200
    page = post(browser(house.bob), f"/sources/hooks/{hook.pk}/secret", {"secret": "secret-of-now"}, follow=True).content.decode()
    assert "The secret cannot be read." not in page
    assert Hook.objects.get().secret == "secret-of-now"


@pytest.mark.django_db(transaction=True)
def test_secrets_of_older_versions_are_sealed_on_the_way_up():
    house = build()
    actions.create_hook(house.workspace, "Desk", "generic", "", "alice@example.com", NOW)
    actions.create_hook(house.workspace, "Open", "generic", "", "alice@example.com", NOW)
    newest = [("hooks", "0002_sealed_secrets")]
    try:
        MigrationExecutor(connection).migrate([("hooks", "0001_initial")])
        with connection.cursor() as cursor:
            cursor.execute("UPDATE hooks_hook SET secret = CASE source_id WHEN (SELECT min(source_id) FROM hooks_hook) THEN 'plain-secret' ELSE '' END")
    finally:
        MigrationExecutor(connection).migrate(newest)
    desk, open_ = Hook.objects.order_by("pk")
    assert (desk.secret, open_.secret, open_.sealed) == ("plain-secret", "", "")
    assert "plain" not in desk.sealed
