"""The snippet's calls in Chromium: what a page calls in Segment's words is what capture keeps."""

from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.door import Door, until
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"


def visit(page: Page, site: Site, body: str = "<h1>Hello</h1>", path: str = "/") -> None:
    """Open a page with the snippet that makes no events by itself, and wait until it is there."""
    site.attributes = 'data-auto="off"'
    page.goto(site.put(body, path))
    page.wait_for_function(LOADED)


def test_a_page_with_the_snippet_is_a_page_view(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Hello</h1>", "/shoes") + "?utm_source=news&utm_campaign=spring")

    fact = door.wait("page")[0]
    assert fact.props["path"] == "/shoes"
    assert fact.props["title"] == "Shop"
    assert fact.context["campaign"] == {"source": "news", "name": "spring"}
    assert fact.context["library"]["name"] == "sojourn.js"
    assert fact.context["locale"] == "en-US"
    assert fact.context["userAgentData"]["mobile"] is False
    assert set(fact.context["screen"]) == {"width", "height", "density"}
    assert door.types == {"text/plain;charset=UTF-8"}


def test_calls_before_the_script_has_come_are_kept_in_order(page: Page, door: Door, site: Site) -> None:
    page.goto(
        site.put("<script>analytics.identify('u-1', {plan: 'gold'}); analytics.track('Signed Up', {from: 'stub'}); analytics.page('Docs', 'Intro')</script>")
    )

    door.wait("page")
    assert door.names() == ["identify", "Signed Up", "page"]
    identify, track, view = door.facts()
    assert (identify.user_id, identify.traits) == ("u-1", {"plan": "gold"})
    assert (track.user_id, track.props) == ("u-1", {"from": "stub"})
    assert (view.name, view.props["category"], view.props["name"]) == ("Intro", "Docs", "Intro")
    assert len({fact.anonymous_id for fact in door.facts()}) == 1


@pytest.mark.parametrize(
    ("call", "kind", "expected"),
    [
        ("track('E')", "track", {"event": "E", "properties": {}}),
        ("track('E', {a: 1})", "track", {"event": "E", "properties": {"a": 1}}),
        ("track('E', {a: 1}, {context: {x: 2}})", "track", {"properties": {"a": 1}, "x": 2}),
        ("track('E', null, {context: {x: 2}})", "track", {"event": "E"}),
        ("track('E', () => {})", "track", {"event": "E", "properties": {}}),
        ("track('E', {}, {timestamp: new Date(1e12), messageId: 'mine', anonymousId: 'a-9'})", "track", {"messageId": "mine", "anonymousId": "a-9"}),
        ("identify('u')", "identify", {"userId": "u", "traits": {}}),
        ("identify(7)", "identify", {"userId": "7"}),
        ("identify({a: 1})", "identify", {"userId": None, "traits": {"a": 1}}),
        ("identify('u', {a: 1})", "identify", {"userId": "u", "traits": {"a": 1}}),
        ("identify('u', () => {})", "identify", {"userId": "u", "traits": {}}),
        ("group('g', {a: 1})", "group", {"groupId": "g", "traits": {"a": 1}}),
        ("alias('new', 'old')", "alias", {"userId": "new", "previousId": "old"}),
        ("page()", "page", {"name": "", "category": None}),
        ("page('Name')", "page", {"name": "Name", "category": None}),
        ("page('Cat', 'Name')", "page", {"name": "Name", "category": "Cat"}),
        ("page('Name', {a: 1})", "page", {"name": "Name", "category": None, "a": 1}),
        ("page('Cat', 'Name', {a: 1}, {context: {x: 2}})", "page", {"name": "Name", "category": "Cat", "a": 1, "x": 2}),
        ("page({a: 1})", "page", {"name": "", "a": 1}),
        ("page(null, 'Name')", "page", {"name": "Name", "category": None}),
        ("screen('Home')", "screen", {"name": "Home"}),
    ],
)
def test_arguments_shift_as_in_analytics_js(page: Page, door: Door, site: Site, call: str, kind: str, expected: dict[str, Any]) -> None:
    visit(page, site)

    page.evaluate(f"() => {{ analytics.{call} }}")

    fact = until(lambda: door.facts()[:1], "an event")[0]
    assert fact.kind == kind
    said = {
        "event": fact.name, "name": fact.name, "properties": fact.props, "traits": fact.traits, "userId": fact.user_id, "anonymousId": fact.anonymous_id,
        "messageId": fact.message_id, "groupId": fact.link, "previousId": fact.link, "category": None, **fact.props, **fact.context,
    }  # fmt: skip
    assert {name: said.get(name) for name in expected} == expected


def test_calls_resolve_and_call_back_with_the_event(page: Page, site: Site) -> None:
    visit(page, site)

    assert page.evaluate("async () => (await analytics.track('Bought', {n: 2})).event.properties.n") == 2
    assert page.evaluate("() => new Promise(done => analytics.track('Bought', {n: 3}, c => done(c.event.event)))") == "Bought"
    assert page.evaluate("() => new Promise(done => analytics.ready(() => done('ready')))") == "ready"


def test_those_who_listen_hear_the_calls_until_they_stop(page: Page, site: Site) -> None:
    visit(page, site)

    heard = page.evaluate(
        """() => { const heard = []; const fn = (...args) => heard.push(args.slice(0, 2));
        analytics.on('track', fn); analytics.on('identify', (id) => heard.push(id));
        analytics.track('A', {x: 1}); analytics.identify('u-1'); analytics.off('track', fn); analytics.track('B'); return heard }"""
    )

    assert heard == [["A", {"x": 1}], "u-1"]


def test_a_visitor_keeps_the_id_and_a_reset_gives_another(page: Page, site: Site) -> None:
    visit(page, site)
    before = page.evaluate("() => { analytics.identify('u-1', {plan: 'gold'}); return analytics.user().anonymousId() }")
    page.reload()
    page.wait_for_function(LOADED)

    assert page.evaluate("() => [analytics.user().anonymousId(), analytics.user().id(), analytics.user().traits()]") == [before, "u-1", {"plan": "gold"}]
    after = page.evaluate("() => { analytics.reset(); return [analytics.user().anonymousId(), analytics.user().id()] }")
    assert after[0] != before
    assert after[1] is None


def test_another_user_on_the_same_browser_is_another_visitor(page: Page, door: Door, site: Site) -> None:
    visit(page, site)

    page.evaluate("() => { analytics.identify('ann'); analytics.track('A'); analytics.identify('ben'); analytics.track('B') }")

    door.wait("B")
    ids = {fact.user_id: fact.anonymous_id for fact in door.facts()}
    assert set(ids) == {"ann", "ben"}
    assert ids["ann"] != ids["ben"]


def test_visitors_known_to_segments_snippet_stay_who_they_were(context: BrowserContext, page: Page, site: Site) -> None:
    context.add_cookies([{"name": "ajs_anonymous_id", "value": "7f3c-aa", "url": site.address}])
    visit(page, site)

    assert page.evaluate("() => analytics.user().anonymousId()") == "7f3c-aa"


def test_segments_own_loader_works_with_the_host_changed(page: Page, door: Door, site: Site) -> None:
    body = """<script>!function(){var analytics=window.analytics=window.analytics||[];analytics.methods=["page","track","identify"];
    analytics.factory=function(e){return function(){var t=Array.prototype.slice.call(arguments);t.push({__t:"bpc",p:location.pathname,u:location.href});
    t.unshift(e);analytics.push(t);return analytics}};for(var i=0;i<3;i++){var k=analytics.methods[i];analytics[k]=analytics.factory(k)}
    analytics.load=function(k){var s=document.createElement("script");s.async=!0;s.src="DOOR/analytics.js/v1/"+k+"/analytics.min.js";
    document.head.appendChild(s)};
    analytics.load("wk_shop");analytics.page();analytics.track("Old Site",{a:1})}()</script>""".replace("DOOR", door.address)
    page.goto(site.put(body, snippet=False))

    door.wait("Old Site")
    page.wait_for_function(LOADED)
    assert door.names() == ["page", "Old Site"]
    assert door.facts("Old Site")[0].props == {"a": 1}


def test_a_real_analytics_js_on_the_page_is_left_alone(page: Page, site: Site) -> None:
    page.goto(site.put("<script>window.analytics = {track: () => 'theirs'}</script>SNIPPET", snippet=False))
    page.wait_for_function("() => window.sojourn && window.sojourn.initialized")

    assert page.evaluate("() => analytics.track('A')") == "theirs"


def test_what_is_tracked_on_links_and_forms_arrives_though_the_page_goes(page: Page, door: Door, site: Site) -> None:
    site.put("next", "/next", snippet=False)
    visit(page, site, "<a id=a href=/next>Go</a><form id=f action=/next><input name=q><button>Send</button></form>")
    page.evaluate(
        "() => { analytics.trackLink(document.querySelector('#a'), 'Went', {to: 'next'}); analytics.trackForm([document.querySelector('#f')], () => 'Sent') }"
    )

    page.click("#a")
    door.wait("Went")
    page.go_back()
    page.wait_for_function(LOADED)
    page.evaluate("() => analytics.trackForm(document.querySelector('#f'), 'Sent')")
    page.click("button")
    assert door.wait("Sent")[0].props == {}
    assert door.facts("Went")[0].props == {"to": "next"}


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("wk_nobody", "unknown or disabled"),
        ("wk_off", "unknown or disabled"),
        ("sk_shop", "secret key"),
        ("", "lacks its write key"),
        ("%22);alert(1)//", "unknown"),
    ],
)
def test_a_wrong_key_says_so_in_the_console_and_breaks_nothing(page: Page, door: Door, site: Site, key: str, sentence: str) -> None:
    said: list[str] = []
    broken: list[str] = []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: broken.append(str(error)))
    site.key = key

    page.goto(site.put("<script>analytics.track('Kept back')</script>"), wait_until="load")

    assert [line for line in said if sentence in line and line.startswith("error: Sojourn:")]
    assert broken == []
    assert door.facts() == []
