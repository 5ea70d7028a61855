"""The directory in memory."""

from sojourn.ports.directory import KeyHolder


class MemoryDirectory:
    """A `ports.directory.Directory` of the keys it was told."""

    def __init__(self, holders: dict[str, KeyHolder] | None = None) -> None:
        self._holders = dict(holders or {})

    def holder(self, key: str) -> KeyHolder | None:
        """Who holds this key."""
        return self._holders.get(key)

    def put(self, key: str, holder: KeyHolder) -> None:
        """Let somebody hold a key from now on."""
        self._holders[key] = holder
