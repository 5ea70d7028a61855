"""Unmodified browser SDKs in Chromium, on a page of another origin, deliver a visit of a shop to the real front door."""

import mimetypes
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from sojourn.terms.facts import Fact
from tests.browser import chromium
from tests.browser.door import until
from tests.sdk.conftest import FOLDER
from tests.sdk.shop import Shop

pytestmark = [pytest.mark.browser, pytest.mark.skipif(chromium.path() is None, reason=chromium.MISSING)]
LAMP = {"product_id": "lamp-1", "name": "Désk lamp", "price": 79.9, "quantity": 1, "currency": "EUR"}
ORDER = {"order_id": "o-1", "total": 79.9, "currency": "EUR"}
VISIT = [("page", "Home"), ("track", "Product Viewed"), ("identify", ""), ("track", "Order Completed")]
WORDS = """
const lamp = {product_id: "lamp-1", name: "Désk lamp", price: 79.9, quantity: 1, currency: "EUR"};
const order = {order_id: "o-1", total: 79.9, currency: "EUR"};
const traits = {email: "ann@shop.example"};
"""
SEGMENT = """<script src="/npm/@segment/analytics-next/dist/umd/index.js"></script><script type="module">WORDS
const analytics = AnalyticsNext.AnalyticsBrowser.load({writeKey: "wk_shop", cdnURL: "DOOR"});
await analytics.page("Home"); await analytics.track("Product Viewed", lamp); await analytics.identify("ann", traits);
await analytics.track("Order Completed", order);
</script>"""
RUDDER = """<script type="module">WORDS
import {RudderAnalytics} from "/npm/@rudderstack/analytics-js/dist/npm/modern/bundled/esm/index.mjs";
const analytics = new RudderAnalytics();
analytics.load("wk_shop", "DOOR", {configUrl: "DOOR", logLevel: "NONE"});
analytics.page("Home"); analytics.track("Product Viewed", lamp); analytics.identify("ann", traits); analytics.track("Order Completed", order);
</script>"""
POSTHOG = """<script type="module">WORDS
import posthog from "/npm/posthog-js/dist/module.js";
posthog.init("wk_shop", {api_host: "DOOR", opt_out_useragent_filter: true, autocapture: false, capture_pageleave: false, SETTINGS
  capture_dead_clicks: false, capture_performance: false, capture_exceptions: false,
  disable_session_recording: true, request_queue_config: {flush_interval_ms: 250}});
posthog.capture("Product Viewed", lamp); posthog.identify("ann", traits); posthog.capture("Order Completed", order);
</script>"""
SNOWPLOW = """<script src="/npm/@snowplow/browser-tracker/dist/index.umd.min.js"></script>
<script src="/npm/@snowplow/browser-plugin-snowplow-ecommerce/dist/index.umd.min.js"></script><script type="module">WORDS
const sp = snowplowBrowserTracking, shop = snowplowEcommerceAccelerator;
const tracker = sp.newTracker("sp", "DOOR", {appId: "wk_shop", plugins: [shop.SnowplowEcommercePlugin()], connectionTimeout: 1500, eventMethod: "METHOD"});
sp.trackPageView();
const {product_id: id, ...rest} = lamp;
shop.trackProductView({id, category: "Lamps", ...rest});
sp.setUserId("ann");
sp.trackSelfDescribingEvent({event: {schema: "iglu:example.shop/identify/jsonschema/1-0-0", data: traits}});
shop.trackTransaction({transaction_id: "o-1", revenue: 79.9, currency: "EUR", payment_method: "card"});
setInterval(() => tracker.flushBuffer(), 200);
</script>"""
PLAUSIBLE = """<script type="module">WORDS
import {init, track} from "/npm/@plausible-analytics/tracker/plausible.js";
init({domain: "wk_shop", endpoint: "DOOR/api/event", captureOnLocalhost: true});
track("Product Viewed", {props: {product_id: "lamp-1"}}); track("Purchase", {props: {order_id: "o-1"}, revenue: {amount: 79.9, currency: "EUR"}});
</script>"""
PAGES = {
    "segment": SEGMENT,
    "rudder": RUDDER,
    "posthog": POSTHOG.replace("SETTINGS", ""),
    "posthog, uncompressed": POSTHOG.replace("SETTINGS", "disable_compression: true,"),
    "snowplow": SNOWPLOW.replace("METHOD", "post"),
    "snowplow, pixel": SNOWPLOW.replace("METHOD", "get"),
}
FAULTS = [("segment", "503"), *((client, fault) for client in ("rudder", "posthog", "snowplow") for fault in ("503", "lost"))]
"""Segment's puts the user known by then into what it sends again, so that a lost answer between a page and its identify call leaves two facts that differ."""


