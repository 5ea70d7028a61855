import re

import msgspec
import pytest

from sojourn.apps.carts import costs, listing, views, words
from sojourn.apps.carts.detail import detail
from sojourn.apps.carts.lines import contents, line
from sojourn.apps.people import api as people
from sojourn.apps.people import kept
from sojourn.apps.people.models import PersonRow
from sojourn.apps.people.tests.lists import NOW, cart, decision, somebody, store_listed
from sojourn.apps.people.tests.some import AT, ann
from sojourn.apps.workspace.access import Membership
from sojourn.apps.workspace.tests.house import RULES, browser, build
from sojourn.terms.episodes import CartItem, EpisodeState, Step
from sojourn.terms.time import DAY, HOUR, MINUTE

pytestmark = pytest.mark.django_db
ANY = listing.asked({})


@pytest.fixture
def house(monkeypatch):
    monkeypatch.setattr(views, "now", lambda: NOW)
    return build()


def fill(workspace: int) -> None:
    """Left for shipping: one stays so (written to), one was bought after it was held back; left for fees: one that was not written to; one open; one bought."""
    store_listed(workspace, somebody(1, cart(11, cause="shipping_cost", value=4_990), decisions=(decision(11, "send"),)), "Ann")
    bought = cart(12, "recovered", cause="shipping_cost", value=3_000, revenue=3_500, at=NOW - 2 * HOUR)
    store_listed(workspace, somebody(2, bought, decisions=(decision(12, "hold_out", reason="held_out"),)), "Ben")
    skipped = decision(13, "skip", cause="unknown", reason="no_address")
    store_listed(workspace, somebody(3, cart(13, cause="other_fees", value=1_000, currency="USD", at=NOW - 3 * HOUR), decisions=(skipped,)), "Cleo")
    store_listed(workspace, somebody(4, cart(14, "open", value=700)), "Dora")
    store_listed(workspace, somebody(5, cart(15, "ordered", value=800, revenue=900)), "Emil")


def text(user, path: str) -> str:
    """The page without what is random in it, which may hold any short name."""
    return re.sub(r'nonce="[^"]*"|value="\w{64}"', "", browser(user).get(path).content.decode())


def choices(found: list[listing.Choice]) -> dict[str, tuple[int, listing.Amounts]]:
    return {one.key: (one.carts, one.money) for one in found}


def test_every_state_has_words_and_a_place():
    assert set(words.STATE) == set(EpisodeState)
    assert set(listing.STATES) == set(EpisodeState)


def test_a_cause_is_said_to_be_as_sure_as_it_is():
    assert [words.sure(share) for share in (0.5, 0.499, 0.25, 0.249, None)] == ["likely", "perhaps", "perhaps", "one of several", ""]


def test_carts_are_counted_with_their_money_the_workspaces_currency_first(house):
    fill(house.workspace)
    found = listing.counts(house.workspace, ANY, NOW, "EUR")
    assert choices(found.states) == {
        "open": (1, [(700, "EUR")]),
        "abandoned": (2, [(4_990, "EUR"), (1_000, "USD")]),
        "recovered": (1, [(3_500, "EUR")]),
        "ordered": (1, [(900, "EUR")]),
        "emptied": (0, []),
    }
    assert choices(found.causes) == {"shipping_cost": (2, [(8_490, "EUR")]), "other_fees": (1, [(1_000, "USD")])}
    assert choices(found.done) == {"send": (1, [(4_990, "EUR")]), "hold_out": (1, [(3_500, "EUR")]), "skip": (1, [(1_000, "USD")])}
    assert found.total == 5


def test_counts_of_one_filter_keep_to_the_others(house):
    fill(house.workspace)
    found = listing.counts(house.workspace, listing.asked({"cause": "shipping_cost"}), NOW, "EUR")
    assert {key: number for key, (number, _) in choices(found.states).items() if number} == {"abandoned": 1, "recovered": 1}
    assert choices(found.causes)["other_fees"] == (1, [(1_000, "USD")]), "what else could be chosen is counted as if nothing were"
    assert {one.key: one.link for one in found.causes} == {"shipping_cost": "?", "other_fees": "?cause=other_fees"}


