from collections import Counter
from datetime import datetime

from sojourn.apps.demo import paced, story
from sojourn.terms.time import DAY, HOUR, SECOND, from_datetime

NOW = 1_767_225_600_000  # 2026-01-01


def test_the_past_is_the_same_for_the_same_seed_and_ends_before_the_demo_begins():
    days = [paced.day_of_past(7, 600, 60, day, NOW) for day in range(60)]
    assert days[3] == paced.day_of_past(7, 600, 60, 3, NOW)
    ways = [way for day in days for way in day]
    assert 540 <= len(ways) <= 660
    last = max(from_datetime(datetime.fromisoformat(way.events[-1]["timestamp"])) for way in ways)
    assert last < NOW - HOUR
    first = min(from_datetime(datetime.fromisoformat(way.events[0]["timestamp"])) for way in ways)
    assert NOW - 60 * DAY <= first < NOW - 59 * DAY
    ids = Counter(event["messageId"] for way in ways for event in way.events)
    assert max(ids.values()) == 1


def test_nobody_of_the_present_rests_as_long_as_the_gap():
    ways = [paced.present(7, number) for number in range(200)]
    assert len({way.persona.anonymous_id for way in ways}) == 200
    rests = [rest for way in ways for rest, _ in paced.rests(way)]
    assert max(rest for rest in rests if rest != paced.COMES_BACK_AFTER) <= 12 * SECOND


def test_mail_moves_as_many_as_was_planted_and_a_fitting_one_more():
    plans = [paced.plan_of(7, paced.present(7, number)) for number in range(2_000)]
    share = {fits: sum(plan.buys(fits) for plan in plans) / len(plans) for fits in (None, False, True)}
    assert abs(share[None] - paced.BY_THEMSELVES) < 0.02
    assert abs(share[False] - paced.AFTER_OTHER) < 0.03
    assert abs(share[True] - paced.AFTER_FITTING) < 0.03
    assert all(plan.buys(True) for plan in plans if plan.buys(None))


def test_who_comes_back_buys_what_was_left():
    way = next(way for way in (paced.present(7, number) for number in range(100)) if way.outcome == "abandoned")
    events = paced.return_and_buy(way, NOW)
    assert [event.get("event") or event["name"] for event in events] == ["Cart", "Cart Viewed", "Checkout Started", "Payment Info Entered", "Order Completed"]
    added = sum(event["properties"]["price"] for event in way.events if event.get("event") == "Product Added")
    removed = sum(event["properties"]["price"] * event["properties"]["quantity"] for event in way.events if event.get("event") == "Product Removed")
    assert round(events[-1]["properties"]["revenue"], 2) == round(added - removed, 2)


def test_the_story_is_told_of_days_ago_and_of_the_last_minutes():
    past, fresh = story.told(NOW)
    assert {event["anonymousId"].split("-")[1] for event in (*past, *fresh)} == {role.key for role in story.ROLES}
    assert all(from_datetime(datetime.fromisoformat(event["timestamp"])) < NOW - DAY for event in past)
    assert all(NOW - 3 * 60 * SECOND < from_datetime(datetime.fromisoformat(event["timestamp"])) <= NOW for event in fresh)
    again_past, again_fresh = story.told(NOW + 60 * SECOND)
    assert [event["messageId"] for event in again_past] == [event["messageId"] for event in past]
    assert [event["messageId"] for event in again_fresh] == [event["messageId"] for event in fresh]


def test_the_links_of_a_mail_are_found_in_its_text():
    raw = b"Content-Type: text/plain\r\n\r\nBack: https://hello.example/l/1.abc_D and out: https://hello.example/u/1.xyz\r\n"
    assert paced.links_of(raw) == ("/l/1.abc_D", "/u/1.xyz")
    assert paced.links_of(b"Content-Type: text/plain\r\n\r\nnothing") == ("", "")
