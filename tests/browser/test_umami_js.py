"""Umami's snippet, as its documentation has it, on a page in Chromium: only the host is another one."""

import gzip
import socket
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, Request, Route

from sojourn.capture.scripts import BUILT
from sojourn.ports.directory import KeyHolder
from sojourn.terms.facts import Fact
from tests.browser import door as doors
from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser
WEBSITE = "94db1cb1-74f4-4a40-ad6c-962362670409"


@pytest.fixture(autouse=True)
def alias(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site's own id stands for the source, as a member enters it."""
    monkeypatch.setitem(doors.KEYS, f"umami:{WEBSITE}", KeyHolder(workspace=1, source=7, name="Shop"))


def snippet(door: Door, attributes: str = "", website: str = WEBSITE, script: str = "script.js") -> str:
    return f'<script defer src="{door.address}/{script}" data-website-id="{website}" {attributes}></script>'


def visit(page: Page, door: Door, site: Site, body: str = "<h1>Lamps</h1>", attributes: str = "", path: str = "/lamps") -> str:
    """Open a page with the snippet; its address."""
    site.put("<h1>Next</h1>", "/next", snippet=False)
    site.put(snippet(door, attributes) + body, path.partition("?")[0], snippet=False)
    page.goto(site.address + path)
    return site.address + path


def listen(page: Page, door: Door) -> list[Any]:
    """What the page sends from now on, as it sends it."""
    told: list[Any] = []

    def hear(request: Request) -> None:
        if request.method == "POST" and request.url == door.address + "/api/send":
            told.append(request.post_data_json)

    page.on("request", hear)
    return told


def urls(facts: list[Fact]) -> list[str]:
    return [fact.props["url"] for fact in facts]


@pytest.mark.parametrize(("website", "script"), [(WEBSITE, "script.js"), ("wk_shop", "script.js"), (WEBSITE, "umami.js")])
def test_a_page_with_the_snippet_tells_its_view(page: Page, door: Door, site: Site, website: str, script: str) -> None:
    there = site.put(snippet(door, "", website, script), "/lamps", snippet=False)
    before = site.put("<a href='/lamps?utm_source=mail#top'>Lamps</a>", "/", snippet=False)
    page.goto(before)
    page.click("a")

    [view] = door.wait("page")

    assert (view.name, view.user_id, str(view.anonymous_id)[:8]) == ("Shop", None, "visitor-")
    assert view.props == {"url": there + "?utm_source=mail#top", "path": "/lamps", "title": "Shop", "referrer": before}
    assert view.context["campaign"] == {"source": "mail"}
    assert view.context["locale"] == page.evaluate("navigator.language")
    assert view.context["screen"] == {"width": 1280, "height": 720}
    assert view.context["userAgent"] == page.evaluate("navigator.userAgent")
    assert page.context.cookies() == []
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0


def test_every_form_of_track_is_told_as_it_is_documented(page: Page, door: Door, site: Site) -> None:
    address = visit(page, door, site, attributes='data-auto-track="false"')
    page.evaluate(
        """async website => {
            await umami.track();
            await umami.track('signup-button');
            await umami.track('signup-button', { name: 'newsletter', id: 123 });
            await umami.track({ website, url: '/home', title: 'Home page' });
            await umami.track(props => ({ ...props, url: '/home', title: 'Home page' }));
            await umami.track(props => ({ ...props, name: 'signup-button', timestamp: 1771523787 }));
        }""",
        WEBSITE,
    )

    view, event, full, own, made, old = door.facts()

    assert (view.kind, view.name, view.props["url"]) == ("page", "Shop", address)
    assert (event.kind, event.name, event.props) == ("track", "signup-button", {})
    assert (full.name, full.props) == ("signup-button", {"name": "newsletter", "id": 123})
    assert (own.kind, own.name, own.props) == ("page", "Home page", {"url": site.address + "/home", "path": "/home", "title": "Home page"})
    assert "screen" not in own.context
    assert (made.kind, made.name, made.props["path"]) == ("page", "Home page", "/home")
    assert made.context["screen"] == {"width": 1280, "height": 720}
    assert (old.name, old.at) == ("signup-button", 1771523787_000)
    assert len({fact.anonymous_id for fact in (view, event, full, made)}) == 1


def test_whoever_is_identified_stays_so_on_the_page(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site)
    door.wait("page")
    page.evaluate(
        """async () => {
            await umami.identify({ plan: 'gold' });
            await umami.identify('ann', { email: 'ann@shop.example' });
            await umami.track('signup-button');
            await umami.identify('bob');
            await umami.track();
        }"""
    )

    told = [(str(fact.kind), fact.user_id, fact.traits) for fact in door.facts()]

    assert told == [
        ("page", None, {}),
        ("identify", None, {"plan": "gold"}),
        ("identify", "ann", {"email": "ann@shop.example"}),
        ("track", "ann", {}),
        ("identify", "bob", {}),
        ("page", "bob", {}),
    ]
    assert len({fact.anonymous_id for fact in door.facts()}) == 1


def test_an_element_that_names_an_event_tells_it_with_its_data(page: Page, door: Door, site: Site) -> None:
    button = """<button data-umami-event="Signup button" data-umami-event-email="bob@aol.com" data-umami-event-id="123"
        onclick="event.stopPropagation()"><b>Sign up</b></button><button id=plain data-umami-event=Plain>x</button>"""
    visit(page, door, site, button)

    page.click("button b")
    page.click("#plain")

    assert door.wait("Signup button")[0].props == {"email": "bob@aol.com", "id": "123"}
    assert door.wait("Plain")[0].props == {}


def test_a_link_that_names_an_event_opens_as_it_was_meant_to(context: BrowserContext, page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "<a id=here href=/next data-umami-event=Here>x</a><a id=there href=/next target=_blank data-umami-event=There>x</a>")

    with context.expect_page() as opened:
        page.click("#there")
    assert opened.value.url == site.address + "/next"
    with context.expect_page():
        page.click("#here", modifiers=["Control"])
    with context.expect_page():
        page.click("#here", button="middle")
    page.click("#here")
    page.wait_for_url("**/next")

    door.wait("Here", 3)
    assert sorted(door.names()) == ["Here", "Here", "Here", "There", "page"]


def test_each_address_that_a_script_shows_is_one_view(page: Page, door: Door, site: Site) -> None:
    address = visit(page, door, site)
    door.wait("page")
    page.evaluate("""() => { history.pushState({}, '', '/lamps/1'); history.pushState({}, '', '/lamps/1'); document.title = 'Lamp 1'; }""")
    door.wait("page", 2)
    page.evaluate("""() => { history.replaceState({open: 1}, ''); history.replaceState({}, '', '/lamps/2?size=l'); document.title = 'Lamp 2'; }""")
    door.wait("page", 3)
    page.evaluate("() => { location.hash = 'reviews' }")
    page.evaluate("() => history.go(-3)")

    views = door.wait("page", 4)

    assert [(fact.props["url"], fact.name, fact.props.get("referrer")) for fact in views] == [
        (address, "Shop", None),
        (site.address + "/lamps/1", "Lamp 1", address),
        (site.address + "/lamps/2?size=l", "Lamp 2", site.address + "/lamps/1"),
        (address, "Lamp 2", site.address + "/lamps/2?size=l"),
    ]


def test_views_that_follow_each_other_at_once_or_are_left_at_once_are_not_lost(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site)
    page.evaluate("() => { history.pushState({}, '', '/a'); history.pushState({}, '', '/b'); location.href = '/next'; }")
    page.wait_for_url("**/next")

    assert sorted(urls(door.wait("page", 3))) == [site.address + path for path in ("/a", "/b", "/lamps")]


def test_a_page_that_is_left_before_it_is_all_there_has_been_seen(page: Page, door: Door, site: Site) -> None:
    site.put("<h1>Next</h1>", "/next", snippet=False)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        image = f"<img src=http://127.0.0.1:{silent.getsockname()[1]}/a.png>"
        page.goto(site.put(snippet(door) + image, "/lamps", snippet=False), wait_until="domcontentloaded")
        assert page.evaluate("document.readyState") == "interactive"
        page.goto(site.address + "/next")

    assert urls(door.wait("page")) == [site.address + "/lamps"]


def test_a_page_that_comes_back_from_memory_is_seen_again(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site)
    door.wait("page")
    page.evaluate("() => window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    assert len(door.wait("page", 2)) == 2


def test_what_is_not_to_be_collected_of_an_address_is_not_sent(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, path="/from")
    told = listen(page, door)
    site.put(snippet(door, 'data-exclude-search="true" data-exclude-hash="true" data-tag="umami-eu"'), "/lamps", snippet=False)
    page.evaluate("() => { history.replaceState({}, '', '/from?token=1'); location.href = '/lamps?token=2#secret' }")
    page.wait_for_url("**/lamps*")
    page.evaluate("() => history.pushState({}, '', '?token=3#more')")
    page.evaluate("() => umami.track('end')")
    door.wait("end")

    [view] = [one["payload"] for one in told if one["payload"]["title"] == "Shop" and one["payload"].get("tag") and "name" not in one["payload"]]
    assert (view["url"], view["referrer"], view["tag"]) == (site.address + "/lamps", site.address + "/from", "umami-eu")
    assert "token=2" not in str(door.facts())


def test_nothing_is_told_where_visitor_or_page_do_not_want_it(page: Page, door: Door, site: Site) -> None:
    told = listen(page, door)
    for attributes, before in (
        ('data-domains="shop.example, www.shop.example"', ""),
        ('data-do-not-track="true"', "Object.defineProperty(navigator, 'doNotTrack', {value: '1'})"),
        ('data-before-send="beforeSendHandler"', "beforeSendHandler = (type, payload) => false"),
        ('data-before-send="beforeSendHandler"', "beforeSendHandler = () => { throw Error('of the page') }"),
        ("", "localStorage.setItem('umami.disabled', '1')"),
    ):
        visit(page, door, site, f"<script>{before}</script><button data-umami-event=Pressed>x</button>", attributes)
        page.click("button")
        page.evaluate("async () => { await umami.track('signup-button'); await umami.identify('ann') }")
        assert told == [], before

    page.evaluate("() => localStorage.removeItem('umami.disabled')")
    page.evaluate("() => umami.track('end')")
    door.wait("end")
    assert door.names() == ["end"]


def test_a_setting_that_does_not_apply_silences_nothing(page: Page, door: Door, site: Site) -> None:
    settings = (
        'data-domains="shop.example,127.0.0.1"',
        'data-do-not-track="true"',
        'data-fetch-credentials="include"',
        'data-before-send="notThere"',
    )
    for count, attributes in enumerate(settings, 1):
        visit(page, door, site, attributes=attributes)
        assert len(door.wait("page", count)) == count, attributes


@pytest.mark.parametrize(("attributes", "names"), [('data-auto-track="false"', ["end"]), ('data-auto-pageview="false"', ["Pressed", "end"])])
def test_what_is_not_automatic_is_told_by_the_page_only(page: Page, door: Door, site: Site, attributes: str, names: list[str]) -> None:
    visit(page, door, site, "<button data-umami-event=Pressed>x</button>", attributes)
    page.click("button")
    page.evaluate("() => history.pushState({}, '', '/lamps/1')")
    page.goto("about:blank")
    visit(page, door, site, attributes='data-auto-track="false"')
    page.evaluate("() => umami.track('end')")

    door.wait("end")
    assert door.names() == names


def test_the_page_may_change_what_is_sent_also_later(page: Page, door: Door, site: Site) -> None:
    page.add_init_script("beforeSendHandler = async (type, payload) => ({...payload, url: payload.url.replace('4711', 'ID'), title: type})")
    visit(page, door, site, attributes='data-before-send="beforeSendHandler" data-host-url="DOOR/"'.replace("DOOR", door.address), path="/orders/4711")

    [view] = door.wait("page")

    assert (view.props["title"], view.props["url"]) == ("event", site.address + "/orders/ID")


def test_settings_may_stand_in_a_global_object(page: Page, door: Door, site: Site) -> None:
    page.add_init_script(f"umamiConfig = {{websiteId: '{WEBSITE}', tag: 'b', autoTrack: false}}")
    told = listen(page, door)
    page.goto(site.put(f'<script defer src="{door.address}/script.js" data-tag="a"></script>', "/lamps", snippet=False))
    page.evaluate("() => umami.track('signup-button')")
    door.wait("signup-button")
    assert [(one["payload"]["name"], one["payload"]["tag"]) for one in told] == [("signup-button", "a")]


def test_the_script_may_be_put_there_by_another_script_or_be_a_module(page: Page, door: Door, site: Site) -> None:
    manager = f"""<body><script>(function () {{
        var el = document.createElement('script');
        el.setAttribute('src', '{door.address}/script.js');
        el.setAttribute('data-website-id', '{WEBSITE}');
        document.body.appendChild(el);
    }})();</script>"""
    page.goto(site.put(manager, "/managed", snippet=False))
    door.wait("page")
    page.goto(site.put(snippet(door).replace("defer", "type=module"), "/module", snippet=False))

    assert [fact.props["path"] for fact in door.wait("page", 2)] == ["/managed", "/module"]


def test_the_servers_word_is_given_back_and_heeded(page: Page, door: Door, site: Site) -> None:
    heard: list[str | None] = []
    answers = iter(['{"cache": "c1"}', '{"cache": "c2", "disabled": true}'])

    def answer(route: Route) -> None:
        heard.append(route.request.headers.get("x-umami-cache"))
        route.fulfill(body=next(answers), headers={"access-control-allow-origin": "*", "content-type": "application/json"})

    page.route("**/api/send", answer)
    visit(page, door, site, attributes='data-auto-track="false"')
    said = page.evaluate("async () => { await umami.track(); const said = umami.getSession(); await umami.track(); await umami.track(); return said }")

    assert heard == [None, "c1"]
    assert said == {"cache": "c1", "website": WEBSITE}


def test_page_speed_is_told_once_when_the_page_is_left(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, attributes='data-performance="true"')
    door.wait("page")
    page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length")
    page.goto(site.address + "/next")

    [speed] = door.wait("Web Vitals Measured")

    assert {"ttfb", "fcp"} <= set(speed.props)
    assert speed.context["page"]["url"] == site.address + "/lamps"


def test_errors_are_told_where_the_snippet_says_so(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, attributes='data-errors="true" data-release="web@1.4.2" data-environment="production"', path="/lamps?token=1")
    page.evaluate("() => { setTimeout(() => { throw new TypeError('no lamp for ann@shop.example') }) }")
    page.evaluate("() => { Promise.reject('nothing there') }")
    page.evaluate("() => umami.captureException(new RangeError('too bright'), {release: 'web@2', tags: {feature: 'checkout'}})")

    found = {fact.props["type"]: fact for fact in door.wait("Error Shown", 3)}

    assert found["TypeError"].props == {
        "message": "no lamp for ***",
        "type": "TypeError",
        "handled": False,
        "release": "web@1.4.2",
        "environment": "production",
    }
    assert found["Error"].props["message"] == "nothing there"
    assert (found["RangeError"].props["handled"], found["RangeError"].props["release"]) == (True, "web@2")
    assert found["TypeError"].context["page"]["url"] == site.address + "/lamps"


def test_the_first_versions_words_are_understood(page: Page, door: Door, site: Site) -> None:
    visit(page, door, site, "<button class='button umami--click--signup-button'>x</button><form class=umami--submit--letter><button id=go>x</button></form>")
    told = listen(page, door)
    page.click("button")
    page.evaluate("() => document.forms[0].addEventListener('submit', event => event.preventDefault())")
    page.click("#go")
    page.evaluate(
        """async website => {
            await umami('Signup button click');
            await umami.trackEvent('Signed', { type: 'signup', userId: 123 }, '/home', website);
            await umami.trackView('/home', 'https://www.google.com/', website);
        }""",
        WEBSITE,
    )

    assert [one["payload"].get("name") for one in told] == ["signup-button", "letter", "Signup button click", "Signed", None]
    assert door.wait("Signed")[0].props == {"type": "signup", "userId": 123}
    assert door.wait("page", 2)[-1].props == {"url": site.address + "/home", "path": "/home", "title": "Shop", "referrer": "https://www.google.com/"}


def test_the_script_breaks_no_page_and_runs_once(page: Page, door: Door, site: Site) -> None:
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    page.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw Error('blocked') }})")
    twice = (
        snippet(door)
        + snippet(door)
        + snippet(door, 'data-host-url="http://127.0.0.1:9"', "nobody")
        + f'<script async src="{door.address}/script.js"></script>'
    )
    page.goto(site.put(twice, "/lamps", snippet=False))
    page.evaluate("async () => { await umami.track('big', {text: 'x'.repeat(70_000)}); await umami.track('odd', {n: 1n}); await umami.track('end') }")

    door.wait("end")
    assert door.names().count("page") == 1
    assert broken == []


def test_the_script_is_small() -> None:
    assert len(gzip.compress((BUILT / "umami.js").read_bytes(), 9)) < 3_000
