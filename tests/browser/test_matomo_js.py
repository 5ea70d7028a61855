"""Matomo's tracking code in Chromium, as Matomo's guide gives it with only the host changed: what a page says of itself is what capture keeps."""

import hashlib
import time
from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import BrowserContext, Page, Request

from sojourn.terms.facts import Fact
from tests.browser import door as doors
from tests.browser.door import Door, until
from tests.browser.site import Site

pytestmark = pytest.mark.browser

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
READY = "() => window.Matomo && Matomo.initialized"
HASH = hashlib.sha1(b"127.0.0.1/").hexdigest()[:4]  # the name of Matomo's cookies has it
KNOWN = "92ca3b419ffd7555"
COUNT = """window.sent = []; const real = navigator.sendBeacon.bind(navigator);
navigator.sendBeacon = (url, body) => { body.text().then(text => sent.push(text)); window.count = (window.count || 0) + 1; return real(url, body) }"""


@pytest.fixture(autouse=True)
def _sites(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers under which Matomo knew the shop, and another site of its owner."""
    monkeypatch.setitem(doors.KEYS, "matomo:1", doors.KEYS["wk_shop"])
    monkeypatch.setitem(doors.KEYS, "matomo:7", doors.KEYS["wk_ask"])


def code(door: Door, before: str = "", site: str = "'1'") -> str:
    return CODE.replace("DOOR", door.address.removeprefix("http:")).replace("SITE", site).replace("BEFORE", before)


def visit(page: Page, door: Door, site: Site, before: str = "", body: str = "", path: str = "/") -> str:
    """Open a page with the tracking code, `before` pushed before the rest of it; its address."""
    address = site.put(code(door, before) + body, path.partition("?")[0], snippet=False) + path.partition("?")[1] + path.partition("?")[2]
    page.goto(address)
    page.wait_for_function(READY)
    return address


def push(page: Page, *calls: str) -> None:
    page.evaluate("() => {" + ";".join(f"_paq.push([{call}])" for call in calls) + "}")


def cookies(page: Page) -> dict[str, str]:
    return {one["name"]: one["value"] for one in page.context.cookies()}


def said(fact: Fact) -> dict[str, Any]:
    """The parameters as the script sent them."""
    return fact.raw["matomo"]


# -- the tracking code


@pytest.mark.parametrize("key", ["'1'", "1", "'wk_shop'"])
def test_the_tracking_code_with_only_the_host_changed_is_a_page_view(page: Page, door: Door, site: Site, key: str) -> None:
    page.goto(site.put(code(door, site=key), "/lamps", snippet=False) + "?mtm_campaign=spring&mtm_source=news&mtm_kwd=led")

    [fact] = door.wait("page")
    assert (fact.kind, fact.name, fact.user_id) == ("page", "Shop", None)
    assert fact.props == {"url": page.url, "path": "/lamps", "title": "Shop"}
    assert fact.anonymous_id == cookies(page)[f"_pk_id.{key.strip(chr(39))}.{HASH}"].split(".")[0]
    assert fact.context["campaign"] == {"name": "spring", "source": "news", "term": "led"}
    assert fact.context["locale"] == "en-US"
    assert fact.context["screen"] == page.evaluate("() => ({width: screen.width, height: screen.height})")
    assert set(said(fact)) >= {"h", "m", "s", "r", "pv_id", "pf_srv", "pf_tfr"}


def test_the_name_that_matomo_had_before_works_too(page: Page, door: Door, site: Site) -> None:
    old = """<script>var _paq = []; _paq.push(["trackPageView"]); _paq.push(["enableLinkTracking"]);
    (function() { var u="DOOR/"; _paq.push(["setTrackerUrl", u+"piwik.php"]); _paq.push(["setSiteId", "1"]);
    var d=document, g=d.createElement("script"), s=d.getElementsByTagName("script")[0];
    g.type="text/javascript"; g.defer=true; g.async=true; g.src=u+"piwik.js"; s.parentNode.insertBefore(g,s); })();</script>
    <script>window.piwikAsyncInit = () => Piwik.getTracker("DOOR/piwik.php", 1).trackEvent("Old", "Seen")</script>"""
    page.goto(site.put(old.replace("DOOR", door.address), snippet=False))

    door.wait("page")
    door.wait("Seen")


def test_trackers_may_be_made_by_hand_where_the_script_is_loaded_first(page: Page, door: Door, site: Site) -> None:
    body = """<script src="DOOR/matomo.js"></script><script>
    const one = Matomo.getTracker("DOOR/matomo.php", 1); one.setDocumentTitle("By hand"); one.trackPageView();
    const two = Matomo.getAsyncTracker(); two.setTrackerUrl("DOOR/matomo.php"); two.setSiteId(1); two.trackEvent("Menu", "Opened", "Main", 3);
    </script>"""
    page.goto(site.put(body.replace("DOOR", door.address), snippet=False))

    assert door.wait("page")[0].props["title"] == "By hand"
    assert door.wait("Opened")[0].props == {"category": "Menu", "label": "Main", "value": 3}


def test_settings_count_wherever_they_stand_in_the_queue_and_functions_get_the_tracker(page: Page, door: Door, site: Site) -> None:
    before = """_paq.push([function(a) { window.who = [this.getVisitorId(), a] }, 'arg'], ['trackEvent', 'Early', 'Pushed']);"""
    after = "<script>_paq.push(['setUserId', 'ann'], ['setCookieNamePrefix', 'mine_']); _paq.push(() => { window.bare = 1 })</script>"
    visit(page, door, site, before, after)

    [view], [early] = door.wait("page"), door.wait("Pushed")
    assert (view.user_id, early.user_id) == ("ann", "ann")
    assert page.evaluate("() => who") == [view.anonymous_id, "arg"]
    assert page.evaluate("() => bare") == 1
    assert f"mine_id.1.{HASH}" in cookies(page)


def test_what_is_unknown_is_one_warning_and_nothing_else(page: Page, door: Door, site: Site) -> None:
    told: list[str] = []
    page.on("console", lambda message: told.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: told.append(str(error)))
    visit(page, door, site, "_paq.push(['noSuchThing', 1], ['MediaAnalytics::enable'], 7, null, ['trackEvent', '', '']);")
    push(page, "'trackLink', 'http://[', 'link'", "() => { throw new Error('mine') }", "'trackEvent', 'Still', 'There'")

    door.wait("There")
    assert [one.partition(": Matomo tracker: ")[2][:30] for one in told] == [
        "there is no method noSuchThing", "there is no method MediaAnalyt", "trackEvent needs a category an", "TypeError: Failed to construct", "Error: mine",
    ]  # fmt: skip
    assert door.names() == ["page", "There"]


def test_the_script_twice_on_a_page_counts_once(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, body=f"<script src='{door.address}/piwik.js'></script>")
    push(page, "'trackEvent', 'a', 'Once'")

    door.wait("Once")
    assert sorted(door.names()) == ["Once", "page"]


# -- pages, events, goals


def test_titles_and_addresses_are_those_that_the_page_says(page: Page, door: Door, site: Site) -> None:
    before = """_paq.push(['setDocumentTitle', 'Named'], ['setCustomUrl', '/virtual?a=1&secret=2#part'], ['setReferrerUrl', 'https://news.example/x'],
      ['discardHashTag', true], ['setExcludedQueryParams', ['secret']]);"""
    visit(page, door, site, before)

    [fact] = door.wait("page")
    assert fact.props == {"url": site.address + "/virtual?a=1", "path": "/virtual", "title": "Named", "referrer": "https://news.example/x"}
    push(page, "'setCustomUrl', 'https://shop.example/next'", "'trackPageView', 'Next', {dimension2: 'b', other: 1}")
    fact = door.wait("page", 2)[1]
    assert (fact.name, fact.props["url"], fact.props["dimension2"]) == ("Next", "https://shop.example/next", "b")
    assert said(fact)["data"] == '{"other":1}'
    assert page.evaluate("() => Matomo.getAsyncTracker().getCurrentUrl()") == "https://shop.example/next"


def test_events_goals_searches_and_links_become_facts(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site)
    push(
        page,
        "'trackEvent', 'Videos', 'Played', 'Tour', 2.5, {dimension1: 'x'}",
        "'trackGoal', 3, 9.9",
        "'trackSiteSearch', 'Banana', 'Organic Food', 0",
        "'trackLink', 'https://partner.example/a', 'link'",
        "'trackLink', 'https://shop.example/a.pdf', 'download'",
        "'ping'",
        "'trackRequest', 'e_c=Raw&e_a=Asked'",
    )

    door.wait("Asked")
    until(lambda: len(door.facts()) == 9, door.names)
    props = {fact.name: fact.props for fact in door.facts()}
    assert props["Played"] == {"category": "Videos", "label": "Tour", "value": 2.5, "dimension1": "x"}
    assert props["Goal Reached"] == {"goal": "3", "revenue": 9.9}
    assert props["Products Searched"] == {"query": "Banana", "category": "Organic Food", "results": 0}
    assert props["Search Without Result"] == {"query": "Banana"}
    assert props["Link Clicked"] == {"url": "https://partner.example/a", "href": "https://partner.example/a"}
    assert props["File Downloaded"] == {"url": "https://shop.example/a.pdf"}
    assert props["Page Ping"] == {"url": site.address + "/"}
    assert props["Asked"] == {"category": "Raw"}
    assert len({fact.anonymous_id for fact in door.facts()}) == 1


def test_callbacks_are_called_when_a_hit_has_been_taken_over(page: Page, site: Site, door: Door) -> None:
    visit(page, door, site)

    assert page.evaluate("() => new Promise(done => _paq.push(['trackEvent', 'a', 'b', '', 0, {}, () => done('sent')]))") == "sent"
    push(page, "'disableAlwaysUseSendBeacon'")
    assert page.evaluate("() => new Promise(done => _paq.push(['trackRequest', 'e_c=a&e_a=c', {}, () => done('sent')]))") == "sent"
    door.wait("c")


def test_dimensions_and_variables_go_along_until_they_are_deleted(page: Page, door: Door, site: Site) -> None:
    visit(
        page,
        door,
        site,
        "_paq.push(['setCustomDimension', 1, 'Member'], ['setCustomVariable', 1, 'Plan', 'gold'], ['setCustomVariable', 2, 'Shelf', 'led', 'page']);",
    )
    assert page.evaluate("() => { const t = Matomo.getAsyncTracker(); return [t.getCustomDimension(1), t.getCustomVariable(1), t.getCustomVariable(9)] }") == [
        "Member", ["Plan", "gold"], False,
    ]  # fmt: skip
    push(page, "'deleteCustomDimension', 1", "'deleteCustomVariable', 2, 'page'", "'trackEvent', 'x', 'After'")

    [view], [after] = door.wait("page"), door.wait("After")
    assert {name: view.props[name] for name in ("dimension1", "Plan", "Shelf")} == {"dimension1": "Member", "Plan": "gold", "Shelf": "led"}
    assert after.props == {"category": "x", "Plan": "gold"}


def test_variables_may_last_for_the_visit(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['storeCustomVariablesInCookie'], ['setCustomVariable', 1, 'Plan', 'gold']);")
    door.wait("page")
    visit(page, door, site, "_paq.push(['storeCustomVariablesInCookie']);", path="/next")

    assert door.wait("page", 2)[1].props["Plan"] == "gold"


def test_how_long_the_page_took_is_said_or_measured(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['setPagePerformanceTiming', 11, 22, 33, 44, 55, 66]);")
    timings = {name: value for name, value in said(door.wait("page")[0]).items() if name.startswith("pf_")}
    assert timings == {"pf_net": "11", "pf_srv": "22", "pf_tfr": "33", "pf_dm1": "44", "pf_dm2": "55", "pf_onl": "66"}

    visit(page, door, site, "_paq.push(['disablePerformanceTracking'], ['disableBrowserFeatureDetection']);", path="/quiet")
    quiet = said(door.wait("page", 2)[1])
    assert not [name for name in quiet if name.startswith("pf_") or name in ("res", "cookie")]


# -- who it is


def test_a_visitor_known_to_matomo_stays_who_it_was(context: BrowserContext, page: Page, door: Door, site: Site) -> None:
    created = int(time.time()) - 86_400
    context.add_cookies([{"name": f"_pk_id.1.{HASH}", "value": f"{KNOWN}.{created}.", "url": site.address}])
    visit(page, door, site)

    [fact] = door.wait("page")
    assert (fact.anonymous_id, said(fact)["_idn"]) == (KNOWN, "0")
    assert cookies(page) == {f"_pk_id.1.{HASH}": f"{KNOWN}.{created}.", f"_pk_ses.1.{HASH}": "1"}
    [kept] = [one for one in context.cookies() if one["name"].startswith("_pk_id")]
    assert abs(kept["expires"] - created - 33_955_200) < 60
    assert (kept["sameSite"], kept["path"]) == ("Lax", "/")


def test_a_visitor_stays_the_same_when_the_site_id_gives_way_to_a_write_key(context: BrowserContext, page: Page, door: Door, site: Site) -> None:
    context.add_cookies([{"name": f"_pk_id.1.{HASH}", "value": f"{KNOWN}.1700000000.4.1700000000.1690000000", "url": site.address}])
    page.goto(site.put(code(door, site="'wk_shop'"), snippet=False))

    assert door.wait("page")[0].anonymous_id == KNOWN


def test_the_user_id_goes_along_until_it_is_reset(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['setUserId', 'ann@shop.example']);")
    push(page, "'resetUserId'", "'trackEvent', 'x', 'Logged Out'", f"'setVisitorId', '{KNOWN}'", "'trackEvent', 'x', 'Forced'")

    [view], [out], [forced] = door.wait("page"), door.wait("Logged Out"), door.wait("Forced")
    assert (view.user_id, out.user_id) == ("ann@shop.example", None)
    assert view.anonymous_id == out.anonymous_id
    assert forced.anonymous_id == KNOWN
    assert cookies(page)[f"_pk_id.1.{HASH}"].startswith(str(view.anonymous_id))


def test_cookies_are_named_and_last_as_the_page_says(page: Page, door: Door, site: Site) -> None:
    before = """_paq.push(['setCookiePath', '/shop'], ['setCookieNamePrefix', 'm_'], ['setCookieSameSite', 'Strict'], ['setVisitorCookieTimeout', 86400],
      ['setCookieDomain', '*.elsewhere.example'], ['setSecureCookie', true]);"""
    visit(page, door, site, before, path="/shop")

    door.wait("page")
    end = hashlib.sha1(b"127.0.0.1/shop").hexdigest()[:4]
    [kept] = [one for one in page.context.cookies() if one["name"] == f"m_id.1.{end}"]
    assert (kept["path"], kept["sameSite"], kept["secure"]) == ("/shop", "Strict", False)
    assert abs(kept["expires"] - time.time() - 86_400) < 60
    assert not [name for name in cookies(page) if name.startswith("_pk") or "testcookie" in name]


def test_what_brought_the_visit_is_told_of_all_its_hits(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['setReferrerUrl', 'https://news.example/x']);", path="/?pk_campaign=spring&pk_kwd=lamp")
    visit(page, door, site, path="/next")
    push(page, "'trackGoal', 1")

    goal = said(door.wait("Goal Reached")[0])
    assert (goal["_rcn"], goal["_rck"], goal["_ref"]) == ("spring", "lamp", "https://news.example/x")
    assert page.evaluate("() => Matomo.getAsyncTracker().getAttributionInfo()") == ["spring", "lamp", int(goal["_refts"]), "https://news.example/x"]


def test_without_cookies_visitors_are_told_apart_for_a_day(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['disableCookies']);")

    [fact] = door.wait("page")
    assert str(fact.anonymous_id).startswith("visitor-")
    assert cookies(page) == {}
    assert page.evaluate("() => [Matomo.getAsyncTracker().getVisitorId(), Matomo.getAsyncTracker().hasCookies()]") == ["", "0"]


# -- consent


def test_until_consent_nothing_is_sent_nor_stored_and_then_what_waited_is(page: Page, door: Door, site: Site) -> None:
    page.add_init_script(COUNT)
    visit(page, door, site, "_paq.push(['requireConsent']);")
    push(page, "'trackEvent', 'x', 'Waited'")
    assert page.evaluate("() => [window.count, document.cookie]") == [None, ""]
    before = time.time() * 1000

    page.wait_for_timeout(60)
    push(page, "'rememberConsentGiven', 24")

    [view], [event] = door.wait("page"), door.wait("Waited")
    assert view.anonymous_id == event.anonymous_id == cookies(page)[f"_pk_id.1.{HASH}"].split(".")[0]
    assert max(view.at, event.at) <= before
    visit(page, door, site, "_paq.push(['requireConsent']);", path="/next")
    assert door.wait("page", 2)[1].anonymous_id == view.anonymous_id
    assert page.evaluate("() => Matomo.getAsyncTracker().hasRememberedConsent()") is True

    push(page, "'forgetConsentGiven'", "'trackEvent', 'x', 'After'")
    assert set(cookies(page)) == {"mtm_consent_removed"}
    visit(page, door, site, "_paq.push(['requireConsent']);", path="/last")
    assert page.evaluate("() => window.count") is None
    assert "After" not in door.names()


def test_consent_for_one_page_is_not_remembered(page: Page, door: Door, site: Site) -> None:
    page.add_init_script(COUNT)
    visit(page, door, site, "_paq.push(['requireConsent'], ['setConsentGiven']);")
    door.wait("page")
    visit(page, door, site, "_paq.push(['requireConsent']);", path="/next")

    assert page.evaluate("() => window.count") is None


def test_cookies_wait_for_their_own_consent(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['requireCookieConsent']);")
    assert str(door.wait("page")[0].anonymous_id).startswith("visitor-")
    assert cookies(page) == {}

    push(page, "'rememberCookieConsentGiven'")
    assert set(cookies(page)) == {"mtm_cookie_consent", f"_pk_id.1.{HASH}", f"_pk_ses.1.{HASH}"}
    visit(page, door, site, "_paq.push(['requireCookieConsent']);", path="/next")
    assert door.wait("page", 2)[1].anonymous_id == cookies(page)[f"_pk_id.1.{HASH}"].split(".")[0]
    push(page, "'forgetCookieConsentGiven'", "'trackEvent', 'x', 'Still'")
    assert str(door.wait("Still")[0].anonymous_id).startswith("visitor-")
    assert cookies(page) == {}


def test_who_opts_out_is_not_tracked_until_they_opt_in(page: Page, door: Door, site: Site) -> None:
    page.add_init_script(COUNT)
    visit(page, door, site)
    door.wait("page")
    push(page, "'optUserOut'", "'trackEvent', 'x', 'Out'")
    assert page.evaluate("() => [Matomo.getAsyncTracker().isUserOptedOut(), window.count]") == [True, 1]
    visit(page, door, site, path="/next")
    assert page.evaluate("() => [Matomo.getAsyncTracker().isUserOptedOut(), window.count, document.cookie.split('=')[0]]") == [
        True,
        None,
        "mtm_consent_removed",
    ]

    push(page, "'forgetUserOptOut'", "'trackEvent', 'x', 'Back'")

    door.wait("Back")
    assert door.names() == ["page", "Back"]


def test_a_browser_that_asks_not_to_be_tracked_is_not_where_the_page_says_so(page: Page, door: Door, site: Site) -> None:
    page.add_init_script(COUNT + "; Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})")
    visit(page, door, site, "_paq.push(['setDoNotTrack', true]);")
    assert page.evaluate("() => [window.count, document.cookie]") == [None, ""]

    visit(page, door, site, path="/next")
    door.wait("page")


# -- links


def test_clicks_that_lead_out_or_to_a_file_are_told(page: Page, door: Door, site: Site) -> None:
    links = {
        "out": 'href="https://partner.example/a" onclick="event.stopPropagation()"',
        "alias": 'href="https://www.alias.example/a"',
        "file": 'href="/list.pdf"',
        "named": 'href="/last" class="matomo_download"',
        "listed": 'href="/book" class="mine"',
        "forced": 'href="/partner" class="piwik_link"',
        "ignored": 'href="https://x.example/a.zip" class="matomo_ignore"',
        "inside": 'href="/next"',
        "mail": 'href="mailto:a@b.example"',
        "added": 'href="https://x.example/a.mp5?b=1"',
        "removed": 'href="/picture.png"',
    }
    body = "".join(f"<a id={name} {rest}><b>{name}</b></a> " for name, rest in links.items())
    body += "<script>addEventListener('click', event => event.preventDefault())</script>"
    before = """_paq.push(['setDomains', ['*.alias.example']], ['setDownloadClasses', 'mine'],
      ['addDownloadExtensions', 'mp5|mp6'], ['removeDownloadExtensions', 'png']);"""
    visit(page, door, site, before, body)
    page.evaluate("() => document.querySelectorAll('a').forEach(a => a.addEventListener('click', event => event.preventDefault()))")
    for name in links:
        page.click(f"#{name} b")

    until(lambda: len(door.facts()) == 7, door.names)
    told = [(fact.name, fact.props["url"]) for fact in door.facts()[1:]]
    assert sorted(told) == sorted([
        ("Link Clicked", "https://partner.example/a"), ("Link Clicked", site.address + "/partner"), ("File Downloaded", site.address + "/list.pdf"),
        ("File Downloaded", site.address + "/last"), ("File Downloaded", site.address + "/book"), ("File Downloaded", "https://x.example/a.mp5?b=1"),
    ])  # fmt: skip


def test_a_link_that_leaves_the_page_loses_nothing(page: Page, door: Door, site: Site) -> None:
    site.put("<h1>There</h1>", "/there", snippet=False)
    other = site.address.replace("127.0.0.1", "localhost") + "/there"
    visit(page, door, site, body=f"<a href='{other}'>Away</a>")
    page.click("a")

    page.wait_for_url(other)
    assert door.wait("Link Clicked")[0].props["href"] == other


def test_middle_clicks_count_where_the_page_wants_them(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['enableLinkTracking', true]);", "<a href='https://a.example/'>A</a>")
    page.evaluate("() => document.querySelector('a').dispatchEvent(new MouseEvent('auxclick', {button: 1, bubbles: true, composed: true}))")

    assert door.wait("Link Clicked")[0].props["href"] == "https://a.example/"


def test_a_visitor_stays_the_same_on_another_domain_of_the_owner(page: Page, door: Door, site: Site) -> None:
    before = "_paq.push(['setDomains', ['127.0.0.1', 'localhost']], ['enableCrossDomainLinking']);"
    site.put(code(door, before), "/there", snippet=False)
    other = site.address.replace("127.0.0.1", "localhost") + "/there?a=1"
    visit(page, door, site, before, f"<a href='{other}'>Over</a>")
    page.click("a")

    here, there = door.wait("page", 2)
    assert there.props["url"] == other
    assert here.anonymous_id == there.anonymous_id


# -- the shop


def test_a_visit_of_the_shop_from_the_shelf_to_the_order(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['setEcommerceView', 'LMP-1', 'Lamp', ['Lamps', 'LED'], 79.9]);")
    push(
        page,
        "'addEcommerceItem', 'LMP-1', 'Lamp', 'Lamps', 79.9, 1",
        "'addEcommerceItem', 'BLB-2', 'Bulb', ['Bulbs', 'LED'], 4.5, 4",
        "'addEcommerceItem', 'GONE', 'Gone', '', 1",
        "'removeEcommerceItem', 'GONE'",
        "'trackEcommerceCartUpdate', 97.9",
    )
    assert page.evaluate("() => Object.keys(Matomo.getAsyncTracker().getEcommerceItems())") == ["LMP-1", "BLB-2"]
    push(page, "'trackEcommerceOrder', 'o-1', 107.8, 97.9, 5, 9.9, false", "'trackPageView', 'Thanks'")

    door.wait("page", 2)
    [seen], [cart], [order] = door.wait("Product Viewed"), door.wait("Cart Viewed"), door.wait("Order Completed")
    products = [
        {"product_id": "LMP-1", "name": "Lamp", "category": "Lamps", "price": 79.9, "quantity": 1},
        {"product_id": "BLB-2", "name": "Bulb", "category": ["Bulbs", "LED"], "price": 4.5, "quantity": 4},
    ]
    assert seen.props == {"product_id": "LMP-1", "name": "Lamp", "category": ["Lamps", "LED"], "price": 79.9}
    assert cart.props == {"products": products, "value": 97.9}
    assert order.props == {"order_id": "o-1", "total": 107.8, "subtotal": 97.9, "tax": 5, "shipping": 9.9, "products": products}
    assert page.evaluate("() => Matomo.getAsyncTracker().getEcommerceItems()") == {}
    assert len(door.facts("Product Viewed")) == 1


def test_a_page_of_a_category_shows_a_list_of_products(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['setEcommerceView', false, false, 'Lamps']);")

    assert door.wait("Product List Viewed")[0].props == {"category": "Lamps"}


# -- contents


CONTENTS = """<div data-track-content data-content-name=Banner data-content-piece=Spring><a href=/sale data-content-target>Go</a></div>
<a id=pic href=#x data-track-content><img src=lamp.png data-content-piece></a>
<p class=matomoTrackContent title=Teaser data-content-ignoreinteraction>More</p>"""


def test_contents_are_told_when_they_are_shown_and_clicked(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, body=CONTENTS)
    push(page, "'trackAllContentImpressions'", "'trackAllContentImpressions'")
    door.wait("Content Seen", 3)
    for place in ("#pic img", "p"):
        page.dispatch_event(place, "click", {"composed": True})
    page.evaluate("() => _paq.push(['trackContentInteractionNode', document.querySelector('div a'), 'hovered'])")
    push(page, "'trackContentImpression', 'Hand', 'Made', 'https://a.example/'", "'trackContentInteraction', 'tapped', 'Hand', 'Made', 'https://a.example/'")

    door.wait("Content Seen", 4)
    door.wait("Content Clicked", 3)
    banner = {"content": "Banner", "piece": "Spring", "target": site.address + "/sale"}
    picture = {"content": "/lamp.png", "piece": site.address + "/lamp.png", "target": site.address + "/#x"}
    teaser = {"content": "Teaser", "piece": "Unknown"}
    hand = {"content": "Hand", "piece": "Made", "target": "https://a.example/"}

    def by_name(name: str) -> list[dict[str, Any]]:
        return sorted((fact.props for fact in door.facts(name)), key=str)

    assert by_name("Content Seen") == sorted([banner, picture, teaser, hand], key=str)
    assert by_name("Content Clicked") == sorted([banner, picture, hand], key=str)
    assert {said(fact)["c_i"] for fact in door.facts("Content Clicked")} == {"click", "hovered", "tapped"}


def test_contents_may_count_only_once_they_are_in_view(page: Page, door: Door, site: Site) -> None:
    far = "<p style='margin-top:4000px' id=far data-track-content data-content-name=Far>x</p>"
    visit(page, door, site, body="<p data-track-content data-content-name=Near>x</p>" + far)
    push(page, "'trackVisibleContentImpressions', true, 50")
    assert door.wait("Content Seen")[0].props["content"] == "Near"

    page.evaluate("() => document.querySelector('#far').scrollIntoView()")
    assert door.wait("Content Seen", 2)[1].props["content"] == "Far"
    page.evaluate("() => { document.body.insertAdjacentHTML('beforeend', '<p data-track-content data-content-name=New>x</p>'); scrollTo(0, 99999) }")
    assert door.wait("Content Seen", 3)[2].props["content"] == "New"


# -- time and trouble


def test_the_heart_beats_when_a_page_is_left_that_was_looked_at_for_so_long(page: Page, door: Door, site: Site) -> None:
    page.clock.install()
    page.add_init_script(COUNT)
    visit(page, door, site, "_paq.push(['enableHeartBeatTimer', 30]);")
    page.evaluate("() => { dispatchEvent(new Event('focus')); dispatchEvent(new Event('blur')) }")
    assert page.evaluate("() => window.count") == 1
    page.evaluate("() => dispatchEvent(new Event('focus'))")
    page.clock.fast_forward(31_000)
    page.evaluate("() => { dispatchEvent(new Event('blur')); dispatchEvent(new Event('blur')) }")

    assert door.wait("Page Ping")[0].props == {"url": site.address + "/"}
    assert page.evaluate("() => window.count") == 2


def test_errors_of_scripts_are_told_once_each(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['enableJSErrorTracking']);", "<img src=/none.png>")
    page.evaluate("() => { for (const n of [1, 2]) setTimeout(() => { null.price }) }")

    [fact] = door.wait("Error Shown")
    assert fact.props["message"] == "Uncaught TypeError: Cannot read properties of null (reading 'price')"
    assert fact.props["type"] == "TypeError"
    assert {"cra_rl", "cra_rc", "cra_st"} <= set(said(fact))
    push(page, "'trackEvent', 'x', 'Later'")
    door.wait("Later")
    assert len(door.facts("Error Shown")) == 1


# -- how it is sent


def asked(request: Request) -> tuple[str, str, dict[str, list[str]]]:
    return request.method, request.headers.get("content-type", ""), parse_qs(request.post_data or request.url.partition("?")[2])


def test_requests_are_made_as_the_page_wants_them(page: Page, door: Door, site: Site) -> None:
    before = """_paq.push(['setRequestMethod', 'GET'], ['setCustomRequestProcessing', request => request.replace('cats', 'dogs')],
      ['appendToTrackingUrl', 'new_visit=1']);"""
    with page.expect_request(lambda request: "matomo.php" in request.url) as seen:
        visit(page, door, site, before, path="/cats")
    method, _, fields = asked(seen.value)
    assert (method, fields["new_visit"]) == ("GET", ["1"])
    assert door.wait("page")[0].props["path"] == "/dogs"

    push(page, "'setRequestMethod', 'POST'", "'disableAlwaysUseSendBeacon'", "'setRequestContentType', 'application/json'")
    with page.expect_request(lambda request: request.method == "POST") as seen:
        push(page, "'trackEvent', 'x', 'Posted'")
    assert asked(seen.value)[1] == "application/json"
    assert door.wait("Posted")[0].props == {"category": "x"}


def test_queued_requests_go_together_when_the_page_is_left(page: Page, door: Door, site: Site) -> None:
    page.add_init_script(COUNT)
    visit(page, door, site)
    push(page, "'queueRequest', 'e_c=x&e_a=One'", "'queueRequest', 'e_c=x&e_a=Two'")
    assert page.evaluate("() => window.count") == 1
    page.goto(site.put("", "/next", snippet=False))

    door.wait("Two")
    assert [fact.name for fact in door.facts() if fact.kind == "track"] == ["One", "Two"]


def test_a_page_may_tell_several_doors(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, f"_paq.push(['addTracker', '{door.address}/piwik.php', 7]);")
    push(page, "'trackEvent', 'x', 'Both'")
    door.wait("Both", 2)
    page.evaluate(f"() => Matomo.getAsyncTracker('{door.address}/piwik.php', 7).trackEvent('x', 'Second')")

    door.wait("Second")
    assert sorted(door.names()) == ["Both", "Both", "Second", "page", "page"]
    assert sorted(said(fact)["idsite"] for fact in door.facts()) == ["1", "1", "7", "7", "7"]
    assert {f"_pk_id.1.{HASH}", f"_pk_id.7.{HASH}"} <= set(cookies(page))


def test_plugins_add_to_what_is_sent(page: Page, door: Door, site: Site) -> None:
    before = """window.matomoPluginAsyncInit = [function () {
      Matomo.addPlugin('Mine', {log: () => '&dimension9=log', event: () => '&dimension9=event'});
      Matomo.Mine = {mark: (value) => { window.marked = value }};
      Matomo.on('TrackerSetup', (tracker) => { tracker.Mine = {tell: () => tracker.trackEvent('x', 'Told')} });
    }]; _paq.push(['Mine::mark', 5], ['Mine.tell']);"""
    visit(page, door, site, before)

    assert door.wait("page")[0].props["dimension9"] == "log"
    assert door.wait("Told")[0].props == {"category": "x", "dimension9": "event"}
    assert page.evaluate("() => marked") == 5


def test_the_picture_for_pages_without_scripts_is_a_page_view(page: Page, door: Door, site: Site) -> None:
    page.goto(
        site.put(f'<img referrerpolicy="no-referrer-when-downgrade" src="{door.address}/matomo.php?idsite=1&amp;rec=1" style="border:0" alt="">', snippet=False)
    )

    [fact] = door.wait("page")
    assert fact.props["url"] == page.url
