"""Shoppers with a known reason: journeys through a shop in which we planted why each cart is left.

Every chance in here was set by hand after how people shop, and none is read from the engine's priors or weights: the two were made apart, so that a
trial of one against the other says something. The mix of planted reasons lies near Baymard's survey without being it.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from random import Random
from typing import Any, Final

import msgspec

from sojourn.apps.demo.shop import ADDRESS, BROWSERS, CAMPAIGNS, CATALOGUE, CURRENCY, FIRST_NAMES, LAST_NAMES, PLACES, Product
from sojourn.terms.episodes import Cause
from sojourn.terms.facts import Fact
from sojourn.terms.time import HOUR, SECOND, Millis, from_datetime, to_iso

MIX: Final[dict[str, float]] = {
    Cause.COMPARING: 0.27,
    Cause.UNKNOWN: 0.22,
    Cause.SHIPPING_COST: 0.13,
    Cause.FORCED_ACCOUNT: 0.07,
    Cause.CONFUSING_CHECKOUT: 0.07,
    Cause.DELIVERY_TIME: 0.06,
    Cause.TECHNICAL_TROUBLE: 0.05,
    Cause.TOTAL_PRICE: 0.05,
    Cause.PAYMENT_TROUBLE: 0.04,
    Cause.OTHER_FEES: 0.03,
    Cause.OUT_OF_STOCK: 0.01,
}
"""Of the carts that are left: how many for which reason."""
ORDERS: Final = 0.28
LOOKERS: Final = 0.12
"""Of all shoppers: how many buy, and how many never fill a cart."""
KNOWN: Final = 0.55
"""Shoppers who say who they are."""
BLIND: Final = 0.15
"""Journeys of which the shop's tracking loses one or two kinds of event."""
FAINT: Final = 0.2
"""Reasons that leave no stronger trace than they would with anybody."""
COMES_BACK: Final = 0.05
"""Left carts that are taken up again within two days; half of them are bought then."""
LOSABLE: Final = (
    *("Shipping Cost Shown", "Delivery Time Shown", "Form Field Error", "Account Required Shown", "Payment Failed", "Error Shown"),
    *("Checkout Step Viewed", "Cart Viewed", "Product Viewed", "Coupon Denied"),
)


class Persona(msgspec.Struct, frozen=True):
    """Who shops. `email` is empty where they never say who they are."""

    anonymous_id: str
    user_id: str
    email: str
    first_name: str
    country: str
    locale: str
    zone: str
    browser: str


class Journey(msgspec.Struct, frozen=True):
    """One shopper's way. `outcome` is abandoned, recovered, ordered or looked; `truth` is the planted reason, empty where no cart was left."""

    number: int
    truth: str
    outcome: str
    persona: Persona
    events: list[dict[str, Any]]  # as Segment's HTTP API takes them, in the order of their timestamps
    lost: tuple[str, ...] = ()  # kinds of event the tracking did not send
    faint: bool = False


def journeys(seed: int, shoppers: int, start_ms: Millis, span_ms: Millis = 6 * HOUR) -> Iterator[Journey]:
    """The ways of so many shoppers who begin within `span_ms` after `start_ms`, in the order they begin. Same arguments, same journeys."""
    random = Random(seed)
    starts = sorted(start_ms + random.randrange(span_ms) for _ in range(shoppers))
    for number, start in enumerate(starts):
        yield _Way(Random(f"{seed}/{number}"), seed, number, start).journey()


def stream(ways: Iterable[Journey]) -> list[dict[str, Any]]:
    """All events of these journeys as one shop would send them, in the order of their timestamps."""
    return sorted((event for way in ways for event in way.events), key=lambda event: (event["timestamp"], event["messageId"]))


def fact_of(event: dict[str, Any]) -> Fact:
    """An event as the log would hold it, for trials without a front door."""
    return Fact(
        kind=event["type"],
        name=event.get("event") or event.get("name") or "",
        at=from_datetime(datetime.fromisoformat(event["timestamp"])),
        message_id=event["messageId"],
        anonymous_id=event.get("anonymousId"),
        user_id=event.get("userId"),
        props=event.get("properties", {}),
        traits=event.get("traits", {}),
        context=event.get("context", {}),
    )


