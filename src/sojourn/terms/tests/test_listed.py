"""Columns and rows that lists read of a portrait, by exact values."""

import pytest

from sojourn.terms.episodes import CauseGuess, Episode
from sojourn.terms.listed import EPISODE_COLUMNS, PERSON_COLUMNS, episode_rows, person_columns
from sojourn.terms.person import Consent, Decision, Money, Person, Trait


def columns(person: Person) -> dict[str, object]:
    return dict(zip(PERSON_COLUMNS, person_columns(person), strict=True))


def rows(person: Person) -> dict[int, dict[str, object]]:
    made = [dict(zip(EPISODE_COLUMNS, row, strict=True)) for row in episode_rows(person)]
    return {int(str(row["id"])): row for row in made}


def cart(number: int, state: str = "abandoned", started_at: int = 0, cause: str = "", **fields: object) -> Episode:
    made = Episode(id=number, started_at=started_at or number, last_at=number, state=state, currency="EUR", value=100 * number)
    made.ended_at = None if state == "open" else number + 1_000
    made.causes = [CauseGuess(cause, 0.6, []), CauseGuess("unknown", 0.4, [])] if cause else []
    for key, value in fields.items():
        setattr(made, key, value)
    return made


def decision(episode: int, outcome: str, at: int, cause: str = "shipping_cost", number: str = "") -> Decision:
    return Decision(number or f"i-{at}", "abandoned-cart", outcome, f"because {outcome}", at, "email", 1, episode, cause)


def test_somebody_of_whom_nothing_is_known_has_empty_columns_and_no_carts() -> None:
    assert person_columns(Person(id=1)) == (0, 0, "", "", 0, "", "", "")
    assert episode_rows(Person(id=1)) == []


@pytest.mark.parametrize(
    ("money", "orders", "revenue", "currency"),
    [
        ({"EUR": Money(2, 12_990)}, 2, 12_990, "EUR"),
        ({"EUR": Money(1, 100), "USD": Money(2, 50)}, 3, 50, "USD"),
        ({"USD": Money(1, 100), "EUR": Money(1, 50)}, 2, 50, "EUR"),
        ({"USD": Money(0, 0)}, 0, 0, ""),
        ({"USD": Money(0, 0), "EUR": Money(0, 0)}, 0, 0, ""),
    ],
)
def test_revenue_is_of_the_currency_with_most_orders_and_orders_are_of_all(money: dict[str, Money], orders: int, revenue: int, currency: str) -> None:
    found = columns(Person(id=1, money=money))
    assert (found["orders"], found["revenue"], found["revenue_currency"]) == (orders, revenue, currency)


def test_the_cart_is_the_newest_by_when_it_began_wherever_it_stands() -> None:
    found = columns(Person(id=1, carts=[cart(3, "open", started_at=50), cart(4, "ordered", started_at=40)]))
    assert (found["cart_state"], found["cart_value"], found["cart_currency"], found["cause"]) == ("open", 300, "EUR", "")


@pytest.mark.parametrize(
    ("carts", "cause"),
    [
        ([cart(1, "abandoned", cause="shipping_cost")], "shipping_cost"),
        ([cart(1, "abandoned", cause="shipping_cost"), cart(2, "open")], "shipping_cost"),
        ([cart(1, "abandoned", cause="shipping_cost"), cart(2, "abandoned", cause="comparing"), cart(3, "ordered")], "comparing"),
        ([cart(1, "recovered", cause="shipping_cost")], ""),
        ([cart(1, "recovered", cause="shipping_cost"), cart(2, "open")], ""),
        ([cart(1, "abandoned")], ""),
    ],
)
def test_the_cause_is_that_of_the_newest_cart_that_stays_left(carts: list[Episode], cause: str) -> None:
    assert columns(Person(id=1, carts=carts))["cause"] == cause


EMAIL = {"email": Trait("ann@example.com", 1, 1, "m")}


@pytest.mark.parametrize(
    ("person", "mailing"),
    [
        (Person(id=1, traits=EMAIL), "unasked"),
        (Person(id=1, identifiers=["email:ann@example.com"]), "unasked"),
        (Person(id=1, identifiers=["user_id:1"], identified=True), ""),
        (Person(id=1, traits={"email": Trait("", 1, 1, "m")}), ""),
        (Person(id=1, traits=EMAIL, consent={"email:marketing": Consent(True, 1, 1)}), "granted"),
        (Person(id=1, traits=EMAIL, consent={"email:marketing": Consent(False, 1, 1)}), "refused"),
        (Person(id=1, traits=EMAIL, consent={"email:news": Consent(False, 1, 1)}), "unasked"),
        (Person(id=1, traits=EMAIL, consent={"email:marketing": Consent(True, 1, 1)}, suppressed={"email": "hard_bounce"}), "suppressed"),
        (Person(id=1, consent={"email:marketing": Consent(True, 1, 1)}), ""),
    ],
)
def test_whether_mail_may_reach_somebody_is_told_as_they_said_it(person: Person, mailing: str) -> None:
    assert columns(person)["mailing"] == mailing


def test_a_row_says_what_the_portrait_says_of_a_cart() -> None:
    left = cart(7, "abandoned", started_at=5, cause="shipping_cost", abandoned_at=1_007, shipping=1_290, reached="x" * 150, revenue=0)
    assert rows(Person(id=1, carts=[left], decisions=[decision(7, "send", 1_007)]))[7] == {
        "id": 7,
        "person": 1,
        "kind": "cart",
        "state": "abandoned",
        "at": 1_007,
        "started_at": 5,
        "abandoned_at": 1_007,
        "currency": "EUR",
        "value": 700,
        "revenue": 0,
        "shipping": 1_290,
        "reached": "x" * 100,
        "cause": "shipping_cost",
        "probability": 0.6,
        "outcome": "send",
        "reason": "because send",
        "decided_at": 1_007,
        "decided_cause": "shipping_cost",
        "intent": "i-1007",
        "arm": "send",
        "historical": False,
    }


def test_an_open_cart_came_into_its_state_when_it_began() -> None:
    assert rows(Person(id=1, carts=[cart(7, "open", started_at=5)]))[7]["at"] == 5


def test_an_order_without_a_cart_is_none() -> None:
    assert rows(Person(id=1, carts=[cart(7, "ordered", bare=True)]))[7]["kind"] == "order"


@pytest.mark.parametrize(
    ("outcomes", "outcome", "at"),
    [
        (["skip", "skip"], "skip", 2),
        (["skip", "send", "skip"], "send", 2),
        (["hold_out", "send"], "hold_out", 1),
        (["skip", "hold_out", "hold_out"], "hold_out", 2),
    ],
)
def test_the_telling_decision_is_the_first_that_drew_else_the_last(outcomes: list[str], outcome: str, at: int) -> None:
    made = [decision(7, said, place) for place, said in enumerate(outcomes, 1)]
    row = rows(Person(id=1, carts=[cart(7)], decisions=made))[7]
    assert (row["outcome"], row["decided_at"], row["intent"]) == (outcome, at, f"i-{at}")


def test_only_the_first_cart_drawn_for_stands_in_an_arm() -> None:
    made = [decision(7, "skip", 1), decision(8, "hold_out", 2), decision(9, "hold_out", 3), decision(7, "send", 4)]
    found = rows(Person(id=1, carts=[cart(7), cart(8), cart(9)], decisions=made))
    assert {number: (row["outcome"], row["arm"]) for number, row in found.items()} == {7: ("send", ""), 8: ("hold_out", "hold_out"), 9: ("hold_out", "")}