class Website(ThreadingHTTPServer):
    """One page at /, and the packages of tests/sdk/node under /npm."""

    daemon_threads = True
    page = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Website

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        file = (FOLDER / "node_modules" / path.removeprefix("/npm/")).resolve()
        if path == "/":
            body, media = self.server.page.encode(), "text/html; charset=utf-8"
        elif path.startswith("/npm/") and file.is_relative_to(FOLDER) and file.is_file():
            body, media = file.read_bytes(), "text/javascript" if file.suffix in (".mjs", ".js") else mimetypes.guess_type(file)[0] or "text/plain"
        else:
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("content-type", media)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


@pytest.fixture(scope="module")
def website(node: str) -> Iterator[Website]:
    website = Website()
    yield website
    website.shutdown()
    website.server_close()


def visit(browser: Browser, website: Website, shop: Shop, page: str, wanted: int) -> list[Fact]:
    """Open the page and wait until that many facts are there."""
    words = page.replace("WORDS", WORDS).replace("DOOR", shop.url)
    website.page = f"<!doctype html><html lang=en><meta charset=utf-8><title>Home</title><link rel=icon href=data:,><body>{words}"
    context = browser.new_context()
    try:
        tab = context.new_page()
        said: list[str] = []
        tab.on("console", lambda message: said.append(message.text))
        tab.on("pageerror", lambda error: said.append(str(error)))
        tab.goto(website.address + "/")
        until(lambda: len(shop.facts()) >= wanted, lambda: (said, shop.served, shop.facts()), 25)  # type: ignore[arg-type]  # says more when it fails
        return shop.facts()
    finally:
        context.close()


def spoken(facts: list[Fact]) -> list[tuple[str, str]]:
    return sorted((fact.kind, fact.name) for fact in facts if fact.kind != "alias")


@pytest.mark.parametrize("client", PAGES)
def test_every_event_of_the_visit_arrives_with_its_fields(tmp_path: Path, browser: Browser, website: Website, client: str):
    with Shop(tmp_path, []) as shop:
        facts = visit(browser, website, shop, PAGES[client], 5 if client.startswith("posthog") else 4)
    assert spoken(facts) == sorted(VISIT)
    by_name = {fact.name: fact for fact in facts}
    view, order = by_name["Product Viewed"], by_name["Order Completed"]
    [signed] = [fact for fact in facts if fact.kind == "identify"]
    assert {key: view.props[key] for key in LAMP} == LAMP
    assert (signed.user_id, signed.traits["email"]) == ("ann", "ann@shop.example")
    assert {key: order.props[key] for key in ORDER} == ORDER
    assert (view.user_id, order.user_id) == (None, "ann")
    assert view.anonymous_id
    assert by_name["Home"].context["page"]["url"] == website.address + "/"
    if "snowplow" not in client:
        assert signed.anonymous_id == view.anonymous_id


@pytest.mark.parametrize(("client", "fault"), FAULTS)
def test_after_a_fault_every_event_counts_once(tmp_path: Path, browser: Browser, website: Website, client: str, fault: str):
    with Shop(tmp_path, [fault]) as shop:
        facts = visit(browser, website, shop, PAGES[client], 5 if client == "posthog" else 4)
    assert spoken(facts) == sorted(VISIT)
    assert len({fact.message_id for fact in facts}) == len(facts)
    assert [found for found, _ in shop.served if found] == [fault]


def test_plausibles_tracker_says_pages_and_events_of_a_daily_visitor(tmp_path: Path, browser: Browser, website: Website):
    with Shop(tmp_path, []) as shop:
        facts = visit(browser, website, shop, PLAUSIBLE, 3)
    assert sorted((fact.kind, fact.name) for fact in facts) == [("page", ""), ("track", "Order Completed"), ("track", "Product Viewed")]
    [order] = [fact for fact in facts if fact.name == "Order Completed"]
    assert (order.props["order_id"], float(order.props["revenue"]), order.props["currency"]) == ("o-1", 79.9, "EUR")
    assert len({fact.anonymous_id for fact in facts}) == 1