class _Left(Exception):
    """The shopper is gone."""


class _Way:
    """One shopper on their way; events gather as it is walked."""

    def __init__(self, random: Random, seed: int, number: int, start: Millis) -> None:
        self.random = random
        self.tag = f"{seed}-{number}"
        self.number = number
        self.now = start
        self.events: list[dict[str, Any]] = []
        self.cart: dict[Product, int] = {}
        self.path = "/"
        self.known = False
        self.persona = self._persona()
        self.campaign = random.choice(CAMPAIGNS)
        self.lost = tuple(random.sample(LOSABLE, random.choice((1, 1, 2)))) if self.happens(BLIND) else ()
        self.truth = ""
        self.faint = False

    def journey(self) -> Journey:
        """Walk it."""
        kind = self.random.random()
        outcome = "ordered" if kind < ORDERS else "looked" if kind < ORDERS + LOOKERS else "abandoned"
        if outcome == "abandoned":
            self.truth = self.random.choices([str(cause) for cause in MIX], list(MIX.values()))[0]
            self.faint = self.happens(FAINT)
        self.look_around()
        if outcome != "looked":
            try:
                self.fill_cart()
                self.check_out()
                self.buy()
            except _Left:
                pass
        if outcome == "abandoned" and self.happens(COMES_BACK):
            outcome = self.come_back()
        return Journey(self.number, self.truth, outcome, self.persona, self.events, self.lost, self.faint)

    # -- chance

    def happens(self, chance: float) -> bool:
        return self.random.random() < chance

    def plainly(self, cause: str, chance: float, otherwise: float) -> bool:
        """Whether something happens that belongs to a reason: with `chance` where it is this shopper's and not a faint one."""
        return self.happens(chance if self.truth == cause and not self.faint else otherwise)

    def wait(self, least: float, most: float) -> None:
        """Seconds go by, more often few than many."""
        self.now += int(SECOND * (least + (most - least) * self.random.random() ** 2))

    def leave(self, cause: str, chance: float = 1.0) -> None:
        """Go away here if this is one's reason."""
        if self.truth == cause and self.happens(chance):
            raise _Left

    def wander_off(self, chance: float) -> None:
        """The doorbell, a second thought, a shop one does not trust: nothing to be seen."""
        self.leave(Cause.UNKNOWN, chance)

    # -- the way

    def look_around(self) -> None:
        self.page("/", "Home")
        self.wait(3, 40)
        category = self.random.choice(CATALOGUE).category
        shelf = [product for product in CATALOGUE if product.category == category]
        if self.plainly(Cause.COMPARING, 0.3, 0.1) or self.plainly(Cause.TOTAL_PRICE, 0.3, 0.0):
            self.track("Product List Filtered", {"category": category, "sorts": [{"type": "price", "value": "asc"}]}, f"/c/{category.lower()}")
        else:
            self.track("Product List Viewed", {"category": category, "products": [self.listed(product) for product in shelf[:3]]}, f"/c/{category.lower()}")
        self.wait(5, 60)
        self.wanted = self.random.choice(shelf)
        for product in (*self.random.sample(shelf, self.random.choice((0, 0, 1, 2))), self.wanted):
            self.track("Product Viewed", self.listed(product), f"/p/{product.id}")
            self.wait(8, 120)

    def fill_cart(self) -> None:
        self.put_in(self.wanted)
        while self.happens(0.35):
            product = self.random.choice(CATALOGUE)
            self.track("Product Viewed", self.listed(product), f"/p/{product.id}")
            self.wait(5, 60)
            self.put_in(product)
        if self.plainly(Cause.COMPARING, 0.75, 0.15):
            self.compare()
        if self.plainly(Cause.COMPARING, 0.3, 0.06):
            self.track("Product Viewed", self.listed(self.wanted), f"/p/{self.wanted.id}")
            self.wait(5, 90)
        if self.plainly(Cause.COMPARING, 0.2, 0.03):
            self.track("Product Added to Wishlist", self.listed(self.wanted), f"/p/{self.wanted.id}")
        if self.happens(0.05):
            self.page("/returns", "Returns")
            self.wait(5, 60)
        if self.plainly(Cause.SHIPPING_COST, 0.2, 0.04) or self.plainly(Cause.DELIVERY_TIME, 0.2, 0.0):
            self.page("/shipping-and-delivery", "Shipping")
            self.wait(5, 60)
        self.trouble(0.35)
        self.leave(Cause.COMPARING, 0.55)
        self.wander_off(0.3)
        self.track("Cart Viewed", {"products": self.lines()}, "/cart")
        self.wait(3, 60)
        if self.plainly(Cause.OUT_OF_STOCK, 0.95, 0.02):
            self.track("Out Of Stock Shown", {"product_id": self.wanted.id}, "/cart")
            self.wait(2, 20)
        self.leave(Cause.OUT_OF_STOCK, 0.9)
        self.coupon(0.3)
        self.leave(Cause.TOTAL_PRICE, 0.35)
        self.leave(Cause.COMPARING, 0.5)
        self.wander_off(0.25)

    def check_out(self) -> None:
        self.shipping = self.tariff()
        self.track("Checkout Started", {"value": self.worth() / 100, "currency": CURRENCY, "products": self.lines()}, "/checkout")
        self.wait(3, 30)
        if self.plainly(Cause.FORCED_ACCOUNT, 0.95, 0.25):
            self.track("Account Required Shown", {}, "/checkout/account")
            self.wait(3, 40)
        self.leave(Cause.FORCED_ACCOUNT, 0.85)
        self.say_who()
        self.step("account")
        self.form(("email", "name", "street", "postcode", "city"))
        self.leave(Cause.COMPARING, 0.5)
        self.wander_off(0.3)
        self.step("shipping")
        self.track("Shipping Cost Shown", {"shipping": self.shipping / 100, "value": self.worth() / 100, "currency": CURRENCY}, "/checkout/shipping")
        if self.happens(0.65) or self.truth == Cause.DELIVERY_TIME:
            slow = self.plainly(Cause.DELIVERY_TIME, 0.85, 0.14)
            self.track("Delivery Time Shown", {"days": self.random.choice((7, 8, 10, 14) if slow else (1, 2, 2, 3, 3, 4, 5))}, "/checkout/shipping")
        self.wait(4, 60)
        if self.plainly(Cause.SHIPPING_COST, 0.15, 0.04) and len(self.cart) > 1:
            self.take_out()
        self.leave(Cause.SHIPPING_COST, 0.8)
        self.leave(Cause.DELIVERY_TIME, 0.75)
        self.leave(Cause.FORCED_ACCOUNT)
        self.wander_off(0.35)
        self.trouble(0.6)

    def buy(self) -> None:
        self.step("payment")
        if self.plainly(Cause.OTHER_FEES, 0.92, 0.1):
            fee = max(100, self.worth() * self.random.choice((3, 6, 9)) // 100)
            self.track("Checkout Step Viewed", {"step": "payment", "fees": fee / 100, "currency": CURRENCY}, "/checkout/payment")
            self.wait(3, 40)
            self.leave(Cause.OTHER_FEES, 0.8)
        self.coupon(0.5)
        self.leave(Cause.SHIPPING_COST)
        self.leave(Cause.DELIVERY_TIME)
        self.leave(Cause.TOTAL_PRICE, 0.7)
        self.form(("card number", "expiry"))
        self.leave(Cause.CONFUSING_CHECKOUT)
        if self.plainly(Cause.PAYMENT_TROUBLE, 0.9, 0.06):
            self.track("Payment Info Entered", {"payment_method": "card"}, "/checkout/payment")
            for _ in range(self.random.choice((1, 1, 2, 3))):
                self.track("Payment Failed", {"reason": self.random.choice(("declined", "3ds_failed", "timeout"))}, "/checkout/payment")
                self.wait(8, 60)
        self.trouble(1.0)
        if self.truth:
            raise _Left
        self.pay()

    def pay(self) -> None:
        self.track("Payment Info Entered", {"payment_method": "card"}, "/checkout/payment")
        self.wait(5, 30)
        total = self.worth() + self.shipping
        self.track("Order Completed", {
            "order_id": f"o-{self.tag}", "total": total / 100, "revenue": self.worth() / 100, "shipping": self.shipping / 100, "currency": CURRENCY,
            "products": self.lines(),
        }, "/checkout/thank-you")  # fmt: skip

    def come_back(self) -> str:
        self.now += self.random.randrange(2 * HOUR, 44 * HOUR)
        self.track("Cart Viewed", {"products": self.lines()}, "/cart")
        self.wait(10, 200)
        if self.happens(0.5):
            return "abandoned"
        self.shipping = self.tariff()
        self.track("Checkout Started", {"value": self.worth() / 100, "currency": CURRENCY}, "/checkout")
        self.say_who()
        self.wait(30, 200)
        self.pay()
        return "recovered"

    # -- what happens on the way

    def compare(self) -> None:
        others = [product for product in CATALOGUE if product.category == self.wanted.category and product not in self.cart]
        for product in self.random.sample(others, min(len(others), self.random.choice((1, 2, 2, 3)))):
            self.track("Product Viewed", self.listed(product), f"/p/{product.id}")
            self.wait(10, 150)

    def trouble(self, share: float) -> None:
        """Errors, slow pages, dead buttons: everybody's now and then, and for some the reason to go; `share` of those who go for it go here."""
        mine = self.truth == Cause.TECHNICAL_TROUBLE and self.happens(share)
        strong = mine and not self.faint
        if self.happens(0.8 if strong else 0.02):
            for _ in range(self.random.choice((1, 2, 2, 3) if strong else (1,))):
                if self.happens(0.6):
                    self.track("Error Shown", {"message": "Something went wrong"}, self.path)
                else:
                    self.track("Request Failed", {"status": 500, "url": "/api/cart"}, self.path)
                self.wait(3, 30)
        if self.happens(0.35 if strong else 0.04):
            self.track("Page Slow", {"metric": "lcp", "value_ms": self.random.randrange(4_200, 12_000)}, self.path)
        if self.happens(0.4 if strong else 0.02):
            self.track("Rage Click", {"label": self.random.choice(("Continue", "Pay now", "Apply")), "count": self.random.randrange(3, 9)}, self.path)
        if mine:
            raise _Left

    def form(self, fields: tuple[str, ...]) -> None:
        """A form and its errors; those whom the checkout wears down mostly go after some of them."""
        mine = self.truth == Cause.CONFUSING_CHECKOUT
        strong = mine and not self.faint
        for _ in range(self.random.choice((1, 2, 3, 4) if strong else (0, 0, 0, 0, 1, 1, 2))):
            self.track("Form Field Error", {"form": "checkout", "field": self.random.choice(fields), "message": "Please check"}, self.path)
            self.wait(6, 90 if strong else 40)
        self.wait(15, 240 if strong else 90)
        if self.happens(0.3 if strong else 0.03):
            self.step("account")
            self.wait(5, 60)
        if mine and self.happens(0.5):
            if self.happens(0.4):
                self.track("Form Abandoned", {"form": "checkout", "last_field": self.random.choice(fields)}, self.path)
            raise _Left

    def coupon(self, share: float) -> None:
        strong = self.truth == Cause.TOTAL_PRICE and not self.faint
        if self.happens(0.75 * share + 0.1 if strong else 0.12 * share):
            self.track("Coupon Entered", {"coupon_id": "SAVE10"}, self.path)
            self.wait(1, 5)
            refused = self.happens(0.75 if strong else 0.45)
            self.track("Coupon Denied" if refused else "Coupon Applied", {"coupon_id": "SAVE10"}, self.path)
            self.wait(3, 40)
        if self.happens(0.35 * share if strong else 0.05 * share) and len(self.cart) > 1:
            self.take_out()

    def put_in(self, product: Product) -> None:
        self.cart[product] = self.cart.get(product, 0) + 1
        self.track("Product Added", self.listed(product), f"/p/{product.id}")
        self.wait(4, 60)

    def take_out(self) -> None:
        product = list(self.cart)[-1]
        self.track("Product Removed", {**self.listed(product), "quantity": self.cart.pop(product)}, "/cart")
        self.wait(2, 20)

    def step(self, name: str) -> None:
        self.track("Checkout Step Viewed", {"step": name}, f"/checkout/{name}")
        self.wait(3, 30)

    def tariff(self) -> int:
        """Shipping in cents. Those who go because of it mostly met a price out of proportion; many others met one too, and paid."""
        dear = self.plainly(Cause.SHIPPING_COST, 0.8, 0.22)
        worth = self.worth()
        if dear:
            return max(590, worth * self.random.choice((16, 22, 28, 35)) // 100 // 10 * 10)
        return self.random.choice((0, 0, 290, 390, 490, 590)) if worth < 12_000 else self.random.choice((0, 0, 0, 590))

    def say_who(self) -> None:
        if self.persona.email and not self.known:
            self.known = True
            traits = {"email": self.persona.email, "firstName": self.persona.first_name}
            self.events.append({"type": "identify", "traits": traits, **self.envelope()})

    # -- events

    def page(self, path: str, name: str) -> None:
        self.path = path
        self.events.append({"type": "page", "name": name, "properties": {"path": path, "url": ADDRESS + path, "title": name}, **self.envelope()})

    def track(self, event: str, properties: dict[str, Any], path: str) -> None:
        self.path = path
        if event not in self.lost:
            self.events.append({"type": "track", "event": event, "properties": properties, **self.envelope()})

    def envelope(self) -> dict[str, Any]:
        persona = self.persona
        context: dict[str, Any] = {
            "page": {"path": self.path, "url": ADDRESS + self.path},
            "userAgent": persona.browser,
            "locale": persona.locale,
            "timezone": persona.zone,
            "location": {"country": persona.country},
        }
        if self.campaign:
            context["campaign"] = dict(zip(("source", "medium", "name"), self.campaign, strict=True))
        found: dict[str, Any] = {
            "anonymousId": persona.anonymous_id,
            "timestamp": to_iso(self.now),
            "messageId": f"sim-{self.tag}-{len(self.events)}",
            "context": context,
        }
        if self.known:
            found["userId"] = persona.user_id
        self.now += self.random.randrange(300, 1_500)
        return found

    def listed(self, product: Product) -> dict[str, Any]:
        return {
            "product_id": product.id,
            "name": product.name,
            "category": product.category,
            "brand": product.brand,
            "price": product.price / 100,
            "currency": CURRENCY,
            "url": f"{ADDRESS}/p/{product.id}",
        }

    def lines(self) -> list[dict[str, Any]]:
        return [{**self.listed(product), "quantity": pieces} for product, pieces in self.cart.items()]

    def worth(self) -> int:
        return sum(product.price * pieces for product, pieces in self.cart.items())

    def _persona(self) -> Persona:
        first, last = self.random.choice(FIRST_NAMES), self.random.choice(LAST_NAMES)
        country, locale, zone = self.random.choice(PLACES)
        known = self.happens(KNOWN)
        return Persona(
            anonymous_id=f"anon-{self.tag}",
            user_id=f"user-{self.tag}" if known else "",
            email=f"{first}.{last}.{self.tag}@mail.example".lower() if known else "",
            first_name=first,
            country=country,
            locale=locale,
            zone=zone,
            browser=self.random.choice(BROWSERS),
        )
