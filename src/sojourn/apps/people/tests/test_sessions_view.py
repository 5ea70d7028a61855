from sojourn.apps.people import deeds
from sojourn.apps.people.deeds import deed, lane
from sojourn.apps.people.moments import Moment, Timeline, newest_first, of_fact
from sojourn.apps.people.sessions_view import Visit, fold
from sojourn.apps.people.tests.some import AT
from sojourn.terms.episodes import Episode, Friction
from sojourn.terms.facts import Fact
from sojourn.terms.person import OpenSession, Person, Sessions

LATER = AT + 3_600_000


def moment(number, at, name, session="7", **more):
    return Moment(str(number), AT + at, more.pop("kind", "track"), name, 1, more.pop("derived", False), session=session, **more)


def a_visit():
    """Newest first: a page, a product, a rage click that the engine called friction, and what the engine told of the session."""
    return [
        moment(4, 720_000, "Rage Click", props={"text": "Pay"}),
        moment(3, 300_000, "Product Viewed", props={"product_id": "p-1", "name": "Boots", "price": 49.9, "currency": "EUR"}),
        moment(90, 2, "Friction Found", "0", derived=True, props={"fact": 4}),
        moment(91, 1, "Session Started", "0", derived=True, props={"session": 7, "source": "newsletter"}),
        moment(1, 0, "Home", kind="page", props={"title": "Home"}, device="iPhone"),
    ]


def test_behaviour_folds_into_a_visit_that_says_what_it_was():
    cart = Episode(id=3, started_at=AT + 300_000, last_at=AT + 700_000, value=4990, currency="EUR")
    folded = fold(Timeline(a_visit(), ""), Person(id=1, carts=[cart]), LATER)
    [visit] = folded.entries
    assert visit.title == "Visit of 12 min on iPhone from newsletter"
    assert visit.summary == "1 page, 1 product, cart 49.90 EUR"
    assert (visit.hurts, visit.open, visit.partial, visit.newest, folded.before) == (1, False, False, True, "")
    assert [(one.text, one.hurt) for one in visit.deeds] == [
        ("Clicked in anger: Pay", True),
        ("Looked at Boots, 49.90 EUR", False),
        ("Looked at Home", False),
    ]


def test_a_visit_is_live_while_its_session_is_open_and_somebody_was_seen_just_now():
    person = Person(id=1, sessions=Sessions(open=OpenSession(7, AT, AT + 720_000)))
    assert fold(Timeline(a_visit(), ""), person, AT + 730_000).entries[0].title == "Here for 12 min on iPhone from newsletter"
    assert fold(Timeline(a_visit(), ""), person, LATER).entries[0].title == "Visit of 12 min on iPhone from newsletter"


def test_what_the_cart_knows_to_have_hurt_is_marked_without_the_derived_fact():
    cart = Episode(id=3, started_at=AT, last_at=AT, friction=[Friction(3, AT, "Form Field Error")])
    folded = fold(Timeline(a_visit()[:2], ""), Person(id=1, carts=[cart]), LATER)
    assert [one.hurt for one in folded.entries[0].deeds] == [False, True]


def test_messages_and_conclusions_and_support_stand_beside_the_visits_also_inside_their_time():
    facts = [
        moment(
            6, 60, "Cart Abandoned", "0", derived=True, props={"value": 4990, "currency": "EUR", "causes": [{"cause": "shipping_cost", "probability": 0.714}]}
        ),
        moment(5, 50, "Message Clicked", "7", kind="control", props={"url": "https://shop.example/"}),
        moment(4, 40, "Ticket Opened", "7"),
        moment(3, 30, "Cart Viewed", "7"),
        moment(2, 20, "identify", "0", kind="identify", traits={"email": "a@example.com"}),
        moment(1, 10, "Cart Viewed", "6"),
    ]
    shown = fold(Timeline(facts, ""), Person(id=1), LATER)
    assert [one.lane for one in shown.entries] == ["concluded", "message", "support", "visit", "other", "visit"]
    assert [entry.deed.text for entry in shown.entries if not isinstance(entry, Visit)] == [
        "Left a cart of 49.90 EUR behind: Shipping cost, 71 % likely",
        "Followed a link in a message: https://shop.example/",
        "Ticket Opened",
        "Said who they are: email",
    ]
    assert [one.newest for one in shown.entries if isinstance(one, Visit)] == [True, False]
    for key in deeds.LANES:
        assert {one.lane for one in fold(Timeline(facts, ""), Person(id=1), LATER, key).entries} == {key}


