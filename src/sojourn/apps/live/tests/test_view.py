"""Who may listen, and that listening is no click."""

import pytest
from django.test import RequestFactory

from sojourn.apps.live.door import TICKET
from sojourn.apps.live.views import live
from sojourn.apps.people.models import ProgressRow
from sojourn.apps.workspace import clock
from sojourn.apps.workspace.middleware import SEEN
from sojourn.apps.workspace.tests.house import browser, build

pytestmark = pytest.mark.django_db


@pytest.fixture
def house():
    return build()


def test_whoever_is_not_signed_in_is_sent_to_the_sign_in_page(house):
    answer = browser().get("/live/?topics=people")
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")


def test_every_member_may_listen(house):
    for user in (house.alice, house.bob, house.vera):
        answer = browser(user).get("/live/?topics=people,person:5")
        assert (answer.status_code, answer["Content-Type"]) == (200, "text/event-stream")


def test_a_topic_that_does_not_exist_is_refused(house):
    answer = browser(house.alice).get("/live/?topics=mice")
    assert answer.status_code == 400
    assert b"There is nothing to watch under" in answer.content


def test_a_stream_is_only_looked_at(house):
    assert browser(house.alice).post("/live/?topics=people").status_code == 403, "no token"


def ticket(user, path: str, **headers: str):
    client = browser(user)
    client.get("/accounts/login/")
    request = RequestFactory().get(path, **headers)
    request.user, request.session, request.scope = user, client.session, {}
    live(request)
    return request.scope[TICKET]


def test_the_ticket_names_the_members_workspace_whatever_is_asked_for(house):
    found = ticket(house.charlie, "/live/?topics=people,person:5")
    assert (found.workspace, found.user, found.topics) == (house.next_door, house.charlie.pk, {"people", "person:5"})


def test_who_comes_first_is_told_of_people_and_who_comes_back_of_everything(house):
    ProgressRow.objects.create(id=1, position=7, now=clock.now() - 60_000)
    assert ticket(house.alice, "/live/?topics=people,person:5").first == {"person:5"}
    assert ticket(house.alice, "/live/?topics=people,sources,source:7").first == {"sources", "source:7"}
    assert ticket(house.alice, "/live/?topics=people,person:5", HTTP_LAST_EVENT_ID="on").first == {"people", "person:5"}
    assert ticket(house.alice, "/live/?topics=people,person:5&again=1").first == {"people", "person:5"}


def test_where_something_was_committed_just_now_everything_is_told_at_first(house):
    ProgressRow.objects.create(id=1, position=7, now=clock.now() - 1_000)
    assert ticket(house.alice, "/live/?topics=people,person:5").first == {"people", "person:5"}


def test_a_stream_lasts_no_longer_than_the_session_without_a_click(house, settings):
    assert ticket(house.alice, "/live/?topics=people").seconds == pytest.approx(settings.SESSION_COOKIE_AGE, abs=5)


@pytest.mark.parametrize(("path", "headers"), [("/live/?topics=people", {}), ("/people/", {"HTTP_X_LIVE": "1"})])
def test_what_a_page_asks_by_itself_does_not_prolong_the_session(house, path, headers):
    client = browser(house.alice)
    client.get("/people/")
    long_ago = clock.now() // 1000 - 600
    session = client.session
    session[SEEN] = long_ago
    session.save()
    client.get(path, **headers)
    assert client.session[SEEN] == long_ago
    client.get("/people/")
    assert client.session[SEEN] > long_ago
