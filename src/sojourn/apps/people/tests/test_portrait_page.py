import msgspec
import pytest

from sojourn.adapters.memory.lake import MemoryLake
from sojourn.apps.people import lake_hook, reach, shown
from sojourn.apps.people.causes_shown import episode_causes
from sojourn.apps.people.graph import HALF, ROW, draw, known_by
from sojourn.apps.people.models import PersonRow, SuppressionRow
from sojourn.apps.people.tests.some import ANN, AT, ann, store, store_ann, store_intent
from sojourn.apps.workspace.api import salt_of
from sojourn.apps.workspace.models import AuditRow
from sojourn.apps.workspace.tests.house import browser, build, outbox, post
from sojourn.ports.lake import Row
from sojourn.terms.addresses import suppression_key
from sojourn.terms.episodes import Episode, Mark
from sojourn.terms.facts import Fact
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Consent, OpenSession, Person, Sessions, Trait
from sojourn.terms.rules import RuleBook

pytestmark = pytest.mark.django_db
CART = fact_id(8, 0)


@pytest.fixture
def house():
    built = build()
    store_ann(built.workspace)
    return built


@pytest.fixture
def lake(house, monkeypatch):
    """A lake with the cart of Ann: the shipping cost she saw, and what came before."""
    lake = MemoryLake()
    monkeypatch.setattr(lake_hook, "_open", lambda: lake)
    facts = [
        (fact_id(8, 0), AT, Fact("track", "Product Added", AT, "m0", props={"name": "Boots"})),
        (fact_id(8, 1), AT + 20_000, Fact("track", "Shipping Cost Shown", AT + 20_000, "m1", props={"shipping": 12.9, "currency": "EUR"})),
        (fact_id(8, 2), AT + 50_000, Fact("track", "Rage Click", AT + 50_000, "m2")),
    ]
    lake.write([Row(house.workspace, number, ANN, 77, 1, at, fact) for number, at, fact in facts], [], 1)
    return lake


def page_of(client, path):
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def test_the_portrait_tells_who_it_is_what_hurt_and_why_in_words(house, lake):
    store_intent(house.workspace, ANN)
    page = page_of(browser(house.vera), f"/people/{ANN}/")
    for said in (
        *("Ann Winter", "ann@example.com", "Saw shipping of 12.90\u00a0EUR", "Shipping high", "Shipping cost", "71 %", "Rage Click: #pay", "1 × Boots"),
        *("Clicked in anger", "Put Boots into the cart", "They said yes to marketing.", "Drawn to", "User id"),
    ):
        assert said in page, said
    assert f'href="/people/{ANN}/evidence/{CART}/shipping_high/"' in page


def test_a_timeline_whose_facts_are_not_there_does_not_promise_them(house, monkeypatch):
    monkeypatch.setattr(lake_hook, "_open", MemoryLake)
    assert "made this portrait. They are no longer kept one by one" in page_of(browser(house.vera), f"/people/{ANN}/timeline/")


def test_each_part_of_the_page_is_the_fragment_that_a_swap_fetches(house, lake):
    client = browser(house.vera)
    whole = page_of(client, f"/people/{ANN}/")
    for part in ("top", "carts", "decisions", "side", "timeline"):
        fragment = page_of(client, f"/people/{ANN}/part/{part}/")
        opening = fragment.strip().split("\n")[0]
        assert f'id="person-{part}" data-live="person:{ANN}" data-live-src="/people/{ANN}/part/{part}/"' in opening
        assert opening in whole
        assert "<html" not in fragment
    assert client.get(f"/people/{ANN}/part/nothing/").status_code == 404


def test_the_side_panel_gets_the_page_without_its_frame(house):
    answer = browser(house.vera).get(f"/people/{ANN}/", HTTP_X_PANEL="1")
    assert "X-Panel" in answer["Vary"]
    assert b'<article class="sheet">' in answer.content
    assert b'<nav aria-label="Main"' not in answer.content


