"""The portrait: traits, touches, device and place, counts, money, affinity, engagement, consent; and two portraits becoming one."""

import pytest

from sojourn.engine.tests.tape import NOON, SHOP, Tape
from sojourn.engine.useragent import classify
from sojourn.terms.effects import ConsentRow
from sojourn.terms.person import Decayed, Engagement, Money, Touch, Trait
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND


def values(person):
    return {name: trait.value for name, trait in person.traits.items()}


# -- traits


def test_a_trait_knows_its_source_and_time():
    tape = Tape()
    ann = tape.identify(user="ann", traits={"plan": "pro"}, at=NOON, message="m")
    assert ann.traits == {"plan": Trait("pro", NOON, SHOP, "m")}


def test_the_last_writer_by_event_time_wins_whatever_arrives_last():
    tape = Tape()
    tape.identify(user="ann", traits={"plan": "pro", "city": "Bonn"}, at=NOON)
    ann = tape.identify(user="ann", traits={"plan": "free", "name": "Ann"}, at=NOON - HOUR, recorded=NOON + SECOND)
    assert values(ann) == {"plan": "pro", "city": "Bonn", "name": "Ann"}


def test_of_two_writers_at_one_instant_the_later_message_id_wins_in_any_order():
    for messages in (("m-1", "m-2"), ("m-2", "m-1")):
        tape = Tape()
        for message in messages:
            tape.identify(user="ann", traits={"plan": message}, at=NOON, message=message)
        assert values(tape.people[0]) == {"plan": "m-2"}


def test_null_unsets_a_trait_and_an_older_value_does_not_come_back():
    tape = Tape()
    tape.identify(user="ann", traits={"plan": None}, at=NOON)
    ann = tape.identify(user="ann", traits={"plan": "pro"}, at=NOON - HOUR, recorded=NOON + SECOND)
    assert values(ann) == {"plan": None}


def test_traits_in_the_context_count_with_every_call():
    tape = Tape()
    assert values(tape.track("Product Viewed", user="ann", context={"traits": {"plan": "pro"}})) == {"plan": "pro"}


def test_reserved_traits_are_left_out_and_counted():
    tape = Tape()
    traits = {"tenant_id": 2, "suppressed": False, "consent_email": True, "is_staff": True, "_version": 99, "plan": "pro"}
    ann = tape.identify(user="ann", traits=traits)
    assert values(ann) == {"plan": "pro"}
    assert (ann.suppressed, ann.consent, tape.counted("reserved_trait")) == ({}, {}, 5)


@pytest.mark.parametrize("email", ["a@b.test\r\nBcc: all@shop.test", ["a@b.test"], "x" * 65 + "@example.org", "ann", 7, {}])
def test_an_email_trait_that_is_no_address_is_left_out_and_counted(email):
    tape = Tape()
    ann = tape.identify(user="ann", traits={"email": email, "plan": "pro"})
    assert (values(ann), tape.counted("bad_email")) == ({"plan": "pro"}, 1)


def test_beyond_five_hundred_traits_the_oldest_go():
    tape = Tape()
    tape.identify(user="ann", traits={f"old-{number}": 1 for number in range(10)}, at=NOON)
    ann = tape.identify(user="ann", traits={f"new-{number:03}": 1 for number in range(495)}, at=NOON + 1)
    assert (len(ann.traits), tape.counted("traits_too_large")) == (500, 5)
    assert [name for name in ann.traits if name.startswith("old")] == ["old-5", "old-6", "old-7", "old-8", "old-9"]


def test_beyond_64_kib_of_traits_the_oldest_go_and_what_is_left_is_measured_right():
    tape = Tape()
    for number in range(5):
        tape.identify(user="ann", traits={f"note-{number}": "x" * 20_000})
    [ann] = tape.people
    assert list(ann.traits) == ["note-2", "note-3", "note-4"]
    assert (ann.traits_size, tape.counted("traits_too_large")) == (3 * 20_006, 2)


# -- where from, on what, how often


