"""The demo's row and what its shoppers look at: the built-in mailbox. The schema is Django's (apps/demo)."""

from contextlib import closing
from pathlib import Path
from typing import Any, Final

import msgspec

from sojourn.adapters.sqlite.connection import connect
from sojourn.adapters.sqlite.database import Database
from sojourn.adapters.sqlite.outbox import leave
from sojourn.terms.facts import Fact
from sojourn.terms.time import Millis

_COLUMNS: Final = (
    "workspace_id, state, seed, rate, shoppers, days, live, started_at, source_id, write_key, visitors_id, day, people, events, number, quick, story,"
    " mail_seen, removing_at, swept"
)
_RUN: Final = f"SELECT {_COLUMNS} FROM demo_run WHERE state IN ('seeding', 'live', 'removing') ORDER BY workspace_id LIMIT 1"
_CHANGED: Final = frozenset(("state", "day", "people", "events", "number", "story", "mail_seen", "removing_at", "swept", "trouble"))
_MAILS: Final = """
SELECT mail_mail.id, mail_mail.recipient, mail_mail.raw, people_intent.template, people_intent.cause
FROM mail_mail
JOIN people_intent ON people_intent.id = mail_mail.intent
WHERE mail_mail.workspace_id = :workspace AND mail_mail.id > :after AND mail_mail.recipient LIKE :pattern
ORDER BY mail_mail.id
LIMIT 100
"""


class Run(msgspec.Struct, frozen=True):
    """The demo of one workspace as its loop sees it. Fields as in apps/demo/models.py."""

    workspace: int
    state: str
    seed: int
    rate: float
    shoppers: int
    days: int
    live: bool
    started_at: Millis
    source: int
    write_key: str
    visitors: int
    day: int
    people: int
    events: int
    number: int
    quick: bool
    story: bool
    mail_seen: int
    removing_at: Millis
    swept: bool


class Mail(msgspec.Struct, frozen=True):
    """One mail of a made-up shopper, with what was decided about them."""

    id: int
    recipient: str
    raw: bytes
    template: str
    cause: str


class DemoRows:
    """The demo's row. Errors of every method: Unavailable."""

    def __init__(self, path: Path) -> None:
        self._database = Database(path)

    def run(self) -> Run | None:
        """The demo there is something to do for; None where all rest."""
        rows = self._database.rows(_RUN, {})
        if not rows:
            return None
        row = list(rows[0])
        for place, name in enumerate(Run.__struct_fields__):
            if name in ("live", "quick", "story", "swept"):
                row[place] = bool(row[place])
        return Run(*row)

    def advance(self, run: Run, **changes: Any) -> bool:
        """Change the row, unless somebody stopped or removed the demo meanwhile; whether it was changed."""
        assert _CHANGED.issuperset(changes), "a column the loop may write"
        sets = ", ".join(f"{name} = :{name}" for name in changes)
        where = {"workspace": run.workspace, "before": run.state}
        with self._database.writing() as connection:
            done = connection.execute(f"UPDATE demo_run SET {sets} WHERE workspace_id = :workspace AND state = :before", {**changes, **where})
        return done.rowcount == 1

    def sweep(self, run: Run, fact: Fact, now: Millis) -> None:
        """Leave a second removal in the outbox, and note it."""
        with self._database.writing() as connection:
            leave(connection, run.workspace, fact)
            connection.execute(
                "UPDATE demo_run SET swept = 1, removing_at = :now WHERE workspace_id = :workspace AND state = 'removing'",
                {"workspace": run.workspace, "now": now},
            )

    def end(self, run: Run) -> None:
        """Forget the demo."""
        with self._database.writing() as connection:
            connection.execute("DELETE FROM demo_run WHERE workspace_id = :workspace AND state = 'removing'", {"workspace": run.workspace})

    def settle(self, *files: Path) -> None:
        """Have these files' journals taken in and emptied, so that nothing that was deleted still stands in one. A busy file does it later by itself."""
        for file in files:
            with closing(connect(file)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def mails(self, workspace: int, after: int, domain: str) -> list[Mail]:
        """The next mails to a domain in the built-in mailbox."""
        rows = self._database.rows(_MAILS, {"workspace": workspace, "after": after, "pattern": f"%@{domain}"})
        return [Mail(*row) for row in rows]

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()