def test_a_smallest_value_is_asked_for_in_the_currency_most_carts_have_money_in(house):
    fill(house.workspace)
    assert listing.counts(house.workspace, ANY, NOW, "USD").chief == "EUR"
    page = text(house.vera, "/carts/?least=30")
    assert ">Ann<" in page
    assert 'value="30"> EUR' in page


def test_a_cart_that_was_bought_without_having_been_left_counts_for_no_cause(house):
    fill(house.workspace)
    before = choices(listing.counts(house.workspace, ANY, NOW, "EUR").causes)
    store_listed(house.workspace, somebody(6, cart(16, "ordered", cause="shipping_cost", value=800, revenue=900)), "Fay")
    kept.forget()
    found = listing.counts(house.workspace, ANY, NOW, "EUR")
    assert choices(found.causes) == before
    assert choices(listing.counts(house.workspace, listing.asked({"state": "ordered"}), NOW, "EUR").causes) == {"shipping_cost": (1, [(900, "EUR")])}


def test_an_empty_list_says_whether_there_was_ever_a_cart(house):
    assert "Connect your shop" in text(house.vera, "/carts/")
    store_listed(house.workspace, somebody(1, cart(11, at=NOW - 31 * DAY, cause="shipping_cost")), "Ann")
    assert "Look since the beginning" in text(house.vera, "/carts/")


@pytest.mark.parametrize(
    ("query", "people_listed"),
    [
        ("", ["Dora", "Emil", "Ann", "Ben", "Cleo"]),
        ("state=abandoned", ["Ann", "Cleo"]),
        ("cause=shipping_cost", ["Ann", "Ben"]),
        ("cause=shipping_cost&state=recovered", ["Ben"]),
        ("done=skip", ["Cleo"]),
        ("currency=USD", ["Cleo"]),
        ("least=30", ["Ann", "Ben"]),
        ("least=30,01", ["Ann"]),
        ("least=-3&state=nonsense&cause=x&done=y&days=z&currency=euro", ["Dora", "Emil", "Ann", "Ben", "Cleo"]),
    ],
)
def test_the_list_holds_what_was_asked_for(house, monkeypatch, query, people_listed):
    fill(house.workspace)
    monkeypatch.setattr(views, "rules", lambda _workspace: msgspec.structs.replace(RULES, currency="EUR"))
    page = text(house.vera, f"/carts/?{query}")
    rows = page.split("<tbody>")[-1] if 'id="c' in page else ""
    found = sorted((rows.index(f">{name}<"), name) for name in ("Ann", "Ben", "Cleo", "Dora", "Emil") if f">{name}<" in rows)
    assert sorted(name for _, name in found) == sorted(people_listed)


def test_carts_older_than_the_period_are_left_out_but_open_ones_never(house):
    store_listed(house.workspace, somebody(1, cart(11, at=NOW - 31 * DAY, cause="shipping_cost")), "Ann")
    store_listed(house.workspace, somebody(2, cart(12, "open", at=NOW - 40 * DAY)), "Ben")
    assert "Ann" not in text(house.vera, "/carts/")
    assert "Ann" in text(house.vera, "/carts/?days=90")
    assert "Ben" in text(house.vera, "/carts/?state=open")


def test_pages_of_carts_show_each_once(house):
    for number in range(1, 61):
        store_listed(house.workspace, somebody(number, cart(number + 100, at=NOW - number * MINUTE, cause="unknown")), f"P{number:02d}")
    client = browser(house.vera)
    first = client.get("/carts/").content.decode()
    after = first.split('rel="next"')[0].rsplit("after=", 1)[1].split('"')[0]
    second = client.get(f"/carts/?after={after}").content.decode()
    shown = [[f"P{number:02d}" for number in range(1, 61) if f">P{number:02d}<" in page] for page in (first, second)]
    assert (len(shown[0]), len(shown[1])) == (50, 10)
    assert sorted(shown[0] + shown[1]) == [f"P{number:02d}" for number in range(1, 61)]
    assert "Newest" in second


