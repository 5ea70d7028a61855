"""Forms in Chromium: fields that refuse, forms that are left, and nothing of what was typed."""

import pytest
from playwright.sync_api import Page

from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser

LOADED = "() => window.sojourn && window.sojourn.initialized"
CHECKOUT = """<form id=checkout action=/next><input name=email type=email required><input name=card required pattern=[0-9]{16}>
<input name=secret type=password><button>Pay</button></form>"""


def visit(page: Page, site: Site, body: str) -> None:
    site.put("<h1>Next</h1>", "/next")
    page.goto(site.put(body))
    page.wait_for_function(LOADED)


def test_fields_that_refuse_are_named_with_the_rule_and_without_what_was_typed(page: Page, door: Door, site: Site) -> None:
    visit(page, site, CHECKOUT)
    page.fill("[name=email]", "ann-at-example")
    page.fill("[name=card]", "4111-2222")

    page.click("button")

    facts = door.wait("Form Field Error", 2)
    assert [fact.props for fact in facts] == [
        {"form": "checkout", "field": "email", "message": "type mismatch"},
        {"form": "checkout", "field": "card", "message": "pattern mismatch"},
    ]
    page.goto(site.address + "/next")
    door.wait("page", 2)
    assert "ann-at" not in str(door.bodies)
    assert "4111-2222" not in str(door.bodies)


def test_a_field_marked_invalid_by_the_page_brings_the_pages_words_without_the_value(page: Page, door: Door, site: Site) -> None:
    visit(
        page,
        site,
        """<form name=address><input name=zip aria-describedby=hint><p id=hint></p></form><script>document.querySelector('input').onblur = (event) => {
        document.querySelector('#hint').textContent = event.target.value + ' is no postcode (ask ann@example.com, 0170 1234567)';
        event.target.setAttribute('aria-invalid', 'true') }</script>""",
    )

    page.fill("[name=zip]", "98765x")
    page.keyboard.press("Tab")

    fact = door.wait("Form Field Error")[0]
    assert fact.props == {"form": "address", "field": "zip", "message": "*** is no postcode (ask *** ***)"}


def test_a_script_that_looks_at_its_fields_is_no_refusal(page: Page, door: Door, site: Site) -> None:
    visit(page, site, CHECKOUT)

    page.evaluate("() => { document.forms[0].checkValidity(); analytics.track('End') }")

    door.wait("End")
    assert "Form Field Error" not in door.names()


def test_one_refusal_told_in_two_ways_is_one(page: Page, door: Door, site: Site) -> None:
    visit(page, site, "<form id=f><input name=a required oninvalid=\"this.setAttribute('aria-invalid', 'true')\"><button>Go</button></form>")

    page.click("button")
    page.wait_for_timeout(300)
    page.evaluate("() => analytics.track('End')")

    door.wait("End")
    assert door.names().count("Form Field Error") == 1


def test_a_form_begun_and_left_is_abandoned_at_its_last_field(page: Page, door: Door, site: Site) -> None:
    visit(page, site, CHECKOUT)
    page.fill("[name=email]", "ann@example.com")
    page.fill("[name=secret]", "hunter2")

    page.goto(site.address + "/next")

    assert door.wait("Form Abandoned")[0].props == {"form": "checkout", "last_field": "secret"}
    assert "hunter2" not in str(door.bodies)
    assert "ann@" not in str(door.bodies)


def test_a_form_that_a_single_page_application_takes_away_is_abandoned(page: Page, door: Door, site: Site) -> None:
    visit(page, site, CHECKOUT + "<nav><button id=home onclick=\"document.forms[0].remove(); history.pushState({}, '', '/home')\">Home</button></nav>")
    page.fill("[name=email]", "ann@example.com")

    page.click("#home")

    assert door.wait("Form Abandoned")[0].props == {"form": "checkout", "last_field": "email"}


@pytest.mark.parametrize(
    "body",
    [
        "<form id=f action=/next><input name=a><button>Send</button></form>",
        "<form id=f><input name=a><button type=button onclick=\"location.href='/next'\">Send by script</button></form>",
        "<form id=f role=search action=/next><input name=a><button type=button onclick=\"location.href='/next'\">Go</button></form>",
        "<form id=f data-sojourn-ignore><input name=a></form><button onclick=\"location.href='/next'\">Leave</button>",
        "<form id=f><input type=search name=a></form><button onclick=\"location.href='/next'\">Leave</button>",
    ],
)
def test_forms_that_were_sent_searched_or_are_ignored_are_not_abandoned(page: Page, door: Door, site: Site, body: str) -> None:
    visit(page, site, body)
    page.fill("[name=a]", "typed")

    page.click("button")

    door.wait("page", 2)
    assert "Form Abandoned" not in door.names()


def test_a_form_nobody_typed_in_is_not_abandoned(page: Page, door: Door, site: Site) -> None:
    visit(page, site, CHECKOUT)
    page.evaluate("() => { document.querySelector('[name=email]').value = 'set@by.script' }")

    page.goto(site.address + "/next")

    door.wait("page", 2)
    assert "Form Abandoned" not in door.names()
