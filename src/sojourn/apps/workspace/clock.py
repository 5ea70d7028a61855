"""The clock of the pages: where a view reads the time, once, to pass it on."""

import time

from sojourn.terms.time import Millis


def now() -> Millis:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000
