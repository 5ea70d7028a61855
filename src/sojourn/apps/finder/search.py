"""What the palette finds for a text: pages, actions, people, things by their id."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.urls import NoReverseMatch, reverse

from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership, Role
from sojourn.terms.refusals import Refusal
from sojourn.ui import navigation

PEOPLE = 8
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One line of the palette: a title, what stands beside it, an icon, and where it leads; `post` is for what changes something."""

    title: str
    hint: str = ""
    icon: str = "point"
    href: str = ""
    post: str = ""
    ask: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Lines under a heading."""

    title: str
    items: list[Item] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Doing:
    """Something a member of at least `role` can do; `name` is its address by name, `words` other words people look for it by."""

    title: str
    icon: str
    name: str
    role: Role = Role.VIEWER
    post: bool = False
    ask: str = ""
    words: str = ""
    after: str = ""


DOINGS = (
    Doing("Make a source and its write key", "plug", "sources", Role.MEMBER, words="create new source write key connect site snippet"),
    Doing("Ask why somebody got a message, or none", "zoom-question", "why", words="explain decision automation"),
    Doing("See the carts that were left", "shopping-cart", "carts", words="abandoned", after="?state=abandoned"),
    Doing("See the demo shop", "building-store", "shop", words="demo try walk"),
    Doing("Look after the demo data", "rocket", "demo", words="demo start stop remove shoppers"),
    Doing("Invite somebody to the team", "user-plus", "members", Role.OWNER, words="member colleague role"),
    Doing("Make a secret key", "key", "keys", Role.OWNER, words="api token create"),
    Doing("See who did what", "list-check", "audit", Role.OWNER, words="audit log history"),
    Doing("Change your password or email", "user", "account", words="account"),
    Doing("Look at every component", "palette", "gallery", words="design gallery theme"),
    Doing("Sign out", "logout", "account_logout", words="log out leave", post=True),
)


def _address(name: str) -> str:
    """The address of that name; empty where its app is not there."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""


def _fits(text: str, *haystacks: str) -> bool:
    """Whether every word stands somewhere at the beginning of a word."""
    words = [word for haystack in haystacks for word in haystack.lower().replace(":", " ").split()]
    return all(any(word.startswith(part) for word in words) for part in text.lower().split())


def pages(text: str) -> list[Item]:
    """The parts of the product whose names fit."""
    return [Item(one.label, one.keys, one.icon, one.url) for one in navigation.entries("") if _fits(text, one.label)]


def doings(member: Membership, text: str) -> Iterator[Item]:
    """What this member may do, where its words fit."""
    for one in DOINGS:
        address = _address(one.name)
        if address and member.may(one.role) and _fits(text, one.title, one.words):
            yield Item(one.title, "", one.icon, "", address, one.ask) if one.post else Item(one.title, "", one.icon, address + one.after)


def persons(workspace: int, text: str) -> list[Item]:
    """People whose name or email begins so, or whom the identifier leads to."""
    found = people.look_up(workspace, text, PEOPLE) if text else []
    return [
        Item(one.title, one.email if one.email != one.title else "", "user" if one.identified else "user-question", reverse("person", args=[one.id]))
        for one in found
    ]


def _person(workspace: int, text: str) -> Item:
    one = people.get_person(workspace, text)
    return Item(one.title, f"person {one.id}", "user", reverse("person", args=[one.id]))


def _message(workspace: int, text: str) -> Item:
    one = people.get_message(workspace, text)
    return Item(f"Message {one.id}", one.state, "mail", reverse("message", args=[one.id]))


def _cart(workspace: int, text: str) -> Item:
    one = people.get_cart(workspace, text)
    return Item(f"Cart of {one.known.title}", one.episode.state, "shopping-cart", reverse("cart", args=[one.episode.id]))


BY_ID: tuple[Callable[[int, str], Item], ...] = (_person, _message, _cart)


def by_id(workspace: int, text: str) -> list[Item]:
    """Whatever of this workspace bears that id."""
    found = []
    for look in BY_ID if text else ():
        try:
            found.append(look(workspace, text))
        except (Refusal, NoReverseMatch):
            continue
    return found


def find(member: Membership, query: str) -> list[Group]:
    """Groups in the order to show them. `>` looks only at actions, `@` at people, `#` at ids; an empty text gives the pages and a few actions."""
    text = query.strip()[:LONGEST]
    sign, rest = text[:1], text[1:].strip()
    if sign == ">":
        groups = [Group("Actions", list(doings(member, rest)))]
    elif sign == "@":
        groups = [Group("People", persons(member.workspace, rest))]
    elif sign == "#":
        groups = [Group("By id", by_id(member.workspace, rest))]
    elif not text:
        groups = [Group("Go to", pages("")), Group("Actions", list(doings(member, ""))[:5])]
    else:
        groups = [Group("Go to", pages(text)), Group("People", persons(member.workspace, text)), Group("Actions", list(doings(member, text)))]
    return [group for group in groups if group.items]