def test_who_was_merged_leads_to_whom_they_became(house):
    answer = browser(house.vera).get(f"/people/{fact_id(9, 0)}/?list=all")
    assert (answer.status_code, answer["Location"]) == (302, f"/people/{ANN}/?list=all")


def test_the_list_somebody_was_opened_from_gives_the_people_beside_them(house):
    store(house.workspace, Person(id=1, last_seen=AT + 90_000))
    store(house.workspace, Person(id=2, last_seen=AT))
    page = page_of(browser(house.vera), f"/people/{ANN}/?list=all")
    assert '/people/1/?list=all" data-key="&lt;"' in page
    assert '/people/2/?list=all" data-key="&gt;"' in page
    assert 'data-key-says="Next person' not in page_of(browser(house.vera), f"/people/{ANN}/")


@pytest.mark.parametrize("person", [Person(id=5, last_seen=AT), Person(id=5, last_seen=AT, identified=True, identifiers=["user_id:x"])])
def test_somebody_of_whom_nothing_is_known_looks_right_too(house, person):
    store(house.workspace, person)
    page = page_of(browser(house.vera), "/people/5/")
    for said in ("Visitor 5", "No cart yet", "Nothing was decided about this person", "No email address is known", "None yet. They come with identify calls."):
        assert said in page


def test_an_erased_person_is_gone(house):
    PersonRow.objects.filter(pk=ANN).delete()
    client = browser(house.alice)
    assert {client.get(f"/people/{ANN}/{part}").status_code for part in ("", "timeline/", "identity/", "erase/", "part/top/")} == {404}


# -- where somebody is


def somewhere(**cart):
    episode = Episode(id=1, started_at=AT, last_at=AT, currency="EUR", **cart)
    return Person(id=1, last_seen=AT, carts=[episode], sessions=Sessions(open=OpenSession(1, AT, AT, pages=3)))


@pytest.mark.parametrize(
    ("person", "place", "here"),
    [
        (somewhere(value=4990, step="shipping", due=AT), "In the checkout, shipping step", True),
        (somewhere(value=4990, step="checkout", due=AT), "In the checkout", True),
        (somewhere(value=4990, step="cart", due=AT), "In the shop with a cart of 49.90 EUR", True),
        (somewhere(due=AT), "In the shop with a cart", True),
        (somewhere(value=4990, state="abandoned", ended_at=AT + 20_000), "Left a cart of 49.90 EUR behind", False),
        (somewhere(value=4990, state="ordered", ended_at=AT), "In the shop, 3 pages into the visit", True),
        (Person(id=1, last_seen=AT), "Seen just now", True),
    ],
)
def test_where_somebody_is_now(person, place, here):
    assert (shown.where_now(person, AT + 60_000), shown.is_here(person, AT + 60_000)) == (place, here)
    assert (shown.where_now(person, AT + 300_000), shown.is_here(person, AT + 300_000)) == ("", False)


# -- causes and the facts behind them


def test_a_cause_is_told_with_how_long_after_it_they_left():
    cart = ann().carts[0]
    cart.marks = {"shipping": Mark(1, AT, AT + 40_000, 1, [1])}
    [first, second] = episode_causes(cart)
    assert (first.name, first.width, second.name) == ("Shipping cost", 710, "Unknown")
    cart.causes[0].evidence = ["left_after_shipping_shown"]
    assert [one.text for one in episode_causes(cart)[0].seen] == ["Left 20 s after shipping was shown"]


def test_each_thing_that_was_seen_opens_the_facts_behind_it(house, lake):
    client = browser(house.vera)
    page = page_of(client, f"/people/{ANN}/evidence/{CART}/shipping_high/")
    assert "Shipping high" in page
    assert "Saw shipping of 12.90\u00a0EUR" in page
    assert "1 of 1, as they came" in page
    assert f'id="fact-{fact_id(8, 1)}"' in page
    for path in (f"{CART}/nothing", "1/shipping_high", "x/shipping_high"):
        assert client.get(f"/people/{ANN}/evidence/{path}/").status_code == 404
    assert browser(house.charlie).get(f"/people/{ANN}/evidence/{CART}/shipping_high/").status_code == 404


