"""Links into the middle of a page lead to something that is there."""

import re
from html import unescape
from pathlib import Path

import pytest

import sojourn
from sojourn.adapters.memory.lake import MemoryLake
from sojourn.apps.people import lake_hook
from sojourn.apps.people.tests.lists import store_listed
from sojourn.apps.people.tests.some import ANN, AT, ann
from sojourn.apps.why.words import SETTING
from sojourn.apps.workspace.tests.house import browser, build
from sojourn.ports.lake import Row
from sojourn.terms.facts import Fact
from sojourn.terms.ids import fact_id

pytestmark = pytest.mark.django_db
CART = fact_id(8, 0)


def page_of(client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def ids(page: str) -> set[str]:
    return set(re.findall(r'\bid="([^"]+)"', page))


@pytest.fixture
def house(monkeypatch):
    """Ann, whose cart was left after she saw the shipping cost; the lake has both facts."""
    built = build()
    store_listed(built.workspace, ann(), "Ann Winter", "ann@example.com")
    lake = MemoryLake()
    facts = [
        (fact_id(8, 0), AT, Fact("track", "Product Added", AT, "m0", props={"name": "Boots"})),
        (fact_id(8, 1), AT + 20_000, Fact("track", "Shipping Cost Shown", AT + 20_000, "m1", props={"shipping": 12.9, "currency": "EUR"})),
    ]
    lake.write([Row(built.workspace, number, ANN, 77, 1, at, fact) for number, at, fact in facts], [], 1)
    monkeypatch.setattr(lake_hook, "_open", lambda: lake)
    return built


@pytest.mark.parametrize("start", [f"/carts/{CART}/", f"/people/{ANN}/", f"/people/{ANN}/evidence/{CART}/shipping_high/"])
def test_every_link_to_an_anchor_from_a_cart_and_a_portrait_finds_it(house, start):
    client = browser(house.vera)
    page = page_of(client, start)
    links = [unescape(link) for link in re.findall(r'href="([^"]*#[^"]+)"', page)]
    assert links
    for link in links:
        path, _, anchor = link.partition("#")
        assert anchor in ids(page_of(client, path) if path else page), link


def test_the_evidence_of_a_cart_stands_in_the_timeline_it_leads_to(house):
    page = page_of(browser(house.vera), f"/carts/{CART}/")
    (link,) = re.findall(r'href="(/people/[^"]*)#fact-', page)
    assert f'href="{link}#fact-{fact_id(8, 1)}"' in page
    assert f"fact-{fact_id(8, 1)}" in ids(page_of(browser(house.vera), unescape(link)))


def test_every_setting_that_a_page_leads_to_is_on_the_page_of_settings(house):
    found = ids(page_of(browser(house.alice), "/settings/"))
    templates = Path(sojourn.__file__).parent.rglob("*.html")
    named = {key for file in templates for key in re.findall(r"(?:\{% url 'settings' %\}|/settings/)#([a-z_]+)", file.read_text())}
    assert "browser_consent" in named
    assert sorted((named | set(SETTING.values())) - found) == []
