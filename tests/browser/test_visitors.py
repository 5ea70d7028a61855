"""Six visitors of the demo shop in real browsers, and what the screens say about each: the promise of the product from end to end."""

import re
from collections.abc import Iterator
from email.message import EmailMessage

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.door import until
from tests.browser.living import House
from tests.browser.shopper import Shopper

pytestmark = pytest.mark.browser

LAMP = "la-2"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house with the demo shop open, no simulated shoppers, and carts that count as left after six seconds."""
    house = House(tmp_path_factory.mktemp("visitors"))
    try:
        house.run("demo", "--shoppers", "0", "--days", "1", "--once", "--gap", "6s")
        house.until(lambda: house.ask("SELECT visitors_key FROM demo_run"), "the demo shop has its key")
        house.settings(holdout="0", message_delay="0s", quiet_hours="off")
        yield house
    finally:
        house.close()


@pytest.fixture(scope="module")
def member(browser: Browser, house: House) -> Iterator[BrowserContext]:
    context = house.member(browser)
    yield context
    context.close()


@pytest.fixture
def visit(browser: Browser, house: House) -> Iterator[type[Shopper]]:
    made: list[Shopper] = []

    def enter(first: str) -> Shopper:
        made.append(Shopper(browser, house.address, first))
        return made[-1]

    yield enter  # type: ignore[misc]
    for shopper in made:
        shopper.close()


def decided(house: House, email: str, number: int = 1) -> list[tuple[str, str, str, str]]:
    """(state, reason, template, cause) of the messages decided for somebody, once there are as many."""

    def rows() -> list[tuple[str, str, str, str]]:
        found = house.ask("SELECT state, reason, template, cause FROM people_intent WHERE person = ? ORDER BY decided_at", house.person(email))
        return found if len(found) >= number else []  # type: ignore[return-value]

    return house.until(rows, f"{number} decisions about {email}")


def mail(house: House, email: str, number: int = 1) -> EmailMessage:
    """The mail of that number to somebody, once it is there."""
    return house.until(lambda: len(house.mails(email)) >= number and house.mails(email), f"mail {number} to {email}")[number - 1]


def html(message: EmailMessage) -> str:
    part = message.get_body(("html",))
    assert part is not None
    return str(part.get_content())


def portrait(screen: Page, house: House, email: str) -> Page:
    """The person's page, found as a member would: by the address."""
    screen.goto(f"/people/?q={email}")
    screen.get_by_role("link", name=re.compile(email.partition("@")[0], re.IGNORECASE)).first.click()
    screen.wait_for_url(re.compile(r"/people/\d+/|panel="))
    if "panel=" in screen.url:
        screen.goto(f"/people/{house.person(email)}/")
    return screen


def test_the_first_visitor_meets_a_high_shipping_cost_and_is_offered_free_shipping(house, screen, visit):
    visitor = visit("Ursula").abandon_for_shipping()
    [(state, _, template, cause)] = decided(house, visitor.email)
    assert (template, cause) == ("free_shipping", "shipping_cost")
    assert state in ("ready", "claimed", "handing_over", "accepted")
    message = mail(house, visitor.email)
    assert "shipping" in str(message["subject"]).lower()
    page = portrait(screen, house, visitor.email)
    first = page.locator(".bar, .cause").first
    expect(first).to_contain_text(re.compile("shipping", re.IGNORECASE))
    expect(page.locator("main")).to_contain_text(re.compile(r"shipping.{0,40}EUR|EUR.{0,40}shipping", re.IGNORECASE | re.DOTALL))


def test_the_second_visitor_fights_the_form_and_buys_by_the_short_checkout(house, screen, visit):
    visitor = visit("Victor").fill_cart(LAMP).to_address()
    page = visitor.page
    for postcode in ("1", "12", "123", "1234"):
        visitor.say_where("DE", postcode)
        page.locator("#street").fill("Long Lane")
        page.locator("form button.main").click()
        expect(page.locator("#postcode-error")).not_to_be_empty()
    visitor.leave()
    [(_, _, template, cause)] = decided(house, visitor.email)
    assert (template, cause) == ("short_checkout", "confusing_checkout")
    link = re.search(rf'href="({re.escape(house.address)}/l/[^"]+)"', html(mail(house, visitor.email)))
    assert link is not None
    visitor.back(link[1].replace("&amp;", "&"))
    visitor.page.wait_for_url("**/checkout/short/**")
    expect(visitor.page.locator("#lines")).to_contain_text("Desk lamp")
    visitor.say_where("DE", "10115").pay()
    expect(visitor.page.locator("#order")).to_contain_text("EUR")
    person = house.person(visitor.email)
    house.until(lambda: house.ask("SELECT 1 FROM people_episode WHERE person = ? AND state = 'recovered'", person), "the cart is recovered")
    expect(portrait(screen, house, visitor.email).locator("main")).to_contain_text(re.compile("recovered", re.IGNORECASE))