def test_facts_that_are_no_longer_kept_are_not_made_up(house, monkeypatch):
    monkeypatch.setattr(lake_hook, "_open", MemoryLake)
    assert "no longer kept" in page_of(browser(house.vera), f"/people/{ANN}/evidence/{CART}/shipping_high/")
    monkeypatch.setattr(lake_hook, "_open", None)
    assert "History is not at hand yet" in page_of(browser(house.vera), f"/people/{ANN}/evidence/{CART}/shipping_high/")


# -- who can be written to


def who(**more):
    return Person(id=1, traits={"email": Trait("a@example.com", AT, 1, "m")}, **more)


def test_whether_somebody_can_be_written_to_and_why_not(house):
    def asked(person, consent="opt_out"):
        found = reach.by_email(house.workspace, person, RuleBook(consent=consent))
        return found.yes, found.why

    said = {"email:marketing": Consent(True, AT, 1)}
    assert asked(Person(id=1)) == (False, "No email address is known.")
    assert asked(who()) == (True, "They have not said no, which is enough by this workspace’s rule.")
    assert asked(who(), "opt_in") == (False, "They were not asked, and this workspace writes only to those who said yes.")
    assert asked(who(consent=said), "opt_in") == (True, "They said yes to marketing.")
    assert asked(who(consent={"email:marketing": Consent(False, AT, 1)})) == (False, "They said no to marketing.")
    assert asked(who(suppressed={"email": "hard_bounce"})) == (False, "Never: a message came back for good.")
    key = suppression_key(salt_of(house.workspace), "a@example.com")
    row = SuppressionRow.objects.create(workspace_id=house.workspace, address=key, level="stream:marketing", reason="unsubscribed", at=AT)
    assert asked(who(consent=said)) == (False, "They said no to marketing.")
    SuppressionRow.objects.filter(pk=row.pk).update(level="global")
    assert asked(who(consent=said)) == (False, "Never: the address is on the suppression list.")


# -- who is who


def test_the_picture_has_a_box_for_each_identifier_and_none_covers_another():
    many = Person(id=1, identifiers=[f"anonymous_id:{'long' * 20}{number}" for number in range(30)], shared=["email:family@example.com"])
    graph = draw(known_by(many))
    assert (len(graph.nodes), graph.more, graph.nodes[0].known.short[-1]) == (16, 15, "…")
    for side in (0, 1):
        tops = [node.y for node in graph.nodes[side::2]]
        assert tops == [tops[0] + ROW * step for step in range(8)]
        assert tops[0] >= 0
        assert tops[-1] + 2 * HALF <= graph.height
    assert [node.known.shared for node in draw(known_by(Person(id=1, shared=["email:x"]))).nodes] == [True]


def test_a_split_is_shown_before_it_is_done_and_then_recorded(house, lake):
    path = f"/people/{ANN}/identity/?apart=anonymous_id:a:1"
    page = page_of(browser(house.vera), path)
    assert "What the split would do" in page
    assert "Splitting needs the role member" in page
    assert outbox(house.workspace)[1:] == []
    bob = browser(house.bob)
    assert "Split them" in page_of(bob, path)
    answer = post(bob, f"/people/{ANN}/split", {"apart": "anonymous_id:a:1"})
    assert (answer.status_code, answer["Location"]) == (302, f"/people/{ANN}/")
    [said] = outbox(house.workspace)[1:]
    assert (said.name, said.props) == ("People Split", {"person": ANN, "apart": [["user_id:u-1", "email:ann@example.com"], ["anonymous_id:a:1"]]})
    audit = AuditRow.objects.get(verb="people_split")
    assert (audit.actor, audit.subject) == ("bob@example.com", str(ANN))


