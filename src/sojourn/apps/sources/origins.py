"""Sources whose events come by a room of their own, a webhook or a stream: the rooms say so as they start, and the pages of sources lead there."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the events of a source come from. `title` and `icon` name the kind, `href` is its page, `first` says how the first event comes about."""

    title: str
    icon: str
    href: str
    first: str


Find = Callable[[int], dict[int, Origin]]
"""(workspace) -> source id to its origin, for the sources of one room."""

_finders: list[Find] = []


def register(find: Find) -> None:
    """Let a room say which sources are its own."""
    _finders.append(find)


def origins(workspace: int) -> dict[int, Origin]:
    """Source id to its origin; sources that are sent to with a write key are not among them."""
    found: dict[int, Origin] = {}
    for find in _finders:
        found |= find(workspace)
    return found
