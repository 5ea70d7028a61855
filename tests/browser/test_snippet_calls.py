"""The snippet's calls in Chromium: what a page calls is what capture keeps."""

import pytest
from playwright.sync_api import Page

from tests.browser.door import Door
from tests.browser.site import Site

pytestmark = pytest.mark.browser


def test_a_page_with_the_snippet_is_a_page_view(page: Page, door: Door, site: Site) -> None:
    page.goto(site.put("<h1>Hello</h1>", "/shoes") + "?utm_source=news&utm_campaign=spring")

    fact = door.wait("page")[0]
    assert fact.props["path"] == "/shoes"
    assert fact.props["title"] == "Shop"
    assert fact.context["campaign"] == {"source": "news", "name": "spring"}
    assert fact.context["library"]["name"] == "sojourn.js"
    assert fact.context["locale"] == "en-US"
    assert set(fact.context["screen"]) == {"width", "height", "innerWidth", "innerHeight", "density"}
    assert door.types == {"text/plain"}
