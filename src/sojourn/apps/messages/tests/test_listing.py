import pytest

from sojourn.apps.messages import effect as effects
from sojourn.apps.messages import listing, views, words
from sojourn.apps.messages.models import Mail
from sojourn.apps.messages.story import story
from sojourn.apps.people import api as people
from sojourn.apps.people.models import EpisodeRow, IntentRow
from sojourn.apps.people.tests.lists import NOW, cart, decision, somebody, store_listed
from sojourn.apps.people.tests.some import ANN, AT, ann, store, store_ann, store_intent
from sojourn.apps.workspace.tests.house import browser, build
from sojourn.terms.effects import IntentState, Why
from sojourn.terms.time import DAY, HOUR

pytestmark = pytest.mark.django_db


@pytest.fixture
def house(monkeypatch):
    monkeypatch.setattr(views, "now", lambda: NOW)
    return build()


def fill(workspace: int) -> None:
    """Three messages sent, one held back, one cancelled because of an order, two carts not written to."""
    for name, state, reason in (("i-a", "accepted", "fits"), ("i-b", "unknown", "fits"), ("i-c", "held_out", "held_out"), ("i-d", "cancelled", "ordered")):
        store_intent(workspace, ANN, name, state, reason, NOW - HOUR)
    store_intent(workspace, ANN, "i-old", "accepted", "fits", NOW - 40 * DAY)
    IntentRow.objects.filter(pk="i-b").update(cause="unknown", automation="welcome")
    for number, reason in ((1, "no_address"), (2, "unsubscribed")):
        left = cart(number, cause="shipping_cost", value=1_250)
        store_listed(workspace, somebody(number, left, decisions=(decision(number, "skip", reason=reason),)), f"P{number}")


def numbers(found: list[listing.Choice]) -> dict[str, int]:
    return {one.key: one.number for one in found}


def text(user, path: str) -> str:
    return browser(user).get(path).content.decode()


def test_every_state_belongs_to_one_group_and_every_reason_has_few_words():
    grouped = [state for _, states in words.GROUPS.values() for state in states]
    assert sorted(grouped) == sorted(IntentState)
    assert set(words.SHORT) == set(Why)


def test_decisions_of_a_period_are_counted_by_what_became_of_them(house):
    fill(house.workspace)
    found = listing.counts(house.workspace, listing.Asked(), NOW)
    assert numbers(found.groups) == {"sent": 2, "waiting": 0, "held_out": 1, "stopped": 1, "skipped": 2}
    assert numbers(found.reasons) == {"ordered": 1, "no_address": 1, "unsubscribed": 1}
    assert numbers(found.causes) == {"shipping_cost": 5, "unknown": 1}
    assert numbers(found.automations) == {"abandoned-cart": 3, "welcome": 1}
    assert found.decided == 6
    assert numbers(listing.counts(house.workspace, listing.Asked(days="90"), NOW).groups)["sent"] == 3


def test_counts_of_one_filter_keep_to_the_others_and_a_group_takes_its_reason_back(house):
    fill(house.workspace)
    found = listing.counts(house.workspace, listing.asked({"show": "skipped", "reason": "no_address"}), NOW)
    assert numbers(found.groups) == {"sent": 2, "waiting": 0, "held_out": 1, "stopped": 1, "skipped": 2}
    assert numbers(found.causes) == {"shipping_cost": 1}
    assert {one.key: one.link for one in found.groups}["sent"] == "?show=sent"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["i-d", "i-c", "i-b", "i-a"]),
        ({"show": "sent"}, ["i-b", "i-a"]),
        ({"show": "stopped"}, ["i-d"]),
        ({"state": "held_out"}, ["i-c"]),
        ({"cause": "unknown"}, ["i-b"]),
        ({"automation": "welcome"}, ["i-b"]),
        ({"reason": "ordered"}, ["i-d"]),
        ({"show": "sent", "days": "90"}, ["i-b", "i-a", "i-old"]),
        ({"show": "nonsense", "days": "7000", "after": "x"}, ["i-d", "i-c", "i-b", "i-a"]),
    ],
)
def test_the_list_holds_what_was_asked_for(house, query, found):
    fill(house.workspace)
    rows, after = listing.lines(house.workspace, listing.asked(query), NOW, query.get("after", ""))
    assert ([one.message for one in rows], after) == (found, "")


