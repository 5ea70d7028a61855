import re
from pathlib import Path

import pytest

from sojourn.apps.finder import search, specimens
from sojourn.apps.people.tests.some import ANN, store_ann, store_intent
from sojourn.apps.workspace.tests.house import browser, build
from sojourn.ui import navigation

pytestmark = pytest.mark.django_db
JSON = {"Accept": "application/json"}


def found(client, query: str) -> dict[str, list[dict[str, str]]]:
    answer = client.get("/find/", {"q": query}, headers=JSON)
    assert answer.status_code == 200
    return {group["title"]: group["items"] for group in answer.json()["groups"]}


def test_somebody_is_found_by_the_beginning_of_a_name_and_by_an_identifier():
    house = build()
    store_ann(house.workspace)
    ann = {"title": "Ann Winter", "hint": "ann@example.com", "icon": "user", "href": f"/people/{ANN}/", "post": "", "ask": ""}
    for text in ("an", "Ann", "@ann", "ann@ex", "user_id:u-1"):
        assert found(browser(house.bob), text)["People"] == [ann]


def test_charlie_next_door_finds_nobody_of_ours():
    house = build()
    store_ann(house.workspace)
    store_intent(house.workspace, ANN)
    for text in ("an", "@ann", f"#{ANN}", "#i-1", "user_id:u-1"):
        assert {"People", "By id"} & set(found(browser(house.charlie), text)) == set()


def test_an_id_leads_to_whatever_bears_it():
    house = build()
    store_ann(house.workspace)
    store_intent(house.workspace, ANN)
    assert [one["href"] for one in found(browser(house.bob), f"#{ANN}")["By id"]] == [f"/people/{ANN}/"]
    assert [one["href"] for one in found(browser(house.bob), "#i-1")["By id"]] == ["/messages/i-1/"]
    assert found(browser(house.bob), "#") == {}
    assert found(browser(house.bob), "#no-such") == {}


def test_pages_are_found_by_the_beginning_of_a_word():
    assert [one["href"] for one in found(browser(build().bob), "sett")["Go to"]] == ["/settings/"]


def test_an_empty_palette_offers_the_pages_and_a_few_actions():
    groups = found(browser(build().bob), "")
    assert [one["title"] for one in groups["Go to"]][:4] == ["Home", "People", "Carts", "Messages"]
    assert len(groups["Actions"]) == 5


def test_the_palettes_script_has_the_icon_of_every_page_and_action():
    named = (Path(__file__).parents[5] / "frontend" / "ui" / "icons.ts").read_text()
    has = set(re.findall(r'"([a-z0-9-]+)"', named.partition("BY_SCRIPT = [")[2].partition("]")[0]))
    assert {one.icon for one in (*navigation.PARTS, *search.DOINGS)} <= has


def test_only_what_the_role_allows_is_offered():
    house = build()
    asked = {
        who: {one["title"] for one in found(browser(user), ">")["Actions"]} for who, user in (("alice", house.alice), ("bob", house.bob), ("vera", house.vera))
    }
    assert {"Invite somebody to the team", "Make a secret key", "See who did what"} <= asked["alice"]
    assert asked["alice"] - asked["bob"] == {"Invite somebody to the team", "Make a secret key", "See who did what"}
    assert asked["bob"] - asked["vera"] == {"Make a source and its write key"}


def test_an_action_that_changes_something_is_a_post_and_never_an_address():
    out = found(browser(build().bob), ">sign out")["Actions"]
    assert [(one["title"], one["post"], one["href"]) for one in out] == [("Sign out", "/accounts/logout/", "")]


@pytest.mark.parametrize("text", ["zzzz", "\x00", "%", "' OR 1=1 --", "x" * 5000, "#" + "9" * 60, "@", ">zzzz", "id:٣"])
def test_odd_texts_find_nothing_and_break_nothing(text):
    assert found(browser(build().bob), text) == {}


def test_without_a_script_the_same_is_a_page():
    house = build()
    store_ann(house.workspace)
    page = browser(house.bob).get("/find/", {"q": "ann"}).content.decode()
    assert f'<a class="strong" href="/people/{ANN}/">Ann Winter</a>' in page
    assert "Nothing found" in browser(house.bob).get("/find/", {"q": "zzzz"}).content.decode()


def test_the_palette_is_for_members():
    assert browser().get("/find/", {"q": "an"}, headers=JSON).status_code == 302


# -- the gallery


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_gallery_shows_itself_in_the_theme_that_is_asked_for(theme):
    answer = browser(build().vera).get("/gallery/", {"theme": theme})
    assert f'data-theme="{theme}"' in answer.content.decode()


def test_the_gallery_has_each_part_under_an_id_for_its_picture():
    page = browser(build().vera).get("/gallery/").content.decode()
    for part in ("tokens", "buttons", "numbers", "table", "states", "empty", "loading", "error", "too-much", "forms", "timeline", "charts"):
        assert f'id="gallery-{part}"' in page


def test_the_specimens_can_be_filtered():
    assert [row.name for row in specimens.rows("an")] == ["Ann Aldous", "Hana Sato"]
    assert [row.name for row in specimens.rows("", "recovered")] == ["Cleo Marini", "Gus Petersen", "Jun Park"]
    page = browser(build().vera).get("/gallery/", {"q": "nobody at all"}).content.decode()
    assert "Nobody found" in page
