"""Pages and API at one million people: server CPU per request, test client included.

The workspace is built once, in benchmarks/results/million or where BENCH_MILLION says, and used again for three days.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.million import FIRST_POSITION, PEOPLE, build
from benchmarks.table import Figure
from sojourn.terms.ids import fact_id

FOLDER = Path(__file__).parent / "results" / "million"
LIST = "/people/"
QUICK, USUAL, READ = 30, 60, 10
"""CPU milliseconds a list may take, any other page, and one read of the overview."""


def _client() -> Any:
    build(Path(os.environ.get("BENCH_MILLION", FOLDER)).resolve())
    from django.contrib.auth import get_user_model
    from django.test import Client

    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _pages() -> list[tuple[str, str, int]]:
    """(what, path, target) of each page."""
    somebody = fact_id(FIRST_POSITION + PEOPLE // 2, 0)
    return [
        ("list of people, 50 a page", LIST, QUICK),
        *((f"list, by {sort}", f"{LIST}?sort={sort}", QUICK) for sort in ("first", "orders", "revenue", "cart")),
        ("list, known only", f"{LIST}?who=known", QUICK),
        ("list, cart abandoned", f"{LIST}?cart=abandoned", QUICK),
        ("list, one cause", f"{LIST}?cause=delivery_time", QUICK),
        ("list, active now", f"{LIST}?seen=now", QUICK),
        ("list, three filters by revenue", f"{LIST}?who=known&cart=abandoned&cause=shipping_cost&sort=revenue", QUICK),
        ("search by the beginning of an email", f"{LIST}?q=c9999", QUICK),
        ("portrait", f"{LIST}{somebody}/", USUAL),
        ("home", "/", USUAL),
        ("carts, abandoned", "/carts/?state=abandoned", USUAL),
        ("carts, one cause", "/carts/?state=abandoned&cause=delivery_time", USUAL),
        ("messages", "/messages/", USUAL),
        ("API, one person by identifier", f"/api/v1/people/{somebody}", USUAL),
    ]


def _reads() -> list[tuple[str, Callable[[], Any]]]:
    """What the overview reads, each counted anew: what is kept costs nothing and would hide it."""
    from sojourn.apps.people import api as people
    from sojourn.apps.people import kept

    now = time.time_ns() // 1_000_000

    def anew(ask: Callable[[], Any]) -> Callable[[], Any]:
        def asked() -> None:
            kept.forget()
            ask()

        return asked

    return [
        ("carts by state and cause", anew(lambda: people.cart_totals(1, now))),
        ("carts by day", anew(lambda: people.cart_days(1, now))),
        ("lift by cause", anew(lambda: people.lift_table(1, now))),
        ("messages by fate", anew(lambda: people.messages_totals(1, now))),
        ("what just happened", anew(lambda: people.recent(1))),
        ("a page of carts", anew(lambda: people.carts(1, people.CartFilter(state="abandoned")))),
    ]


def _cost(ask: Callable[[], Any], times: int = 20) -> float:
    """CPU milliseconds of one, the first two left out."""
    for _ in range(2):
        ask()
    began = process_time()
    for _ in range(times):
        ask()
    return 1_000 * (process_time() - began) / times


def _checked(client: Any, path: str) -> Callable[[], Any]:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
    return lambda: client.get(path)


def figures() -> list[Figure]:
    """The rows of the table."""
    client = _client()
    plain = f"one page without a query for people {_cost(_checked(client, '/settings/account/')):.1f} ms"
    rows = []
    for what, path, target in _pages():
        spent = _cost(_checked(client, path))
        rows.append(Figure(what, f"{spent:.1f} ms CPU", f"≤ {target} ms", plain, spent <= target))
    for what, ask in _reads():
        spent = _cost(ask, 5)
        rows.append(
            Figure(f"read: {what}, counted anew", f"{spent:.1f} ms CPU", f"≤ {READ} ms, or kept", "at most 1 % of a core: kept 100 times as long", None)
        )
    return rows
