"""What the clients of other vendors put on the wire, replayed from the shared recordings: one journey of a shopper, told in our words by each of them.

Where the recordings are missing nothing is replayed, and tests/capture/test_recorded_clients.py says so; the real SDKs run in tests/sdk all the same.
"""

import base64
import json
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from sojourn.capture.tests.door import NOW, SHOP, Answer, Door
from sojourn.terms.facts import Fact, Flag
from sojourn.terms.time import DAY

FIXTURES = Path(__file__).parents[3] / "shared" / "fixtures" / "clients"
JOURNEY = [
    ("page", "Home"), ("track", "Products Searched"), ("track", "Product List Viewed"), ("page", "Product"), ("track", "Product Viewed"),
    ("track", "Product Added"), ("track", "Product Added"), ("track", "Cart Viewed"), ("track", "Product Removed"), ("identify", ""), ("alias", ""),
    ("group", ""), ("track", "Checkout Started"), ("track", "Checkout Step Viewed"), ("track", "Checkout Step Completed"),
    ("track", "Checkout Step Viewed"), ("track", "Shipping Cost Shown"), ("track", "Coupon Entered"), ("track", "Coupon Denied"),
    ("track", "Coupon Applied"), ("track", "Payment Info Entered"), ("track", "Order Completed"), ("screen", "Order Confirmation"),
]  # fmt: skip
"""The journey that every recorded client made, in our words."""


def recorded(name: str) -> list[tuple[str, list[Any]]]:
    """The modes of a client's recording, each with its lines."""
    path = FIXTURES / f"{name}.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    return [(f"{name}: {note}", list(found)) for note, found in groupby(lines, lambda line: line["note"])]


def replayed(lines: list[Any]) -> tuple[list[tuple[Any, Answer]], list[Fact]]:
    """The answer to each line, and all facts."""
    with Door() as door:
        door.clock.set(NOW + 4 * DAY)  # after the recordings
        for name in ("wk_test", "matomo:1", "snowplow:shop-app", "snowplow:shop"):
            door.directory.put(name, SHOP)
        for line in lines:
            for app in aids(line):
                door.directory.put(f"snowplow:{app}", SHOP)
        told = []
        for line in lines:
            headers = {
                name.lower().replace("-", "_"): value for name, value in line["headers"].items() if name.lower() not in ("content-length", "transfer-encoding")
            }
            if line["path"] in ("/cloudevents", "/events"):
                headers.setdefault("authorization", "Bearer wk_shop")
            query = f"?{line['raw_query']}" if line["raw_query"] else ""
            told.append((line, door.post(line["path"] + query, base64.b64decode(line["body_b64"] or ""), key=None, method=line["method"], **headers)))
        return told, door.facts()


def aids(line: Any) -> set[str]:
    body = line["body_decoded"]
    inside = body.get("data") if isinstance(body, dict) else None
    events = [event for event in inside if isinstance(event, dict)] if isinstance(inside, list) else []
    return {event["aid"] for event in events if "aid" in event} | {value for value in [(line["query"] or {}).get("aid")] if isinstance(value, str)}


