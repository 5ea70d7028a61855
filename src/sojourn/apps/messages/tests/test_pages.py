import pytest

from sojourn.apps.messages import words
from sojourn.apps.messages.models import Mail
from sojourn.apps.messages.queries import take_apart
from sojourn.apps.people.messages import list_messages, tally
from sojourn.apps.people.tests.some import ANN, AT, store_ann, store_intent
from sojourn.apps.workspace.tests.house import browser, build
from sojourn.terms.effects import IntentState, Why
from sojourn.terms.time import DAY

pytestmark = pytest.mark.django_db
EVIL = b"""From: =?utf-8?q?Sh=C3=B6p?= <a@shop.example>
To: ann@example.com
Subject: hello
MIME-Version: 1.0
Content-Type: multipart/alternative; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Gr\xc3\xbc\xc3\x9fe <script>alert(1)</script>
--b
Content-Type: text/html; charset=utf-8

<p>Hi <script>alert(2)</script><img src="https://track.example/x.png"></p>
--b--
"""


def store_mail(workspace: int, intent: str = "i-1") -> Mail:
    return Mail.objects.create(workspace_id=workspace, intent=intent, at=AT, sender="a@shop.example", recipient="ann@example.com", subject="<i>hello", raw=EVIL)


def test_every_state_and_reason_has_words():
    assert set(words.STATE) == set(IntentState)
    assert set(words.REASON) == set(Why)


def test_messages_are_counted_by_state_and_reason():
    house = build()
    decided = (("accepted", "", AT), ("refused", "unsubscribed", AT), ("accepted", "", AT), ("accepted", "", AT - 31 * DAY))
    for number, (state, reason, at) in enumerate(decided):
        store_intent(house.workspace, ANN, f"i-{number}", state, reason, at)
    store_intent(house.next_door, ANN, "other")
    assert [(one.state, one.reason, one.messages) for one in tally(house.workspace, AT + 1)] == [("accepted", "", 2), ("refused", "unsubscribed", 1)]


def test_pages_of_messages_show_each_once():
    house = build()
    for number in range(7):
        store_intent(house.workspace, ANN, f"i-{number}", at=AT + number // 3)
    found, cursor = [], ""
    while True:
        rows, cursor = list_messages(house.workspace, after=cursor, limit=2)
        found += [row.id for row in rows]
        if not cursor:
            break
    assert found == ["i-6", "i-5", "i-4", "i-3", "i-2", "i-1", "i-0"]
    assert list_messages(house.workspace, state="failed")[0] == []


def test_a_message_that_was_stopped_says_why():
    house = build()
    store_ann(house.workspace)
    store_intent(house.workspace, ANN, state="refused", reason="unsubscribed")
    for path in ("/messages/?days=all", "/messages/i-1/"):
        page = browser(house.vera).get(path).content.decode()
        assert "Not sent" in page
        assert "They unsubscribed." in page
        assert "Ann Winter" in page


def test_a_mail_is_shown_in_a_frame_that_can_run_nothing_and_load_nothing():
    house = build()
    mail = store_mail(house.workspace)
    client = browser(house.vera)
    page = client.get(f"/messages/mailbox/{mail.pk}/").content.decode()
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "<script>alert" not in page
    assert "Grüße &lt;script&gt;alert(1)" in client.get(f"/messages/mailbox/{mail.pk}/?view=text").content.decode()
    assert "Content-Type: multipart/alternative" in client.get(f"/messages/mailbox/{mail.pk}/?view=source").content.decode()
    assert "&lt;i&gt;hello" in page
    body = client.get(f"/messages/mailbox/{mail.pk}/body")
    policy = body["Content-Security-Policy"]
    assert policy.startswith("sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none';")
    assert body.content.startswith(b'<!doctype html><base target="_blank">'), "a link leads to a page that must not be framed"
    assert "img-src data:;" in policy
    assert "script" not in policy.replace("allow-scripts", "script")
    assert body["X-Frame-Options"] == "SAMEORIGIN"
    assert "img-src data: https: http:;" in client.get(f"/messages/mailbox/{mail.pk}/body?images=1")["Content-Security-Policy"]


def test_a_mail_in_an_unknown_charset_is_still_shown():
    assert take_apart(b'Content-Type: text/plain; charset="x-none"\n\nhi \xff').text == "hi \ufffd"


def test_a_mail_without_parts_has_its_text_and_no_html():
    parts = take_apart(b"Subject: x\n\nplain")
    assert (parts.html, parts.text, parts.headers) == ("", "plain", [("Subject", "x")])
