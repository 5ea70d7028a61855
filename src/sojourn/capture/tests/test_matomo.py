"""Matomo's tracking API: hits one by one and in bulk, and what they become."""

from urllib.parse import urlencode

import pytest

from sojourn.capture.protocols.pixel import GIF
from sojourn.capture.tests.door import NOW, SHOP, Door

URL = "https://shop.example/lamps"
HIT = {"idsite": "3", "rec": "1", "cid": "92ca3b419ffd7555", "url": URL, "send_image": "0"}


@pytest.fixture
def door():
    with Door() as made:
        made.directory.put("matomo:3", SHOP)
        yield made


def hit(door, **fields):
    answer = door.run(door.call("/matomo.php?" + urlencode({**HIT, **fields}), b"", None, "GET"))
    assert answer.status == 200, answer.body
    return door.facts()


def test_a_page_view_by_get_gets_a_picture_unless_it_wants_none(door):
    [fact] = hit(door, action_name="Lamps", urlref="https://news.example/", uid="u-1", res="1920x1080", lang="de-DE,de;q=0.9")
    assert (fact.kind, fact.name, fact.user_id, fact.anonymous_id) == ("page", "Lamps", "u-1", "92ca3b419ffd7555")
    assert fact.props == {"url": "https://shop.example/lamps", "path": "/lamps", "referrer": "https://news.example/", "title": "Lamps"}
    assert (fact.context["screen"], fact.context["locale"]) == ({"width": 1920, "height": 1080}, "de-DE")
    answer = door.run(door.call("/matomo.php?" + urlencode({**HIT, "send_image": "1"}), b"", None, "GET"))
    assert (answer.headers["content-type"], answer.body) == ("image/gif", GIF)


def test_a_beacon_has_everything_in_its_query_and_a_form_in_its_body(door):
    assert door.post("/matomo.php?" + urlencode(HIT), b"", key=None, content_type="text/plain").status == 200
    assert door.post("/piwik.php", urlencode(HIT).encode(), key=None, content_type="application/x-www-form-urlencoded; charset=utf-8").status == 200
    assert [fact.kind for fact in door.facts()] == ["page", "page"]


def test_matomo_may_have_lain_in_a_folder(door):
    assert door.post("/stats/matomo/matomo.php", urlencode(HIT).encode(), key=None, content_type="application/x-www-form-urlencoded").status == 200
    assert [fact.kind for fact in door.facts()] == ["page"]
    assert not any(door.app.handles(path) for path in ("/stats/other.php", "/a/b/c/d/matomo.php", "/../matomo.php/x"))


def test_bulk_says_how_many_were_tracked(door):
    requests = [
        "?" + urlencode({**HIT, "search": "lamp", "search_count": "0"}),
        {"idsite": "3", "cid": "1", "url": "https://shop.example/"},
        7,
        "?cid=" + "x" * 300,
    ]
    answer = door.post("/matomo.php", {"requests": requests, "token_auth": "0" * 32}, key=None)
    assert (answer.status, answer.json) == (200, {"status": "success", "tracked": 2, "invalid": 2, "invalid_indices": [2, 3]})
    assert [fact.name or fact.kind for fact in door.facts()] == ["Products Searched", "Search Without Result", "page"]


def test_bulk_says_which_were_not_tracked(door):
    answer = door.post("/matomo.php", {"requests": ["?" + urlencode(HIT), 7, "?" + urlencode(HIT)]}, key=None)
    assert answer.json == {"status": "success", "tracked": 2, "invalid": 1, "invalid_indices": [1]}


def test_a_server_says_whose_hits_it_sends(door):
    door.post(
        "/matomo.php", {"requests": ["?" + urlencode({"idsite": "3", "url": URL, "cip": f"203.0.113.{end}", "ua": "Firefox"}) for end in (5, 6, 5)]}, key=None
    )
    ann, bob, again = [fact.anonymous_id for fact in door.facts()]
    assert ann.startswith("visitor-")
    assert (ann == again, ann == bob) == (True, False)


@pytest.mark.parametrize(
    ("fields", "name", "props"),
    [
        ({"ca": "1", "cra": "x is null", "cra_tp": "TypeError"}, "Error Shown", {"message": "x is null", "type": "TypeError"}),
        ({"ca": "1", "ma_id": "9", "ma_mt": "video"}, "Media Ping", {"url": URL}),
        ({"ca": "1", "fa_vid": "9"}, "Form Ping", {"url": URL}),
        ({"hsr_vid": "9"}, "Recording Ping", {"url": URL}),
        ({"ca": "1"}, "Custom Action", {"url": URL}),
    ],
)
def test_what_is_no_page_makes_no_page_view(door, fields, name, props):
    [fact] = hit(door, **fields)
    assert (fact.kind, fact.name, fact.props) == ("track", name, props)


def test_custom_variables_are_properties(door):
    [fact] = hit(door, e_c="Shop", e_a="Seen", _cvar='{"1":["plan","gold"],"2":["",""],"3":7}', cvar='{"1":["colour","red"]}', dimension1="d")
    assert fact.props == {"plan": "gold", "colour": "red", "dimension1": "d", "category": "Shop"}
    [_, fact] = hit(door, e_c="Shop", e_a="Seen", cvar='{"1":')
    assert fact.props == {"category": "Shop"}


def test_properties_may_have_any_name(door):
    [fact] = hit(door, e_c="Shop", e_a="Seen", e_n='{"event": "e", "self": 1}')
    assert (fact.name, fact.props) == ("Seen", {"category": "Shop", "event": "e", "self": 1})


