"""The first steps are done when they are, and open the very record."""

import msgspec
import pytest

from sojourn.adapters.memory.clock import SettableClock
from sojourn.adapters.memory.log import MemoryLog
from sojourn.apps.demo.models import DemoRun
from sojourn.apps.people.tests.lists import cart, decision, somebody, store_listed
from sojourn.apps.people.tests.some import ANN, ann, store
from sojourn.apps.sources import debugger
from sojourn.apps.sources.actions import create_source
from sojourn.apps.sources.models import Count
from sojourn.apps.workspace import actions, clock, queries, sign_in
from sojourn.apps.workspace.access import Membership
from sojourn.apps.workspace.first_run import FirstRun, first_run
from sojourn.apps.workspace.models import Member
from sojourn.apps.workspace.tests.house import NOW, browser, build, post
from sojourn.terms.facts import Arrival, Fact, Item
from sojourn.terms.time import HOUR, SECOND

pytestmark = pytest.mark.django_db


@pytest.fixture
def log():
    made = MemoryLog(SettableClock(NOW))
    debugger.connect(lambda: made, None)
    yield made
    debugger.connect(None, None)


def member_of(house, *, password: bool = False) -> Membership:
    row = Member.objects.select_related("workspace").get(user=house.alice)
    return Membership(house.workspace, row.workspace.name, row.pk, house.alice.pk, house.alice.email, row.role, "UTC", password)


def steps(house, **how: bool) -> FirstRun:
    found = first_run(member_of(house, **how), NOW)
    assert found is not None
    return found


def done(found: FirstRun) -> list[str]:
    return [step.key for step in found.steps if step.done]


def demo(house, state: str = "live") -> DemoRun:
    source, _key = create_source(house.workspace, "Demo shop", "alice@example.com", NOW)
    visitors, _key = create_source(house.workspace, "Demo shop visitors", "alice@example.com", NOW)
    keys = {"source_id": source.pk, "visitors_id": visitors.pk, "write_key": "wk_1", "visitors_key": "wk_2"}
    return DemoRun.objects.create(workspace_id=house.workspace, state=state, seed=7, rate=2.0, shoppers=10, days=60, day=60, started_at=NOW, **keys)


def visit(house, log, run: DemoRun, anonymous: str) -> None:
    fact = Fact("page", "", NOW, "m-1", anonymous_id=anonymous)
    log.append([Arrival(house.workspace, run.visitors_id, [Item(1, 1, msgspec.msgpack.encode(fact))])])
    Count.objects.create(workspace_id=house.workspace, source_id=run.visitors_id, day=1, reason="kept", events=1)


def test_a_new_house_has_nothing_to_show_and_two_ways_to_begin():
    house = build()
    found = steps(house)
    assert (found.fresh, [step.key for step in found.steps]) == (True, ["name", "begin", "password", "invite", "smtp"])
    assert done(found) == ["name", "invite"], "it is called Alice's shop, and Bob and Vera are in the team"
    page = browser(house.alice).get("/start/").content.decode()
    assert "Try it with the demo shop" in page
    assert "Connect your own site" in page
    assert "Try it with the demo shop" not in browser(house.vera).get("/start/").content.decode()


def test_an_event_of_ones_own_source_connects_the_site(log):
    house = build()
    source, _key = create_source(house.workspace, "Website", "alice@example.com", NOW)
    Count.objects.create(workspace_id=house.workspace, source_id=source.pk, day=1, reason="kept", events=1)
    found = steps(house, password=True)
    assert not found.fresh
    assert done(found) == ["name", "begin", "password", "invite"]
    assert [step.now for step in found.steps if step.key == "portrait"] == [True]
    store(house.workspace, ann(), "Ann", "ann@example.com")
    log.append([Arrival(house.workspace, source.pk, [Item(1, 1, msgspec.msgpack.encode(Fact("page", "", NOW, "m", user_id="u-1")))])])
    found = steps(house, password=True)
    assert [(step.text, step.href) for step in found.steps if step.key == "portrait"] == [("Ann, as of their last event.", f"/people/{ANN}/")]
    assert next(step.href for step in found.steps if step.key == "begin") == f"/sources/{source.pk}/"


def test_dropped_events_alone_connect_nothing():
    house = build()
    source, _key = create_source(house.workspace, "Website", "alice@example.com", NOW)
    Count.objects.create(workspace_id=house.workspace, source_id=source.pk, day=1, reason="no_identifier", events=9)
    assert steps(house).fresh


