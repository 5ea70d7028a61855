"""The frame around every page: theme, navigation, panel, notes."""

import pytest

from sojourn.apps.workspace.tests.house import browser, build, post

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_a_chosen_theme_is_drawn_by_the_server_at_once(theme):
    client = browser(build().alice)
    answer = post(client, "/theme/", {"theme": theme, "next": "/gallery/"})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/gallery/")
    assert f'<html lang="en" data-theme="{theme}">' in client.get("/gallery/").content.decode()


def test_the_theme_of_the_system_is_no_theme_of_ours():
    client = browser(build().alice)
    post(client, "/theme/", {"theme": "dark", "next": "/"})
    post(client, "/theme/", {"theme": "system", "next": "/"})
    assert '<html lang="en">' in client.get("/gallery/").content.decode()


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "/\\evil.example/", "javascript:alert(1)", "nan", "gallery", "*%_", "", "\n/"])
def test_choosing_a_theme_leads_nowhere_else(evil):
    assert post(browser(build().alice), "/theme/", {"theme": "dark", "next": evil}).headers["Location"] == "/"


def test_a_theme_nobody_made_and_a_cookie_somebody_wrote_change_nothing():
    client = browser(build().alice)
    client.cookies["sojourn-theme"] = '"><script>'
    assert '<html lang="en">' in client.get("/gallery/").content.decode()
    assert post(client, "/theme/", {"theme": "pink", "next": "/"}).status_code == 302
    answer = client.get("/theme/")
    assert (answer.status_code, answer["Allow"]) == (405, "POST")
    assert "This address only takes what a form sends." in answer.content.decode()


def test_the_navigation_marks_where_one_is_and_names_its_keys():
    page = browser(build().alice).get("/settings/").content.decode()
    assert '<a href="/settings/" aria-current="page" title="Settings" data-key="g e" data-key-says="Settings">' in page
    assert page.count('href="/people/"') >= 2  # the side bar, and the bar at the bottom of phones


def test_beside_the_page_a_record_comes_without_the_frame():
    client = browser(build().alice)
    beside = client.get("/gallery/specimen/?row=3", headers={"X-Panel": "1"}).content.decode()
    assert beside.startswith('<!doctype html>\n<title>Cleo Marini</title>\n<article class="sheet">')
    assert 'aria-label="Main"' not in beside
    assert 'aria-label="Main"' in client.get("/gallery/specimen/?row=3").content.decode()


def test_a_page_opened_with_a_panel_in_its_address_is_the_same_page():
    client = browser(build().alice)
    assert client.get("/gallery/?panel=/gallery/specimen/%3Frow%3D3").status_code == 200


def test_a_note_can_be_undone_without_a_script():
    client = browser(build().alice)
    page = post(client, "/gallery/toast/", {"kind": "success"}, follow=True).content.decode()
    assert '<div class="note success" data-undo="/gallery/undo/"><span class="note-text">The specimen was put away.</span>' in page
    assert '<form class="inline" method="post" action="/gallery/undo/">' in page
    assert "The specimen is back." in post(client, "/gallery/undo/", follow=True).content.decode()
    assert post(client, "/gallery/toast/", {"kind": "shout"}).status_code == 400


def test_scripts_come_with_this_answers_nonce_only():
    answer = browser(build().alice).get("/gallery/")
    nonce = answer.headers["Content-Security-Policy"].split("'nonce-")[1].split("'")[0]
    assert f'<script nonce="{nonce}" src="/static/ui/built/ui.js' in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [("/gallery/specimen/?row=broken", 409, "Somebody was faster"), ("/nowhere/", 404, "Not here"), ("/gallery/specimen/?row=99", 404, "Not here")],
)
def test_what_went_wrong_has_a_page_that_says_what_to_do(path, status, words):
    answer = browser(build().alice).get(path)
    assert (answer.status_code, f"<h1>{words}</h1>" in answer.content.decode()) == (status, True)
