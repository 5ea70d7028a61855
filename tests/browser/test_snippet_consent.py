"""Consent in Chromium: what is stored and sent before, after, and after it is taken back."""

from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser.door import Door, until
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"


def visit(page: Page, site: Site, body: str = "<button onclick='this.textContent=1'>Shop</button>", path: str = "/") -> None:
    page.goto(site.put(body, path))
    page.wait_for_function(LOADED)


def stored(page: Page) -> Any:
    return page.evaluate("() => [Object.keys(localStorage), Object.keys(sessionStorage), document.cookie]")


def test_before_consent_nothing_is_stored_and_nothing_is_sent(page: Page, door: Door, site: Site) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/v1/" in request.url else None)
    site.key = "wk_ask"
    site.put("<h1>Next</h1>", "/next")
    visit(page, site)

    page.evaluate("() => { analytics.identify('u-1', {plan: 'gold'}); sojourn.addToCart({product_id: 'p', price: 1}); analytics.group('g') }")
    page.click("button")
    page.wait_for_timeout(400)
    found = stored(page)
    page.goto(site.address + "/next")
    page.wait_for_function(LOADED)

    assert found == [[], [], ""]
    assert stored(page) == [[], [], ""]
    assert asked == []
    assert door.facts() == []


def test_with_consent_what_happened_on_this_page_is_sent_and_the_visitor_is_remembered(page: Page, door: Door, site: Site) -> None:
    site.key = "wk_ask"
    visit(page, site)
    page.wait_for_timeout(60)
    page.evaluate("() => analytics.track('Before')")

    page.evaluate("() => sojourn.consent({analytics: true, marketing: false}, {version: '2026-11'})")

    door.wait("Consent Changed", 2)
    assert door.names() == ["page", "Before", "Consent Changed", "Consent Changed"]
    assert [fact.props for fact in door.facts("Consent Changed")] == [
        {"channel": "web", "purpose": "analytics", "granted": True, "text_version": "2026-11"},
        {"channel": "web", "purpose": "marketing", "granted": False, "text_version": "2026-11"},
    ]
    page.reload()
    page.wait_for_function(LOADED)
    door.wait("page", 2)
    assert len({fact.anonymous_id for fact in door.facts()}) == 1
    assert page.evaluate("() => sojourn.consented()") == {"analytics": True, "chosen": True, "ask": True}


def test_a_no_forgets_what_was_held_and_stores_nothing(page: Page, door: Door, site: Site) -> None:
    site.key = "wk_ask"
    visit(page, site)
    page.evaluate("() => analytics.track('Before')")

    page.evaluate("() => { sojourn.consent({analytics: false}); analytics.track('After') }")
    page.wait_for_timeout(400)

    assert stored(page) == [[], [], ""]
    assert door.facts() == []


def test_taking_consent_back_is_told_clears_everything_and_stops(page: Page, door: Door, site: Site) -> None:
    site.key = "wk_ask"
    visit(page, site)
    page.evaluate("() => { sojourn.consent({analytics: true}); analytics.identify('u-1') }")
    door.wait("identify")
    before = page.evaluate("() => analytics.user().anonymousId()")

    page.evaluate("() => { analytics.track('Last'); sojourn.consent({analytics: false}); analytics.track('After') }")

    until(lambda: door.facts() and door.facts()[-1].props.get("granted") is False, "the revocation")
    page.wait_for_timeout(300)
    assert door.names()[-2:] == ["Last", "Consent Changed"]
    assert door.facts()[-1].anonymous_id == before
    assert stored(page) == [[], [], ""]
    assert page.evaluate("() => analytics.user().anonymousId()") != before
    page.reload()
    page.wait_for_function(LOADED)
    page.wait_for_timeout(300)
    assert door.names()[-1] == "Consent Changed"


def test_where_tracking_is_the_rule_a_refusal_is_remembered_without_an_id(page: Page, door: Door, site: Site) -> None:
    visit(page, site)
    door.wait("page")

    page.evaluate("() => sojourn.consent({analytics: false})")
    door.wait("Consent Changed")
    page.reload()
    page.wait_for_function(LOADED)
    page.evaluate("() => analytics.track('After')")
    page.wait_for_timeout(300)

    assert page.evaluate("() => ({...localStorage})") == {"sojourn": '{"k":0}'}
    assert door.names() == ["page", "Consent Changed"]


def test_consent_to_messages_is_about_the_channel(page: Page, door: Door, site: Site) -> None:
    visit(page, site)

    page.evaluate("() => sojourn.consent({email: true, sms: false})")

    door.wait("Consent Changed", 2)
    assert [fact.props for fact in door.facts("Consent Changed")] == [
        {"channel": "email", "purpose": "marketing", "granted": True},
        {"channel": "sms", "purpose": "marketing", "granted": False},
    ]


def test_taking_consent_back_in_one_tab_stops_the_other(context: BrowserContext, door: Door, site: Site) -> None:
    one, two = context.new_page(), context.new_page()
    visit(one, site)
    visit(two, site)
    door.wait("page", 2)

    one.evaluate("() => sojourn.consent({analytics: false})")
    two.wait_for_function("() => !sojourn.consented().analytics")
    two.evaluate("() => analytics.track('After')")
    two.wait_for_timeout(300)

    assert "After" not in door.names()
    assert one.evaluate("() => ({...localStorage})") == {"sojourn": '{"k":0}'}


@pytest.mark.parametrize("signal", ["globalPrivacyControl", "doNotTrack"])
def test_a_browser_that_asks_not_to_be_tracked_is_not(browser: Browser, door: Door, site: Site, signal: str) -> None:
    context = browser.new_context()
    context.add_init_script(f"Object.defineProperty(Navigator.prototype, '{signal}', {{get: () => '{signal}' === 'doNotTrack' ? '1' : true}})")
    page = context.new_page()
    visit(page, site)
    page.evaluate("() => analytics.track('Before')")
    page.wait_for_timeout(300)
    assert stored(page) == [[], [], ""]
    assert door.facts() == []

    page.evaluate("() => sojourn.consent({analytics: true})")

    door.wait("Consent Changed")
    site.attributes = 'data-dnt="ignore"'
    other = browser.new_context()
    other.add_init_script(f"Object.defineProperty(Navigator.prototype, '{signal}', {{get: () => '1'}})")
    other.new_page().goto(site.address)
    until(lambda: len(door.facts("page")) == 2, "a website may choose not to look at it")
    context.close()
    other.close()


def test_a_page_may_ask_first_where_the_workspace_does_not(page: Page, door: Door, site: Site) -> None:
    site.attributes = 'data-consent="ask"'
    visit(page, site)
    page.wait_for_timeout(300)

    assert stored(page) == [[], [], ""]
    assert door.facts() == []