def test_a_visit_cut_by_the_stretch_is_left_whole_to_the_next_one():
    facts = [moment(9, 90, "Cart Viewed", "8"), moment(5, 50, "B", "7"), moment(4, 45, "Message Sent", "0"), moment(3, 40, "A", "7")]
    folded = fold(Timeline(facts, f"{AT + 40}-3"), Person(id=1), LATER)
    assert [entry.session for entry in folded.entries] == ["8"]
    assert folded.before == f"{AT + 50}-6"


def test_a_visit_longer_than_the_stretch_is_shown_in_part_and_says_so():
    facts = [moment(5, 50, "B", "7"), moment(3, 40, "A", "7")]
    folded = fold(Timeline(facts, f"{AT + 40}-3"), Person(id=1), LATER)
    assert [(entry.session, entry.partial) for entry in folded.entries] == [("7", True)]
    assert folded.before == f"{AT + 40}-3"


def test_no_value_of_a_customer_breaks_a_line():
    odd = {"name": ["x"], "price": "abc", "currency": 5, "days": None, "value_ms": True, "causes": {"a": 1}, "step": {}, "outcome": 7, "path": 1, "query": ""}
    for name in (*deeds._SAY, "Something Else", "x" * 500):
        said = deed(moment(1, 0, name, props=odd, url="http://[broken", kind="page" if name == "page" else "track")).text
        assert said, name
        assert len(said) < 300, name


def test_the_lane_of_a_fact_is_told_by_its_name():
    assert lane(moment(1, 0, "Survey Answered")) == deeds.SUPPORT
    assert lane(moment(1, 0, "Unsubscribed", "0")) == deeds.MESSAGE
    assert lane(moment(1, 0, "Order Completed", "0")) == deeds.OTHER


def test_what_it_was_done_on_is_read_from_the_context():
    def on(**context):
        return of_fact(1, 0, 1, Fact("track", "A", AT, "m", context=context)).device

    assert on(userAgent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)") == "iPhone"
    assert on(userAgent="Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15)") == "Mac"
    assert on(device={"model": "Pixel 9"}, userAgent="x Android") == "Pixel 9"
    assert (on(userAgent=5), on(device="x"), on()) == ("", "", "")


def test_of_what_was_concluded_at_one_time_the_consequence_stands_above():
    for left, decided in ((5, 6), (6, 5)):
        facts = [
            moment(left, 60, "Cart Abandoned", "0", derived=True),
            moment(decided, 60, "Intervention Decided", "0", derived=True, props={"outcome": "send", "template": "free_shipping"}),
        ]
        folded = fold(Timeline(newest_first(facts), ""), Person(id=1), LATER)
        assert [one.deed.text for one in folded.entries] == ["Decided to write: free shipping", "Left a cart behind"]


def test_a_click_is_told_by_what_stood_on_the_thing():
    assert deed(moment(1, 0, "Button Clicked", props={"label": "Into the cart", "selector": "button.buy"})).text == "Pressed “Into the cart”"
    assert deed(moment(1, 0, "Link Clicked", props={"label": "Returns", "href": "/returns/"})).text == "Followed the link “Returns”"
    assert deed(moment(1, 0, "Button Clicked")).text == "Pressed a button"
