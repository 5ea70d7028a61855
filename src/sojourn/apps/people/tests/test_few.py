"""A list gathered along the index of alike things is the list that a walk in the order of time finds, page by page."""

from collections.abc import Callable
from typing import Any

import pytest

from sojourn.apps.people import few
from sojourn.apps.people.api import CartFilter, Sought, carts, find_messages, find_skips
from sojourn.apps.people.tests.lists import NOW, cart, decision, somebody, store_listed
from sojourn.apps.people.tests.some import store_intent
from sojourn.apps.workspace.tests.house import build
from sojourn.terms.time import HOUR, MINUTE

pytestmark = pytest.mark.django_db
STATES = ("abandoned", "recovered", "open")
CAUSES = ("shipping_cost", "comparing", "unknown")


def fill(workspace: int, base: int) -> None:
    for n in range(24):
        # Two of each time, so that the order of equal times is told by the key.
        at = NOW - (n // 2) * MINUTE
        kept = decision(base + n, ("skip", "send", "hold_out")[n % 3], at, CAUSES[n % 3 - n // 12], ("no_address", "fits", "held_out")[n % 3])
        one = cart(base + n, STATES[n % 4 % 3], at, CAUSES[n % 3], currency=("EUR", "USD")[n % 5 == 0], value=100 * n)
        store_listed(workspace, somebody(base + n, one, decisions=(kept,)), f"P{n}")
        store_intent(workspace, base + n, f"i-{base + n}", ("accepted", "refused", "ready")[n % 3], ("", "ordered", "")[n % 3], at)


def pages(ask: Callable[[str], tuple[list[Any], str]]) -> list[Any]:
    found, after = [], ""
    while True:
        rows, after = ask(after)
        found += rows
        if not after:
            return found


def of_carts(workspace: int, which: CartFilter) -> list[int]:
    def ask(after: str) -> tuple[list[int], str]:
        page = carts(workspace, which, after, limit=2)
        return [row.id for row in page.rows], page.after

    return pages(ask)


@pytest.mark.parametrize(
    "which",
    [
        CartFilter(state="abandoned", cause="comparing"),
        CartFilter(cause="shipping_cost"),
        CartFilter(outcome="hold_out", since=NOW - 8 * MINUTE),
        CartFilter(currency="USD", until=NOW - MINUTE),
        CartFilter(state="recovered", currency="EUR", min_value=700),
        CartFilter(cause="unknown", historical=False, outcome="skip"),
        CartFilter(cause="forced_account"),
    ],
)
def test_carts_gathered_are_the_carts_walked(which, monkeypatch):
    house = build()
    fill(house.workspace, 1_000)
    fill(house.next_door, 2_000)
    gathered = of_carts(house.workspace, which)
    monkeypatch.setattr(few, "FEW", -1)
    assert gathered == of_carts(house.workspace, which)
    assert bool(gathered) == (which.cause not in ("forced_account", "unknown"))
    assert all(number < 2_000 for number in gathered)


@pytest.mark.parametrize(
    "sought",
    [
        Sought(states=("refused",)),
        Sought(states=("accepted", "ready"), since=NOW - 5 * MINUTE),
        Sought(reason="ordered", until=NOW - MINUTE),
        Sought(automation="abandoned-cart", cause="shipping_cost"),
        Sought(cause="forced_account"),
    ],
)
def test_messages_gathered_are_the_messages_walked(sought, monkeypatch):
    house = build()
    fill(house.workspace, 1_000)
    fill(house.next_door, 2_000)

    def found() -> list[str]:
        return [one.id for one in pages(lambda after: find_messages(house.workspace, sought, after, 3))]

    gathered = found()
    monkeypatch.setattr(few, "FEW", -1)
    assert gathered == found()
    assert bool(gathered) == (sought.cause != "forced_account")
    assert all(one < "i-2" for one in gathered)


@pytest.mark.parametrize("asked", [{"reason": "no_address"}, {"cause": "comparing"}, {"reason": "no_address", "cause": "shipping_cost"}, {"reason": "paused"}])
def test_skips_gathered_are_the_skips_walked(asked, monkeypatch):
    house = build()
    fill(house.workspace, 1_000)
    fill(house.next_door, 2_000)

    def found() -> list[int]:
        return [one.episode for one in pages(lambda after: find_skips(house.workspace, NOW - HOUR, after=after, limit=2, **asked))]

    gathered = found()
    monkeypatch.setattr(few, "FEW", -1)
    assert gathered == found()
    assert all(number < 2_000 for number in gathered)
