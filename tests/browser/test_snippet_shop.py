"""The shop helpers in Chromium: events by their names, one cart id until the order, and warnings while one builds."""

import pytest
from playwright.sync_api import Page

from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"


@pytest.fixture
def warned(page: Page, site: Site) -> list[str]:
    warned: list[str] = []
    page.on("console", lambda message: warned.append(message.text) if message.type == "warning" else None)
    site.attributes = 'data-auto="off"'
    page.goto(site.put("<h1>Shop</h1>"))
    page.wait_for_function(LOADED)
    return warned


def test_a_walk_through_a_shop_is_told_in_the_words_the_engine_knows(page: Page, door: Door, warned: list[str]) -> None:
    page.evaluate(
        """() => { const p = {product_id: 'p-1', name: 'Lamp', price: 49.9, currency: 'EUR'}; const s = sojourn;
        s.search('lamp', {results: 3}); s.search('lanp', {results: 0}); s.product(p); s.addToCart({...p, quantity: 2}); s.removeFromCart('p-1', {price: 49.9});
        s.cart([{...p, quantity: 1}], {value: 49.9, currency: 'EUR'}); s.checkout({value: 49.9, currency: 'EUR', products: [p]}); s.accountRequired('login');
        s.checkoutStep('shipping'); s.shippingShown(12.9, {value: 49.9, currency: 'EUR'}); s.deliveryShown(5); s.checkoutStepDone('shipping');
        s.couponEntered('HI'); s.couponDenied('HI', {reason: 'expired'}); s.couponApplied('HO', {discount: 5}); s.paymentEntered('card');
        s.paymentFailed('declined'); s.outOfStock('p-2'); s.errorShown('Try again');
        s.order({order_id: 'o-1', total: 62.8, currency: 'EUR', products: [p]}) }"""
    )

    door.wait("Order Completed")
    assert door.names() == [
        *("Products Searched", "Search Without Result", "Products Searched", "Product Viewed", "Product Added", "Product Removed", "Cart Viewed"),
        *("Checkout Started", "Account Required Shown", "Checkout Step Viewed", "Shipping Cost Shown", "Delivery Time Shown", "Checkout Step Completed"),
        *(
            "Coupon Entered",
            "Coupon Denied",
            "Coupon Applied",
            "Payment Info Entered",
            "Payment Failed",
            "Out Of Stock Shown",
            "Error Shown",
            "Order Completed",
        ),
    ]
    assert warned == []
    shipping = door.facts("Shipping Cost Shown")[0].props
    cart_id = shipping.pop("cart_id")
    assert shipping == {"shipping": 12.9, "value": 49.9, "currency": "EUR"}
    assert door.facts("Delivery Time Shown")[0].props == {"days": 5, "cart_id": cart_id}
    assert door.facts("Payment Failed")[0].props == {"reason": "declined", "cart_id": cart_id}
    assert door.facts("Product Viewed")[0].props == {"product_id": "p-1", "name": "Lamp", "price": 49.9, "currency": "EUR"}
    assert {fact.props["cart_id"] for fact in door.facts() if "cart_id" in fact.props} == {cart_id}
    assert "cart_id" in door.facts("Order Completed")[0].props


def test_the_cart_keeps_its_id_over_pages_until_it_is_ordered(page: Page, door: Door, warned: list[str]) -> None:
    page.evaluate("() => sojourn.addToCart({product_id: 'p', price: 1})")
    page.reload()
    page.wait_for_function(LOADED)
    page.evaluate("() => { sojourn.checkout(1); sojourn.order('o-1', {products: []}); sojourn.addToCart({product_id: 'q', price: 1}) }")
    door.wait("Product Added", 2)

    one, two, three, four = (fact.props["cart_id"] for fact in door.facts())
    assert one == two == three
    assert four != one


def test_a_cart_id_of_the_shop_is_taken_over(page: Page, door: Door, warned: list[str]) -> None:
    page.evaluate("() => { sojourn.addToCart({product_id: 'p', price: 1, cart_id: 'c-77'}); sojourn.checkout(1) }")
    door.wait("Checkout Started")

    assert [fact.props["cart_id"] for fact in door.facts()] == ["c-77", "c-77"]


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        ("addToCart({price: 1})", "Sojourn: addToCart needs product_id"),
        ("addToCart({product_id: 'p', price: '49,90'})", "Sojourn: addToCart cannot take price 49,90"),
        ("addToCart({product_id: 'p', price: NaN})", "Sojourn: addToCart cannot take price NaN"),
        ("addToCart({product_id: 'p', price: -1})", "Sojourn: addToCart cannot take price -1"),
        ("addToCart({product_id: 'p', price: 1, currency: '€'})", "Sojourn: addToCart cannot take currency €"),
        ("cart([{name: 'Lamp'}])", "Sojourn: cart needs product_id"),
        ("order({products: []})", "Sojourn: order needs order_id"),
        ("shippingShown()", "Sojourn: shippingShown needs shipping"),
    ],
)
def test_what_is_missing_or_wrong_is_said_in_the_console_and_sent_all_the_same(page: Page, door: Door, warned: list[str], call: str, sentence: str) -> None:
    page.evaluate(f"() => {{ sojourn.{call}; analytics.track('End') }}")

    door.wait("End")
    assert warned == [sentence]
    assert len(door.facts()) == 2
