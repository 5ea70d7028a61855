"""The migrated database of the contract tests, and a desk of intents in it."""

import msgspec
import pytest

from sojourn.actions.tests.samples import AT, RULES
from sojourn.adapters.sqlite.intents import open_intents
from sojourn.adapters.sqlite.state import open_state
from sojourn.ports.state import Progress
from sojourn.terms.effects import Commit
from tests.contracts.conftest import database, migrated

__all__ = ["database", "migrated"]


class Office:
    """The engine's side of a database: decides messages, and reads back what became of them."""

    def __init__(self, path):
        self.path, self.state, self.intents = path, open_state(path), open_intents(path)

    def decide(self, *intents, **effects):
        before = self.state.progress()
        after = Progress(before.position + 1, AT)
        rules = msgspec.msgpack.encode(msgspec.structs.replace(RULES, quiet_hours=None))
        self.state.commit([Commit(workspace=1, position=after.position, now=AT, intents=list(intents), rules=rules, **effects)], before, after)

    def states(self, intents):
        return [self.intents.get(intent.id)[1] for intent in intents]

    def close(self):
        self.state.close()
        self.intents.close()


@pytest.fixture
def office(database):
    made = Office(database)
    yield made
    made.close()
