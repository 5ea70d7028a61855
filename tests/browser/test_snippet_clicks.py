"""Clicks in Chromium: what was clicked, in anger, or in vain, and what only looks like it."""

import pytest
from playwright.sync_api import BrowserContext, Page

from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"


def visit(page: Page, site: Site, body: str, path: str = "/") -> None:
    site.put("<h1>Next</h1>", "/next", snippet=False)
    site.put("pdf", "/file.pdf", snippet=False)
    page.goto(site.put(body + "<div style='height:3000px'></div><p id=end>end</p>", path))
    page.wait_for_function(LOADED)


def settle(page: Page, door: Door) -> list[str]:
    """Wait until every verdict is out: what came, without page views."""
    page.wait_for_timeout(1300)
    page.evaluate("() => analytics.track('End')")
    door.wait("End")
    return [name for name in door.names() if name not in ("page", "End")]


def test_a_click_on_a_link_or_a_button_says_which(page: Page, door: Door, site: Site) -> None:
    visit(
        page,
        site,
        "<a id=more class='big blue' href='/next?email=ann@example.com'><b>Read  more</b></a>"
        "<button data-sojourn-name='Buy' onclick='this.textContent=1'>x</button>",
    )

    page.click("button")
    page.click("a b")

    button = door.wait("Button Clicked")[0]
    went = door.wait("Link Clicked")[0]
    assert button.props == {"label": "Buy", "selector": "button"}
    assert went.props == {"label": "Read more", "selector": "a#more.big.blue", "href": "/next?email=***"}


def test_three_clicks_at_one_place_are_one_rage_click(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<button id=pay>Pay now</button>")

    for _ in range(5):
        page.click("#pay", delay=10)

    found = settle(page, door)
    assert found.count("Rage Click") == 1
    assert found.count("Dead Click") == 0
    assert door.facts("Rage Click")[0].props == {"label": "Pay now", "selector": "button#pay", "count": 5}


def test_clicks_far_apart_or_slow_are_no_rage(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<button onclick='this.title+=1' style='width:600px;height:40px'>Wide</button>")

    for x in (10, 200, 400):
        page.mouse.click(x, 20)
    page.wait_for_timeout(1100)
    page.mouse.click(10, 20)
    page.mouse.click(10, 20)

    assert "Rage Click" not in settle(page, door)


def test_a_click_that_nothing_answers_is_dead(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<button id=broken>Apply</button>")

    page.click("#broken")

    assert settle(page, door) == ["Button Clicked", "Dead Click"]
    assert door.facts("Dead Click")[0].props == {"label": "Apply", "selector": "button#broken"}


@pytest.mark.parametrize(
    "body",
    [
        "<div id=x style='cursor:pointer'>Card</div>",
        "<a id=x href='#'>Size guide</a>",
        "<input value='typed' id=i><button id=x>Pay</button>",
    ],
)
def test_dead_clicks_are_found_on(page: Page, door: Door, site: Site, body: str) -> None:
    visit(page, site, body)
    if "id=i" in body:
        page.fill("#i", "4111")
    if "href='#'" in body:
        page.click("#x")  # the first one changes the address; from then on nothing happens
        page.wait_for_timeout(1100)

    page.click("#x")

    assert "Dead Click" in settle(page, door)


NOT_DEAD = [
    "<button id=x onclick=\"document.title='changed'\">Changes the page</button>",
    "<button id=x onpointerdown=\"document.body.className='open'\">Answers the finger</button>",
    "<button id=x onclick=\"setTimeout(() => document.body.append('late'), 700)\">Answers late</button>",
    "<button id=x onclick=\"fetch('/status/200')\">Asks the server</button>",
    '<button id=x onclick="window.scrollTo(0, 500)">Scrolls</button>',
    "<button id=x onclick=\"document.querySelector('#f').focus()\">Focuses</button><input id=f>",
    "<button id=x onclick=\"history.pushState({}, '', '/other')\">Navigates</button>",
    "<button id=x onclick=\"location.href='/next'\">Leaves</button>",
    "<a id=x href=/next>Link</a>",
    "<a id=x href=/file.pdf>File</a>",
    "<a id=x href=/next target=_blank>New window</a>",
    "<a id=x href=mailto:ann@example.com>Mail</a>",
    "<a id=x href=#end>Jump</a>",
    "<input id=x style='cursor:pointer'>",
    "<label id=x style='cursor:pointer'><input type=checkbox> Agree</label>",
    "<select id=x style='cursor:pointer'><option>One</select>",
    "<p id=x>Plain text</p>",
    "<details><summary id=x>More</summary>Text</details>",
    "<button id=x data-sojourn-ignore>Ignored</button>",
    "<form action=/next><button id=x>Sends</button></form>",
    "<form><input required><button id=x>Refuses</button></form>",
]


def test_clicks_that_are_answered_or_need_no_answer_are_not_dead(context: BrowserContext, door: Door, site: Site) -> None:
    pages, dead = [], "<button id=x>Dead indeed</button>"
    for number, body in enumerate([dead, *NOT_DEAD, dead]):
        pages.append(context.new_page())
        visit(pages[-1], site, body, f"/{number}")
        pages[-1].click("#x")

    pages[-1].wait_for_timeout(1300)
    asked = [page.evaluate("() => { if (window.sojourn) analytics.track('End'); return !!window.sojourn }") for page in pages]
    door.wait("End", sum(asked))
    assert sum(asked) > len(NOT_DEAD) / 2
    assert sorted(fact.context["page"]["path"] for fact in door.facts("Dead Click")) == ["/0", f"/{len(NOT_DEAD) + 1}"]


def test_selecting_text_by_clicking_is_neither_rage_nor_dead(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<p id=x style='cursor:pointer'>A paragraph to copy</p>")

    page.click("#x", click_count=3)

    assert settle(page, door) == []


def test_what_is_to_be_ignored_leaves_no_trace(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<div data-sojourn-ignore><a id=x href='#'>Ann's account</a></div>")

    for _ in range(4):
        page.click("#x")

    assert settle(page, door) == []


def test_automatic_events_of_a_kind_end_at_ten_a_page(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<button id=x onclick='this.title+=1'>Load more</button>")

    for place in range(12):
        page.click("#x", position={"x": 2 + place % 2 * 40, "y": 2})
    assert settle(page, door).count("Button Clicked") == 10
    page.evaluate("() => history.pushState({}, '', '/other')")
    page.click("#x")
    assert settle(page, door).count("Button Clicked") == 11
