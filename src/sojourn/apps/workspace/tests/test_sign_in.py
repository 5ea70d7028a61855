import pytest
from django.conf import settings
from django.core.cache import cache

from sojourn.apps.workspace import clock, middleware, sign_in
from sojourn.apps.workspace.models import AuditRow, SignInLink
from sojourn.apps.workspace.tests.house import browser, build, post
from sojourn.terms.refusals import Refusal
from sojourn.terms.time import MINUTE

pytestmark = pytest.mark.django_db
PASSWORD = "winter boots in a quiet wood"
SECOND = 1_000


@pytest.fixture(autouse=True)
def _no_memory_of_earlier_tries():
    cache.clear()


@pytest.fixture
def time(monkeypatch):
    """A clock that is set by hand."""

    class Time:
        now = clock.now()

        def passes(self, ms: int) -> None:
            self.now += ms

    held = Time()
    monkeypatch.setattr(clock, "now", lambda: held.now)
    return held


def with_password(house):
    house.alice.set_password(PASSWORD)
    house.alice.save()
    return house.alice


def signed_in(client) -> bool:
    return client.get("/").status_code == 200


def open_link(client, path):
    client.get(path)
    return client.post(path, {"csrfmiddlewaretoken": client.cookies["sojourn-csrf"].value})


def test_looking_at_a_link_does_not_use_it_up_and_its_button_works_once():
    house = build()
    path = f"/sign-in/{sign_in.make_link(house.alice.pk, clock.now())}"
    for _ in range(3):
        assert browser().get(path).status_code == 200
    alice, mallory = browser(), browser()
    assert open_link(alice, path).status_code == 302
    assert signed_in(alice)
    mallory.get("/accounts/login/")
    assert mallory.post(path, {"csrfmiddlewaretoken": mallory.cookies["sojourn-csrf"].value}).status_code == 404
    assert not signed_in(mallory)
    assert browser().get(path).status_code == 404


def test_a_link_ends_after_fifteen_minutes(time):
    house = build()
    token = sign_in.make_link(house.alice.pk, time.now)
    assert sign_in.link_is_good(token, time.now + 15 * MINUTE - 1)
    assert not sign_in.link_is_good(token, time.now + 15 * MINUTE)
    with pytest.raises(Refusal):
        sign_in.use_link(token, time.now + 15 * MINUTE)


def test_a_new_link_ends_the_older_one():
    house = build()
    older = sign_in.make_link(house.alice.pk, clock.now())
    sign_in.make_link(house.alice.pk, clock.now())
    assert not sign_in.link_is_good(older, clock.now())


def test_only_the_digest_of_a_link_is_kept():
    house = build()
    token = sign_in.make_link(house.alice.pk, clock.now())
    kept = SignInLink.objects.get()
    assert kept.hash == sign_in.hash_of(token)
    assert token not in str(vars(kept))


def test_a_link_of_somebody_switched_off_signs_nobody_in():
    house = build()
    token = sign_in.make_link(house.alice.pk, clock.now())
    house.alice.is_active = False
    house.alice.save()
    with pytest.raises(Refusal):
        sign_in.use_link(token, clock.now())


def test_signing_in_with_a_password_and_out_again():
    alice = with_password(build())
    client = browser()
    assert post(client, "/accounts/login/", {"login": "ALICE@example.com", "password": PASSWORD}).status_code == 302
    assert signed_in(client)
    assert client.get("/accounts/logout/").status_code == 200
    assert signed_in(client), "looking at the page signs nobody out"
    post(client, "/accounts/logout/")
    assert not signed_in(client)
    assert alice.password.startswith("argon2$argon2id$")


