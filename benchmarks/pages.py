"""Pages and API at one million people: server CPU per request, test client included."""

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path
from time import process_time
from typing import Any

import msgspec

from benchmarks.table import Figure
from sojourn.terms.episodes import CauseGuess, Episode
from sojourn.terms.person import Person, Trait

PEOPLE = 1_000_000
FILL = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :people)
INSERT INTO people_person (id, workspace_id, body, name, email, identified, first_seen, last_seen, due)
SELECT i * 16384, 1, :body, 'Ann ' || (i * 7919 % 999983), 'c' || i || '@shop-mail.example', 1, :now - i * 1000, :now - i, NULL FROM n
"""


def somebody(now: int) -> bytes:
    """A portrait of usual size; everybody in the list has the same."""
    episodes = [
        Episode(id=n, started_at=now - n, last_at=now, state="abandoned", currency="EUR", value=4990, causes=[CauseGuess("shipping_cost", 0.7, [])])
        for n in range(5)
    ]
    traits = {f"trait_{n}": Trait(f"value {n}", now, 1, "m") for n in range(12)}
    return msgspec.msgpack.encode(
        Person(id=16384, identified=True, identifiers=["user_id:u-1", "anonymous_id:a-1"], traits=traits, carts=episodes, first_seen=now - 10**9, last_seen=now)
    )


def _client(folder: Path) -> Any:
    os.environ |= {"SOJOURN_HOME": str(folder), "DJANGO_SETTINGS_MODULE": "sojourn.runtime.django_settings"}
    from sojourn.runtime.bootstrap import bootstrap

    bootstrap()
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    now = time.time_ns() // 1_000_000
    connection.ensure_connection()
    with closing(connection.connection.cursor()) as cursor:
        cursor.execute(FILL, {"people": PEOPLE, "body": somebody(now), "now": now})
        connection.connection.commit()
    client = Client(SERVER_NAME="localhost")
    client.force_login(get_user_model().objects.get(), backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def _cost(client: Any, path: str, times: int = 20) -> float:
    """CPU milliseconds of one request, the first two left out."""
    for _ in range(2):
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
    began = process_time()
    for _ in range(times):
        client.get(path)
    return 1_000 * (process_time() - began) / times


def figures() -> list[Figure]:
    """The rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        client = _client(Path(folder))
        plain = f"one page without a query for people {_cost(client, '/settings/account/'):.1f} ms"
        rows = []
        for what, path, target in (
            ("list of people, 50 a page", "/people/", 30),
            ("search by the beginning of an email", "/people/?q=c9999", 30),
            ("portrait", f"/people/{PEOPLE // 2 * 16384}/", 60),
            ("home", "/", 60),
            ("API, one person by identifier", f"/api/v1/people/{PEOPLE // 2 * 16384}", 60),
        ):
            spent = _cost(client, path)
            rows.append(Figure(what, f"{spent:.1f} ms CPU", f"≤ {target} ms", plain, spent <= target))
        return rows
