"""What breaks and what is slow, in Chromium."""

import pytest
from playwright.sync_api import Page

from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"


def visit(page: Page, site: Site, body: str) -> None:
    page.goto(site.put(body))
    page.wait_for_function(LOADED)


def test_script_errors_and_unhandled_rejections_are_errors_shown(page: Page, door: Door, site: Site) -> None:
    visit(
        page,
        site,
        "<button id=a onclick='nothing.there()'>A</button><button id=b onclick=\"Promise.reject(new Error('no stock of ann@example.com'))\">B</button>",
    )

    page.click("#a")
    first = door.wait("Error Shown")[0]
    page.click("#b")
    second = door.wait("Error Shown", 2)[1]

    assert first.props == {"message": "Uncaught ReferenceError: nothing is not defined", "source": "/"}
    assert second.props == {"message": "no stock of ***", "source": "/"}


def test_errors_that_are_not_the_websites_are_not_reported(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<h1>Shop</h1>")

    page.evaluate(
        """() => { for (const [message, filename] of [['Script error.', ''], ['ResizeObserver loop limit', location.href], ['x', 'chrome-extension://a/b.js'],
        ['y', 'https://ads.example/a.js']]) window.dispatchEvent(new ErrorEvent('error', {message, filename}));
        const stop = new AbortController(); fetch('/status/200', {signal: stop.signal}); stop.abort(); analytics.track('End') }"""
    )

    door.wait("End")
    assert "Error Shown" not in door.names()
    assert "Request Failed" not in door.names()


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        ("fetch('/status/503?email=ann@example.com', {method: 'post'})", {"url": "/status/503", "status": 503}),
        ("fetch(new Request('/status/500'))", {"url": "/status/500", "status": 500}),
        ("{ const x = new XMLHttpRequest(); x.open('PUT', '/status/502'); x.send() }", {"url": "/status/502", "status": 502}),
        ("fetch('/break').catch(() => {})", {"url": "/break", "status": 0}),
        ("{ const x = new XMLHttpRequest(); x.open('GET', '/break'); x.send() }", {"url": "/break", "status": 0}),
    ],
)
def test_failed_requests_of_the_website_are_reported(page: Page, door: Door, site: Site, ask: str, expected: dict[str, object]) -> None:
    visit(page, site, "<h1>Shop</h1>")

    page.evaluate(f"() => {{ {ask} }}")

    assert door.wait("Request Failed")[0].props == expected


def test_answers_that_say_no_and_requests_to_others_are_not_failures(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<h1>Shop</h1>")

    page.evaluate(
        """async () => { await fetch('/status/404'); await fetch('/status/422'); await fetch('http://blocked.invalid/ads').catch(() => {});
        await new Promise(done => setTimeout(done, 700)); analytics.track('End') }"""
    )

    door.wait("End")
    assert "Request Failed" not in door.names()


def test_our_own_requests_are_never_failures_of_the_website(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<h1>Shop</h1>")
    door.wait("page")
    door.answer = (500, {})

    page.evaluate("() => analytics.track('A')")
    page.wait_for_timeout(900)
    door.answer = None

    door.wait("A")
    assert "Request Failed" not in door.names()


def test_fetch_and_xhr_behave_as_before(page: Page, site: Site) -> None:
    visit(page, site, "<h1>Shop</h1>")

    assert page.evaluate("async () => (await fetch('/status/201')).status") == 201
    assert page.evaluate("() => fetch('/break').catch(error => error.name)") == "TypeError"
    assert page.evaluate("() => fetch('http://[').catch(error => error.name)") == "TypeError"
    assert (
        page.evaluate("() => new Promise(done => { const x = new XMLHttpRequest(); x.onload = () => done(x.status); x.open('GET', '/status/204'); x.send() })")
        == 204
    )


def test_a_click_that_freezes_the_page_is_slow(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<button onclick='const end = Date.now() + 700; while (Date.now() < end); this.textContent = 1'>Heavy</button>")

    page.click("button")

    props = door.wait("Page Slow")[0].props
    assert props["metric"] == "inp"
    assert 600 <= props["value_ms"] < 5000


def test_a_page_that_jumps_is_unstable(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<div id=ad></div><p style='height:400px;background:#eee'>Text</p><p style='height:300px;background:#ddd'>Text</p>")
    page.wait_for_timeout(700)

    page.evaluate("() => { document.querySelector('#ad').style.height = '500px' }")

    props = door.wait("Page Slow")[0].props
    assert props["metric"] == "cls"
    assert 0.25 < props["value"] < 2


def test_a_page_that_paints_late_is_slow(page: Page, door: Door, site: Site) -> None:
    page.goto(
        site.put("<script>setTimeout(() => document.body.append(document.createElement('h1').appendChild(new Text('Here at last')).parentNode), 4300)</script>")
    )

    props = door.wait("Page Slow")[0].props
    assert props["metric"] == "lcp"
    assert 4300 <= props["value_ms"] < 8000
