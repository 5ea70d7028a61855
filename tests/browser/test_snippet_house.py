"""From a click in a shop to the portrait: the snippet on a website, a real house behind it, a portrait in an open window."""

import re
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.door import until
from tests.browser.house import House, signed_in
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"
SHOP = """<h1>Oak lamp</h1><button id=broken>Apply coupon</button><button id=buy onclick="sojourn.addToCart({product_id: 'lamp', name: 'Oak lamp', price: 49.9,
currency: 'EUR'}); this.textContent = 'In the cart'">Buy</button>
<form id=checkout action=/><input name=email type=email required><button>Pay</button></form>"""


@pytest.fixture
def shop(house: House) -> Any:
    site = Site(house.address)
    site.key = house.write_key
    yield site
    site.close()


def test_the_engine_understands_what_the_snippet_sends(page: Page, shop: Site, house: House) -> None:
    page.goto(shop.put(SHOP, "/lamp"))
    page.wait_for_function(LOADED)
    visitor = page.evaluate("() => analytics.user().anonymousId()")
    for _ in range(4):
        page.click("#broken")
    page.click("#buy")
    page.evaluate("() => { sojourn.checkout({value: 49.9, currency: 'EUR'}); sojourn.shippingShown(14.9, {value: 49.9, currency: 'EUR'}) }")
    page.fill("[name=email]", "no address")
    page.click("form button")
    page.wait_for_timeout(1300)

    def hurt() -> Any:
        portrait = house.person(visitor, "anonymous_id")
        return portrait if {"Rage Click", "Form Field Error"} <= set(portrait.get("friction", {})) else None

    portrait = until(hurt, "the portrait shows what hurt")
    (cart,) = portrait["episodes"]
    assert (cart["value"], cart["currency"], cart["shipping"]) == ("49.90", "EUR", "14.90")


def test_an_open_portrait_moves_when_somebody_clicks_in_the_shop(browser: Browser, page: Page, shop: Site, house: House, owner: Any) -> None:
    page.goto(shop.put(SHOP, "/lamp"))
    page.wait_for_function(LOADED)
    page.evaluate("() => analytics.identify('dora', {name: 'Dora Example', email: 'dora@example.com'})")
    until(lambda: house.person("dora").get("id"), "Dora is known")
    with signed_in(browser, owner) as context:
        window = context.new_page()
        window.goto(f"{house.address}/people/{house.person('dora')['id']}/")
        expect(window.get_by_text("Dora Example").first).to_be_visible()
        window.wait_for_selector("html[data-connection=on]")
        window.evaluate("() => { window.stayed = true }")
        assert window.get_by_text(re.compile("Oak lamp")).count() == 0

        page.click("#buy")

        expect(window.get_by_text(re.compile("Oak lamp")).first).to_be_visible()
        assert window.evaluate("() => window.stayed") is True
