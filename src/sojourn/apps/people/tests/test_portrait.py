import msgspec

from sojourn.apps.people.portrait import orders, portrait
from sojourn.apps.people.tests.some import ANN, ann
from sojourn.terms.ids import fact_id
from sojourn.terms.person import Money, Person
from sojourn.terms.rules import RuleBook

RULES = RuleBook(version=4, currency="EUR")


def test_the_portrait_of_ann_in_full():
    seen = portrait(ann(), RULES)
    assert seen["id"] == str(ANN)
    assert seen["identifiers"] == [
        {"type": "user_id", "value": "u-1"},
        {"type": "anonymous_id", "value": "a:1"},
        {"type": "email", "value": "ann@example.com"},
    ]
    assert seen["traits"] == {"email": "ann@example.com", "name": "Ann"}
    assert seen["trait_sources"]["name"] == {"source": "1", "at": "2026-01-01T00:00:00.000Z"}
    assert seen["about"] == {"timezone": "Europe/Berlin"}
    assert (seen["first_seen"], seen["last_seen"]) == ("2025-12-31T00:00:00.000Z", "2026-01-01T00:01:00.000Z")
    assert seen["merged"] == [str(fact_id(9, 0))]
    assert seen["sessions"]["count"] == 3
    assert seen["sessions"]["open"] == {"started_at": "2026-01-01T00:00:00.000Z", "last_at": "2026-01-01T00:01:00.000Z", "facts": 5, "pages": 4}
    assert seen["affinities"][0] == {"type": "category", "value": "Shoes", "score": 2.5, "at": "2026-01-01T00:00:00.000Z"}
    assert seen["consent"][0]["granted"] is True
    assert (seen["first_touch"]["campaign"], seen["last_touch"], seen["rule_version"]) == ("autumn", None, 4)


def test_an_episode_has_its_causes_with_the_evidence_behind_them():
    episode = portrait(ann(), RULES)["episodes"][0]
    picked = {key: episode[key] for key in "kind state value currency started_at ended_at shipping reached order".split()}
    assert picked == {
        "kind": "cart",
        "state": "abandoned",
        "value": "49.90",
        "currency": "EUR",
        "started_at": "2026-01-01T00:00:00.000Z",
        "ended_at": "2026-01-01T00:31:00.000Z",
        "shipping": "12.90",
        "reached": "shipping",
        "order": None,
    }
    seen = {"kind": "shipping_high", "facts": [str(fact_id(8, 1))], "seen": {"shipping": 1290, "value": 4990, "currency": "EUR"}}
    assert episode["causes"] == [
        {"cause": "shipping_cost", "probability": 0.71, "evidence": [seen, {"kind": "left_after_shipping", "facts": [], "seen": {}}]},
        {"cause": "unknown", "probability": 0.29, "evidence": []},
    ]
    assert episode["items"][0]["price"] == "49.90"
    assert episode["steps"][0]["first_at"] == "2026-01-01T00:00:30.000Z"
    assert episode["friction"] == [{"kind": "Rage Click", "detail": "#pay", "at": "2026-01-01T00:00:50.000Z", "fact": str(fact_id(8, 2))}]


def test_a_decision_has_its_outcome_reason_channel_and_time():
    made = portrait(ann(), RULES)["decisions"][0]
    picked = {key: made[key] for key in "automation outcome reason channel at template state rule_version".split()}
    assert picked == {
        "automation": "abandoned-cart",
        "outcome": "send",
        "reason": "fits",
        "channel": "email",
        "at": "2026-01-01T00:31:00.000Z",
        "template": "free_shipping",
        "state": "sent",
        "rule_version": 1,
    }


def test_orders_in_one_currency_are_a_number_in_major_units():
    assert orders(ann(), RuleBook(currency="USD")) == {
        "count": 2,
        "revenue": 129.9,
        "currency": "EUR",
        "by_currency": {"EUR": {"count": 2, "revenue": "129.90", "refunded": "0.00", "last_order_at": "2026-01-01T00:00:00.000Z"}},
    }


def test_orders_in_several_currencies_show_the_workspaces_and_all_beside():
    person = Person(id=1, money={"JPY": Money(3, 5000), "EUR": Money(1, 1050)})
    assert (orders(person, RULES)["revenue"], orders(person, RULES)["count"]) == (10.5, 4)
    assert orders(person, RuleBook(currency="USD"))["currency"] == "JPY"
    assert orders(person, RuleBook(currency="USD"))["by_currency"]["JPY"]["revenue"] == "5000"


def test_a_new_person_has_an_empty_portrait_that_is_valid_json():
    seen = portrait(Person(id=5), RULES)
    assert msgspec.json.decode(msgspec.json.encode(seen)) == seen
    assert (seen["orders"], seen["episodes"], seen["decisions"]) == ({"count": 0, "revenue": 0, "currency": "EUR", "by_currency": {}}, [], [])