@pytest.mark.parametrize("away", ["", "user_id:somebody-else"])
def test_a_split_that_makes_no_sense_changes_nothing(house, away):
    assert post(browser(house.bob), f"/people/{ANN}/split", {"apart": away} if away else {}).status_code == 400
    assert browser(house.bob).get(f"/people/{ANN}/identity/?apart=user_id:nobody").status_code == 400
    assert (outbox(house.workspace)[1:], AuditRow.objects.filter(verb="people_split").count()) == ([], 0)


def test_a_split_must_leave_something_with_the_person(house):
    client = browser(house.bob)
    keys = "&".join(f"apart={key}" for key in ann().identifiers)
    assert client.get(f"/people/{ANN}/identity/?{keys}").status_code == 400


def test_erasing_asks_for_the_name_and_only_owners_may(house):
    alice = browser(house.alice)
    assert "Type <b>Ann Winter</b> to confirm" in page_of(alice, f"/people/{ANN}/erase/")
    assert browser(house.bob).get(f"/people/{ANN}/erase/").status_code == 403
    assert post(browser(house.bob), f"/people/{ANN}/forget", {"typed": "Ann Winter"}).status_code == 403
    answer = post(browser(house.alice), f"/people/{ANN}/forget", {"typed": "Ann"})
    assert (answer["Location"], outbox(house.workspace)[1:]) == (f"/people/{ANN}/erase/", [])
    answer = post(browser(house.alice), f"/people/{ANN}/forget", {"typed": " ann winter "})
    assert answer["Location"] == "/people/"
    [said] = outbox(house.workspace)[1:]
    assert (said.name, said.props) == ("Person Erased", {"person": ANN, "people": [ANN, fact_id(9, 0)]})
    assert AuditRow.objects.get(verb="person_erased").subject == str(ANN)


# -- the list


def test_the_list_says_in_its_address_what_it_shows(house):
    page = page_of(browser(house.vera), "/people/?who=known&cart=abandoned&sort=first")
    assert 'data-live-src="/people/rows/?who=known&amp;cart=abandoned&amp;sort=first"' in page
    assert 'aria-sort="descending"><a href="/people/?who=known&amp;cart=abandoned&amp;sort=first&amp;up=1"' not in page
    assert "Nobody here" in page, "Ann's row has no cart column in this test"


def test_the_rows_alone_are_what_the_page_includes(house):
    client = browser(house.vera)
    rows, page = page_of(client, "/people/rows/?q=ann"), page_of(client, "/people/?q=ann")
    assert rows.strip().split("\n")[0] in page
    assert "<html" not in rows
    assert f"/people/{ANN}/?list=q%3Dann" in rows


@pytest.mark.parametrize("query", ["after=x", "before=%00", "q=%00", "sort=../..", "cause=%27", "list=" + "x" * 999, "q=" + "x" * 999, "up=7&who=\x00"])
def test_no_address_breaks_the_list_or_a_portrait(house, query):
    client = browser(house.vera)
    assert {client.get(f"{path}?{query}").status_code for path in ("/people/", "/people/rows/", f"/people/{ANN}/", f"/people/{ANN}/timeline/")} == {200}


def test_a_portrait_of_very_much_is_shown_with_its_newest_carts(house):
    person = ann()
    person.carts = [msgspec.structs.replace(ann().carts[0], id=fact_id(100 + number, 0), started_at=AT + number) for number in range(20)]
    person.carts_ended = {"abandoned": 520}
    person.identifiers = [f"anonymous_id:a-{number}" for number in range(300)]
    PersonRow.objects.filter(pk=ANN).update(body=msgspec.msgpack.encode(person))
    page = page_of(browser(house.vera), f"/people/{ANN}/")
    assert "500 older carts ended before these" in page
    assert "and 292 more" in page
