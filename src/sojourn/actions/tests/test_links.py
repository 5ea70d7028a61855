"""Links: what is sealed opens again, what is changed does not, and nothing leads astray."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sojourn.actions import links
from sojourn.actions.links import Cart, Click, Unsubscribe
from sojourn.actions.tests.samples import SALT
from sojourn.terms.refusals import Refusal

BASE = "https://cx.shop.example"
SALTS = {1: SALT, 2: b"y" * 32}.get


def token(url):
    return url.rsplit("/", 1)[1]


@given(st.integers(1, 2**62), st.text(max_size=50), st.text(max_size=200), st.text(max_size=40))
def test_what_is_sealed_opens_to_the_same(person, purpose, address, intent):
    asked = Unsubscribe(1, person, purpose, address, intent)
    assert links.verify_unsubscribe(SALTS, token(links.unsubscribe_url(BASE, SALT, asked))) == asked


def test_the_same_link_is_made_for_every_attempt():
    asked = Unsubscribe(1, 100, "marketing", "ann@example.com", "i")
    assert links.unsubscribe_url(BASE, SALT, asked) == links.unsubscribe_url(BASE + "/", SALT, asked)


def test_a_token_tells_nobody_whom_it_is_about():
    text = links.unsubscribe_url(BASE, SALT, Unsubscribe(1, 100, "marketing", "ann@example.com", "i"))
    packed = links.urlsafe_b64decode(token(text).partition(".")[2] + "==")
    assert b"ann" not in packed
    assert b"marketing" not in packed


def test_any_changed_character_closes_a_token():
    good = token(links.unsubscribe_url(BASE, SALT, Unsubscribe(1, 100, "marketing", "ann@example.com", "i")))
    for place in range(len(good)):
        bad = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
        found = links.verify_unsubscribe(SALTS, bad)
        assert found is None or place == len(good) - 1, place  # the last character may hold bits that base64 does not use


NONSENSE = ("", ".", "1", "1.", "x.y", "1.%%%", "1." + "A" * 10_000, "9.AAAA", "１.AAAA", "1.é", "-1.AAAA", "1.AAAA", "9" * 20 + ".AAAA")


@pytest.mark.parametrize("bad", NONSENSE)
def test_nonsense_is_no_token(bad):
    assert links.verify_unsubscribe(SALTS, bad) is None
    assert links.verify_click(SALTS, bad) is None
    assert links.verify_cart(SALTS, bad) is None


def test_a_token_of_one_use_or_workspace_opens_no_other():
    unsubscribe = token(links.unsubscribe_url(BASE, SALT, Unsubscribe(1, 100, "marketing", "a@example.com", "i")))
    click = token(links.click_url(BASE, SALT, Click(1, "i", "https://shop.example/")))
    assert links.verify_click(SALTS, unsubscribe) is None
    assert links.verify_unsubscribe(SALTS, click) is None
    assert links.verify_click(SALTS, "2" + click[1:]) is None
    assert links.verify_click({1: b"z" * 32}.get, click) is None


EVIL = ("javascript:alert(1)", "data:text/html,x", "//evil.example", "/cart", "ftp://shop.example/", "https://", "https://a b/", "https://a\n/", "", "http://[::1",
        "https://shop.example@evil.example/", "https:\\\\evil.example", "HTTPS:evil", "https://x/" + "a" * 4_000, "https://shop.example:99999/")  # fmt: skip


@pytest.mark.parametrize("url", EVIL)
def test_only_web_addresses_can_be_linked_to(url):
    with pytest.raises(Refusal):
        links.click_url(BASE, SALT, Click(1, "i", url))
    forged = f"1.{links._seal(SALT, 'click', 1, Click(1, 'i', url)).partition('.')[2]}"
    assert links.verify_click(SALTS, forged) is None


def test_a_click_leads_to_the_very_address_that_was_signed():
    url = "https://shop.example/cart?a=1&b=%C3%BC#top"
    assert links.verify_click(SALTS, token(links.click_url(BASE, SALT, Click(1, "i", url, 100, "cart")))) == Click(1, "i", url, 100, "cart")


def test_the_link_to_the_cart_keeps_the_shops_query_and_adds_ours():
    url = links.cart_url("https://shop.example/cart?size=42&utm_source=old#items", SALT, Cart(1, "i", 7, "c-1"), "abandoned-cart", "reminder", {"x": "1"})
    parts, query = urlsplit(url), parse_qs(urlsplit(url).query)
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "shop.example", "/cart", "items")
    sealed = query.pop("sojourn_cart")[0]
    assert {name: values for name, [values] in query.items()} == {
        "size": "42",
        "utm_source": "sojourn",
        "utm_medium": "email",
        "utm_campaign": "abandoned-cart",
        "utm_content": "reminder",
        "x": "1",
    }
    assert links.verify_cart(SALTS, sealed) == Cart(1, "i", 7, "c-1")
