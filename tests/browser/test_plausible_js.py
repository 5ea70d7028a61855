"""Plausible's snippets, as its documentation has them, on a page in Chromium: only the host is another one."""

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route

from sojourn.capture.scripts import BUILT
from sojourn.ports.directory import KeyHolder
from tests.browser import door as doors
from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser
# Plausible's script is silent on a machine's own addresses.
SHOP = "https://shop.example"
SITE_ID = "pa-gYyxvZhkMzdzXBAtSeSNz"
QUEUE = "<script>window.plausible = window.plausible || function() { (window.plausible.q = window.plausible.q || []).push(arguments) }</script>"
NEW = """<script async src="DOOR/js/SITE_ID.js"></script>
<script>
  window.plausible=window.plausible||function(){(plausible.q=plausible.q||[]).push(arguments)},plausible.init=plausible.init||function(i){plausible.o=i||{}};
  plausible.init(OPTIONS)
</script>"""
Show = Callable[..., None]


@pytest.fixture(autouse=True)
def alias(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's own names stand for the source, as a member enters them."""
    for name in ("shop.example", SITE_ID):
        monkeypatch.setitem(doors.KEYS, f"plausible:{name}", KeyHolder(workspace=1, source=7, name="Shop"))


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(permissions=["local-network-access"])
    # It is silent too where a browser says that it is steered.
    context.add_init_script("Object.defineProperty(Navigator.prototype, 'webdriver', {get: () => false})")
    yield context
    context.close()


@pytest.fixture
def show(context: BrowserContext, page: Page, door: Door) -> Show:
    """Opens a page of the shop with this in its head and body; any other page of it is empty."""
    pages: dict[str, str] = {}

    def answer(route: Route) -> None:
        path = route.request.url.removeprefix(SHOP).partition("?")[0]
        route.fulfill(content_type="text/html; charset=utf-8", body="<!doctype html><title>Shop</title><link rel=icon href=data:,>" + pages.get(path, ""))

    context.route("https://*.example/**", answer)

    def open_it(head: str, body: str = "<h1>Lamps</h1>", path: str = "/lamps") -> None:
        pages[path.partition("?")[0]] = f"{head.replace('DOOR', door.address)}<body>{body}"
        page.goto(SHOP + path)

    return open_it


def classic(variants: str = "", attributes: str = "", domain: str = "shop.example") -> str:
    return f'<script defer data-domain="{domain}" {attributes} src="DOOR/js/script{variants}.js"></script>'


def new(options: str = "", site: str = SITE_ID) -> str:
    return NEW.replace("SITE_ID", site).replace("OPTIONS", options)


def said(door: Door, name: str) -> dict[str, Any]:
    return door.wait(name)[0].props


def test_a_page_with_the_snippet_tells_its_view(page: Page, door: Door, show: Show) -> None:
    show("", "<a href='/lamps?utm_source=mail'>Lamps</a>", "/")
    show(classic())
    door.wait("page")
    page.goto(SHOP + "/")
    page.click("a")

    view = door.wait("page", 2)[-1]

    assert (view.user_id, str(view.anonymous_id)[:8]) == (None, "visitor-")
    assert view.props == {"url": SHOP + "/lamps?utm_source=mail", "path": "/lamps", "referrer": SHOP + "/"}
    assert view.context["campaign"] == {"source": "mail"}
    assert view.context["userAgent"] == page.evaluate("navigator.userAgent")
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_every_form_of_the_snippet_leads_to_the_source(door: Door, show: Show) -> None:
    heads = [
        classic(domain="wk_shop"),
        classic(domain="shop.example,rollup.example"),
        classic().replace("script.js", "plausible.js"),
        '<script id="plausible" defer data-domain="shop.example" src="DOOR/js/script.compat.js"></script>',
        new(),
        new(site="pa-wk_shop"),
        new(site="script"),  # behind a proxy of the site's own the id is gone; the host stands for it
        new("{domain: 'shop.example', endpoint: 'DOOR/api/event'}", "pa-other"),
    ]
    for count, head in enumerate(heads, 1):
        show(head, path=f"/{count}")
        assert door.wait("page", count)[-1].props["path"] == f"/{count}", head


@pytest.mark.parametrize("head", [classic() + QUEUE, QUEUE + classic(), new()])
def test_what_a_page_says_before_the_script_is_there_comes_after_its_view(page: Page, door: Door, show: Show, head: str) -> None:
    early = "<script>plausible('Download', {props: {method: 'HTTP', position: 'footer'}, interactive: false}); kept = plausible</script>"
    show(head + early)
    assert said(door, "Download") == {"method": "HTTP", "position": "footer"}

    page.wait_for_function("() => plausible.l")
    page.evaluate("() => kept('goal name', {revenue: {currency: 'USD', amount: 10.29}})")
    status = page.evaluate("() => new Promise(done => plausible('Signup', {callback: done}))")

    assert status == {"status": 202}
    assert said(door, "goal name") == {"revenue": 10.29, "currency": "USD"}
    assert sorted(door.names()) == ["Download", "Signed Up", "goal name", "page"]
    assert len({fact.anonymous_id for fact in door.facts()}) == 1


def test_a_page_that_was_not_found_is_told_as_documented(door: Door, show: Show) -> None:
    show(classic() + QUEUE + "<script>document.addEventListener('DOMContentLoaded', function () { plausible('404'); });</script>", path="/nowhere")
    assert said(door, "Error Shown") == {}
    assert door.facts("Error Shown")[0].context["page"]["path"] == "/nowhere"


def test_links_out_and_files_are_told_by_the_variants_that_are_named(page: Page, door: Door, show: Show) -> None:
    body = """<a id=out href=https://other.example/x?y=1>x</a><a id=pdf href=/a.pdf?v=2>x</a><a id=js href=/a.js>x</a>
        <script>document.body.onclick = event => event.preventDefault()</script>"""
    for variants, attributes, names in (
        ("", "", []),
        (".outbound-links.hash", "", ["Link Clicked"]),
        (".file-downloads", 'file-types="js,py"', ["File Downloaded /a.js"]),
        (".hash.file-downloads.outbound-links", 'add-file-types="js"', ["File Downloaded /a.js", "File Downloaded /a.pdf", "Link Clicked"]),
    ):
        before = len(door.facts())
        show(classic(variants, attributes) + QUEUE, body)
        for link in ("#out", "#pdf", "#js"):
            page.click(link)
        page.evaluate("() => plausible('end')")
        door.wait("end", len([fact for fact in door.facts()[:before] if fact.name == "end"]) + 1)
        found = [fact for fact in door.facts()[before:] if fact.name in ("Link Clicked", "File Downloaded")]
        told = [f"{fact.name} {fact.props['url'].removeprefix(SHOP)}" if fact.name == "File Downloaded" else fact.name for fact in found]
        assert sorted(told) == names, variants
    assert door.facts("Link Clicked")[0].props == {"url": "https://other.example/x?y=1"}


# What is sent while a page is left passes no interception of a test's: these are on a real website, and say that it may be a local one.


def test_a_link_that_leaves_the_page_opens_and_is_told(page: Page, door: Door, site: Site) -> None:
    out = door.address + "/elsewhere"
    page.goto(site.put(classic(".local.outbound-links").replace("DOOR", door.address) + f"<a href={out}>x</a>", snippet=False))
    page.click("a")
    page.wait_for_url(out)
    assert said(door, "Link Clicked") == {"url": out}


def test_elements_with_plausibles_classes_tell_their_events(page: Page, door: Door, site: Site) -> None:
    body = """<button class="big plausible-event-name=Button+Click">Click Me</button>
        <div class="plausible-event-name--signup plausible-event-plan=Gold+Plus"><a href="#top"><i id=deep>x</i></a></div>
        <button id=buy class="plausible-event-name=Purchase plausible-revenue-amount=10.29 plausible-revenue-currency=EUR">Buy</button>
        <form class="plausible-event-name=Form+Submit plausible-event-position=footer" action=/thanks><button id=send>Send</button></form>"""
    site.put("Thanks", "/thanks", snippet=False)
    address = site.put(classic(".revenue.tagged-events.local").replace("DOOR", door.address) + body, "/lamps", snippet=False)
    page.goto(address)
    for element in ("button.big", "#deep", "#buy", "#send"):
        page.click(element)
    page.wait_for_url("**/thanks?")

    assert said(door, "Button Click") == {}
    assert said(door, "Signed Up") == {"plan": "Gold Plus", "url": address + "#top"}
    assert said(door, "Order Completed") == {"revenue": 10.29, "currency": "EUR"}
    assert said(door, "Form Submit") == {"position": "footer"}


@pytest.mark.parametrize("attributes", ["", 'data-api="DOOR/api/event"'])
def test_the_page_that_is_left_says_how_long_and_how_far_it_was_read(page: Page, door: Door, site: Site, attributes: str) -> None:
    head = classic(".local", attributes).replace("DOOR", door.address)
    address = site.put(head + "<div style='height: 4000px'>x</div>", "/lamps", snippet=False)
    page.goto(address)
    page.evaluate("() => new Promise(done => { addEventListener('scroll', done); scrollTo(0, 1e5) })")
    page.goto(site.put("Next", "/next", snippet=False))

    [left] = door.wait("Page Left")
    assert left.props["scrolled"] == 100
    assert 0 <= left.props["seconds"] < 10
    assert left.context["page"]["url"] == address


def test_the_new_snippet_measures_what_plausible_switches_on_for_a_site_and_what_init_says(page: Page, door: Door, site: Site) -> None:
    options = """{captureOnLocalhost: true, customProperties: {author: 'Ann'}, outboundLinks: false,
        transformRequest: p => ({...p, u: p.u.replace('4711', 'ID')})}"""
    body = "<a id=out target=_blank href=DOOR/elsewhere>x</a><a id=pdf target=_blank href=/a.pdf>x</a><form action=/thanks><button>x</button></form>"
    site.put("Thanks", "/thanks", snippet=False)
    page.goto(site.put((new(options) + body).replace("DOOR", door.address), "/orders/4711", snippet=False))
    assert said(door, "page") == {"url": site.address + "/orders/ID", "path": "/orders/ID", "author": "Ann"}
    for link in ("#out", "#pdf"):
        with page.context.expect_page():
            page.click(link)
    page.click("button")
    page.wait_for_url("**/thanks?")

    assert said(door, "Form Submitted") == {"author": "Ann"}
    assert said(door, "File Downloaded") == {"author": "Ann", "url": site.address + "/a.pdf"}
    assert "Link Clicked" not in door.names()


def test_properties_of_the_snippet_are_on_every_event(page: Page, door: Door, show: Show) -> None:
    show(classic(".pageview-props", 'event-author="John Doe" event-logged_in="false"') + QUEUE)
    page.evaluate("() => plausible('Download', {props: {logged_in: 'true'}})")
    assert said(door, "page")["author"] == "John Doe"
    assert said(door, "Download") == {"author": "John Doe", "logged_in": "true"}


def test_a_page_that_tells_its_views_itself_may_name_them(page: Page, door: Door, show: Show) -> None:
    show(
        classic(".manual") + QUEUE + "<script>plausible('pageview', { u: 'https://shop.example/project/_ID_' + window.location.search })</script>",
        path="/project/4711",
    )
    assert said(door, "page")["url"] == SHOP + "/project/_ID_"
    page.evaluate("() => history.pushState({}, '', '/other')")
    page.evaluate("() => plausible('pageview')")
    assert [fact.props["path"] for fact in door.wait("page", 2)] == ["/project/_ID_", "/other"]


def test_addresses_that_scripts_show_are_views_with_their_hash_where_asked_for(page: Page, door: Door, show: Show) -> None:
    show(classic() + QUEUE)
    page.evaluate("() => { history.pushState({}, '', '/lamps/1'); history.pushState({}, '', '/lamps/1'); location.hash = 'reviews' }")
    page.evaluate("() => plausible('end')")
    door.wait("end")
    assert [fact.props["path"] for fact in door.facts("page")] == ["/lamps", "/lamps/1"]

    show(classic(".hash"), path="/app")
    page.evaluate("() => { location.hash = '/cart' }")
    assert [fact.props["url"] for fact in door.wait("page", 4)[2:]] == [SHOP + "/app", SHOP + "/app#/cart"]


def test_pages_that_are_excluded_tell_events_but_no_view(page: Page, door: Door, show: Show) -> None:
    some = 'data-exclude="/blog4, /rule/*, /how-to-*, /*/admin"'
    others = 'data-include="/en**" data-exclude="/en/user/*/settings"'
    for attributes, path in (
        (some, "/rule/1"),
        (some, "/rule/4/details"),
        (some, "/blog4"),
        (some, "/blog45"),
        (some, "/sites/admin/"),
        (others, "/en/shop/lamps"),
        (others, "/en/user/7/settings"),
        (others, "/de"),
    ):
        show(classic(".exclusions", attributes) + QUEUE, path=path)
        page.evaluate("() => new Promise(done => plausible('Seen', {callback: done}))")

    assert door.names().count("Seen") == 8
    assert [fact.props["path"] for fact in door.wait("page", 3)] == ["/rule/4/details", "/blog45", "/en/shop/lamps"]


def test_init_may_come_after_the_script(page: Page, door: Door, show: Show) -> None:
    script, inline = new("{autoCapturePageviews: false}").split("\n", 1)
    show(script.replace("async", ""))
    page.evaluate("() => plausible('Waits')")
    page.evaluate(
        "code => { const tag = document.createElement('script'); tag.text = code; document.head.append(tag) }",
        inline.replace("<script>", "").replace("</script>", ""),
    )
    page.evaluate("() => plausible.init()")
    assert said(door, "Waits") == {}
    assert door.names() == ["Waits"]


def test_whoever_excluded_themselves_and_local_machines_are_not_told_of(page: Page, door: Door, show: Show, site: Site) -> None:
    page.add_init_script("localStorage.plausible_ignore = 'true'")
    show(classic() + QUEUE)
    page.evaluate("() => new Promise(done => plausible('Ignored', {callback: done}))")
    page.evaluate("() => { localStorage.plausible_ignore = 'false' }")
    page.add_init_script("delete localStorage.plausible_ignore")
    page.goto(site.put((classic() + QUEUE).replace("DOOR", door.address), snippet=False))
    page.evaluate("() => new Promise(done => plausible('Local', {callback: done}))")
    page.goto(site.put((classic(".local") + QUEUE).replace("DOOR", door.address), "/local", snippet=False))
    page.evaluate("() => new Promise(done => plausible('Asked for', {callback: done}))")

    assert sorted(set(door.names())) == ["Asked for", "page"]
    assert door.facts("page")[0].props["url"] == site.address + "/local"


def test_the_script_breaks_no_page_and_runs_once(page: Page, door: Door, show: Show) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    show(classic() + classic() + new() + "<script>plausible('before')</script>")
    page.wait_for_function("() => plausible.l")
    page.evaluate("() => { plausible(); plausible('odd', {props: {n: 1n}}); plausible('end') }")
    door.wait("end")
    assert broken == []
    assert (door.names().count("page"), door.names().count("before")) == (1, 1)


def test_the_script_is_small() -> None:
    assert len(gzip.compress((BUILT / "plausible.js").read_bytes(), 9)) < 4_000
