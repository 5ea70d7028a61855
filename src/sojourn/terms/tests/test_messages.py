"""Facts about messages count once for each attempt; suppression reaches as far as its level."""

import pytest

from sojourn.terms.facts import Fact, Flag
from sojourn.terms.messages import holds, message_fact, outcome_fact


def test_a_fact_told_twice_has_one_message_id_and_each_attempt_its_own() -> None:
    made = [message_fact("Message Unknown", "i1", 2, at, {}, attempt) for at, attempt in ((5, 1), (9, 1), (9, 2))]
    assert made[0].message_id == made[1].message_id != made[2].message_id
    assert made[0].message_id != message_fact("Message Sent", "i1", 2, 5, {}, 1).message_id


def test_an_outcome_belongs_to_who_has_the_intent_now() -> None:
    told = {"name": "Message Sent", "at": 7, "props": {"person": 5, "intent": "other", "channel": "email"}}
    made = outcome_fact(told, "i1", 2, 9, 1)
    props = {"intent": "i1", "person": 2, "at": 7, "channel": "email"}
    assert made == Fact("control", "Message Sent", 7, made.message_id, props=props, flags=Flag.TRUSTED)


def test_an_outcome_without_a_time_is_of_now_and_may_bring_its_own_message_id() -> None:
    made = outcome_fact({"name": "Message Failed", "message_id": "m1"}, "i1", 2, 9, 1)
    assert (made.at, made.message_id, made.props) == (9, "m1", {"intent": "i1", "person": 2, "at": 9})


@pytest.mark.parametrize(
    ("level", "kind", "stops"),
    [
        ("global", "bulk", True),
        ("global", "transactional", True),
        ("manual", "transactional", True),
        ("stream:marketing", "bulk", True),
        ("stream:marketing", "transactional", False),
        ("stream:news", "bulk", False),
        ("nonsense", "bulk", False),
    ],
)
def test_a_level_stops_what_it_is_for(level: str, kind: str, stops: bool) -> None:
    assert holds(level, "marketing", kind) is stops
