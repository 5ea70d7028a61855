"""The machine's clock."""

import time

from sojourn.terms.time import Millis


class SystemClock:
    """Wall time of this machine."""

    def now(self) -> Millis:
        """Milliseconds since 1970, UTC."""
        return time.time_ns() // 1_000_000