def test_what_causes_cost_adds_up(house):
    fill(house.workspace)
    found = costs.costs(house.workspace, NOW, 30, "EUR")
    rows = [(one.cause, one.carts, one.lost, one.recovered, one.recovered_money) for one in found.rows]
    assert rows == [("shipping_cost", 1, [(4_990, "EUR")], 1, [(3_500, "EUR")]), ("other_fees", 1, [(1_000, "USD")], 0, [])]
    assert (found.total.carts, found.total.lost, found.total.recovered) == (2, [(4_990, "EUR"), (1_000, "USD")], 1)
    assert (found.rows[0].written, found.rows[0].held, found.rows[0].skipped) == (costs.Came(1, 0), costs.Came(1, 1), costs.Came(0, 0))
    for one in (*found.rows, found.total):
        ways = (one.written, one.held, one.skipped)
        assert (sum(way.left for way in ways), sum(way.bought for way in ways)) == (one.carts + one.recovered, one.recovered)
    for way in costs.DONE:
        assert sum(one.done[way].left for one in found.rows) == found.total.done[way].left


def test_the_page_of_causes_opens_the_carts_behind_each_number(house):
    fill(house.workspace)
    page = text(house.vera, "/carts/causes/")
    assert "/carts/?state=abandoned&amp;cause=shipping_cost&amp;days=30" in page
    assert "/carts/?state=recovered&amp;cause=shipping_cost&amp;days=30" in page
    assert "10.00\u00a0USD\u00a0+ 49.90\u00a0EUR" in page, "the currency of the workspace comes first"


def test_one_cart_shows_what_was_in_it_and_why_it_was_left(house):
    person = ann()
    person.carts[0].evidence[0].kind = "shipping_ratio_high"
    person.carts[0].causes[0].evidence[0] = "shipping_ratio_high"
    store_listed(house.workspace, person, "Ann Winter", "ann@example.com")
    page = text(house.vera, f"/carts/{person.carts[0].id}/")
    assert "Boots" in page
    assert "Saw shipping of 12.90 EUR" in page
    assert "71 %" in page
    assert "likely" in page
    assert "Rage Click" in page
    assert "Left here" in page
    assert '/messages/i-1/"' in page
    assert "&amp;decision=i-1" in page


def test_the_steps_of_a_cart_say_how_far_its_owner_came_and_where_they_left():
    one = cart(1, reached="shipping", step="cart", cause="unknown")
    one.steps = [Step("shipping", AT + 2, AT + 2, 1, False, 6_000), Step("cart", AT + 1, AT + 9, 2)]
    told = [(step.name, step.state, step.left_here, step.furthest) for step in detail(one).steps]
    assert told == [
        ("Cart", "now", True, False),
        ("Shipping", "done", False, True),
        ("Payment", "", False, False),
        ("Order", "", False, False),
    ]


def test_a_cart_that_was_bought_was_left_nowhere():
    one = cart(1, "ordered", reached="payment", step="payment", at=AT)
    one.steps = [Step("payment", AT - 1, AT - 1)]
    assert [(step.name, step.state, step.at) for step in detail(one).steps] == [("Cart", "done", AT - HOUR), ("Payment", "done", AT - 1), ("Order", "done", AT)]


def test_a_cart_without_steps_was_left_as_a_cart():
    assert next((step.name, step.left_here) for step in detail(cart(1, cause="comparing")).steps) == ("Cart", True)


def test_a_price_is_told_times_the_quantity_and_none_stays_none():
    one = cart(1, items=[CartItem("p-1", 3, 250, "Cup"), CartItem("p-2", 1)])
    assert [(item.name, item.total) for item in detail(one).items] == [("Cup", 750), ("p-2", None)]


def test_charlie_sees_no_cart_of_alice(house):
    fill(house.workspace)
    charlie = browser(house.charlie)
    assert [charlie.get(path).status_code for path in ("/carts/11/", "/carts/11/fragment", "/carts/x/", f"/carts/{2**80}/")] == [404] * 4
    assert all(name not in text(house.charlie, "/carts/?days=all") for name in ("Ann", "Ben", "Cleo"))
    assert "No cart was left" in text(house.charlie, "/carts/causes/")


def test_a_cart_that_the_portrait_has_forgotten_is_told_to_be(house):
    fill(house.workspace)
    PersonRow.objects.filter(pk=1).update(body=msgspec.msgpack.encode(somebody(1)))
    answer = browser(house.vera).get("/carts/11/")
    assert answer.status_code == 404
    assert "no longer holds this cart" in answer.content.decode()


