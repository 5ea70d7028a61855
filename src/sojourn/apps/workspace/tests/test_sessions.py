"""Sessions while the database takes no writes, and when they were deleted."""

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError

from sojourn.apps.workspace.tests.house import browser, build

pytestmark = pytest.mark.django_db


def test_a_page_is_shown_though_its_session_cannot_be_prolonged(monkeypatch: pytest.MonkeyPatch) -> None:
    there = browser(build().bob)
    with monkeypatch.context() as full:
        full.setattr(Session, "save", lambda *_, **__: (_ for _ in ()).throw(OperationalError("database or disk is full")))
        assert there.get("/sources/").status_code == 200, "its first click, which is noted in the session"
    assert there.get("/sources/").status_code == 200


def test_who_was_signed_out_elsewhere_meanwhile_is() -> None:
    there = browser(build().bob)
    Session.objects.all().delete()
    assert there.get("/sources/").status_code == 302
