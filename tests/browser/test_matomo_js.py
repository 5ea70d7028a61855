"""Matomo's tracking code in Chromium, as Matomo's guide gives it with only the host changed: what a page says of itself is what capture keeps."""

import time
from hashlib import sha1

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.door import Door, until
from tests.browser.matomo import COUNT, HASH, closer, code, cookies, door, page, push, said, shared, site, visit
from tests.browser.site import Site

__all__ = ["closer", "door", "page", "shared", "site"]
pytestmark = pytest.mark.browser

KNOWN = "92ca3b419ffd7555"


# -- the tracking code


@pytest.mark.parametrize("key", ["'1'", "'wk_shop'"])
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


def test_the_name_that_matomo_had_before_works_too_and_a_folder(page: Page, door: Door, site: Site) -> None:
    old = """<script>var _paq = []; _paq.push(["trackPageView"]); _paq.push(["enableLinkTracking"]);
    (function() { var u="DOOR/stats/piwik/"; _paq.push(["setTrackerUrl", u+"piwik.php"]); _paq.push(["setSiteId", "1"]);
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


def test_wrappers_may_ask_for_their_tracker_by_its_address_and_site(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put(f"<script src='{door.address}/piwik.js'></script>", snippet=False))
    page.evaluate(f"() => {{ window.mine = Piwik.getAsyncTracker('{door.address}/piwik.php', 1); mine.trackPageView() }}")

    door.wait("page")
    assert page.evaluate(f"() => [Piwik.getAsyncTracker('{door.address}/', '1') === mine, Piwik.getAsyncTracker('', 9) === undefined]") == [True, True]


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
    visit(page, door, site, "_paq.push(['noSuchThing', 1], ['noSuchThing'], ['MediaAnalytics::enable'], 7, null, ['trackEvent', '', '']);")
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


def test_a_visitor_known_to_matomo_stays_who_it_was(page: Page, door: Door, site: Site) -> None:
    created = int(time.time()) - 86_400
    page.context.add_cookies([{"name": f"_pk_id.1.{HASH}", "value": f"{KNOWN}.{created}.", "url": site.address}])
    visit(page, door, site)

    [fact] = door.wait("page")
    assert (fact.anonymous_id, said(fact)["_idn"]) == (KNOWN, "0")
    assert cookies(page) == {f"_pk_id.1.{HASH}": f"{KNOWN}.{created}.", f"_pk_ses.1.{HASH}": "1"}
    [kept] = [one for one in page.context.cookies() if one["name"].startswith("_pk_id")]
    assert abs(kept["expires"] - created - 33_955_200) < 60
    assert (kept["sameSite"], kept["path"]) == ("Lax", "/")


def test_a_visitor_stays_the_same_when_the_site_id_gives_way_to_a_write_key(page: Page, door: Door, site: Site) -> None:
    page.context.add_cookies([{"name": f"_pk_id.1.{HASH}", "value": f"{KNOWN}.1700000000.4.1700000000.1690000000", "url": site.address}])
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
    end = sha1(b"127.0.0.1/shop").hexdigest()[:4]
    [kept] = [one for one in page.context.cookies() if one["name"] == f"m_id.1.{end}"]
    assert (kept["path"], kept["sameSite"], kept["secure"]) == ("/shop", "Strict", False)
    assert abs(kept["expires"] - time.time() - 86_400) < 60
    assert not [name for name in cookies(page) if name.startswith("_pk") or "testcookie" in name]


def test_on_a_page_with_tls_cookies_may_be_secure(browser: Browser, door: Door) -> None:
    context = browser.new_context(permissions=["local-network-access"])
    before = "_paq.push(['setSecureCookie', true], ['setCookieSameSite', 'None']);"
    html = "<title>Shop</title>" + code(door, before).replace('u="//', 'u="http://')
    context.route("https://shop.example/**", lambda route: route.fulfill(content_type="text/html", body=html))
    context.new_page().goto("https://shop.example/lamps")

    assert door.wait("page")[0].props["url"] == "https://shop.example/lamps"
    assert {(one["secure"], one["sameSite"]) for one in context.cookies()} == {(True, "None")}
    context.close()


def test_in_a_frame_that_may_have_no_cookies_visitors_are_told_apart_for_a_day(page: Page, door: Door, site: Site) -> None:
    site.put(code(door), "/framed", snippet=False)
    page.goto(site.put("<iframe sandbox=allow-scripts src=/framed></iframe>", snippet=False))

    [fact] = door.wait("page")
    assert (fact.props["path"], str(fact.anonymous_id)[:8]) == ("/framed", "visitor-")


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


def test_referrers_that_the_page_excludes_are_none(page: Page, door: Door, site: Site) -> None:
    before = "_paq.push(['setReferrerUrl', 'https://pay.partner.example/done'], ['setExcludedReferrers', ['*.partner.example']]);"
    visit(page, door, site, before)

    assert "referrer" not in door.wait("page")[0].props


def test_cookies_may_be_shared_by_a_domain(page: Page, door: Door, site: Site) -> None:
    site.put(code(door, "_paq.push(['setCookieDomain', '*.shop.localhost']);"), "/", snippet=False)
    page.goto(site.address.replace("127.0.0.1", "www.shop.localhost"))
    door.wait("page")

    end = sha1(b".shop.localhost/").hexdigest()[:4]
    assert {one["name"]: one["domain"] for one in page.context.cookies()} == {f"_pk_{name}.1.{end}": ".shop.localhost" for name in ("id", "ses")}


# -- consent


def test_until_consent_nothing_is_sent_nor_stored_and_then_what_waited_is(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['requireConsent'], ['setCookieDomain', '*.elsewhere.example']);")
    push(page, "'trackEvent', 'x', 'Waited'")
    assert page.evaluate("() => [window.count, window.writes, document.cookie]") == [0, 0, ""]
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
    assert page.evaluate("() => window.count") == 0
    assert "After" not in door.names()


def test_a_consent_tool_may_say_at_every_page_that_there_is_none_yet(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['requireConsent']);")
    push(
        page,
        "'forgetConsentGiven'",
        "'setConsentGiven'",
        "'forgetConsentGiven'",
        "'trackEvent', 'x', 'Refused'",
        "'setConsentGiven'",
        "'trackEvent', 'x', 'Last'",
    )

    door.wait("page")
    door.wait("Last")
    assert sorted(door.names()) == ["Last", "page"]


def test_consent_for_one_page_is_not_remembered(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['requireConsent'], ['setConsentGiven']);")
    door.wait("page")
    visit(page, door, site, "_paq.push(['requireConsent']);", path="/next")

    assert page.evaluate("() => window.count") == 0


def test_cookies_wait_for_their_own_consent(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "_paq.push(['requireCookieConsent'], ['setCookieDomain', '*.elsewhere.example']);")
    assert page.evaluate("() => window.writes") == 0
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
    visit(page, door, site)
    door.wait("page")
    push(page, "'optUserOut'", "'trackEvent', 'x', 'Out'")
    assert page.evaluate("() => [Matomo.getAsyncTracker().isUserOptedOut(), window.count]") == [True, 1]
    visit(page, door, site, path="/next")
    assert page.evaluate("() => [Matomo.getAsyncTracker().isUserOptedOut(), window.count, document.cookie.split('=')[0]]") == [
        True,
        0,
        "mtm_consent_removed",
    ]

    push(page, "'forgetUserOptOut'", "'trackEvent', 'x', 'Back'")

    door.wait("Back")
    assert door.names() == ["page", "Back"]


def test_a_browser_that_asks_not_to_be_tracked_is_not_where_the_page_says_so(browser: Browser, door: Door, site: Site) -> None:
    page = browser.new_page()
    page.add_init_script(COUNT + "; Object.defineProperty(Navigator.prototype, 'doNotTrack', {get: () => '1'})")
    visit(page, door, site, "_paq.push(['setDoNotTrack', true]);")
    assert page.evaluate("() => [window.count, document.cookie]") == [0, ""]

    visit(page, door, site, path="/next")
    door.wait("page")
    page.close()