def test_the_fragments_are_the_parts_of_their_pages(house):
    fill(house.workspace)
    for page, fragment, root in (
        ("/carts/", "/carts/list", "carts-list"),
        ("/carts/causes/", "/carts/causes/list", "carts-causes"),
        ("/carts/11/", "/carts/11/fragment", "cart-11"),
    ):
        part = text(house.vera, fragment).strip()
        assert part.startswith(f'<div id="{root}"'), fragment
        assert "<html" not in part
        assert f'data-live-src="{fragment}' in text(house.vera, page)


def test_an_empty_house_offers_one_next_step(house):
    assert "Connect your shop" in text(house.vera, "/carts/")
    assert "Clear filters" in text(house.vera, "/carts/?state=open")


def test_every_day_of_the_chart_is_there_and_today_is_last(house):
    fill(house.workspace)
    member = Membership(house.workspace, "", 1, 1, "", "viewer", "UTC", False)
    chart = costs.days(member, NOW, 7).value
    assert (len(chart.labels), chart.labels[-1]) == (7, "21 Jan")
    assert {name: sum(filter(None, values)) for name, values in chart.series} == {"Abandoned": 2, "Recovered": 1, "Ordered": 1}


def test_bars_compare_the_currency_most_causes_have_money_in_whatever_the_workspaces_own_is(house):
    for number, (cause, value) in enumerate((("shipping_cost", 4_000), ("other_fees", 1_000), ("comparing", 2_000)), 1):
        store_listed(house.workspace, somebody(number, cart(number + 10, cause=cause, value=value, currency="USD")), "Ann")
    store_listed(house.workspace, somebody(9, cart(19, cause="comparing", value=90_000)), "Ben")
    found = listing.counts(house.workspace, ANY, NOW, "EUR")
    assert [(one.key, one.width, one.money) for one in found.causes] == [
        ("comparing", 500, [(90_000, "EUR"), (2_000, "USD")]),
        ("other_fees", 250, [(1_000, "USD")]),
        ("shipping_cost", 1000, [(4_000, "USD")]),
    ]
    assert [one.cause for one in costs.costs(house.workspace, NOW, 30, "EUR").rows] == ["shipping_cost", "comparing", "other_fees"]


def test_figures_that_are_older_than_the_page_say_so(house, monkeypatch):
    fill(house.workspace)
    monkeypatch.setattr(kept, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(kept, "SHARE", 1e-9)
    monkeypatch.setattr(kept, "_keeper", kept.Keeper(beside=False))
    for path in ("/carts/", "/carts/causes/"):
        assert "Figures as of" not in text(house.alice, path)
    monkeypatch.setattr(views, "now", lambda: NOW + 20_000)
    for path in ("/carts/", "/carts/causes/"):
        assert 'Figures as of <time class="ago" datetime="2026-01-21T00:00:00.000Z"' in text(house.alice, path)


def test_a_row_says_the_first_product_and_how_many_others():
    long = CartItem("p-1", 1, 100, "A lamp with a name that goes on and on and on")
    assert contents([]) == "no products told"
    assert contents([CartItem("p-1", 1)]) == "p-1"
    assert contents([long, CartItem("p-2", 1), CartItem("p-3", 1)]) == "A lamp with a name that goes on… +2"


def test_a_row_says_what_was_done_in_words(house):
    fill(house.workspace)
    told = {one["person_name"]: one for one in map(line, people.carts(house.workspace).rows)}
    assert (told["Ben"]["done"], told["Ben"]["done_kind"], told["Ben"]["brief"]) == ("Held back", "held_out", "at random")
    cleo = told["Cleo"]
    assert (cleo["done"], cleo["intent"], cleo["brief"], cleo["why"]) == ("Not written to", "", "no email address known", "No email address is known.")
    assert (cleo["worth"], cleo["cause"], cleo["state_name"], cleo["shipping"]) == ("10.00 USD", "other_fees", "Abandoned", "")
    assert (told["Dora"]["done"], told["Dora"]["cause"], told["Dora"]["sure"]) == ("", "", "")
