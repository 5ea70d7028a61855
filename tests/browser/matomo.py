"""Matomo's tracking code on a page, and what the tests of it share."""

from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from hashlib import sha1
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from sojourn.terms.facts import Fact
from tests.browser import door as doors
from tests.browser.door import Door
from tests.browser.site import Site

__all__ = ["closer", "door", "page", "shared", "site"]

CODE = """<!-- Matomo -->
<script type="text/javascript">
  var _paq = window._paq = window._paq || [];
  BEFORE
  _paq.push(['trackPageView']);
  _paq.push(['enableLinkTracking']);
  (function() {
    var u="DOOR/";
    _paq.push(['setTrackerUrl', u+'matomo.php']);
    _paq.push(['setSiteId', SITE]);
    var d=document, g=d.createElement('script'), s=d.getElementsByTagName('script')[0];
    g.type='text/javascript'; g.async=true; g.src=u+'matomo.js'; s.parentNode.insertBefore(g,s);
  })();
</script>
<!-- End Matomo Code -->"""
"""As Matomo's guide to its JavaScript client has it."""
READY = "() => window.Matomo && Matomo.initialized"
HASH = sha1(b"127.0.0.1/").hexdigest()[:4]
"""Ends the names of Matomo's cookies."""
COUNT = """const real = navigator.sendBeacon.bind(navigator); window.count = window.writes = 0;
navigator.sendBeacon = (...hit) => { window.count++; return real(...hit) };
const {get, set} = Object.getOwnPropertyDescriptor(Document.prototype, 'cookie');
Object.defineProperty(document, 'cookie', {get: () => get.call(document), set: (value) => { window.writes++; set.call(document, value) }})"""
"""Counts in a page what it sends and stores, so that nothing has to be waited for to know that there is nothing."""


@pytest.fixture(scope="module")
def closer() -> Iterator[Executor]:
    """What is closed meanwhile holds up no test."""
    with ThreadPoolExecutor(4) as executor:
        yield executor


@pytest.fixture(scope="module")
def shared(browser: Browser) -> Iterator[Page]:
    """A page that counts what it sends."""
    context = browser.new_context()
    context.add_init_script(COUNT)
    yield context.new_page()
    context.close()


@pytest.fixture
def page(shared: Page) -> Page:
    """The same for all tests, since it takes longer to make than to use; in a browser that has seen nothing yet."""
    shared.goto("about:blank")
    shared.context.clear_cookies()
    return shared


@pytest.fixture
def door(closer: Executor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    """Knows the numbers under which Matomo knew the shop, and another site of its owner."""
    monkeypatch.setitem(doors.KEYS, "matomo:1", doors.KEYS["wk_shop"])
    monkeypatch.setitem(doors.KEYS, "matomo:7", doors.KEYS["wk_ask"])
    door = Door()
    yield door
    closer.submit(door.close)


@pytest.fixture
def site(closer: Executor, door: Door) -> Iterator[Site]:
    site = Site(door.address)
    yield site
    closer.submit(site.close)


def code(door: Door, before: str = "", site: str = "1") -> str:
    """The tracking code with only the host changed, and with `before` pushed before the rest of it."""
    return CODE.replace("DOOR", door.address.removeprefix("http:")).replace("SITE", site).replace("BEFORE", before)


def visit(page: Page, door: Door, site: Site, before: str = "", body: str = "", path: str = "/") -> None:
    """Open a page with the tracking code, and wait until the script has come."""
    bare, query, rest = path.partition("?")
    page.goto(site.put(code(door, before) + body, bare, snippet=False) + query + rest)
    page.wait_for_function(READY)


def push(page: Page, *calls: str) -> None:
    page.evaluate("() => {" + ";".join(f"_paq.push([{call}])" for call in calls) + "}")


def cookies(page: Page) -> dict[str, str]:
    return {one["name"]: one["value"] for one in page.context.cookies()}


def said(fact: Fact) -> dict[str, Any]:
    """The parameters as the script sent them."""
    return dict(fact.raw["matomo"])
