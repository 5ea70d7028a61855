"""What most tests of capture begin with; a file whose door is another one has a fixture of the same name."""

from collections.abc import Iterator

import pytest

from sojourn.capture.tests.door import Door


@pytest.fixture
def door() -> Iterator[Door]:
    """A front door on a log in memory."""
    with Door() as made:
        yield made