def test_first_and_last_touch_go_by_event_time():
    tape = Tape()
    mail = {"campaign": {"source": "newsletter", "medium": "email", "name": "autumn"}}
    tape.page(anon="a", at=NOON, props={"url": "https://shop.test/b"}, context=mail)
    tape.page(anon="a", at=NOON + 1, props={"url": "https://shop.test/c", "referrer": "https://shop.test/b"})
    search = {"url": "https://shop.test/a", "referrer": "https://www.search.test/q"}
    ann = tape.page(anon="a", at=NOON - HOUR, recorded=NOON + SECOND, props=search)
    assert ann.first_touch == Touch(NOON - HOUR, "search.test", "referral", "", "https://www.search.test/q", "https://shop.test/a")
    assert ann.last_touch == Touch(NOON, "newsletter", "email", "autumn", "", "https://shop.test/b")


def test_a_direct_visit_is_a_first_touch_without_a_source():
    tape = Tape()
    ann = tape.page(anon="a", at=NOON, context={"page": {"url": "https://shop.test/"}})
    assert (ann.first_touch, ann.last_touch) == (Touch(NOON, url="https://shop.test/"), None)


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0"
GALAXY_TAB = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
GOOGLEBOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (IPHONE, ("mobile", "iOS", "Safari")),
        (EDGE, ("desktop", "Windows", "Edge")),
        (GALAXY_TAB, ("tablet", "Android", "Chrome")),
        (GOOGLEBOT, ("bot", "", "")),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", ("desktop", "Linux", "Firefox")),
        ("something else", ("", "", "")),
    ],
)
def test_a_user_agent_in_three_words(agent, words):
    assert classify(agent) == words


def test_device_and_place_are_what_the_newest_page_said():
    tape = Tape()
    context = {"userAgent": EDGE, "locale": "de-DE", "timezone": "Europe/Berlin", "screen": {"width": 1440, "height": 900}, "location": {"country": "DE"}}
    tape.page(anon="a", at=NOON, context=context)
    tape.page(anon="a", at=NOON + MINUTE, context={"userAgent": IPHONE})
    ann = tape.page(anon="a", at=NOON - MINUTE, recorded=NOON + 2 * MINUTE, context={"locale": "fr-FR", "location": {"city": "Lyon"}})
    assert {key: trait.value for key, trait in ann.about.items()} == {
        "device": "mobile", "os": "iOS", "browser": "Safari", "locale": "de-DE", "timezone": "Europe/Berlin", "screen": "1440x900", "country": "DE",
        "city": "Lyon",
    }  # fmt: skip


@pytest.mark.parametrize("context", [{"userAgent": 7, "locale": [], "screen": "big", "page": 1, "campaign": "x", "location": None, "traits": [1], "device": 3}])
def test_a_context_of_the_wrong_types_is_borne(context):
    tape = Tape()
    assert tape.page(anon="a", context=context, props={"url": 7, "referrer": {}}).about == {}


