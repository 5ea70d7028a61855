"""The story: a dozen named people of the demo shop, what happens to each, and what there is to see about them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from sojourn.apps.demo.shop import ADDRESS, BROWSERS, CATALOGUE, CURRENCY, Product
from sojourn.terms.time import DAY, MINUTE, SECOND, Millis, to_iso

_BY_ID: Final = {product.id: product for product in CATALOGUE}
DOMAIN: Final = "mail.example"
"""Where all made-up people have their mail: a reserved name, at which no mail server can ever answer (RFC 2606)."""


class Walk:
    """One person's way as it is written down. Times are given as time before the story is told."""

    def __init__(self, key: str, name: str, told_at: Millis, browser: str = BROWSERS[1], country: str = "DE") -> None:
        self.key = key
        self.first, _, self.last = name.partition(" ")
        self.told_at = told_at
        self.now = told_at
        self.device = "a"
        self.known = False
        self.browser = browser
        self.country = country
        self.path = "/"
        self.cart: dict[Product, int] = {}
        self.carts = 0
        self.past: list[dict[str, Any]] = []
        self.fresh: list[dict[str, Any]] = []

    @property
    def email(self) -> str:
        """Their address, such as ann.berger@mail.example."""
        return f"{self.first}.{self.last}@{DOMAIN}".lower()

    def at(self, before: Millis) -> "Walk":
        """Go on at that time before the telling."""
        self.now = self.told_at - before
        return self

    def on(self, device: str, browser: str) -> "Walk":
        """Go on with another device, on which nobody is signed in."""
        self.device, self.browser, self.known = device, browser, False
        return self

    def page(self, path: str, title: str) -> "Walk":
        """Look at a page."""
        self.path = path
        return self._say({"type": "page", "name": title, "properties": {"path": path, "url": ADDRESS + path, "title": title}})

    def track(self, event: str, path: str = "", /, **props: Any) -> "Walk":
        """Do something, on that page."""
        self.path = path or self.path
        return self._say({"type": "track", "event": event, "properties": props})

    def identify(self) -> "Walk":
        """Say who one is."""
        self.known = True
        return self._say({"type": "identify", "traits": {"email": self.email, "firstName": self.first, "lastName": self.last}})

    def view(self, *products: str) -> "Walk":
        """Look at products."""
        for product in products:
            self.track("Product Viewed", f"/p/{product}", **listed(_BY_ID[product]))
        return self

    def fill(self, *products: str) -> "Walk":
        """Put products into a cart; a new one where the last was bought."""
        if not self.cart:
            self.carts += 1
        for product in map(_BY_ID.__getitem__, products):
            self.view(product.id)
            self.cart[product] = self.cart.get(product, 0) + 1
            self.track("Product Added", f"/p/{product.id}", **listed(product), cart_id=self.cart_id)
        return self

    def check_out(self) -> "Walk":
        """Look at the cart and begin to check out."""
        self.track("Cart Viewed", "/cart", products=self.lines(), cart_id=self.cart_id)
        return self.track("Checkout Started", "/checkout", value=self.worth / 100, currency=CURRENCY, products=self.lines(), cart_id=self.cart_id)

    def step(self, name: str) -> "Walk":
        """Be at a step of the checkout."""
        return self.track("Checkout Step Viewed", f"/checkout/{name}", step=name, cart_id=self.cart_id)

    def shipping(self, cents: int, days: int) -> "Walk":
        """Meet the shipping step and what it says; what is worse is looked at last."""
        self.step("shipping")
        told: list[tuple[str, dict[str, Any]]] = [
            ("Delivery Time Shown", {"days": days}),
            ("Shipping Cost Shown", {"shipping": cents / 100, "value": self.worth / 100, "currency": CURRENCY}),
        ]
        for event, props in reversed(told) if days > 6 else told:
            self.track(event, cart_id=self.cart_id, **props)
        return self

    def buy(self, shipping: int = 490) -> "Walk":
        """Pay, and begin anew."""
        self.step("payment").track("Payment Info Entered", payment_method="card", cart_id=self.cart_id)
        self.track(
            "Order Completed", "/thank-you", order_id=f"story-{self.key}-{self.carts}", total=(self.worth + shipping) / 100,
            revenue=self.worth / 100, shipping=shipping / 100, currency=CURRENCY, products=self.lines(), cart_id=self.cart_id,
        )  # fmt: skip
        self.cart = {}
        return self

    @property
    def cart_id(self) -> str:
        """The id of the cart in hand."""
        return f"story-{self.key}-{self.carts}"

    @property
    def worth(self) -> int:
        """What is in the cart, in cents."""
        return sum(product.price * pieces for product, pieces in self.cart.items())

    def lines(self) -> list[dict[str, Any]]:
        """The cart's products as events list them."""
        return [{**listed(product), "quantity": pieces} for product, pieces in self.cart.items()]

    def _say(self, event: dict[str, Any]) -> "Walk":
        kept = self.past if self.told_at - self.now > DAY else self.fresh
        event |= {
            "anonymousId": f"story-{self.key}-{self.device}",
            "timestamp": to_iso(self.now),
            "messageId": f"story-{self.key}-{len(self.past) + len(self.fresh)}",
            "context": {"page": {"path": self.path, "url": ADDRESS + self.path}, "userAgent": self.browser, "location": {"country": self.country}},
        }
        if self.known:
            event["userId"] = f"story-{self.key}"
        kept.append(event)
        self.now += 3 * SECOND
        return self


