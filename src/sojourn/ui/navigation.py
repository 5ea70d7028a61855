"""The parts of the product, in the order of the side bar."""

from dataclasses import dataclass

from django.urls import NoReverseMatch, reverse


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


def entries(here: str) -> list[Entry]:
    """The parts whose pages exist; `here` marks the one a page belongs to."""
    found = []
    for part in PARTS:
        try:
            url = reverse(part.name)
        except NoReverseMatch:  # an app is a folder that can be taken away
            continue
        found.append(Entry(part.key, url, part.label, part.icon, part.keys, bool(part.under), part.key == here))
    return found