def test_counts_by_name_for_life_and_by_day():
    tape = Tape()
    tape.page(anon="a", at=NOON, name="Home")
    tape.track("Product Viewed", anon="a", at=NOON)
    ann = tape.track("Product Viewed", anon="a", at=NOON - DAY, recorded=NOON + SECOND)
    assert ann.counts == {"Session Started": 1, "page": 1, "Product Viewed": 2}
    assert ann.days == {NOON // DAY: {"page": 1, "Product Viewed": 1}, NOON // DAY - 1: {"Product Viewed": 1}}


def test_the_newest_thirty_days_are_kept_in_whatever_order_they_came():
    tape = Tape()
    for day in [*range(0, 40, 2), *range(39, 0, -2)]:
        tape.track("Viewed", anon="a", at=NOON + day * DAY, recorded=NOON + 50 * DAY)
    assert sorted(tape.people[0].days) == [NOON // DAY + day for day in range(10, 40)]


def test_beyond_two_hundred_names_the_rest_count_as_other():
    tape = Tape()
    for number in range(210):
        tape.track(f"Event {number}", anon="a", at=NOON)
    counts = tape.people[0].counts
    assert (len(counts), counts["other"], sum(counts.values())) == (201, 11, 211)


def test_late_and_imported_facts_move_first_and_last_seen_by_event_time():
    tape = Tape()
    tape.track("Viewed", anon="a", at=NOON)
    ann = tape.track("Viewed", anon="a", at=NOON - 9 * DAY, recorded=NOON + SECOND, historical=True)
    assert (ann.first_seen, ann.last_seen, ann.facts, ann.late) == (NOON - 9 * DAY, NOON, 2, 1)


# -- money


def order(tape, name, **props):
    return tape.track(name, user="ann", props={"order_id": "o-1", "currency": "EUR", **props})


def test_an_order_counts_once_however_often_it_is_told():
    tape = Tape()
    for _ in range(3):
        ann = order(tape, "Order Completed", total=49.9)
    assert ann.money == {"EUR": Money(1, 4990, 0, NOON + SECOND)}
    assert ann.orders_seen == ["o-1"]


def test_an_updated_order_is_worth_what_was_said_last():
    tape = Tape()
    order(tape, "Order Completed", total=49.9)
    assert order(tape, "Order Updated", total=39.9).money["EUR"] == Money(1, 3990, 0, NOON + 2 * SECOND)


def test_orders_in_other_currencies_are_kept_apart_and_have_their_own_digits():
    tape = Tape()
    tape.track("Order Completed", user="ann", props={"order_id": "1", "total": 500, "currency": "jpy"})
    tape.track("Order Completed", user="ann", props={"order_id": "2", "total": "1.234", "currency": "KWD"})
    ann = tape.track("Order Completed", user="ann", props={"order_id": 3, "total": 5})
    assert {currency: money.revenue for currency, money in ann.money.items()} == {"JPY": 500, "KWD": 1234, "EUR": 500}


def test_an_order_without_a_total_is_worth_its_products():
    tape = Tape()
    ann = order(tape, "Order Completed", products=[{"price": 10.5, "quantity": 2}, {"price": 1}, {"price": "x"}, 7])
    assert ann.money["EUR"].revenue == 2200


def test_a_cancelled_order_counts_no_more_in_whatever_order_it_is_told():
    for names in (("Order Completed", "Order Cancelled"), ("Order Cancelled", "Order Completed")):
        tape = Tape()
        for name in names:
            ann = order(tape, name, total=49.9)
        assert sum(money.revenue + money.orders for money in ann.money.values()) == 0


def test_a_refund_is_what_it_names_or_else_the_whole_order():
    tape = Tape()
    order(tape, "Order Completed", total=49.9)
    assert order(tape, "Order Refunded", total=10).money["EUR"].refunded == 1000
    assert order(tape, "Order Refunded").money["EUR"].refunded == 5990


def test_an_order_told_by_browser_and_server_counts_once_when_they_turn_out_to_be_one_person():
    tape = Tape()
    tape.track("Order Completed", anon="a", props={"order_id": "o-1", "total": 49.9, "currency": "EUR"})
    tape.track("Order Completed", user="ann", props={"order_id": "o-1", "total": 54.8, "currency": "EUR"})
    ann = tape.identify(anon="a", user="ann")
    assert ann.money == {"EUR": Money(1, 5480, 0, NOON + 2 * SECOND)}


def test_one_order_told_cancelled_to_the_other_half_of_a_person_is_cancelled():
    tape = Tape()
    tape.track("Order Completed", anon="a", props={"order_id": "o-1", "total": 49.9, "currency": "EUR"})
    tape.track("Order Cancelled", user="ann", props={"order_id": "o-1"})
    ann = tape.identify(anon="a", user="ann")
    assert (ann.money["EUR"].orders, ann.money["EUR"].revenue, ann.orders["o-1"].cancelled) == (0, 0, True)


# -- affinity


def test_affinity_halves_every_half_life_and_does_not_depend_on_order():
    day = 14 * DAY
    for moments in ((NOON, NOON + day), (NOON + day, NOON)):
        tape = Tape()
        for at in moments:
            tape.track("Product Viewed", anon="a", at=at, recorded=NOON + day, props={"product_id": "p", "category": "Shoes", "brand": "Acme"})
        assert tape.people[0].affinity == dict.fromkeys(("product:p", "category:Shoes", "brand:Acme"), Decayed(1.5, NOON + day))


def test_adding_weighs_three_and_buying_five():
    tape = Tape()
    tape.track("Product Added", anon="a", at=NOON, props={"product_id": "p"})
    ann = tape.track("Order Completed", anon="a", at=NOON, props={"order_id": "1", "products": [{"product_id": "p"}, {"product_id": "q"}, 7]})
    assert {key: held.score for key, held in ann.affinity.items()} == {"product:p": 8.0, "product:q": 5.0}


def test_the_strongest_affinities_are_kept():
    tape = Tape()
    for number in range(200):
        tape.track("Product Viewed", anon="a", at=NOON, props={"product_id": f"p-{number}", "category": "Shoes"})
    affinity = tape.people[0].affinity
    assert 50 <= len(affinity) <= 75
    assert affinity["category:Shoes"].score == 200.0


# -- engagement and consent


def test_what_became_of_messages_is_counted_per_channel():
    tape = Tape()
    for name in ("Email Delivered", "Email Opened", "Email Link Clicked", "SMS Delivered"):
        tape.track(name, user="ann", at=NOON)
    assert tape.people[0].engagement == {"email": Engagement(delivered=1, opened=1, clicked=1, last_at=NOON), "sms": Engagement(delivered=1, last_at=NOON)}


def test_the_newest_word_on_consent_holds_and_all_are_remembered():
    tape = Tape()
    said = {"channel": "email", "purpose": "marketing"}
    tape.track("Consent Changed", user="ann", at=NOON, props={**said, "granted": False, "text_version": "v2"})
    ann = tape.track("Consent Changed", user="ann", at=NOON - DAY, recorded=NOON + SECOND, props={**said, "granted": True})
    assert (ann.consent["email:marketing"].granted, ann.consent["email:marketing"].text_version) == (False, "v2")
    assert tape.work.consents == [
        ConsentRow(ann.id, "email", "marketing", False, NOON, SHOP, "v2"),
        ConsentRow(ann.id, "email", "marketing", True, NOON - DAY, SHOP, ""),
    ]
    tape.track("Consent Changed", user="ann", props={**said, "granted": True})
    assert ann.consent["email:marketing"].granted is True


def test_a_consent_that_is_neither_yes_nor_no_is_none():
    tape = Tape()
    assert tape.track("Consent Changed", user="ann", props={"granted": "yes"}).consent == {}


def test_a_trait_may_say_no_but_only_a_trusted_sender_may_say_yes():
    tape = Tape()
    ann = tape.identify(user="ann", traits={"email_consent": True})
    assert (ann.consent, tape.counted("reserved_trait")) == ({}, 1)
    assert tape.identify(user="ann", traits={"email_consent": False}).consent["email:marketing"].granted is False
    assert tape.identify(user="ann", traits={"email_consent": True}, trusted=True).consent["email:marketing"].granted is True
    assert ann.traits == {}


@pytest.mark.parametrize("name", ["Unsubscribed", "Email Marked as Spam"])
def test_unsubscribing_and_complaining_are_a_no(name):
    tape = Tape()
    assert tape.track(name, user="ann").consent["email:marketing"].granted is False


@pytest.mark.parametrize("denied_first", [True, False])
def test_when_two_people_become_one_the_no_wins_until_something_newer_is_said(denied_first):
    tape = Tape()
    tape.track("Consent Changed", user="ann", at=NOON, props={"granted": not denied_first})
    tape.track("Consent Changed", anon="a", at=NOON + 1, props={"granted": denied_first})
    ann = tape.identify(anon="a", user="ann")
    assert (ann.consent["email:marketing"].granted, ann.consent["email:marketing"].at) == (False, NOON + 1)
    assert tape.track("Consent Changed", user="ann", props={"granted": True}).consent["email:marketing"].granted is True


# -- two become one


def test_a_merged_portrait_is_the_sum_of_both():
    tape = Tape()
    tape.track("Product Viewed", anon="a", at=NOON, context={"traits": {"plan": "free", "city": "Bonn"}}, props={"category": "Shoes"})
    tape.identify(user="ann", at=NOON + MINUTE, traits={"plan": "pro"})
    tape.track("Product Viewed", user="ann", at=NOON + 14 * DAY, props={"category": "Shoes"})
    ann = tape.identify(anon="a", user="ann", at=NOON + 14 * DAY)
    assert values(ann) == {"plan": "pro", "city": "Bonn"}
    assert (ann.first_seen, ann.last_seen, ann.facts) == (NOON, NOON + 14 * DAY, 4)
    assert ann.counts["Product Viewed"] == 2
    assert ann.days == {NOON // DAY: {"Product Viewed": 1, "identify": 1}, NOON // DAY + 14: {"Product Viewed": 1, "identify": 1}}
    assert ann.affinity == {"category:Shoes": Decayed(1.5, NOON + 14 * DAY)}
