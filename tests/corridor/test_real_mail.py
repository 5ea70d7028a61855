"""From HTTP to SMTP through real processes: the mails of two stories, byte by byte, and what happens when their links are followed."""

import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from email.message import EmailMessage
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from sojourn.terms.time import to_iso
from tests.corridor.house import cart_link, header_link
from tests.faults import database
from tests.faults.processes import Installation, eventually
from tests.faults.sink import Sink

SETTINGS = (
    "cart_gap=1s", "message_delay=2s", "holdout=0", "quiet_hours=off", "currency=EUR", "from_name=The lamp shop", "from_email=hello@shop.example",
    "reply_to=help@shop.example", "postal_address=Lamp Lane 1, 10115 Berlin", "cart_url=https://shop.example/cart",
)  # fmt: skip


class Shop:
    """A running installation, the mail server behind it, and its customers."""

    def __init__(self, house: Installation, sink: Sink) -> None:
        self.house = house
        self.sink = sink
        self._calls = 0

    def visit(self, user: str, cart: str, *told: tuple[str, dict[str, Any]]) -> None:
        now = time.time_ns() // 1_000_000
        events: list[dict[str, Any]] = [
            {"type": "identify", "traits": {"email": user if "@" in user else f"{user}@customers.internal", "firstName": user.title()}}
        ]
        basket = {"cart_id": cart, "currency": "EUR"}
        lamp = {"product_id": "p1", "name": "Walnut lamp", "price": 49.9, "quantity": 1}
        for name, said in (("Product Added", lamp), ("Checkout Started", {"value": 49.9}), *told):
            events.append({"type": "track", "event": name, "properties": {**basket, **said}})
        for event in events:
            self._calls += 1
            event.update({"userId": user, "messageId": f"m-{self._calls}", "timestamp": to_iso(now + self._calls)})
        assert self.house.post(events)[0] == 200

    def mail_to(self, address: str, number: int = 1) -> EmailMessage:
        """The mail of that number to an address; waits for it."""

        def found() -> list[EmailMessage]:
            return [mail for mail in self.sink.mails() if mail["To"] == address]

        eventually(lambda: len(found()) >= number, 60, lambda: f"no mail to {address}; {database.rest(self.house.home)} {self.house.said('work')}")
        return found()[number - 1]

    def request(self, method: str, url: str, body: bytes | None = None, content_type: str = "") -> tuple[int, dict[str, str], str]:
        """One request without cookies that follows no redirect."""
        request = urllib.request.Request(url, data=body, method=method, headers={"Content-Type": content_type} if content_type else {})
        opener = urllib.request.build_opener(_Stay())
        try:
            answer = opener.open(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, answer.read().decode()


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with Sink() as sink, Installation(tmp_path_factory.mktemp("real") / "home", sink.url, SETTINGS) as house:
        house.start("front")
        house.start("work")
        eventually(house.ready, 60, lambda: house.said("front"))
        yield Shop(house, sink)


SHIPPING = ("Shipping Cost Shown", {"shipping": 12.9, "value": 49.9})
ERROR = ("Form Field Error", {"form": "address", "field": "postcode", "message": "not valid"})
RAGE = ("Rage Click", {"page": "/checkout/address", "element": "button.continue"})


@pytest.mark.slow
def test_a_high_shipping_cost_is_answered_by_a_mail_that_offers_free_shipping(shop: Shop) -> None:
    shop.visit("ann", "c-ann", SHIPPING)
    mail = shop.mail_to("ann@customers.internal")
    assert mail["From"] == "The lamp shop <hello@shop.example>"
    assert mail["Reply-To"] == "help@shop.example"
    assert mail["Subject"] == "Shipping is on us for your cart"
    assert str(mail["Message-ID"]).endswith("@shop.example>")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    text, page = (part.get_content() for part in mail.iter_parts())
    for body in (text, page):
        assert "Walnut lamp" in body
        assert "Lamp Lane 1, 10115 Berlin" in body
        assert header_link(mail) in body
    assert all(len(line) <= 998 for raw in shop.sink.raw for line in raw.split(b"\r\n"))


@pytest.mark.slow
def test_a_checkout_that_fights_back_is_answered_by_a_link_to_a_shorter_one(shop: Shop) -> None:
    shop.visit("ben", "c-ben", ("Checkout Step Viewed", {"step": "address"}), ERROR, ERROR, ERROR, RAGE)
    mail = shop.mail_to("ben@customers.internal")
    assert mail["Subject"] == "A shorter way to finish your order"
    status, headers, _ = shop.request("GET", cart_link(mail))
    where = urlsplit(headers["location"])
    assert (status, f"{where.scheme}://{where.netloc}{where.path}") == (302, "https://shop.example/cart")
    asked = parse_qs(where.query)
    assert asked["utm_source"] == ["sojourn"]
    assert asked["sojourn_checkout"] == ["short"]
    assert asked["sojourn_cart"]


@pytest.mark.slow
def test_one_click_unsubscribes_without_a_cookie_and_the_message_that_waits_is_not_sent(shop: Shop) -> None:
    shop.visit("cleo", "c-cleo", SHIPPING)
    link = header_link(shop.mail_to("cleo@customers.internal"))
    status, _, page = shop.request("GET", link)
    assert status == 200
    assert "<form" in page

    # A look at the page changes nothing: the next cart still gets its intent.
    shop.visit("cleo", "c-cleo-2", SHIPPING)
    eventually(lambda: len(database.intents_of(shop.house.home, "cleo@customers.internal")) == 2, 30, lambda: str(database.rest(shop.house.home)))
    status, headers, _ = shop.request("POST", link, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")
    assert status == 200
    assert "location" not in headers
    assert "set-cookie" not in headers
    assert shop.request("POST", link, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")[0] == 200

    eventually(lambda: database.at_rest(shop.house.home), 60, lambda: str(database.rest(shop.house.home)))
    ended = database.intents_of(shop.house.home, "cleo@customers.internal")
    assert [state for state, _ in ended] == ["accepted", ended[1][0]]
    assert ended[1] in {("cancelled", "unsubscribed"), ("refused", "suppressed"), ("refused", "unsubscribed")}
    assert len([mail for mail in shop.sink.mails() if mail["To"] == "cleo@customers.internal"]) == 1


@pytest.mark.slow
def test_a_link_nobody_signed_leads_nowhere(shop: Shop) -> None:
    link = header_link(shop.mail_to("ann@customers.internal"))
    forged = link[:-4] + ("AAAA" if not link.endswith("AAAA") else "BBBB")
    assert shop.request("POST", forged, b"List-Unsubscribe=One-Click", "application/x-www-form-urlencoded")[0] == 404
    assert shop.request("GET", forged.replace("/u/", "/l/"))[0] == 404


@pytest.mark.slow
def test_mail_to_a_name_made_for_examples_stays_in_the_house(shop: Shop) -> None:
    shop.visit("dora@visitors.example", "c-dora", SHIPPING)
    shop.visit("emil", "c-emil", SHIPPING)
    shop.mail_to("emil@customers.internal")
    eventually(lambda: database.at_rest(shop.house.home), 60, lambda: str(database.rest(shop.house.home)))
    assert [state for state, _ in database.intents_of(shop.house.home, "dora@visitors.example")] == ["accepted"]
    with closing(sqlite3.connect(shop.house.home / "sojourn.sqlite")) as house:
        assert house.execute("SELECT recipient FROM mail_mail").fetchall() == [("dora@visitors.example",)]
    assert [mail["To"] for mail in shop.sink.mails() if "example" in mail["To"]] == []
