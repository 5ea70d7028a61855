"""The house of the tests: Alice owns it, Bob is in the team, Vera may look, Charlie owns the house next door."""

from dataclasses import dataclass

import msgspec
from django.contrib.auth.models import User
from django.test import Client

from sojourn.apps.people.models import OutboxRow
from sojourn.apps.workspace import actions
from sojourn.apps.workspace.models import Member, Role
from sojourn.terms.facts import Fact
from sojourn.terms.rules import Automation, RuleBook
from sojourn.terms.time import Millis

NOW: Millis = 1_767_225_600_000  # 2026-01-01
RULES = RuleBook(automations=(Automation(name="abandoned-cart", trigger="Cart Abandoned", templates={"unknown": "reminder"}),))


@dataclass
class House:
    """A workspace with its people."""

    workspace: int
    alice: User
    bob: User
    vera: User
    next_door: int
    charlie: User


def member(workspace: int, name: str, role: str) -> User:
    user = actions.make_user(f"{name}@example.com")
    Member.objects.create(workspace_id=workspace, user=user, role=role)
    return user


def build() -> House:
    """Two houses side by side; their outbox holds the first rules of each."""
    here = actions.create_workspace("Alice's shop", RULES, "setup", NOW).pk
    there = actions.create_workspace("Charlie's shop", RULES, "setup", NOW).pk
    return House(
        workspace=here,
        alice=member(here, "alice", Role.OWNER),
        bob=member(here, "bob", Role.MEMBER),
        vera=member(here, "vera", Role.VIEWER),
        next_door=there,
        charlie=member(there, "charlie", Role.OWNER),
    )


def browser(user: User | None = None) -> Client:
    """A browser that is checked for CSRF like a real one, signed in where a user is given."""
    client = Client(enforce_csrf_checks=True)
    if user is not None:
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def post(client: Client, path: str, data: dict[str, str] | None = None, follow: bool = False):
    """Send a form as the page holds it, with its CSRF token."""
    client.get("/accounts/login/")  # holds a token for those who are out,
    client.get("/accounts/logout/")  # and this one for those who are in
    token = client.cookies["sojourn-csrf"].value if "sojourn-csrf" in client.cookies else ""
    return client.post(path, {**(data or {}), "csrfmiddlewaretoken": token}, follow=follow)


def outbox(workspace: int) -> list[Fact]:
    """What waits to be put on the log."""
    rows = OutboxRow.objects.filter(workspace_id=workspace).order_by("sequence").values_list("fact", flat=True)
    return [msgspec.msgpack.decode(fact, type=Fact) for fact in rows]