def test_the_third_visitor_buys_and_gets_nothing(house, screen, visit):
    visitor = visit("Wanda").fill_cart(LAMP).to_address().say_where().go_on("shipping").go_on("payment").pay()
    house.until(lambda: house.ask("SELECT 1 FROM people_episode WHERE person = ? AND state = 'ordered'", house.person(visitor.email)), "the order is known")
    visitor.leave()
    later = visit("Wendelin").abandon_for_shipping()  # by the time somebody later is decided about, Wanda would have been
    decided(house, later.email)
    assert house.ask("SELECT count(*) FROM people_intent WHERE person = ?", house.person(visitor.email)) == [(0,)]
    assert house.mails(visitor.email) == []
    expect(portrait(screen, house, visitor.email).locator("main")).to_contain_text(re.compile("ordered", re.IGNORECASE))


def test_the_fourth_visitor_returns_and_buys_while_the_message_waits(house, screen, visit):
    house.settings(message_delay="1h")
    try:
        visitor = visit("Xenia").abandon_for_shipping()
        assert decided(house, visitor.email)[0][0] == "ready"
        visitor.back("/demo-shop/checkout/payment/").pay()
        house.until(lambda: decided(house, visitor.email)[0][0] == "cancelled", "the message is taken back")
    finally:
        house.settings(message_delay="0s")
    assert house.mails(visitor.email) == []
    screen.goto(f"/why/?person={house.person(visitor.email)}&automation=abandoned-cart")
    expect(screen.locator("main")).to_contain_text(re.compile("ordered|bought|taken up again|came back", re.IGNORECASE))
    screen.goto("/messages/?state=cancelled")
    expect(screen.locator("main")).to_contain_text("Xenia")


def test_the_fifth_visitor_unsubscribes_by_one_click_and_hears_no_more(house, screen, browser, visit):
    visitor = visit("Yann").abandon_for_shipping()
    message = mail(house, visitor.email)
    target = re.search(r"<(http[^>]+)>", str(message["List-Unsubscribe"]))
    assert target is not None
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    asked = visitor.context.request.post(target[1], form={"List-Unsubscribe": "One-Click"})
    assert asked.status == 200
    # They come again and buy, and later leave another cart behind: one that no message was sent for.
    visitor.back().fill_cart(LAMP).to_address().say_where().go_on("shipping").go_on("payment").pay()
    visitor.fill_cart().to_address().say_where().go_on("shipping").leave()
    person = house.person(visitor.email)
    left = "SELECT 1 FROM people_episode WHERE person = ? AND state = 'abandoned' AND outcome = 'skip' AND reason = 'unsubscribed'"
    house.until(lambda: house.ask(left, person), "the second cart was left and decided on")
    assert len(house.mails(visitor.email)) == 1
    screen.goto(f"/why/?person={person}&automation=abandoned-cart")
    expect(screen.locator("main")).to_contain_text(re.compile("unsubscribed", re.IGNORECASE))


