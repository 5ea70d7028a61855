"""The directory in memory."""

from sojourn.ports.directory import HookHolder, KeyHolder


class MemoryDirectory:
    """A `ports.directory.Directory` of the keys it was told."""

    def __init__(self, holders: dict[str, KeyHolder] | None = None) -> None:
        self._holders = dict(holders or {})
        self._hooks: dict[str, HookHolder] = {}

    def holder(self, key: str) -> KeyHolder | None:
        """Who holds this key."""
        return self._holders.get(key)

    def put(self, key: str, holder: KeyHolder) -> None:
        """Let somebody hold a key from now on."""
        self._holders[key] = holder

    def hook(self, token: str) -> HookHolder | None:
        """The webhook at this address."""
        return self._hooks.get(token)

    def put_hook(self, token: str, holder: HookHolder) -> None:
        """Let there be a webhook at this address from now on."""
        self._hooks[token] = holder
