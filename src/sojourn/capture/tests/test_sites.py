"""Clients that name a site instead of a key and send no visitor id: Plausible, Umami, and the pixel."""

import json

import pytest

from sojourn.capture.protocols.pixel import GIF
from sojourn.capture.tests.door import SHOP, Door
from sojourn.terms.time import DAY

SITE = "shop.example"
WEBSITE = "0b1d0a0e-0000-4000-8000-000000000001"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) Chrome/156.0"


@pytest.fixture
def door():
    with Door() as made:
        made.directory.put(f"plausible:{SITE}", SHOP)
        made.directory.put(f"umami:{WEBSITE}", SHOP)
        yield made


def facts(door):
    return [fact for record in door.log.read(0, 100) for fact in record.facts]


def plausible(door, agent=AGENT, forwarded="", **fields):
    body = json.dumps({"n": "pageview", "u": "https://shop.example/lamps?utm_source=mail", "d": SITE, "r": "https://news.example/", "v": 34, **fields}).encode()
    answer = door.post(
        "/api/event",
        body,
        key=None,
        content_type="text/plain",
        user_agent=agent,
        origin="https://shop.example",
        **({"x_forwarded_for": forwarded} if forwarded else {}),
    )
    assert (answer.status, answer.body) == (202, b"ok")
    return facts(door)[-1]


def umami(door, kind="event", **payload):
    told = {"type": kind, "payload": {"website": WEBSITE, "hostname": SITE, "url": "/lamps", "language": "de-DE", "screen": "1920x1080", **payload}}
    answer = door.post("/api/send", told, key=None, user_agent=AGENT)
    assert (answer.status, answer.json) == (200, {"cache": "", "disabled": False})
    return facts(door)[-1]


def test_plausibles_page_view_has_its_page_its_campaign_and_a_visitor(door):
    fact = plausible(door)
    assert (fact.kind, fact.user_id, fact.anonymous_id[:8]) == ("page", None, "visitor-")
    assert fact.props == {"url": "https://shop.example/lamps?utm_source=mail", "path": "/lamps", "referrer": "https://news.example/"}
    assert (fact.context["campaign"], fact.context["userAgent"]) == ({"source": "mail"}, AGENT)


def test_a_visitor_is_the_same_until_midnight_and_on_this_site_only(door):
    first, again = plausible(door), plausible(door)
    assert first.anonymous_id == again.anonymous_id
    assert plausible(door, agent="another browser").anonymous_id != first.anonymous_id
    door.clock.advance(DAY)
    assert plausible(door).anonymous_id != first.anonymous_id


@pytest.mark.parametrize(
    ("fields", "name", "props"),
    [
        ({"n": "Outbound Link: Click", "p": {"url": "https://x.example/"}}, "Link Clicked", {"url": "https://x.example/"}),
        ({"n": "purchase", "$": {"amount": "49.90", "currency": "EUR"}}, "Order Completed", {"revenue": 49.9, "currency": "EUR"}),
        ({"n": "Signup", "p": '{"plan": "gold"}', "$": '{"amount": 5, "currency": "EUR"}'}, "Signed Up", {"plan": "gold", "revenue": 5, "currency": "EUR"}),
        ({"n": "Signup", "p": None, "m": '{"plan": "gold"}'}, "Signed Up", {"plan": "gold"}),
        ({"n": "Signup", "p": "{plan"}, "Signed Up", {}),
        ({"n": "engagement", "e": 12_500, "sd": 80}, "Page Left", {"seconds": 12.5, "scrolled": 80}),
        ({"n": None, "name": "Signup", "u": None, "url": "https://shop.example/", "p": {"plan": "gold"}}, "Signed Up", {"plan": "gold"}),
    ],
)
def test_plausibles_events_get_our_names(door, fields, name, props):
    fact = plausible(door, **fields)
    assert (fact.kind, fact.name, fact.props) == ("track", name, props)


def test_a_server_says_whose_events_it_sends(door):
    ann, bob = plausible(door, forwarded="203.0.113.5"), plausible(door, forwarded="203.0.113.6")
    assert ann.anonymous_id != bob.anonymous_id
    assert plausible(door, forwarded="unknown, 203.0.113.5, 10.0.0.1").anonymous_id == ann.anonymous_id


def test_plausibles_clients_are_told_of_an_event_that_was_not_kept(door):
    answer = door.post("/api/event", {"n": "x" * 300, "u": "https://shop.example/", "d": SITE}, key=None)
    assert (answer.status, answer.headers["x-plausible-dropped"]) == (202, "1")
    assert facts(door) == []