def test_an_order_counts_once_though_hits_have_no_id(door):
    items = '[["LMP-1","Lamp","Lamps",79.9,1],["BLB-2","Bulb",["Bulbs","LED"],4.5,4]]'
    order = {"idgoal": "0", "ec_id": "o-1", "revenue": "107.80", "ec_st": "97.9", "ec_sh": "9.9", "ec_items": items}
    [fact] = hit(door, **order)
    assert (fact.name, fact.message_id) == ("Order Completed", "matomo-order-o-1")
    assert fact.props == {
        "order_id": "o-1", "total": 107.8, "subtotal": 97.9, "shipping": 9.9,
        "products": [
            {"product_id": "LMP-1", "name": "Lamp", "category": "Lamps", "price": 79.9, "quantity": 1},
            {"product_id": "BLB-2", "name": "Bulb", "category": ["Bulbs", "LED"], "price": 4.5, "quantity": 4},
        ],
    }  # fmt: skip
    assert len(hit(door, **order)) == 1


@pytest.mark.parametrize(
    ("fields", "kind", "name", "props"),
    [
        ({"idgoal": "0", "revenue": "79.9", "ec_items": '[["LMP-1"]]'}, "track", "Cart Viewed", {"products": [{"product_id": "LMP-1"}], "value": 79.9}),
        ({"idgoal": "2", "revenue": "5"}, "track", "Goal Reached", {"goal": "2", "revenue": 5}),
        ({"link": "https://x.example/"}, "track", "Link Clicked", {"url": "https://x.example/", "href": "https://x.example/"}),
        ({"download": "https://x.example/a.pdf"}, "track", "File Downloaded", {"url": "https://x.example/a.pdf"}),
        ({"c_n": "Banner", "c_i": "click"}, "track", "Content Clicked", {"content": "Banner"}),
        ({"e_c": "Shop", "e_a": "add_to_cart", "e_n": "Lamp", "e_v": "2"}, "track", "Product Added", {"category": "Shop", "label": "Lamp", "value": 2}),
        ({"e_c": "Shop", "e_a": "Payment Failed", "e_n": '{"reason":"declined"}'}, "track", "Payment Failed", {"category": "Shop", "reason": "declined"}),
        ({"e_c": "Identity", "e_a": "alias", "e_n": "old-1", "uid": "u-1"}, "alias", "", {}),
        ({"e_c": "x", "e_a": "Seen", "dimension2": "gold"}, "track", "Seen", {"dimension2": "gold", "category": "x"}),
    ],
)
def test_hits_get_our_names(door, fields, kind, name, props):
    [fact] = hit(door, **fields)
    assert (fact.kind, fact.name, fact.props) == (kind, name, props)


def test_a_product_view_is_a_page_view_and_a_product_viewed(door):
    page, product = hit(door, action_name="Lamp", _pks="LMP-1", _pkn="Lamp", _pkc="Lamps", _pkp="79.90")
    assert (page.kind, product.name, product.props) == ("page", "Product Viewed", {"product_id": "LMP-1", "name": "Lamp", "category": "Lamps", "price": 79.9})


@pytest.mark.parametrize("address", ["/?mtm_campaign=spring&mtm_source=news&utm_medium=mail", "/?a=1#pk_campaign=spring&mtm_source=news&utm_medium=x"])
def test_a_campaign_is_read_as_matomo_marks_it(door, address):
    [fact] = hit(door, url="https://shop.example" + address)
    assert fact.context["campaign"] == {"name": "spring", "source": "news", **({"medium": "mail"} if "mail" in address else {})}


@pytest.mark.parametrize(("said", "category"), [("Lamps", "Lamps"), ('["Lamps","LED"]', ["Lamps", "LED"]), ("[odd", "[odd")])
def test_a_view_of_a_category_is_a_list_of_products(door, said, category):
    page, shelf = hit(door, _pkc=said)
    assert (page.kind, shelf.name, shelf.props) == ("page", "Product List Viewed", {"category": category})


def test_a_hit_that_waited_in_a_page_was_when_it_was_though_the_clock_there_is_off(door):
    [fact] = hit(door, cdt="2026-11-18T14:00:00.000Z", sent_at="2026-11-18T14:01:40.000Z")
    assert fact.at == NOW - 100_000


def test_errors_of_scripts_that_matomo_js_tells_as_events_are_errors(door):
    [fact] = hit(door, e_c="JavaScript Errors", e_a="https://shop.example/shop.js:10:3", e_n="x is null")
    assert (fact.name, fact.props) == ("Error Shown", {"message": "x is null", "url": "https://shop.example/shop.js:10:3"})


def test_a_picture_on_a_page_without_scripts_is_a_view_of_the_page_that_shows_it(door):
    door.run(door.call("/matomo.php?idsite=3&rec=1", b"", None, "GET", referer="https://shop.example/lamps"))
    [fact] = door.facts()
    assert (fact.kind, fact.props) == ("page", {"url": "https://shop.example/lamps", "path": "/lamps"})


def test_an_unknown_site_is_refused(door):
    assert door.run(door.call("/matomo.php?idsite=4&rec=1&url=x", b"", None, "GET")).status == 401
    assert door.run(door.call("/matomo.php?rec=1", b"", None, "GET")).status == 401
    assert door.run(door.call("/matomo.php?" + "&".join(f"a{n}=1" for n in range(1_100)), b"", None, "GET")).status == 400


def test_a_form_that_is_larger_than_an_event_may_be_is_no_event(door):
    form = b"idsite=wk_shop&rec=1&e_c=a&e_a=b&e_n=" + b"x" * (1 << 20)
    assert door.post("/matomo.php", form, key=None, content_type="application/x-www-form-urlencoded").status == 200
    assert (door.facts(), door.counts()) == ([], {"event_too_large": 1})