PYTHON_PAGES = {("page", "Home"): ("page", "Lampen & Mehr"), ("page", "Product"): ("page", "Walnut desk lamp")}
"""Clients without a name for a page say its title."""
IDENTIFIED = [("alias", "")]
"""PostHog's $identify also says that the former id is this person, which only an alias tells of ids that servers sent."""
CLICKS = [("track", "Element Clicked")] * 21 + [
    ("track", "Field Changed"),
    *[("track", "Link Clicked")] * 2,
    ("track", "Rage Click"),
    *[("track", "Page Left")] * 3,
]
TOLD: dict[str, tuple[dict[tuple[str, str], tuple[str, str]], list[tuple[str, str]], list[tuple[str, str]]]] = {
    "rudder-sdk-python": ({}, [], []),
    # Traits by $set and $set_once come as two more identify calls.
    "posthog-python": (PYTHON_PAGES, [*IDENTIFIED, ("identify", ""), ("identify", "")], []),
    "posthog-node": (PYTHON_PAGES, IDENTIFIED, []),
    # This page made a part of the journey only, and told of every click beside it.
    "posthog-js": (
        {("page", "Home"): ("page", "Lampen & Mehr"), ("page", "Product"): ("page", "Kasse")},
        [*IDENTIFIED, *CLICKS, ("page", "Danke"), ("page", "Wieder da"), ("track", "Exit Survey Shown")],
        [("track", name) for name in ("Checkout Step Viewed", "Checkout Step Completed", "Coupon Entered", "Coupon Applied", "Payment Info Entered")]
        + [("screen", "Order Confirmation")],
    ),
    # The e-commerce plugin knows steps of a checkout, and no beginning.
    "snowplow-tracker-python": ({**PYTHON_PAGES, ("track", "Checkout Started"): ("track", "Checkout Step Viewed")}, [], []),
    # A hit with the cart's content beside each change; a goal; no screens, which are pages named after the app.
    "matomopy-python": (
        {**PYTHON_PAGES, ("screen", "Order Confirmation"): ("page", "App / Order Confirmation")},
        [*[("track", "Cart Viewed")] * 4, ("track", "Goal Reached")],
        [],
    ),
}  # fmt: skip
"""By client: what it calls otherwise, what it says besides, and what it did not say."""
MODES = [(name, mode, lines) for name in TOLD for mode, lines in recorded(name)]
LAMP = {"product_id": "p-101", "price": 79.9, "quantity": 1, "currency": "EUR", "brand": "Nordlys"}
MINTED = ("matomopy-python",)
"""Clients that give their events no id."""


def answered(line: Any, answer: Answer) -> None:
    """The answer that this client needs, as the notes beside the recordings say: exactly 200, with a body it can read."""
    if line["path"].startswith("/static/"):
        assert answer.status == 404
        return
    assert answer.status == 200, (line["path"], answer)
    if line["method"] == "OPTIONS":
        assert answer.headers["access-control-allow-origin"] == line["headers"].get("Origin", line["headers"].get("origin"))
        return
    match line["path"]:
        case "/flags/":
            assert {"flags", "featureFlags", "featureFlagPayloads", "errorsWhileComputingFlags", "requestId"} <= answer.json.keys()
        case "/i/v1/analytics/events":
            assert answer.json == {"results": {event["uuid"]: {"result": "ok"} for event in line["body_decoded"]["batch"]}}
        case "/batch/" | "/e/" | "/i/v0/e/":
            assert answer.json == {"status": 1}
        case "/matomo.php" if b'"requests"' in base64.b64decode(line["body_b64"]):
            count = len(line["body_decoded"]["requests"])
            assert answer.json == {"status": "success", "tracked": count, "invalid": 0}
        case "/i":
            assert answer.body[:6] == b"GIF89a"
        case "/matomo.php":
            assert answer.body == b""
        case "/array/wk_test/config.js":
            assert b"_POSTHOG_REMOTE_CONFIG" in answer.body
        case "/events" | "/cloudevents":
            assert answer.body == b""
        case _:
            assert answer.json == {"success": True}


def sent_ids(lines: list[Any]) -> set[str]:
    """The ids that a client gave its events."""
    out = set()
    for line in lines:
        body = line["body_decoded"]
        if "data= base64 json" in line["decode_steps"]:
            body = json.loads(base64.b64decode(body["data"]))
        found = body.get("batch", body.get("data", [])) if isinstance(body, dict) else body if isinstance(body, list) else []
        for event in [*(found if isinstance(found, list) else []), line["query"] or {}, body if isinstance(body, dict) else {}]:
            out |= {event[name] for name in ("messageId", "uuid", "eid") if isinstance(event, dict) and name in event}
    return out