def test_a_site_nobody_has_claimed_is_refused(door):
    assert door.post("/api/event", {"n": "pageview", "u": "https://x.example/", "d": "x.example"}, key=None).status == 401
    assert door.post("/api/send", {"type": "event", "payload": {"website": "?"}}, key=None).status == 401
    assert facts(door) == []


def test_umamis_page_view_and_event(door):
    view = umami(door, title="Lamps")
    assert (view.kind, view.name, view.props) == ("page", "Lamps", {"url": "https://shop.example/lamps", "path": "/lamps", "title": "Lamps"})
    assert (view.context["locale"], view.context["screen"]) == ("de-DE", {"width": 1920, "height": 1080})
    event = umami(door, name="add_to_cart", data={"product_id": "lamp", "price": 49.9})
    assert (event.name, event.props, event.anonymous_id) == ("Product Added", {"product_id": "lamp", "price": 49.9}, view.anonymous_id)


def test_umamis_identify_says_who_the_visitor_is(door):
    fact = umami(door, "identify", id="u-1", data={"email": "ann@shop.example"})
    assert (fact.kind, fact.user_id, fact.traits) == ("identify", "u-1", {"email": "ann@shop.example"})


@pytest.mark.parametrize(
    ("fields", "origin", "url"),
    [
        ({"hostname": "localhost", "url": "/lamps"}, "http://localhost:8080", "http://localhost:8080/lamps"),
        ({"url": "/lamps"}, "http://localhost:8080", "http://localhost:8080/lamps"),
        ({"hostname": SITE, "url": "/lamps"}, "https://elsewhere.example", "https://shop.example/lamps"),
        ({"hostname": SITE, "url": "http://shop.example/lamps"}, "null", "http://shop.example/lamps"),
        ({"url": "/lamps"}, "null", "/lamps"),
    ],
)
def test_a_path_of_umami_is_on_the_page_that_sends_it(door, fields, origin, url):
    assert door.post("/api/send", {"type": "event", "payload": {"website": WEBSITE, **fields}}, key=None, origin=origin).status == 200
    assert facts(door)[-1].props == {"url": url, "path": "/lamps"}


def test_a_server_that_sends_for_its_visitors_makes_each_of_them_one(door):
    ann, bob = umami(door, ip="203.0.113.5", userAgent="Firefox"), umami(door, ip="203.0.113.6", userAgent="Firefox")
    assert ann.anonymous_id != bob.anonymous_id
    assert umami(door, ip="203.0.113.5", userAgent="Firefox").anonymous_id == ann.anonymous_id
    assert (ann.context["ip"], ann.context["userAgent"]) == ("203.0.113.5", "Firefox")


def test_a_proxy_of_the_site_says_for_whom_it_passes_umamis_events_on(door):
    for address in ("203.0.113.5", "203.0.113.6, 198.51.100.7", "203.0.113.5, 198.51.100.7"):
        told = {"type": "event", "payload": {"website": WEBSITE, "hostname": SITE, "url": "/"}}
        assert door.post("/api/send", told, key=None, user_agent=AGENT, x_forwarded_for=address, origin="https://shop.example").status == 200
    ann, bob, again = [fact.anonymous_id for fact in facts(door)]
    assert (ann == again, ann == bob) == (True, False)


def test_a_server_that_names_its_users_does_not_give_all_of_them_one_browser(door):
    assert [(fact.user_id, fact.anonymous_id) for fact in (umami(door, id="ann"), umami(door, id="bob"))] == [("ann", None), ("bob", None)]
    assert umami(door, id="ann", ip="203.0.113.5").anonymous_id.startswith("visitor-")


def test_a_tracker_that_remembers_its_visitor_says_so(door):
    assert umami(door, vid="3f0c7a52-0000-4000-8000-000000000000").anonymous_id == "3f0c7a52-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("kind", "payload", "name", "props"),
    [
        ("performance", {"lcp": 5200, "cls": 0.01}, "Page Slow", {"metric": "lcp", "value_ms": 5200}),
        ("performance", {"lcp": 900, "ttfb": 80.5}, "Web Vitals Measured", {"lcp": 900, "ttfb": 80.5}),
        ("engagement", {"engagement": 12_500}, "Page Left", {"seconds": 12.5}),
        ("error", {"eventId": "e-1", "name": "TypeError", "message": "x is null"}, "Error Shown", {"message": "x is null", "type": "TypeError"}),
        (
            "error",
            {"name": "TypeError", "message": "x is null", "handled": False, "release": "2", "environment": "live"},
            "Error Shown",
            {"message": "x is null", "type": "TypeError", "handled": False, "release": "2", "environment": "live"},
        ),
    ],
)
def test_umamis_other_kinds_are_no_page_views(door, kind, payload, name, props):
    fact = umami(door, kind, **payload)
    assert (fact.kind, fact.name, fact.props) == ("track", name, props)


