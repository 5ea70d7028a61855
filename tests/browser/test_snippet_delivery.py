"""Delivery in Chromium: nothing is lost, nothing counts twice, whatever becomes of the page, the network and the server."""

import json

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.door import Door, until
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"
STORED = "() => Object.keys(localStorage).filter(name => name.startsWith('sojourn.q.')).length"


def visit(page: Page, site: Site, path: str = "/") -> None:
    site.attributes = 'data-auto="off"'
    page.goto(site.put("<h1>Shop</h1>", path))
    page.wait_for_function(LOADED)


def test_events_travel_together_and_leave_the_storage(page: Page, door: Door, site: Site) -> None:
    visit(page, site)

    page.evaluate("() => { for (let n = 0; n < 20; n++) analytics.track('E', {n}) }")

    door.wait("E", 20)
    assert [fact.props["n"] for fact in door.facts()] == list(range(20))
    assert len(door.bodies) == 1
    assert door.bodies[0]["writeKey"] == "wk_shop"
    page.wait_for_function(f"() => ({STORED})() === 0")


def test_what_could_not_be_sent_survives_a_reload_with_its_id_and_its_time(page: Page, door: Door, site: Site) -> None:
    visit(page, site)
    door.answer = (503, {"retry-after": "60", "access-control-expose-headers": "Retry-After"})
    sent = page.evaluate("async () => { const { event } = await analytics.track('Kept'); return [event.messageId, event.timestamp] }")
    until(lambda: door.turned_away == 1, "the server turned it away")
    door.answer = None

    page.reload()

    fact = door.wait("Kept")[0]
    assert fact.message_id == sent[0]
    assert fact.raw["timestamp"] == sent[1] if isinstance(sent[1], str) else True
    page.wait_for_function(f"() => ({STORED})() === 0")
    assert len(door.facts()) == 1


def test_a_server_in_trouble_is_asked_again_after_the_time_it_says(page: Page, door: Door, site: Site) -> None:
    visit(page, site)
    door.answer = (429, {"retry-after": "2", "access-control-expose-headers": "Retry-After"})
    page.evaluate("() => analytics.track('Patient')")
    until(lambda: door.turned_away == 1, "the server turned it away")

    page.wait_for_timeout(1400)
    assert door.turned_away == 1
    door.answer = None

    assert len(door.wait("Patient")) == 1


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_final_no_is_said_in_the_console_and_not_repeated(page: Page, door: Door, site: Site, status: int) -> None:
    visit(page, site)
    door.answer = (status, {})

    with page.expect_console_message(lambda message: message.text == f"Sojourn: events were refused with status {status}"):
        page.evaluate("() => analytics.track('Refused')")

    page.wait_for_function(f"() => ({STORED})() === 0")
    page.wait_for_timeout(300)
    assert door.turned_away == 1


def test_what_happens_without_a_network_is_sent_when_it_is_back(context: BrowserContext, page: Page, door: Door, site: Site) -> None:
    visit(page, site)
    context.set_offline(True)
    page.evaluate("() => { analytics.track('Under Way', {n: 1}); analytics.track('Under Way', {n: 2}) }")
    page.wait_for_timeout(300)
    assert page.evaluate(STORED) == 2

    context.set_offline(False)

    assert [fact.props["n"] for fact in door.wait("Under Way", 2)] == [1, 2]


def test_more_than_one_beacon_holds_is_sent_on_leaving(page: Page, door: Door, site: Site) -> None:
    site.put("<h1>Next</h1>", "/next", snippet=False)
    visit(page, site)

    page.evaluate("() => { for (let n = 0; n < 12; n++) analytics.track('Big', {n, text: 'x'.repeat(9000)}); location.href = '/next' }")

    page.wait_for_url("**/next")
    until(lambda: len(door.facts("Big")) >= 6, "what a beacon holds is there")
    site.attributes = 'data-auto="off"'
    page.goto(site.address + "/")
    door.wait("Big", 12)
    assert sorted(fact.props["n"] for fact in door.facts("Big")) == list(range(12))


def test_an_event_larger_than_a_beacon_is_sent_all_the_same(page: Page, door: Door, site: Site) -> None:
    visit(page, site)

    page.evaluate("() => analytics.track('Huge', {text: 'ä'.repeat(100000)})")

    assert len(door.wait("Huge")[0].props["text"]) == 100_000