def test_who_was_not_written_to_is_listed_with_the_cart_and_the_reason(house):
    fill(house.workspace)
    rows, _ = listing.lines(house.workspace, listing.asked({"show": "skipped"}), NOW, "")
    assert [(one.person_name, one.why, one.value, one.episode) for one in rows] == [
        ("P2", "They unsubscribed.", 1_250, 2),
        ("P1", "No email address is known.", 1_250, 1),
    ]
    page = text(house.vera, "/messages/?show=skipped&reason=no_address")
    assert "/carts/1/" in page
    assert "/carts/2/" not in page


def test_pages_of_those_not_written_to_show_each_once(house):
    for number in range(1, 8):
        store_listed(house.workspace, somebody(number, cart(number), decisions=(decision(number, "skip", at=NOW - number // 3, reason="no_address"),)))
    found, cursor = [], ""
    while True:
        rows, cursor = people.find_skips(house.workspace, 0, after=cursor, limit=2)
        found += [row.episode for row in rows]
        if not cursor:
            break
    assert found == [2, 1, 5, 4, 3, 7, 6]


def told(workspace: int, in_mailbox: bool = False) -> list[tuple[str, int]]:
    one = people.get_message(workspace, "i-1")
    return [(moment.what, moment.at) for moment in story(one, people.get_aftermath(workspace, one), NOW, in_mailbox)]


def test_the_story_of_a_message_goes_from_the_decision_to_the_order(house):
    person = ann()
    person.decisions[0].clicked_at, person.decisions[0].order = AT + 9, "o-1"
    person.decisions[0].revenue, person.decisions[0].currency = 4_990, "EUR"
    store(house.workspace, person)
    row = store_intent(house.workspace, ANN)
    IntentRow.objects.filter(pk=row.pk).update(handed_at=AT + 1, settled_at=AT + 2, attempts=1)
    assert told(house.workspace) == [("Decided", AT), ("Handed over", AT + 1), ("Sent", AT + 2), ("Clicked", AT + 9), ("Ordered", 0)]
    assert told(house.workspace, in_mailbox=True)[2] == ("Kept in the mailbox", AT + 2)
    page = text(house.vera, "/messages/i-1/")
    assert "Order o-1, worth €49.90." in page


@pytest.mark.parametrize(
    ("state", "reason", "last"),
    [
        ("ready", "", ("Goes out now", AT)),
        ("held_out", "held_out", ("Held back", AT)),
        ("cancelled", "ordered", ("Taken back", AT + 7)),
        ("refused", "unsubscribed", ("Stopped at the last look", AT + 7)),
        ("failed", "", ("The mail server refused it", AT + 7)),
        ("unknown", "", ("The answer of the mail server was lost", AT + 7)),
    ],
)
def test_the_story_ends_where_the_message_did(house, state, reason, last):
    store_ann(house.workspace)
    store_intent(house.workspace, ANN, state=state, reason=reason)
    IntentRow.objects.update(settled_at=AT + 7)
    assert told(house.workspace)[-1] == last


def test_a_message_whose_person_is_gone_still_has_a_page(house):
    store_intent(house.workspace, ANN)
    assert people.get_aftermath(house.workspace, people.get_message(house.workspace, "i-1")) == people.Aftermath()
    assert browser(house.vera).get("/messages/i-1/").status_code == 200


def test_the_arms_of_the_comparison_add_up_and_the_page_says_what_they_are(house):
    for number in range(1, 31):
        outcome = "hold_out" if number % 3 == 0 else "send"
        state = "recovered" if number % 5 == 0 else "abandoned"
        cause = "shipping_cost" if number % 2 else "unknown"
        left = cart(number, state, cause=cause, revenue=1_000 if state == "recovered" else 0)
        store_listed(house.workspace, somebody(number, left, decisions=(decision(number, outcome, at=NOW - 2 * HOUR, cause=cause),)))
    found = effects.effect(house.workspace, NOW, 30)
    assert found.adds_up
    assert (found.total.row.treated.n, found.total.row.treated.converted) == (20, 4)
    assert (found.total.row.held_out.n, found.total.row.held_out.converted) == (10, 2)
    assert [(one.cause, one.row.treated.n, one.row.held_out.n) for one in found.rows] == [("shipping_cost", 10, 5), ("unknown", 10, 5)]
    assert found.total.treated_money == [(4_000, "EUR")]
    page = text(house.vera, "/messages/effect/?days=30")
    assert "Too early to say: 4 of 20 written to and 2 of 10 held back have bought." in page
    assert "too early to say" in page


def test_an_interval_is_drawn_to_scale_around_no_difference(house):
    for number in range(1, 5):
        left = cart(number, "recovered" if number < 3 else "abandoned", cause="unknown", revenue=1)
        store_listed(house.workspace, somebody(number, left, decisions=(decision(number, "send" if number % 2 else "hold_out", cause="unknown"),)))
    found = effects.effect(house.workspace, NOW, 30)
    assert found.reach == 60
    drawn = found.total.drawn
    assert drawn is not None
    assert (drawn.at, drawn.start + drawn.width // 2) == (500, 500)


def test_before_anybody_was_drawn_the_page_says_what_will_be(house):
    page = text(house.vera, "/messages/effect/")
    assert "Nobody drawn yet" in page
    assert "10 % of people are held back" in page


def mail(workspace: int, number: int, subject: str) -> Mail:
    to = f"p{number}@mail.example"
    raw = f"Subject: {subject}\nTo: {to}\n\nHello".encode()
    return Mail.objects.create(workspace_id=workspace, intent=f"i-{number}", at=AT, sender="s@shop.example", recipient=to, subject=subject, raw=raw)


def test_the_newest_mail_is_open_beside_the_list_with_the_decision_behind_it(house):
    store_ann(house.workspace)
    store_intent(house.workspace, ANN, "i-2")
    mail(house.workspace, 1, "First")
    newest = mail(house.workspace, 2, "Second")
    page = text(house.vera, "/messages/mailbox/")
    assert f'href="/messages/mailbox/{newest.pk}/" aria-current="true"' in page
    assert "not sent to anybody" in page
    assert '/messages/i-2/"' in page
    assert "&amp;decision=i-2" in page


def test_mail_is_found_by_a_part_of_its_subject_or_address(house):
    mail(house.workspace, 1, "Shipping is on us")
    mail(house.workspace, 2, "Your payment")
    assert "Your payment" not in text(house.vera, "/messages/mailbox/?q=SHIPPING")
    assert "Shipping is on us" in text(house.vera, "/messages/mailbox/?q=p1@")
    assert "Nothing found" in text(house.vera, "/messages/mailbox/?q=zebra")


def test_charlie_finds_nothing_of_alice(house):
    fill(house.workspace)
    kept = mail(house.workspace, 9, "Secret")
    charlie = browser(house.charlie)
    paths = ("/messages/i-a/", "/messages/i-a/story", "/messages/i-a/mail", f"/messages/mailbox/{kept.pk}/", f"/messages/mailbox/{kept.pk}/body")
    assert [charlie.get(path).status_code for path in paths] == [404] * 5
    assert "Secret" not in charlie.get("/messages/mailbox/?q=secret").content.decode().replace('value="secret"', "")
    assert numbers(listing.counts(house.next_door, listing.Asked(days="all"), NOW).groups) == dict.fromkeys((*words.GROUPS, "skipped"), 0)
    assert EpisodeRow.objects.filter(workspace_id=house.next_door).count() == 0


def test_the_fragments_are_the_parts_of_their_pages(house):
    fill(house.workspace)
    mail(house.workspace, 9, "Hello")
    pairs = (
        ("/messages/", "/messages/list", '<div id="messages-list"'),
        ("/messages/effect/", "/messages/effect/table", '<div id="messages-effect"'),
        ("/messages/mailbox/", "/messages/mailbox/list", '<div id="mails"'),
        ("/messages/i-a/", "/messages/i-a/story", '<section class="card" id="message-story"'),
        ("/messages/i-a/", "/messages/i-a/mail", '<div id="message-mail"'),
    )
    for page, fragment, root in pairs:
        part = text(house.vera, fragment).strip()
        assert part.startswith(root), fragment
        assert f'data-live-src="{fragment}' in text(house.vera, page)


def test_the_mail_shows_once_it_is_handed_over_and_is_looked_for_no_more(house):
    store_ann(house.workspace)
    store_intent(house.workspace, ANN, "i-2")
    before = text(house.vera, "/messages/i-2/mail")
    kept = mail(house.workspace, 2, "Second")
    after = text(house.vera, "/messages/i-2/mail")
    assert ("<iframe" in before, "data-live" in before) == (False, True)
    assert ("<iframe" in after, "data-live" in after) == (True, False)
    assert f'href="/messages/mailbox/{kept.pk}/"' in after