def test_an_error_that_comes_again_is_one(door):
    for _ in range(2):
        umami(door, "error", eventId="e-1", name="TypeError", message="x is null")
    assert [fact.message_id for fact in facts(door)] == ["e-1"]


def test_umamis_baskets_become_carts_and_orders(door):
    basket = {"currency": "EUR", "cartId": "c-1", "items": [{"productId": "lamp", "price": 20, "quantity": 2}]}
    fact = umami(door, name="basket", data={"commerce": dict(basket)})
    assert (fact.name, fact.props["value"], fact.props["cart_id"]) == ("basket", 40, "c-1")
    fact = umami(door, name="paid", data={"commerce": {**basket, "orderId": "o-1", "shipping": 4.9, "tax": 7.6}})
    assert (fact.name, fact.props["order_id"], fact.props["total"], fact.props["products"]) == (
        "Order Completed",
        "o-1",
        52.5,
        [{"product_id": "lamp", "price": 20, "quantity": 2}],
    )


def test_umamis_first_version_collects_elsewhere_under_other_names(door):
    told = {"website": WEBSITE, "hostname": SITE, "url": "/lamps"}
    answer = door.post("/api/collect", {"type": "pageview", "payload": told}, key=None)
    assert (answer.status, answer.body) == (200, b"")
    door.post("/api/collect", {"type": "event", "payload": {**told, "event_name": "purchase", "event_data": {"order_id": "o-1"}}}, key=None)
    assert [(fact.kind, fact.name, fact.props.get("order_id")) for fact in facts(door)] == [("page", "", None), ("track", "Order Completed", "o-1")]


def test_a_batch_of_umami_is_told_how_many_were_processed(door):
    good = {"type": "event", "payload": {"website": WEBSITE, "hostname": SITE, "url": "/"}}
    answer = door.post(
        "/api/batch", [good, {"type": "event", "payload": []}, {"type": "performance", "payload": {**good["payload"], "lcp": 9e3, "inp": 9e3}}], key=None
    )
    details = [{"index": 1, "response": {"message": "payload must be an object"}}]
    assert answer.json == {"size": 3, "processed": 2, "errors": 1, "details": details}
    assert len(facts(door)) == 3


def test_umamis_clients_may_ask_whether_anybody_is_there(door):
    assert door.run(door.call("/api/heartbeat", b"", None, "GET")).json == {"ok": True}
    assert door.post("/api/heartbeat", b"", key=None).status == 200


def test_a_payload_that_is_no_object_is_dropped_with_its_reason(door):
    answer = door.post("/api/send?writeKey=wk_shop", {"type": "event", "payload": []}, key=None)
    assert answer.status == 401  # it names no website


def test_the_pixel_is_a_dot_and_an_event(door):
    answer = door.run(door.call("/pixel.gif?key=wk_shop&event=Letter%20Opened&user_id=u-1&letter=spring&message_id=m-1", b"", None, "GET"))
    assert (answer.status, answer.headers["content-type"], answer.headers["cache-control"], answer.body) == (200, "image/gif", "no-store", GIF)
    [fact] = facts(door)
    assert (fact.kind, fact.name, fact.user_id, fact.props, fact.message_id) == ("track", "Letter Opened", "u-1", {"letter": "spring"}, "m-1")


def test_the_pixel_without_an_event_is_a_view_of_the_page_it_is_on(door):
    answer = door.run(door.call("/pixel.gif?key=wk_shop", b"", None, "GET", referer="https://shop.example/about", user_agent=AGENT))
    assert answer.status == 200
    [fact] = facts(door)
    assert (fact.kind, fact.props, fact.anonymous_id[:8]) == ("page", {"url": "https://shop.example/about", "path": "/about"}, "visitor-")
    assert door.run(door.call("/pixel.gif?key=wk_nobody", b"", None, "GET")).status == 401
