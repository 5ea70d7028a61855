"""Matomo's tracking code in Chromium: what a visitor does on the page, and how it is sent."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from playwright.sync_api import Browser, Page, Request

from tests.browser.door import Door, until
from tests.browser.matomo import COUNT, HASH, closer, code, cookies, door, page, push, said, shared, site, visit
from tests.browser.site import Site

__all__ = ["closer", "door", "page", "shared", "site"]
pytestmark = pytest.mark.browser


REFERENCE = """trackPageView trackEvent trackSiteSearch trackGoal trackLink trackAllContentImpressions trackVisibleContentImpressions
  trackContentImpressionsWithinNode trackContentInteractionNode trackContentImpression trackContentInteraction logAllContentBlocksOnPage ping
  enableHeartBeatTimer enableLinkTracking enableFileTracking disablePerformanceTracking enableCrossDomainLinking setCrossDomainLinkingTimeout
  getCrossDomainLinkingUrlParameter disableBrowserFeatureDetection enableBrowserFeatureDetection setDocumentTitle setDomains setCustomUrl setReferrerUrl
  setExcludedReferrers getExcludedReferrers setSiteId setApiUrl setTrackerUrl getMatomoUrl getPiwikUrl getCurrentUrl setDownloadClasses
  setDownloadExtensions addDownloadExtensions removeDownloadExtensions setIgnoreClasses setLinkClasses setLinkTrackingTimer getLinkTrackingTimer
  discardHashTag appendToTrackingUrl setDoNotTrack killFrame redirectFile setHeartBeatTimer getVisitorId setVisitorId getVisitorInfo getAttributionInfo
  getAttributionCampaignName getAttributionCampaignKeyword getAttributionReferrerTimestamp getAttributionReferrerUrl getUserId setUserId resetUserId
  setCustomVariable deleteCustomVariable getCustomVariable storeCustomVariablesInCookie setCustomDimension deleteCustomDimension getCustomDimension
  setCampaignNameKey setCampaignKeywordKey setConversionAttributionFirstReferrer setEcommerceView addEcommerceItem removeEcommerceItem clearEcommerceCart
  getEcommerceItems trackEcommerceCartUpdate trackEcommerceOrder requireConsent setConsentGiven rememberConsentGiven forgetConsentGiven
  hasRememberedConsent getRememberedConsent isConsentRequired requireCookieConsent setCookieConsentGiven rememberCookieConsentGiven
  forgetCookieConsentGiven areCookiesEnabled getRememberedCookieConsent optUserOut forgetUserOptOut isUserOptedOut disableCookies deleteCookies hasConsent
  hasCookies setCookieNamePrefix setCookieDomain setCookiePath setSecureCookie setCookieSameSite setVisitorCookieTimeout setReferralCookieTimeout
  setSessionCookieTimeout addListener setRequestMethod disableAlwaysUseSendBeacon setCustomRequestProcessing setRequestContentType disableQueueRequest
  setRequestQueueInterval setPagePerformanceTiming"""


def test_every_method_of_matomos_reference_is_there(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site)

    missing = "names => names.filter(name => typeof Matomo.getAsyncTracker()[name] !== 'function')"
    assert page.evaluate(missing, REFERENCE.split()) == []
    assert (
        page.evaluate("() => [Matomo.getAsyncTracker().getMatomoUrl(), Matomo.getAsyncTracker().getPiwikUrl()]")
        == [door.address.removeprefix("http:") + "/"] * 2
    )


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
        "chat": 'href="whatsapp://send?text=a"',
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

    until(lambda: len(door.facts()) == 8, door.names)
    told = [(fact.name, fact.props["url"]) for fact in door.facts()[1:]]
    assert sorted(told) == sorted([
        ("Link Clicked", "https://partner.example/a"), ("Link Clicked", "whatsapp://send?text=a"),
        ("Link Clicked", site.address + "/partner"), ("File Downloaded", site.address + "/list.pdf"),
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


def test_single_links_may_be_told_of_and_classes_named(page: Page, door: Door, site: Site) -> None:
    body = """<a id=one href=/one class=out>1</a><a id=two href=https://a.example/ class=quiet>2</a><a id=three href=https://a.example/3>3</a>
      <svg><a id=four href=https://a.example/4><text y=10>4</text></a></svg>
      <script>addEventListener('click', event => event.preventDefault())</script>"""
    page.goto(site.put(code(door, "_paq.push(['setLinkClasses', ['out']], ['setIgnoreClasses', 'quiet|hush']);") + body, snippet=False))
    door.wait("page")
    for link in ("one", "two", "three"):
        page.click("#" + link)
    page.dispatch_event("#four text", "click", {"composed": True})
    page.evaluate("() => _paq.push(['trackEvent', 'x', 'Done'])")

    door.wait("Done")
    hrefs = sorted(fact.props["href"] for fact in door.wait("Link Clicked", 3))
    assert hrefs == sorted([site.address + "/one", "https://a.example/3", "https://a.example/4"])


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
    assert page.evaluate("() => Matomo.getAsyncTracker().getEcommerceItems()") == {}
    push(page, "'addEcommerceItem', 'LMP-1'", "'clearEcommerceCart'")

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
    page.evaluate("""() => { document.body.insertAdjacentHTML('beforeend', '<div id=new><i data-track-content data-content-name=New></i></div>');
      _paq.push(['trackContentImpressionsWithinNode', document.querySelector('#new')]) }""")
    push(page, "'trackContentImpression', 'Hand', 'Made', 'https://a.example/'", "'trackContentInteraction', 'tapped', 'Hand', 'Made', 'https://a.example/'")

    door.wait("Content Seen", 5)
    door.wait("Content Clicked", 3)
    banner = {"content": "Banner", "piece": "Spring", "target": site.address + "/sale"}
    picture = {"content": "/lamp.png", "piece": site.address + "/lamp.png", "target": site.address + "/#x"}
    teaser = {"content": "Teaser", "piece": "Unknown"}
    hand = {"content": "Hand", "piece": "Made", "target": "https://a.example/"}

    def by_name(name: str) -> list[dict[str, Any]]:
        return sorted((fact.props for fact in door.facts(name)), key=str)

    assert by_name("Content Seen") == sorted([banner, picture, teaser, hand, {"content": "New", "piece": "Unknown"}], key=str)
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


def test_the_heart_beats_when_a_page_is_left_that_was_looked_at_for_so_long(browser: Browser, door: Door, site: Site) -> None:
    page = browser.new_page()  # of its own: its clock is turned
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
    page.close()


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


def test_where_a_page_allows_its_tracker_pictures_only_a_picture_goes(page: Page, door: Door, site: Site) -> None:
    policy = """<meta http-equiv=Content-Security-Policy content="connect-src 'none'; img-src *">"""
    site.pages["/"] = policy + code(door, "_paq.push(['setRequestMethod', 'GET']);")  # in the head, where a policy counts
    page.goto(site.address)

    assert door.wait("page")[0].props["title"] == "Shop"


def test_queued_requests_go_together_when_the_page_is_left(page: Page, door: Door, site: Site) -> None:
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