@pytest.mark.parametrize(("name", "mode", "lines"), MODES, ids=[mode for _, mode, _ in MODES])
def test_every_client_tells_the_journey_in_our_words_field_by_field(name: str, mode: str, lines: list[Any]):
    told, facts = replayed(lines)
    for line, answer in told:
        answered(line, answer)
    renamed, besides, missing = TOLD[name]
    wanted = Counter(renamed.get(step, step) for step in JOURNEY) + Counter(besides) - Counter(missing)
    if "feature_flag_called" in json.dumps([line["body_decoded"] for line in lines]):
        wanted[("track", "$feature_flag_called")] += 1
    assert Counter((fact.kind, fact.name) for fact in facts) == wanted
    steps(name, facts)
    if name not in MINTED:
        known = sent_ids(lines)
        assert {fact.message_id for fact in facts if fact.message_id.removesuffix("-alias") not in known} == set()
    assert len({fact.message_id for fact in facts}) == len(facts)
    guessed = Flag.TIME_GUESSED | Flag.SANITISED | Flag.CLAMPED | (Flag.NONE if name in MINTED else Flag.AT_LEAST_ONCE)
    assert {fact.flags & guessed for fact in facts} == {0}


def steps(name: str, facts: list[Fact]) -> None:
    """What the steps of the journey hold: ids, names, money, traits."""
    by_name = {fact.name: fact for fact in reversed(facts)}
    view, order, search = by_name["Product Viewed"], by_name["Order Completed"], by_name["Products Searched"]
    run = order.props["order_id"].removeprefix("ord-")
    assert {key: view.props[key] for key in LAMP} == LAMP
    assert view.props["name"].startswith("Walnut desk lamp")
    assert search.props["query"] == "walnut desk lamp"
    money = {"tax": 13.54, "shipping": 9.9, "total": 74.9 if name.startswith("snowplow") else 84.8}
    assert {key: order.props[key] for key in money} == money
    assert order.user_id == f"user-{run}"
    [lamp] = order.props["products"]
    assert (lamp["price"], lamp["quantity"]) == (79.9, 1)
    signed = [fact for fact in facts if fact.kind == "identify"]
    assert signed[0].user_id == f"user-{run}"
    assert signed[0].traits["email"] == f"ida.{run}@example.test"
    assert (view.user_id or view.anonymous_id) != order.user_id
    [group] = [fact for fact in facts if fact.kind == "group"]
    assert group.link == f"acct-{run}"
    aliases = {value for fact in facts if fact.kind == "alias" for value in (fact.user_id, fact.link)}
    assert f"user-{run}" in aliases
    assert aliases & {f"anon-{run}", view.anonymous_id, view.user_id}


@pytest.mark.parametrize(("mode", "lines"), recorded("cloudevents-python"), ids=lambda value: value if isinstance(value, str) else "")
def test_cloudevents_tell_the_journey_in_each_of_their_forms(mode: str, lines: list[Any]):
    told, facts = replayed(lines)
    assert {answer.status for _, answer in told} == {200}
    screens_and_pages = {("page", "Home"): ("page", "page Home"), ("page", "Product"): ("page", "page Product")}
    screens_and_pages[("screen", "Order Confirmation")] = ("screen", "screen Order Confirmation")
    count = Counter((fact.kind, fact.name) for fact in facts)
    one = Counter(screens_and_pages.get(step, step) for step in JOURNEY)
    assert count.keys() == one.keys()
    assert len({number / one[step] for step, number in count.items()}) == 1, "each form told all of it"
    orders = [fact for fact in facts if fact.name == "Order Completed"]
    assert {(fact.props["total"], fact.props["currency"], str(fact.user_id)[:5]) for fact in orders} == {(84.8, "EUR", "user-")}
    assert {fact.raw["cloudevent"]["cxlabel"] for fact in facts if "cxlabel" in fact.raw["cloudevent"]} == {"Birne 暖色 100 %"}


def test_one_resend_of_everything_doubles_nothing_where_clients_name_their_events():
    for name, mode, lines in MODES:
        if name not in MINTED:
            once, twice = replayed(lines)[1], replayed([*lines, *lines])[1]
            assert len(twice) == len(once), mode
