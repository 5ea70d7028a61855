"""On a phone: what is needed to go on is in sight and can be pressed."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.house import House, signed_in

pytestmark = pytest.mark.browser
PHONE = {"width": 390, "height": 844}

HIT = """element => {
  const box = element.getBoundingClientRect();
  const hit = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
  return hit !== null && element.contains(hit);
}"""


def pressable(page: Page, selector: str) -> bool:
    """Whether a press on the middle of it would reach it, without scrolling."""
    hit: bool = page.locator(selector).first.evaluate(HIT)
    return hit


def test_saving_settings_is_above_the_bar_at_the_bottom(house: House, browser: Browser, owner: Any) -> None:
    with signed_in(browser, owner, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(house.address + "/settings/")
        assert pressable(page, ".savebar button")


def test_the_menu_of_the_member_opens_into_the_page(house: House, browser: Browser, owner: Any) -> None:
    with signed_in(browser, owner, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(house.address + "/settings/members/")
        page.locator(".side details.menu > summary").click()
        assert pressable(page, ".side details.menu a[href='/settings/account/']")
        assert page.evaluate("() => document.documentElement.scrollWidth") == PHONE["width"]


def test_every_part_of_a_value_stands_beside_its_label(house: House, browser: Browser, owner: Any) -> None:
    with signed_in(browser, owner, viewport=PHONE) as context:
        page = context.new_page()
        page.goto(house.address + "/health/")
        cells = page.locator("table.fold td[data-label]")
        cells.first.evaluate("cell => { const more = document.createElement('b'); more.textContent = 'more'; cell.append(more); }")
        starts = cells.evaluate_all("""all => all.flatMap(cell => {
          const range = document.createRange();
          range.selectNodeContents(cell);
          const label = cell.getBoundingClientRect().left + 120;
          return [...range.getClientRects()].filter(box => box.width > 0).map(box => Math.round(box.left) >= label);
        })""")
        assert all(starts)
