"""Somebody who walks through the demo shop in a browser of their own."""

from typing import Self

from playwright.sync_api import Browser, Page, expect


class Shopper:
    """A visitor with a fresh browser; leaving closes its window, as people do."""

    def __init__(self, browser: Browser, address: str, first: str) -> None:
        self.email = f"{first.lower()}@visitors.example"
        self.first = first
        self.context = browser.new_context(base_url=address)
        self.page: Page = self.context.new_page()

    def close(self) -> None:
        self.context.close()

    def leave(self) -> Self:
        """Close the tab: what the snippet still has goes out as a beacon."""
        self.page.close(run_before_unload=False)
        return self

    def back(self, path: str = "/demo-shop/") -> Self:
        """Open a tab again, in the same browser."""
        self.page = self.context.new_page()
        self.page.goto(path)
        return self

    def fill_cart(self, product: str = "la-1") -> Self:
        self.page.goto(f"/demo-shop/p/{product}/")
        self.page.get_by_role("button", name="Put into the cart").click()
        expect(self.page.locator("#pieces")).not_to_be_empty()
        return self

    def to_address(self) -> Self:
        self.page.goto("/demo-shop/cart/")
        self.page.get_by_role("button", name="Go to the checkout").click()
        self.page.wait_for_url("**/checkout/address/")
        return self

    def say_where(self, country: str = "DE", postcode: str = "10115") -> Self:
        """Fill in the address, without sending it."""
        form = self.page
        for field, value in (("email", self.email), ("first", self.first), ("last", "Visitor"), ("street", "Long Lane 5"), ("city", "Town")):
            form.locator(f"#{field}").fill(value)
        form.locator("#country").select_option(country)
        form.locator("#postcode").fill(postcode)
        return self

    def go_on(self, to: str) -> Self:
        self.page.locator("form button.main").click()
        self.page.wait_for_url(f"**/{to}/")
        return self

    def pay(self) -> Self:
        for field, value in (("card", "4242 4242 4242 4242"), ("expiry", "12/29"), ("check", "123")):
            self.page.locator(f"#{field}").fill(value)
        self.page.get_by_role("button", name="Pay now").click()
        self.page.wait_for_url("**/thank-you/")
        return self

    def stage(self, name: str) -> Self:
        """Switch on what the director's panel offers to make the shop hurt."""
        self.page.goto("/demo-shop/")
        self.page.locator("#director summary").click()
        self.page.locator(f"#director input[name={name}]").check()
        self.page.wait_for_load_state()
        self.page.locator("#director summary").click()  # it lies over the page while it is open
        return self

    def abandon_for_shipping(self, product: str = "la-4") -> Self:
        """Meet a price of shipping that is out of proportion, and go."""
        self.stage("high").fill_cart(product).to_address().say_where().go_on("shipping")
        expect(self.page.locator("#ways")).to_contain_text("EUR")
        return self.leave()
