"""The page itself: who sees it, what it says when empty and when full, and where its numbers lead."""

import re

import pytest
from django.urls import reverse_lazy

from sojourn.apps.home import views
from sojourn.apps.people.models import MinuteRow
from sojourn.apps.people.tests.lists import cart, somebody, store_listed
from sojourn.apps.people.tests.some import ANN, store_intent
from sojourn.apps.workspace.tests.house import browser, build
from sojourn.terms.episodes import Episode
from sojourn.terms.time import DAY, MINUTE

NOW = 1_767_225_600_000 + DAY  # a day after the tests' Ann
NOW_PATH = reverse_lazy("home_now")

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(monkeypatch):
    monkeypatch.setattr(views, "now", lambda: NOW)
    return build()


def page(user, path: str = "/") -> str:
    answer = browser(user).get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def figure(text: str, label: str) -> str:
    """The number that stands under a label."""
    found = re.search(rf'<a class="kpi"[^>]*><span class="kpi-label">(?:<span[^>]*></span>)?{label}</span><b class="kpi-value">([^<]*)</b>', text)
    assert found is not None, label
    return found[1]


def carts(*left: tuple[str, str]) -> list[Episode]:
    """Carts of 49.90 EUR that came into their (state, cause) a minute ago."""
    at = NOW - MINUTE
    return [cart(number, state, at, cause, value=4_990, revenue=4_990) for number, (state, cause) in enumerate(left, 1)]


def test_every_member_sees_it_whole_and_the_part_that_goes_on(house):
    for user in (house.alice, house.bob, house.vera):
        assert f'data-live="home" data-live-src="{NOW_PATH}"' in page(user)
        now = page(user, NOW_PATH)
        assert now.startswith('<div id="home-now"')
        assert "<html" not in now


def test_strangers_are_sent_to_sign_in(house):
    for path in ("/", NOW_PATH):
        assert browser().get(path)["Location"].startswith("/accounts/login/")


def test_an_empty_house_says_what_will_be_here(house):
    text = page(house.alice)
    assert figure(text, "Active now") == "0"
    assert figure(text, "Carts open") == "0"
    for said in ("No cart was left behind yet", "Nothing has happened yet", "nobody has been written to or held back yet"):
        assert said in text, said


def test_a_full_house_shows_its_numbers_and_opens_the_records_behind_them(house):
    left = carts(("open", ""), ("abandoned", "shipping_cost"), ("abandoned", "unknown"), ("recovered", "shipping_cost"))
    store_listed(house.workspace, somebody(ANN, *left), "Ann Winter")
    store_intent(house.workspace, ANN, "i-1", at=NOW - MINUTE)
    for ago in range(1, 6):
        MinuteRow.objects.create(workspace_id=house.workspace, minute=NOW // MINUTE - ago, events=12)
    text = page(house.bob)
    assert (figure(text, "Events"), figure(text, "Carts open")) == ("12", "1")
    assert (figure(text, "Carts abandoned"), figure(text, "Carts recovered")) == ("2", "1")
    for said in (
        "60 in the last hour",
        "99.80\u00a0EUR",
        'href="/carts/?state=abandoned&amp;cause=shipping_cost"',
        "1 cart, 1 more recovered",
        "left a cart of 49.90\u00a0EUR",
        "Ann Winter",
    ):
        assert said in text, said
    for link in ("/people/?seen=now", "/carts/?state=open", "/carts/?state=recovered", "/messages/?show=sent", "/messages/?show=held_out", "/messages/i-1/"):
        assert f'href="{link}"' in text, link


def test_nothing_of_the_house_next_door_is_counted(house):
    store_listed(house.workspace, somebody(ANN, *carts(("abandoned", "shipping_cost"))), "Ann Winter")
    text = page(house.charlie)
    assert figure(text, "Carts abandoned") == "0"
    assert "Ann Winter" not in text
    assert "49.90" not in text


def test_looking_is_all_there_is(house):
    assert browser(house.alice).post(NOW_PATH).status_code == 403, "no token"