def test_the_demo_leads_through_the_shop_first(log):
    house = build()
    demo(house)
    found = steps(house)
    assert [step.key for step in found.seeing] == ["begin", "shop", "portrait", "cart", "why", "mail", "nothing"]
    assert [step.key for step in found.steps if step.now] == ["shop"]
    assert next(step for step in found.steps if step.key == "shop").new_tab
    assert [step.key for step in found.settling][-1] == "remove"


def test_the_newest_visitor_of_the_demo_shop_is_taken_to_be_you_and_nobody_else(log):
    house = build()
    run = demo(house)
    log.append([Arrival(house.workspace, run.source_id, [Item(5, 5, msgspec.msgpack.encode(Fact("page", "", NOW, "m", anonymous_id="simulated")))])])
    assert steps(house).visitor is None
    visit(house, log, run, "a-new")
    found = steps(house)
    assert found.visitor is not None
    assert (found.visitor.who, found.visitor.person) == ("anonymous_id:a-new", None)
    assert "portrait" not in done(found)


def test_whom_this_browser_is_in_the_demo_shop_goes_before_whoever_walks_it_now(log):
    house = build()
    run = demo(house)
    store(house.workspace, ann(), "Ann", "ann@example.com")
    visit(house, log, run, "a-colleague")
    mine = browser(house.alice)
    mine.cookies["demo_visitor"] = "a:1"
    for page in ("/", "/start/"):
        assert "Ann: you in the demo shop. It moves while you click." in mine.get(page).content.decode()
    mine.cookies["demo_visitor"] = "forgotten since"
    assert "you in the demo shop" not in mine.get("/start/").content.decode()
    found = first_run(member_of(house), NOW, "forgotten since")
    assert found is not None
    assert found.visitor is not None
    assert (found.visitor.who, found.visitor.here) == ("anonymous_id:a-colleague", False)


def test_each_step_of_the_walk_opens_the_very_record(log):
    house = build()
    run = demo(house)
    store(house.workspace, ann(), "Ann", "ann@example.com")
    visit(house, log, run, "a:1")
    found = steps(house)
    links = {step.key: step.href for step in found.steps if step.done}
    assert links["portrait"] == links["cart"] == links["why"] == f"/people/{ANN}/"
    assert links["mail"] == "/messages/i-1/"
    why = next(step for step in found.steps if step.key == "why")
    assert why.text == "Shipping cost, 71 % sure, from what you met on the way."


def test_a_filled_cart_is_to_be_left_alone_for_as_long_as_the_demo_shop_has_it_and_no_longer(log):
    house = build()
    actions.set_setting(house.workspace, "cart_gap", "1h30m", "alice@example.com", NOW)
    run = demo(house)
    book = queries.rules(house.workspace)
    actions.publish_rules(house.workspace, msgspec.structs.replace(book, cart_gaps={str(run.visitors_id): 20_000}), "", "alice@example.com", NOW)
    person = ann()
    person.carts[0] = msgspec.structs.replace(person.carts[0], state="open", abandonments=0, causes=[], due=person.last_seen + 20_000)
    store(house.workspace, person, "Ann", "ann@example.com")
    visit(house, log, run, "a:1")
    cart = next(step for step in steps(house).steps if step.key == "cart")
    assert (cart.done, cart.text) == (False, "Your cart is noticed. Now leave it alone for 20 s.")
    actions.publish_rules(house.workspace, book, "", "alice@example.com", NOW)
    assert next(step.text for step in steps(house).steps if step.key == "cart") == "Your cart is noticed. Now leave it alone for 1 h 30 min."


def test_before_anything_is_tried_the_page_says_how_long_carts_rest_here_and_in_the_demo_shop():
    house = build()
    page = browser(house.alice).get("/start/").content.decode()
    assert "A cart in the demo shop counts as left after 20 s, so that you need not wait; carts of your own site rest for 30 min." in page


def test_a_visitor_without_an_address_is_asked_for_one_before_leaving(log):
    house = build()
    run = demo(house)
    person = ann()
    person.carts[0] = msgspec.structs.replace(person.carts[0], state="open", abandonments=0, causes=[], due=person.last_seen + 1)
    store(house.workspace, person, "", "")
    visit(house, log, run, "a:1")
    cart = next(step for step in steps(house).steps if step.key == "cart")
    assert cart.text == "Your cart is noticed. Give an email at the checkout, so that Sojourn can write to you, then stop."


