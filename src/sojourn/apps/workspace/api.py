"""What other rooms may ask of the workspace."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

from sojourn.apps.workspace import queries
from sojourn.apps.workspace.access import Membership, member_of, member_page
from sojourn.apps.workspace.actions import audit, publish_rules, set_setting
from sojourn.apps.workspace.clock import now
from sojourn.apps.workspace.middleware import seconds_left
from sojourn.apps.workspace.models import Role, SecretKey, Workspace
from sojourn.apps.workspace.preferences import settings_reference
from sojourn.apps.workspace.queries import list_settings, memberships, setting
from sojourn.apps.workspace.sign_in import hash_of
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import Millis

if TYPE_CHECKING:  # templates and their engine are loaded only where mail is made; the first steps ask apps that ask this one
    from sojourn.actions.api import MailSettings
    from sojourn.apps.workspace.first_run import FirstRun

__all__ = [
    "KeyOwner",
    "Membership",
    "Role",
    "audit",
    "first_run",
    "hash_of",
    "list_settings",
    "mail_settings",
    "member_of",
    "member_page",
    "memberships",
    "now",
    "publish_rules",
    "rules",
    "salt_of",
    "seconds_left",
    "secret_key_owner",
    "set_setting",
    "setting",
    "settings_reference",
    "workspace_of",
]


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whom a secret key belongs to."""

    workspace: int
    key: int
    name: str


def rules(workspace: int) -> RuleBook:
    """The newest published RuleBook."""
    return queries.rules(workspace)


def workspace_of(request: HttpRequest) -> int:
    """The workspace whose key or member asks the API."""
    owner: KeyOwner = request.auth  # type: ignore[attr-defined]  # set by django-ninja
    return owner.workspace


def secret_key_owner(key: str) -> KeyOwner | None:
    """The owner of a secret key that is not revoked."""
    row = SecretKey.objects.filter(hash=hash_of(key), revoked_at=None).first()
    return KeyOwner(row.workspace_id, row.pk, row.name) if row else None


def mail_settings(workspace: int) -> "MailSettings":
    """The mail settings in force, as composing and sending need them. Errors: Workspace.DoesNotExist."""
    from sojourn.actions.api import MailSettings

    place = Workspace.objects.get(pk=workspace)
    text = {one.key: one.value for one in queries.list_settings(workspace)}
    return MailSettings(
        workspace=workspace,
        salt=bytes(place.salt),
        public_url=str(settings.PUBLIC_URL),
        from_name=text["from_name"] or place.name,
        from_email=text["from_email"],
        reply_to=text["reply_to"],
        postal_address=text["postal_address"],
        cart_url=text["cart_url"],
        free_shipping_code=text["free_shipping_code"],
        paused=text["paused"] == "on",
    )


def first_run(member: Membership, now: Millis, cookies: Mapping[str, str]) -> "FirstRun | None":
    """The first steps as `workspace/_first_run.html` shows them under the name `first_run`; None where they are hidden.

    `cookies` are the member's browser's: one may say whom it is in the demo shop.
    """
    from sojourn.apps.workspace.first_run import WALKED
    from sojourn.apps.workspace.first_run import first_run as read

    return read(member, now, cookies.get(WALKED, ""))


def salt_of(workspace: int) -> bytes | None:
    """The workspace's signing salt; None where there is no such workspace."""
    salt = Workspace.objects.filter(pk=workspace).values_list("salt", flat=True).first()
    return bytes(salt) if salt is not None else None
