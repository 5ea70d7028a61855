"""The contract of ports/directory.py, held by every directory."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from sojourn.adapters.memory.directory import MemoryDirectory
from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.directory import SqliteDirectory
from sojourn.ports.directory import Directory, KeyHolder, Policy
from sojourn.ports.state import Unavailable
from sojourn.terms.seals import Seal

SEAL = Seal(b"of this installation")
WEBSITE = Policy(bots=True, refused=True)
"""What a website keeps away where nobody has said anything."""
HOLDERS = {
    "wk_website": KeyHolder(1, 7, "Website", policy=WEBSITE),
    "wk_old": KeyHolder(2, 8, "Old shop", enabled=False, consent_first=True, policy=WEBSITE),
    "wk_asking": KeyHolder(2, 10, "Shop that asks", consent_first=True, policy=WEBSITE),
    "sk_backend": KeyHolder(1, 0, "Backend", secret=True),
    "sk_lost": KeyHolder(2, 0, "Lost laptop", secret=True, enabled=False),
}


def store(database: Database, key: str, holder: KeyHolder) -> None:
    ended = None if holder.enabled else "2026-02-01 00:00:00"
    values = (holder.source or None, holder.workspace, holder.name, hashlib.sha256(key.encode()).hexdigest(), ended)
    with database.writing() as connection:
        if holder.secret:
            connection.execute(
                "INSERT INTO workspace_secretkey (id, workspace_id, name, hash, hint, created_at, revoked_at) VALUES (?, ?, ?, ?, '', '2026-01-01', ?)", values
            )
        else:
            connection.execute(
                "INSERT INTO sources_source (id, workspace_id, name, key_hash, key_hint, created_at, disabled_at) VALUES (?, ?, ?, ?, '', '2026-01-01', ?)",
                values,
            )
        if holder.consent_first:
            connection.execute('UPDATE workspace_workspace SET settings = \'{"browser_consent": "ask_first"}\' WHERE id = ?', (holder.workspace,))


class Seconds:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stored(database: Path) -> Iterator[Database]:
    made = Database(database)
    for key, holder in HOLDERS.items():
        store(made, key, holder)
    yield made
    made.close()


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def sqlite(stored: Database, database: Path, seconds: Seconds) -> Iterator[SqliteDirectory]:
    made = SqliteDirectory(database, SEAL, seconds)
    yield made
    made.close()


@pytest.fixture(params=["memory", "sqlite"])
def directory(request: pytest.FixtureRequest) -> Directory:
    made: Directory = MemoryDirectory(HOLDERS) if request.param == "memory" else request.getfixturevalue("sqlite")
    return made


def test_each_key_leads_to_its_holder_also_when_it_was_taken_back(directory: Directory) -> None:
    assert {key: directory.holder(key) for key in HOLDERS} == HOLDERS


@pytest.mark.parametrize("key", ["", "wk_nobody", "WK_WEBSITE", "wk_website ", "\x00", "\ud800", "k" * 100_000])
def test_a_key_that_nobody_has_leads_to_nobody(directory: Directory, key: str) -> None:
    assert directory.holder(key) is None


def test_an_answer_is_at_most_ten_seconds_old(sqlite: SqliteDirectory, stored: Database, seconds: Seconds) -> None:
    assert sqlite.holder("wk_website") == HOLDERS["wk_website"]
    with stored.writing() as connection:
        connection.execute("UPDATE sources_source SET disabled_at = '2026-02-01' WHERE id = 7")
    seconds.now += 9.9
    assert sqlite.holder("wk_website") == HOLDERS["wk_website"]
    seconds.now += 0.1
    assert sqlite.holder("wk_website") == KeyHolder(1, 7, "Website", enabled=False, policy=WEBSITE)


def test_another_rule_for_visitors_reaches_the_keys_of_its_workspace_within_ten_seconds(sqlite: SqliteDirectory, stored: Database, seconds: Seconds) -> None:
    assert sqlite.holder("wk_asking") == HOLDERS["wk_asking"]
    with stored.writing() as connection:
        connection.execute('UPDATE workspace_workspace SET settings = \'{"browser_consent": "implied"}\' WHERE id = 2')
    seconds.now += 10
    assert sqlite.holder("wk_asking") == KeyHolder(2, 10, "Shop that asks", policy=WEBSITE)
    assert sqlite.holder("wk_website") == HOLDERS["wk_website"]


def test_a_new_key_works_ten_seconds_after_it_was_tried_in_vain(sqlite: SqliteDirectory, stored: Database, seconds: Seconds) -> None:
    assert sqlite.holder("wk_new") is None
    store(stored, "wk_new", KeyHolder(1, 9, "New"))
    assert sqlite.holder("wk_new") is None
    seconds.now += 10
    assert sqlite.holder("wk_new") == KeyHolder(1, 9, "New", policy=WEBSITE)


def test_a_deleted_key_leads_to_nobody(sqlite: SqliteDirectory, stored: Database, seconds: Seconds) -> None:
    sqlite.holder("wk_website")
    with stored.writing() as connection:
        connection.execute("DELETE FROM sources_source WHERE id = 7")
    seconds.now += 10
    assert sqlite.holder("wk_website") is None


def test_guessing_keys_fills_no_memory(sqlite: SqliteDirectory) -> None:
    for n in range(2_500):
        sqlite.holder(f"wk_{n}")
    assert len(sqlite._unknown) == 500
    assert sqlite.holder("wk_website") == HOLDERS["wk_website"]


def test_a_webhooks_secret_is_opened_and_one_of_another_installation_ends_nothing_for_good(sqlite: SqliteDirectory, stored: Database, seconds: Seconds) -> None:
    with stored.writing() as connection:
        connection.execute(
            "INSERT INTO hooks_hook (workspace_id, source_id, kind, token, secret, created_at) VALUES (1, 7, 'generic', 'hk_1', ?, '2026-01-01')",
            (Seal(b"of another installation").close("secret-1"),),
        )
    with pytest.raises(Unavailable, match="bring back the file `secret`"):
        sqlite.hook("hk_1")
    with stored.writing() as connection:
        connection.execute("UPDATE hooks_hook SET secret = ?", (SEAL.close("secret-1"),))
    found = sqlite.hook("hk_1")
    assert found is not None
    assert found.hook.secret == "secret-1"


def test_a_directory_that_cannot_be_read_says_so_rather_than_nobody(tmp_path: Path) -> None:
    empty = SqliteDirectory(tmp_path / "not-migrated.sqlite", SEAL)
    with pytest.raises(Unavailable):
        empty.holder("wk_website")
    empty.close()


def test_a_key_of_another_product_leads_to_its_source(sqlite: SqliteDirectory, stored: Database, seconds: Seconds) -> None:
    assert sqlite.holder("matomo:3") is None
    digest = hashlib.sha256(b"matomo:3").hexdigest()
    with stored.writing() as connection:
        connection.execute(
            "INSERT INTO sources_alias (workspace_id, source_id, kind, hint, key_hash, created_at) VALUES (1, 7, 'matomo', '3', ?, '2026-01-01')", (digest,)
        )
    seconds.now += 10
    assert sqlite.holder("matomo:3") == HOLDERS["wk_website"]
    assert sqlite.holder("3") is None


def test_what_a_workspace_keeps_away_stands_beside_the_source(sqlite: SqliteDirectory, stored: Database) -> None:
    with stored.writing() as connection:
        connection.execute('UPDATE workspace_workspace SET settings = \'{"bots": "keep", "refused_consent": "keep"}\' WHERE id = 1')
        connection.execute("UPDATE sources_source SET rate = 20, burst = 200 WHERE id = 7")
        for workspace, event, mode in ((1, "Product Viewed", "quarantine"), (1, "Cart Viewed", "report"), (2, "Product Added", "quarantine")):
            values = (workspace, event, mode)
            connection.execute("INSERT INTO tracking_contract (workspace_id, event, mode, body, changed_at) VALUES (?, ?, ?, '{}', '2026-01-01')", values)
    held = sqlite.holder("wk_website")
    assert held is not None
    assert held.policy == Policy(rate=20, burst=200, contracts={"Product Viewed": "{}"})


def test_only_websites_have_crawlers(sqlite: SqliteDirectory, stored: Database) -> None:
    with stored.writing() as connection:
        connection.execute("UPDATE sources_source SET kind = 'server' WHERE id = 7")
    held = sqlite.holder("wk_website")
    assert held is not None
    assert held.policy == Policy(refused=True)


def test_a_webhook_has_its_sources_limit_and_its_workspaces_contracts(sqlite: SqliteDirectory, stored: Database) -> None:
    assert sqlite.hook("t" * 20) is None
    with stored.writing() as connection:
        connection.execute("UPDATE sources_source SET rate = 20, burst = 200 WHERE id = 7")
        values = "(1, 7, 'generic', ?, '2026-01-01')"
        connection.execute(f"INSERT INTO hooks_hook (workspace_id, source_id, kind, token, created_at) VALUES {values}", ("u" * 20,))
        values = "(1, 'Order Completed', 'quarantine', '{}', '2026-01-01')"
        connection.execute(f"INSERT INTO tracking_contract (workspace_id, event, mode, body, changed_at) VALUES {values}")
    found = sqlite.hook("u" * 20)
    assert found is not None
    assert found.holder == KeyHolder(1, 7, "Website", policy=Policy(rate=20, burst=200, contracts={"Order Completed": "{}"}))
