"""What the browser tests share: one Chromium, a front door, a website."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.browser import chromium
from tests.browser.door import Door
from tests.browser.house import House, signed_in
from tests.browser.site import Site


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A newcomer's machine without a browser runs everything else; CI fails on what is skipped."""
    if chromium.path() is None:
        for item in items:
            if "tests/browser/" in item.path.as_posix() and item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skip(reason=chromium.MISSING))


# Ends with this folder: while Playwright is there, nothing else in this process can run an event loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium.running() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context()
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


@pytest.fixture
def screen(member: BrowserContext) -> Iterator[Page]:
    """A page of the `member` that a module signs in to a house of its own."""
    page = member.new_page()
    yield page
    page.close()


@pytest.fixture
def door() -> Iterator[Door]:
    door = Door()
    yield door
    door.close()


@pytest.fixture
def site(door: Door) -> Iterator[Site]:
    site = Site(door.address)
    yield site
    site.close()


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("house"))
    try:
        house.settle()
        yield house
    finally:
        house.close()


@pytest.fixture(scope="package")
def owner(house: House, browser: Browser) -> Any:
    """The cookies of the owner."""
    return house.sign_in(browser)


@pytest.fixture(scope="package")
def paths(house: House, browser: Browser, owner: Any) -> dict[str, str]:
    """Every page by name."""
    with signed_in(browser, owner) as context:
        page = context.new_page()
        house.furnish(page)
        return house.paths(page)