def test_two_tabs_send_everything_once_and_share_who_the_visitor_is(context: BrowserContext, door: Door, site: Site) -> None:
    one, two = context.new_page(), context.new_page()
    visit(one, site)
    visit(two, site)

    for n in range(10):
        one.evaluate(f"() => analytics.track('Tab', {{n: {n}, tab: 1}})")
        two.evaluate(f"() => analytics.track('Tab', {{n: {n}, tab: 2}})")
    one.evaluate("() => analytics.identify('u-1')")
    two.wait_for_function("() => analytics.user().id() === 'u-1'")

    door.wait("Tab", 20)
    assert sorted((fact.props["tab"], fact.props["n"]) for fact in door.facts("Tab")) == [(tab, n) for tab in (1, 2) for n in range(10)]
    assert len({fact.anonymous_id for fact in door.facts()}) == 1


def test_what_a_closed_tab_left_behind_is_sent_by_the_next(context: BrowserContext, door: Door, site: Site) -> None:
    one = context.new_page()
    visit(one, site)
    door.answer = (500, {})
    one.evaluate("() => { analytics.track('Left'); analytics.track('Left') }")
    until(lambda: door.turned_away, "the server turned it away")
    one.close()
    door.answer = None

    visit(context.new_page(), site)

    assert len(door.wait("Left", 2)) == 2


def test_what_is_under_way_when_the_page_is_left_is_sent_by_the_next_if_the_server_failed(page: Page, door: Door, site: Site) -> None:
    site.put("<h1>Next</h1>", "/next", snippet=False)
    visit(page, site)
    door.held.clear()
    door.answer = (502, {})
    sent = page.evaluate("async () => (await analytics.track('Under Way')).event.messageId")
    until(lambda: door.turned_away == 1, "the request is under way")
    page.goto(site.address + "/next")
    door.held.set()
    door.answer = None

    visit(page, site)

    assert [fact.message_id for fact in door.wait("Under Way")] == [sent]


def test_what_waits_behind_a_request_under_way_goes_when_the_page_is_left(page: Page, door: Door, site: Site) -> None:
    site.attributes = ""
    site.put("<h1>Next</h1>", "/next", snippet=False)
    page.goto(site.put("<h1>Shop</h1>"))
    page.wait_for_function(LOADED)
    door.wait("page")
    door.held.clear()
    door.answer = (502, {})
    page.evaluate("() => analytics.track('Under Way')")
    until(lambda: door.turned_away == 1, "the request is under way")
    door.answer = None

    page.evaluate("() => { analytics.track('Waiting'); location.href = '/next' }")

    door.wait("Waiting")
    door.held.set()


def test_where_storage_is_blocked_everything_works_in_memory(page: Page, door: Door, site: Site) -> None:
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('no', 'SecurityError') }})")
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    visit(page, site)
    door.answer = (500, {})

    page.evaluate("() => { analytics.identify('u-1'); analytics.track('A') }")
    until(lambda: door.turned_away, "the server turned it away")
    door.answer = None

    assert door.wait("A")[0].user_id == "u-1"
    assert broken == []


def test_where_storage_is_full_everything_works_in_memory(page: Page, door: Door, site: Site) -> None:
    visit(page, site)
    page.evaluate("() => { let size = 1 << 22; while (size) { try { localStorage['full' + size + Math.random()] = 'x'.repeat(size) } catch { size >>= 1 } } }")

    page.evaluate("() => analytics.track('A')")

    assert len(door.wait("A")) == 1


def test_at_most_five_hundred_events_wait_and_the_oldest_go(page: Page, door: Door, site: Site) -> None:
    visit(page, site)
    door.answer = (503, {"retry-after": "1", "access-control-expose-headers": "Retry-After"})
    page.evaluate("() => { for (let n = 0; n < 510; n++) analytics.track('E', {n}) }")
    assert page.evaluate(STORED) == 500
    door.answer = None

    door.wait("E", 500)
    assert [fact.props["n"] for fact in door.facts("E")] == list(range(10, 510))


def test_a_page_that_cannot_reach_the_server_is_not_disturbed(page: Page, site: Site) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    site.attributes = 'data-host="http://127.0.0.1:9"'

    page.goto(site.put("<h1>Shop</h1><script>analytics.track('A')</script>"))
    page.wait_for_function(LOADED)
    page.wait_for_function(f"() => ({STORED})() >= 2")

    assert broken == []
    assert json.loads(page.evaluate("() => localStorage.sojourn"))["a"]