def test_coming_in_and_failing_to_are_kept_in_the_audit_log():
    house = build()
    with_password(house)
    open_link(browser(), f"/sign-in/{sign_in.make_link(house.alice.pk, clock.now())}")
    client = browser()
    post(client, "/accounts/login/", {"login": "alice@example.com", "password": "wrong"})
    post(client, "/accounts/login/", {"login": "nobody@example.com", "password": "wrong"})
    post(client, "/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    rows = AuditRow.objects.filter(verb__startswith="sign_in").order_by("pk").values_list("workspace_id", "actor", "verb", "detail")
    alice = (house.workspace, "alice@example.com")
    assert list(rows) == [(*alice, "sign_in", {"by": "link"}), (*alice, "sign_in_failed", {"by": "password"}), (*alice, "sign_in", {"by": "password"})]
    assert "wrong" not in str(list(rows))


def test_a_wrong_password_and_an_unknown_address_get_the_same_words():
    with_password(build())
    pages = []
    for login in ("alice@example.com", "nobody@example.com"):
        client = browser()
        answer = post(client, "/accounts/login/", {"login": login, "password": "not the password"})
        assert answer.status_code == 200
        assert not signed_in(client)
        body = answer.content.decode()
        pages.append(body[body.index("errorlist") : body.index("</ul>")])
    assert pages[0] == pages[1]


def test_the_sixth_wrong_password_in_a_row_is_not_even_looked_at():
    with_password(build())
    client = browser()
    for _ in range(5):
        post(client, "/accounts/login/", {"login": "alice@example.com", "password": "wrong"})
    answer = post(client, "/accounts/login/", {"login": "alice@example.com", "password": PASSWORD})
    assert not signed_in(client)
    assert "Too many failed login attempts" in answer.content.decode()


def test_nobody_signs_up_alone():
    client = browser()
    assert client.get("/accounts/signup/").status_code == 404
    assert post(client, "/accounts/signup/", {"email": "x@example.com", "password1": PASSWORD}).status_code == 405


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"])
def test_signing_in_never_leads_to_another_site(target):
    with_password(build())
    answer = post(browser(), "/accounts/login/", {"login": "alice@example.com", "password": PASSWORD, "next": target})
    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_session_gets_another_key_at_sign_in():
    house = build()
    client = browser()
    client.get("/")
    path = f"/sign-in/{sign_in.make_link(house.alice.pk, clock.now())}"
    planted = client.session
    planted["planted"] = "1"
    planted.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = planted.session_key
    open_link(client, path)
    assert client.cookies[settings.SESSION_COOKIE_NAME].value != planted.session_key
    assert "planted" not in client.session


def test_half_an_hour_without_a_click_ends_a_session(time):
    client = browser(build().alice)
    assert signed_in(client)
    time.passes(29 * MINUTE)
    assert signed_in(client)
    time.passes(30 * MINUTE)
    assert not signed_in(client)


def test_twelve_hours_end_a_session_however_busy(time):
    client = browser(build().alice)
    for _ in range(12 * 3 - 1):
        assert signed_in(client)
        time.passes(20 * MINUTE)
    assert signed_in(client)
    time.passes(20 * MINUTE)
    assert not signed_in(client)


def test_a_click_within_the_same_minute_writes_no_session(time, django_assert_num_queries):
    client = browser(build().alice)
    client.get("/settings/account/")
    time.passes((middleware.RENEW_SECONDS - 1) * SECOND)
    with django_assert_num_queries(3):  # session, user, membership
        client.get("/settings/account/")


def test_another_password_ends_the_sessions_on_other_devices():
    alice = with_password(build())
    here, there = browser(alice), browser(alice)
    assert signed_in(there)
    answer = post(here, "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "another long sentence", "password2": "another long sentence"})
    assert answer.status_code == 302
    assert signed_in(here)
    assert not signed_in(there)


@pytest.mark.parametrize("weak", ["short", "password1234", "alice@example.com"])
def test_a_weak_password_is_refused(weak):
    client = browser(build().alice)
    answer = post(client, "/accounts/password/set/", {"password1": weak, "password2": weak})
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_another_address_needs_the_password_once_more():
    house = build()
    alice = with_password(house)
    client = browser(alice)
    answer = post(client, "/settings/account/email", {"email": "alice@new.example"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    alice.refresh_from_db()
    assert alice.email == "alice@example.com"
    post(client, "/accounts/reauthenticate/", {"password": PASSWORD})
    post(client, "/settings/account/email", {"email": "alice@new.example"})
    alice.refresh_from_db()
    assert alice.email == "alice@new.example"


def test_a_form_without_its_token_is_refused_and_changes_nothing():
    house = build()
    client = browser(house.alice)
    assert client.post("/settings/rename", {"name": "Mallory's"}).status_code == 403
    assert "Alice&#x27;s shop" in client.get("/").content.decode()
