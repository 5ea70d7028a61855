import html
import json
import re

import msgspec
import pytest
from django.test import Client

from sojourn.actions.links import Cart, cart_url
from sojourn.apps.demo import actions, shop_goods
from sojourn.apps.demo.models import DemoRun
from sojourn.apps.demo.shop import CATALOGUE
from sojourn.apps.people.models import IntentRow
from sojourn.apps.workspace.api import salt_of
from sojourn.apps.workspace.tests.house import NOW, build
from sojourn.terms.effects import Intent

pytestmark = pytest.mark.django_db
PAGES = (
    "/demo-shop/", "/demo-shop/c/lamps/", "/demo-shop/p/la-1/", "/demo-shop/cart/", "/demo-shop/checkout/", "/demo-shop/checkout/address/",
    "/demo-shop/checkout/shipping/", "/demo-shop/checkout/payment/", "/demo-shop/checkout/short/", "/demo-shop/thank-you/", "/demo-shop/returns/",
    "/demo-shop/shipping-and-delivery/",
)  # fmt: skip


def facts(page: bytes) -> dict[str, object]:
    found = re.search(r'<body data-facts="(.*?)">', page.decode())
    assert found is not None
    told: dict[str, object] = json.loads(html.unescape(found[1]))
    return told


@pytest.mark.parametrize("path", PAGES)
def test_anybody_may_look_and_nothing_is_kept_of_them(path):
    build()
    answer = Client().get(path)
    assert answer.status_code == 200
    assert not answer.cookies
    assert " style=" not in answer.content.decode()


@pytest.mark.parametrize("path", PAGES)
def test_a_shop_takes_no_posts(path):
    build()
    assert Client().post(path).status_code == 405


@pytest.mark.parametrize("path", ["/demo-shop/p/none/", "/demo-shop/c/none/", "/demo-shop/checkout/none/"])
def test_what_is_not_sold_is_not_found(path):
    build()
    assert Client().get(path).status_code == 404


def test_the_snippet_is_there_only_while_a_demo_runs():
    house = build()
    assert "/sojourn.js" not in Client().get("/demo-shop/").content.decode()
    run = actions.start(house.workspace, "alice@example.com", NOW)
    assert f'src="/sojourn.js?key={run.visitors_key}"' in Client().get("/demo-shop/").content.decode()
    assert run.write_key not in Client().get("/demo-shop/").content.decode()
    actions.remove(house.workspace, "alice@example.com", NOW)
    assert "/sojourn.js" not in Client().get("/demo-shop/").content.decode()


def test_a_search_finds_by_words_and_says_when_it_finds_nothing():
    build()
    assert facts(Client().get("/demo-shop/?q=lamp+desk").content)["shown"] == ["la-2"]
    page = Client().get("/demo-shop/?q=zebra").content
    assert facts(page)["shown"] == []
    assert "Nothing here is called “zebra”" in page.decode()


def test_products_are_sorted_by_price():
    build()
    shown = facts(Client().get("/demo-shop/c/books/?sort=low").content)["shown"]
    assert shown == ["bo-3", "bo-2", "bo-5", "bo-1", "bo-4"]


def left(workspace: int, template: str) -> str:
    """A mail's link back to a cart of two things."""
    items = [{"name": "Reading lamp Lund", "quantity": 2, "price": "138.00 EUR", "image": "", "url": "http://testserver/demo-shop/p/la-1/?x=1"},
             {"name": "Tea kettle Rund", "quantity": 1, "price": "44.90 EUR", "image": "", "url": ""}, {"name": "Something else", "url": ""}]  # fmt: skip
    intent = Intent(
        id="f" * 32, workspace=workspace, person=1, automation="abandoned-cart", rule_version=1, episode=9, channel="email", purpose="marketing", kind="bulk",
        template=template, cause="shipping_cost", address="ann@example.com", decided_at=NOW, ready_at=NOW, expires_at=NOW, data={"items": items},
    )  # fmt: skip
    row = {name: value for name, value in msgspec.structs.asdict(intent).items() if name not in ("data", "zone", "episode", "rule_version", "workspace")}
    IntentRow.objects.create(workspace_id=workspace, body=msgspec.msgpack.encode(intent), **row)
    salt = salt_of(workspace)
    assert salt is not None
    return cart_url("http://testserver/demo-shop/checkout/shipping/", salt, Cart(workspace, intent.id, 9, "c-1"), "abandoned-cart", template)


@pytest.mark.parametrize(("template", "offer", "short"), [("free_shipping", "free_shipping", False), ("short_checkout", "", True), ("reminder", "", False)])
def test_a_link_in_a_mail_brings_the_cart_back(template, offer, short):
    house = build()
    answer = Client().get(left(house.workspace, template), follow=True)
    assert answer.request["PATH_INFO"] == "/demo-shop/cart/"
    assert facts(answer.content)["restore"] == {"cart_id": "c-1", "items": {"la-1": 2, "ki-4": 1}, "offer": offer, "short": short}


def test_a_link_that_somebody_made_up_brings_nothing_back():
    house = build()
    link = left(house.workspace, "free_shipping")
    assert facts(Client().get(link.replace("sojourn_cart=1.", "sojourn_cart=1.A"), follow=True).content)["restore"] is None
    assert facts(Client().get("/demo-shop/cart/?sojourn_offer=free_shipping").content)["restore"] is None
    assert DemoRun.objects.count() == 0


def test_shipping_depends_on_place_and_weight():
    assert shop_goods.postage("DE", 900, 5_000) == 490
    assert shop_goods.postage("DE", 3_100, 5_000) == 490 + 3 * 60
    assert shop_goods.postage("DE", 3_100, 25_000) == 0
    assert shop_goods.postage("US", 1_000, 25_000) == 2_990
    assert shop_goods.postage("AT", 1_000, 30_000, high=True) == 3 * 690
    with pytest.raises(KeyError):
        shop_goods.postage("XX", 1, 1)


def test_every_product_has_its_text_and_its_picture():
    from django.contrib.staticfiles.finders import find

    for product in CATALOGUE:
        assert shop_goods.more(product).grams > 0
        assert find(f"demo/pictures/{product.id}.svg")


def test_examples_of_postcodes_fit_their_patterns():
    for place in shop_goods.COUNTRIES.values():
        assert re.fullmatch(place.postcode, place.example)
        assert not re.fullmatch(place.postcode, "x")