def test_what_is_not_known_is_not_told_as_a_reason(log):
    house = build()
    run = demo(house)
    person = ann()
    person.carts[0].causes[0] = msgspec.structs.replace(person.carts[0].causes[0], cause="unknown")
    person.decisions[0] = msgspec.structs.replace(person.decisions[0], template="reminder")
    store(house.workspace, person, "Ann", "ann@example.com")
    visit(house, log, run, "a:1")
    texts = {step.key: step.text for step in steps(house).steps}
    assert texts["why"].startswith("Nothing you met speaks clearly for a reason")
    assert texts["mail"] == "A plain reminder: nothing you met asked for more."


@pytest.mark.parametrize(("outcome", "reason", "text"), [("hold_out", "held_out", "Be somebody new"), ("skip", "no_address", "You gave no address")])
def test_who_got_no_mail_is_told_why(log, outcome, reason, text):
    house = build()
    run = demo(house)
    person = ann()
    person.decisions[0] = msgspec.structs.replace(person.decisions[0], outcome=outcome, reason=reason)
    store(house.workspace, person, "Ann", "ann@example.com")
    visit(house, log, run, "a:1")
    mail = next(step for step in steps(house).steps if step.key == "mail")
    assert (mail.title, mail.done, mail.href) == ("See why you got no mail", True, f"/why/?person={ANN}&automation=abandoned-cart")
    assert text in mail.text


@pytest.mark.parametrize(
    ("state", "done_", "href", "text"),
    [
        ("ready", False, f"/why/?person={ANN}&automation=abandoned-cart", "goes out in a moment"),
        ("unknown", True, "/messages/i-1/", "Written for the reason you left."),
        ("cancelled", True, f"/why/?person={ANN}&automation=abandoned-cart", "taken back before it went out"),
    ],
)
def test_the_mail_can_be_read_once_it_is_there(log, state, done_, href, text):
    house = build()
    run = demo(house)
    person = ann()
    person.decisions[0] = msgspec.structs.replace(person.decisions[0], state=state)
    store(house.workspace, person, "Ann", "ann@example.com")
    visit(house, log, run, "a:1")
    mail = next(step for step in steps(house).steps if step.key == "mail")
    assert (mail.done, mail.href, text in mail.text) == (done_, href, True)


def test_somebody_who_got_nothing_is_somebody_else(log):
    house = build()
    run = demo(house)
    you = somebody(2, cart(20, at=NOW - SECOND), decisions=(decision(20, "skip", NOW - SECOND, reason="unsubscribed"),), identifiers=["anonymous_id:you"])
    other = somebody(3, cart(30, at=NOW - HOUR), decisions=(decision(30, "skip", NOW - HOUR, reason="no_address"),))
    store_listed(house.workspace, you, "Yara", "yara@example.com")
    visit(house, log, run, "you")
    assert [step.done for step in steps(house).steps if step.key == "nothing"] == [False]
    store_listed(house.workspace, other, "Otto")
    assert [(step.text, step.href) for step in steps(house).steps if step.key == "nothing"] == [
        ("Otto: no address.", "/why/?person=3&automation=abandoned-cart")
    ]


def test_while_the_demo_is_removed_that_step_is_done(log):
    house = build()
    demo(house, "removing")
    assert "remove" in done(steps(house))


def test_hidden_steps_come_back_by_the_settings():
    house = build()
    client = browser(house.alice)
    page = post(client, "/start/hide", follow=True).content.decode()
    assert 'data-undo="/start/show"' in page
    assert first_run(member_of(house), NOW) is None
    assert "Show it on Home again" in client.get("/start/").content.decode()
    actions.set_setting(house.workspace, "first_steps", "shown", "alice@example.com", NOW)
    assert first_run(member_of(house), NOW) is not None
    assert queries.setting(house.workspace, "first_steps") == "shown"


def test_the_fragment_is_the_region_of_the_page():
    house = build()
    client = browser(house.bob)
    fragment = client.get("/start/steps/").content.decode().strip()
    assert fragment.split(">")[0] in client.get("/start/").content.decode()
    assert 'data-live="first-run"' in fragment


def test_a_sign_in_link_leads_to_the_first_steps_until_something_was_tried():
    house = build()
    for expected, tried in (("/start/", False), ("/", True)):
        if tried:
            demo(house)
        path = f"/sign-in/{sign_in.make_link(house.alice.pk, clock.now())}"
        client = browser()
        client.get(path)
        answer = client.post(path, {"csrfmiddlewaretoken": client.cookies["sojourn-csrf"].value})
        assert (answer.status_code, answer["Location"]) == (302, expected)
