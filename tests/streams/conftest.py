"""The house of each test, and a broker."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.conftest import database, migrated
from tests.streams.broker import Broker
from tests.streams.house import House

__all__ = ["database", "migrated"]


@pytest.fixture
def house(database: Path) -> Iterator[House]:
    made = House(database)
    yield made
    made.close()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    with Broker(tmp_path) as made:
        yield made