def test_the_sixth_visitor_is_held_out_and_counted_in_the_control_arm(house, screen, visit):
    house.settings(holdout="100%")
    try:
        visitor = visit("Zoe").abandon_for_shipping()
        assert decided(house, visitor.email)[0][0] == "held_out"
    finally:
        house.settings(holdout="0")
    assert house.mails(visitor.email) == []
    expect(portrait(screen, house, visitor.email).locator("main")).to_contain_text(re.compile("held (back|out)", re.IGNORECASE))
    arms = dict(house.ask("SELECT state = 'held_out', count(DISTINCT person) FROM people_intent GROUP BY 1"))
    assert arms[1] >= 1
    screen.goto("/messages/effect/")
    rows = [[cell.strip() for cell in row.locator("td").all_inner_texts()] for row in screen.locator("table.effect tbody tr").all()]
    numbers = [[int(re.match(r"\d+", row[column])[0]) for column in (1, 2, 3, 4)] for row in rows]  # type: ignore[index]
    assert [sum(column) for column in zip(*numbers[:-1], strict=True)] == numbers[-1]
    treated, bought, held, _ = numbers[-1]
    assert (treated, held) == (arms[0], arms[1])
    assert bought >= 1  # Victor


def test_an_open_portrait_moves_with_a_click_in_the_shop_and_is_not_loaded_anew(house, screen, visit):
    visitor = visit("Ada").fill_cart(LAMP).to_address().say_where().go_on("shipping")
    person = house.until(lambda: house.person(visitor.email), "the visitor is known")
    visitor.page.goto("/demo-shop/")
    screen.goto(f"/people/{person}/")
    screen.evaluate(
        """() => { window.moved = 0;
        new MutationObserver(() => { if (!window.moved && document.body.innerText.includes('Cast iron pan')) window.moved = Date.now(); })
          .observe(document.body, {childList: true, subtree: true, characterData: true}); }"""
    )
    screen.wait_for_selector("html[data-connection=on]")
    visitor.page.get_by_role("link", name=re.compile("Cast iron pan")).first.click()
    visitor.page.wait_for_url("**/p/**")
    screen.wait_for_function("() => window.moved > 0")  # a page loaded anew would not have it


def test_the_first_steps_are_about_whoever_walked_the_shop_in_this_browser(house, member, screen, visit):
    mine = member.new_page()
    mine.goto(f"/demo-shop/p/{LAMP}/")
    mine.wait_for_function("() => document.cookie.includes('demo_visitor=')")
    colleague = visit("Cleo").fill_cart(LAMP).to_address().say_where().go_on("shipping")
    house.until(lambda: house.person(colleague.email), "the colleague is known")

    screen.goto("/start/")

    step = screen.locator(".checklist li", has_text="See your own portrait")
    expect(step).to_contain_text("you in the demo shop")
    expect(step).not_to_contain_text("Cleo")
    mine.evaluate("() => localStorage.removeItem('sojourn')")
    member.clear_cookies(name="demo_visitor")
    mine.close()
    screen.reload()
    expect(step).to_contain_text("Cleo Visitor: the newest visitor in the demo shop")


def test_links_of_a_mail_open_from_the_mailbox_and_its_unsubscribing_works(house, screen, visit):
    visitor = visit("Uma").abandon_for_shipping()
    mail(house, visitor.email)
    screen.goto("/messages/mailbox/?q=" + visitor.email)
    screen.locator("#mails a").first.click()
    frame = screen.frame_locator("iframe.mailframe")

    with screen.expect_popup() as opened:
        frame.locator("a[href*='/l/']").first.click()
    opened.value.wait_for_url("**/demo-shop/**")
    opened.value.close()

    with screen.expect_popup() as opened:
        frame.get_by_role("link", name=re.compile("unsubscribe", re.IGNORECASE)).click()
    opened.value.get_by_role("button", name=re.compile("unsubscribe", re.IGNORECASE)).click()
    expect(opened.value.locator("body")).to_contain_text("You are unsubscribed")
    opened.value.close()
    expect(portrait(screen, house, visitor.email).locator("main")).to_contain_text(re.compile("unsubscribed", re.IGNORECASE))


def test_enter_in_the_palette_waits_for_what_was_typed_last(screen):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    screen.goto("/people/")
    screen.keyboard.press("Control+k")
    field = screen.locator("#palette input")
    field.fill("messages")
    expect(screen.locator("#palette-0")).to_contain_text("Messages")
    screen.route(re.compile("/find/.q=health"), hold)

    field.fill("health")
    field.press("Enter")
    until(lambda: held or screen.wait_for_timeout(20), "the answer is on its way")
    expect(screen.locator("#palette-0")).to_contain_text("Messages")  # the stale row is still the first
    assert screen.url.endswith("/people/")

    held[-1].continue_()
    screen.wait_for_url("**/health/")
