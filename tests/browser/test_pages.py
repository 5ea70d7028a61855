"""Every page in Chromium: for everybody (axe), with the keyboard alone, without JavaScript, in every theme."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.house import NAMES, OUTSIDE, House, serious, signed_in

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, house: House, owner: Any, paths: dict[str, str], scheme: Any) -> None:
    found: dict[str, list[str]] = {}
    with signed_in(browser, owner, color_scheme=scheme, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as context:
        page = context.new_page()
        for name, path in paths.items():
            answer = page.goto(house.address + path)
            assert answer is not None
            assert answer.status == 200, name
            if wrong := serious(page):
                found[name] = wrong
    with browser.new_context(color_scheme=scheme) as context:
        page = context.new_page()
        for name, path in OUTSIDE.items():
            page.goto(house.address + path)
            if wrong := serious(page):
                found[name] = wrong
    assert found == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_page_shows_its_content_without_javascript(browser: Browser, house: House, owner: Any, paths: dict[str, str], name: str) -> None:
    with signed_in(browser, owner, java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(house.address + paths[name])

        main = page.locator("main")
        expect(main.get_by_role("heading").first).to_be_visible()
        assert len(main.inner_text().strip()) > 40


@pytest.mark.parametrize("name", NAMES)
def test_a_page_says_nothing_in_the_console_and_fits_a_phone(browser: Browser, house: House, owner: Any, paths: dict[str, str], name: str) -> None:
    said: list[str] = []
    with signed_in(browser, owner, viewport={"width": 390, "height": 844}) as context:
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(house.address + paths[name])
        page.wait_for_timeout(200)

        assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    assert said == []


def focused(page: Page) -> str:
    return str(page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)"))


def tab_to(page: Page, selector: str, most: int = 80) -> None:
    """Press Tab until the focus is there. Errors: AssertionError where it does not come there."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"{selector} cannot be reached by Tab; the focus is on {focused(page)}")


def test_daily_paths_are_walked_with_the_keyboard_alone(browser: Browser, house: House) -> None:
    link = house.installation.run("sign-in").stdout.strip()
    with browser.new_context(viewport={"width": 1280, "height": 900}) as context:
        page = context.new_page()
        page.goto(house.address + "/" + link.split("/", 3)[3])
        tab_to(page, "main button, form button")
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/sign-in/" not in url)

        # Search a person and open the portrait.
        page.goto(house.address + "/people/")
        page.keyboard.press("/")
        assert page.evaluate("() => document.activeElement.matches('input')"), focused(page)
        page.keyboard.type("ann")
        page.keyboard.press("Enter")
        expect(page.get_by_text("Ann Example").first).to_be_visible()
        tab_to(page, "main tbody a[href^='/people/']")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/people/[^/?]+/|panel="))
        expect(page.get_by_role("heading", name="Ann Example").first).to_be_visible()

        # By the palette to the carts.
        page.keyboard.press("Control+k")
        expect(page.locator("dialog[open] input").first).to_be_focused()
        page.keyboard.type("carts")
        expect(page.locator("dialog[open] [aria-selected=true]")).to_contain_text("Carts")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile("/carts/"))

        # Open a message.
        page.goto(house.address + "/messages/")
        tab_to(page, "main a[href^='/messages/']:not([href*='mailbox']):not([href*='effect']):not([href*='?']):not([href='/messages/'])")
        page.keyboard.press("Enter")
        page.wait_for_url(re.compile(r"/messages/[^/?]+/|panel="))


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_the_gallery_is_photographed_in_each_theme(browser: Browser, house: House, owner: Any, tmp_path: Path, theme: str) -> None:
    with signed_in(browser, owner, viewport={"width": 1280, "height": 900}, reduced_motion="reduce") as context:
        page = context.new_page()
        page.goto(f"{house.address}/gallery/?theme={theme}")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)

        picture = tmp_path / f"gallery-{theme}.png"
        page.screenshot(path=picture, full_page=True)

        assert serious(page) == []
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
