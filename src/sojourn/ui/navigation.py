"""The parts of the product, in the order of the side bar."""

from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse


@dataclass(frozen=True, slots=True)
class Part:
    """One entry: `key` is what a view gives as `here`, `name` its address by name, `keys` the letters that lead there."""

    key: str
    name: str
    label: str
    icon: str
    keys: str
    under: str = ""


PARTS = (
    Part("home", "home", "Home", "home", "g h"),
    Part("people", "people", "People", "users", "g p"),
    Part("carts", "carts", "Carts", "shopping-cart", "g c"),
    Part("messages", "messages", "Messages", "send", "g m"),
    Part("mailbox", "mailbox", "Mailbox", "inbox", "g b", under="messages"),
    Part("why", "why", "Why", "zoom-question", "g w"),
    Part("sources", "sources", "Sources", "plug-connected", "g s"),
    Part("tracking", "tracking", "Tracking plan", "list-check", "g k", under="sources"),
    Part("health", "health", "Health", "heart-rate-monitor", "g t"),
    Part("settings", "settings", "Settings", "settings", "g e"),
)
FIRST = ("home", "people", "carts", "messages")


@dataclass(frozen=True, slots=True)
class Entry:
    """A part with its address, as a page shows it."""

    key: str
    url: str
    label: str
    icon: str
    keys: str
    nested: bool
    current: bool
    within: bool


def entries(here: str) -> list[Entry]:
    """The parts whose pages exist; `here` marks the one a page belongs to, and the one that it is nested under."""
    addresses = _addresses(get_urlconf(), get_script_prefix())
    above = next((one.under for one in PARTS if one.key == here), "")
    return [
        Entry(one.key, addresses[one.key], one.label, one.icon, one.keys, bool(one.under), one.key == here, one.key == above)
        for one in PARTS
        if one.key in addresses
    ]


@lru_cache(maxsize=4)
def _addresses(_urlconf: str | None, _prefix: str) -> dict[str, str]:
    """By key. Every page asks for all of them, and finding an address takes long."""
    found = {}
    for part in PARTS:
        with suppress(NoReverseMatch):  # an app is a folder that can be taken away
            found[part.key] = reverse(part.name)
    return found