def listed(product: Product) -> dict[str, Any]:
    """A product as events name it."""
    return {
        "product_id": product.id, "name": product.name, "category": product.category, "brand": product.brand,
        "price": product.price / 100, "currency": CURRENCY, "url": f"{ADDRESS}/p/{product.id}",
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Role:
    """Somebody of the story: what happened to them, what to look at, and the way that is sent."""

    key: str
    name: str
    happened: str
    look: str
    truth: str
    walk: Callable[[Walk], Walk]


def _ann(way: Walk) -> Walk:
    way.at(100 * SECOND).page("/", "Home").fill("la-1", "ki-5").check_out().identify().step("address")
    return way.shipping(2390, 2).page("/shipping-and-delivery", "Shipping")


def _ben(way: Walk) -> Walk:
    way.at(115 * SECOND).page("/", "Home").fill("ou-5").check_out().step("account").identify().step("address")
    for field, message in (("postcode", "Five digits"), ("phone", "Not a number"), ("postcode", "Five digits"), ("street", "Too long"), ("phone", "Missing")):
        way.track("Form Field Error", form="address", field=field, message=message)
    way.track("Rage Click", label="Continue", count=5)
    return way.track("Form Abandoned", form="address", last_field="phone")


def _cleo(way: Walk) -> Walk:
    return way.at(90 * SECOND).page("/", "Home").fill("bo-1").check_out().identify().step("address").shipping(290, 2).buy(290)


def _emil(way: Walk) -> Walk:
    way.at(31 * DAY).page("/", "Home").fill("ga-1").check_out().identify().shipping(490, 3).buy()
    way.at(30 * DAY).track("Unsubscribed", channel="email", purpose="marketing")
    return way.at(95 * SECOND).page("/", "Home").fill("ga-4").check_out().step("address").shipping(1890, 2)


def _frida(way: Walk) -> Walk:
    way.at(85 * SECOND).page("/", "Home").identify().fill("ki-4").check_out()
    return way.track("Account Required Shown", "/checkout/account").track("Dead Click", label="Continue as guest")


def _gregor(way: Walk) -> Walk:
    way.at(110 * SECOND).page("/", "Home").fill("la-3").check_out().identify().step("address").shipping(0, 3).step("payment")
    for reason in ("declined", "3ds_failed"):
        way.track("Payment Info Entered", payment_method="card").track("Payment Failed", reason=reason)
    return way


def _hana(way: Walk) -> Walk:
    way.at(88 * SECOND).page("/", "Home").identify().fill("ki-3").track("Cart Viewed", "/cart", products=way.lines(), cart_id=way.cart_id)
    return way.track("Out Of Stock Shown", product_id="ki-3")


def _ivo(way: Walk) -> Walk:
    way.at(120 * SECOND).page("/", "Home").view("la-1", "la-2", "la-3", "la-5").fill("la-2").view("la-1", "la-3", "la-2")
    return way.track("Product Added to Wishlist", **listed(_BY_ID["la-2"]))


def _jutta(way: Walk) -> Walk:
    for days, products in ((57, ("bo-2",)), (41, ("ga-1", "ga-3")), (23, ("bo-4", "ga-2")), (9, ("ga-5",))):
        way.at(days * DAY).page("/", "Home")
        if not way.known:
            way.identify()
        way.fill(*products).check_out().step("address").shipping(390, 3).buy(390)
    return way.at(40 * SECOND).page("/", "Home").view("bo-3", "bo-5")


def _karim(way: Walk) -> Walk:
    way.at(16 * DAY).page("/", "Home").identify().fill("ou-3").check_out().step("address").shipping(1490, 3)
    way.at(14 * DAY).track("Cart Viewed", "/cart", products=way.lines(), cart_id=way.cart_id).track("Coupon Entered", coupon_id="FREESHIP")
    return way.track("Coupon Applied", coupon_id="FREESHIP").shipping(0, 3).buy(0)


def _lena(way: Walk) -> Walk:
    way.at(6 * DAY).on("phone", BROWSERS[0]).page("/", "Home").view("ou-1", "ou-2")
    way.at(5 * DAY).page("/c/outdoor", "Outdoor").view("ou-1").identify()
    way.at(2 * DAY).on("laptop", BROWSERS[3]).page("/", "Home").view("ou-1", "ou-5")
    return way.at(2 * DAY - 10 * MINUTE).identify().fill("ou-1").check_out().step("address").shipping(0, 2).buy(0)


def _mats(way: Walk) -> Walk:
    way.at(92 * SECOND).page("/", "Home").fill("la-4").check_out().identify().step("address")
    return way.shipping(290, 14).page("/shipping-and-delivery", "Delivery")


ROLES: Final = (
    Role("ann", "Ann Berger", "Met 23.90 EUR of shipping on a cart of 78.90 EUR, and left.", "Shipping cost comes first, and the mail offers free shipping.",
         "shipping_cost", _ann),
    Role("ben", "Ben Fischer", "Fought the address form: five errors, five angry clicks.", "The mail leads to a short checkout on one page.",
         "confusing_checkout", _ben),
    Role("cleo", "Cleo Martin", "Bought a book without any trouble.", "Nothing was sent, for there was nothing to mend.", "", _cleo),
    Role("emil", "Emil Lund", "Unsubscribed a month ago, came again, met high shipping and left.", "Nothing was sent, and the page says why.",
         "shipping_cost", _emil),
    Role("frida", "Frida Holm", "Was asked for an account before she could order.", "Being forced to make an account comes first.", "forced_account", _frida),
    Role("gregor", "Gregor Baum", "His card was declined twice.", "The mail offers help with paying.", "payment_trouble", _gregor),
    Role("hana", "Hana Novak", "Had the bread box in her cart when it was sold out.", "The mail is about what is out of stock.", "out_of_stock", _hana),
    Role("ivo", "Ivo Rossi", "Compared lamps for long, and never said who he is.", "Nothing was sent: no address is known.", "comparing", _ivo),
    Role("jutta", "Jutta Lang", "Bought four times in two months and looks around again.", "A customer with orders, likes and a long timeline.", "", _jutta),
    Role("karim", "Karim Haddad", "Left a cart, came back two days later and bought it.", "A cart that was recovered by itself: history fires nothing.",
         "shipping_cost", _karim),
    Role("lena", "Lena Vogt", "Looked on her phone, bought on her laptop.", "Two devices became one person when she signed in.", "", _lena),
    Role("mats", "Mats Dahl", "Was told that delivery takes 14 days, and left.", "Delivery time comes first.", "delivery_time", _mats),
)  # fmt: skip


def told(at: Millis) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The events of the story as told at that instant, oldest first: those of days ago, which fire nothing, and those of the last minutes."""
    walks = [role.walk(Walk(role.key, role.name, at)) for role in ROLES]

    def in_order(events: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(events, key=lambda event: (event["timestamp"], event["messageId"]))

    return in_order(event for walk in walks for event in walk.past), in_order(event for walk in walks for event in walk.fresh)


def truths() -> list[dict[str, str]]:
    """Why each of them left, as planted."""
    return [{"anonymous_id": f"story-{role.key}-a", "name": role.name, "cause": role.truth} for role in ROLES]
