"""Page views in Chromium: every page once, also where no new document is loaded."""

import pytest
from playwright.sync_api import Page

from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def paths(door: Door) -> list[str]:
    return [fact.props["path"] + fact.props["search"] for fact in door.facts("page")]


def test_history_navigation_is_a_page_view_each_once(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Shop</h1>"))
    door.wait("page")
    for step in (
        "history.pushState({}, '', '/shoes')",
        "history.pushState({}, '', '/shoes?size=42')",
        "history.replaceState({}, '', '/shoes?size=43')",
        "history.replaceState({}, '', '/boots')",
        "history.pushState({}, '', '/boots')",
        "history.pushState({}, '', '/boots#detail')",
        "location.hash = '#/route'",
    ):
        page.evaluate(f"() => {{ {step} }}")
        page.wait_for_timeout(60)
    door.wait("page", 5)

    assert paths(door) == ["/", "/shoes", "/shoes?size=42", "/boots", "/boots"]
    assert door.facts("page")[-1].props["url"].endswith("/boots#/route")


def test_going_back_is_a_page_view_and_a_short_stay_is_a_way_back(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Shop</h1>"))
    door.wait("page")
    page.evaluate("() => history.pushState({}, '', '/shoes')")
    door.wait("page", 2)

    page.evaluate("() => history.back()")

    door.wait("page", 3)
    back = door.wait("Back Tracked")[0]
    assert paths(door) == ["/", "/shoes", "/"]
    assert (back.props["from"], back.props["to"]) == ("/shoes", "/")
    assert 0 < back.props["after_ms"] < 10_000


def test_a_page_that_leads_on_at_once_is_a_redirect_and_not_seen(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Shop</h1>"))
    door.wait("page")

    page.evaluate("() => { history.pushState({}, '', '/a'); history.pushState({}, '', '/b') }")

    door.wait("page", 2)
    assert paths(door) == ["/", "/b"]


def test_a_website_that_calls_page_itself_is_not_counted_twice(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<script>analytics.page()</script>"))
    door.wait("page")
    page.evaluate("() => { history.pushState({}, '', '/shoes'); analytics.page('Shoes') }")
    door.wait("page", 2)
    page.evaluate("() => { history.pushState({}, '', '/boots'); analytics.track('End') }")
    door.wait("End")

    assert [(fact.name, fact.props["path"]) for fact in door.facts("page")] == [("", "/"), ("Shoes", "/shoes")]


def test_a_late_call_of_page_for_a_page_already_counted_counts_nothing(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Shop</h1>"))
    door.wait("page")

    page.evaluate("() => { analytics.page(); analytics.track('End') }")

    door.wait("End")
    assert len(door.facts("page")) == 1


def test_a_page_left_at_once_is_seen_all_the_same(page: Page, door: Door, site: Site) -> None:
    site.put("<h1>Next</h1>", "/next", snippet=False)
    page.goto(site.put("<script>window.addEventListener('load', () => sojourn.ready(() => { location.href = '/next' }))</script>", "/first"))

    door.wait("page")
    assert paths(door) == ["/first"]


def test_addresses_lose_what_names_people_or_signs_them_in(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Shop</h1>", "/reset") + "?token=s3cret&email=ann@example.com&page=2&to=ben@example.com#access_token=abc")

    fact = door.wait("page")[0]
    assert fact.props["search"] == "?token=***&email=***&page=2&to=***"
    assert "s3cret" not in str(fact)
    assert "example.com" not in str(fact)
    assert "abc" not in fact.props["url"]
