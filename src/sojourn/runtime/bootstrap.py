"""The first run: tables, one workspace, its owner, its first source, its first rules. Safe to run at every start."""

import os
from dataclasses import dataclass
from typing import Any

from sojourn.terms.refusals import Code, Refusal

OWNER = "owner@localhost"
SETUP = "setup"


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What is there now. `write_key` is the first source's key, known in the first run only."""

    workspace: int
    created: bool
    source: int
    source_name: str
    write_key: str | None
    owner: str
    owner_has_password: bool


def setup_django() -> None:
    """Make the ORM usable in this process. Doing it again does nothing."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sojourn.runtime.django_settings")
    if not apps.ready:
        django.setup()


def migrate() -> None:
    """Bring the tables up to this version. Errors: Refusal(NOT_READY) where a newer one made them."""
    setup_django()
    from django.conf import settings
    from django.core.management import call_command

    from sojourn.runtime.soundness import tables

    tables(settings.SOJOURN, older=True)
    call_command("migrate", verbosity=0, interactive=False)


def bootstrap() -> FirstRun:
    """Migrate, and make what a first run needs. Nothing that exists is changed."""
    migrate()
    from django.db import transaction

    from sojourn.apps.sources.models import Source
    from sojourn.apps.workspace.models import Member, Role, Workspace

    _sweep()
    write_key = None
    with transaction.atomic():
        workspace = Workspace.objects.order_by("pk").first()
        created = workspace is None
        if workspace is None:
            workspace, write_key = _first()
        owner = Member.objects.select_related("user").filter(workspace=workspace, role=Role.OWNER).order_by("pk").first()
        if owner is None:
            raise Refusal(Code.NOT_READY, "The workspace has no owner. Restore the database from a backup.")
        source = Source.objects.filter(workspace=workspace).order_by("pk").first()
    return FirstRun(
        workspace=workspace.pk,
        created=created,
        source=source.pk if source else 0,
        source_name=source.name if source else "",
        write_key=write_key,
        owner=owner.user.email,
        owner_has_password=owner.user.has_usable_password(),
    )


def _first() -> tuple[Any, str]:
    """Workspace 1 with its owner and its first source; the source's write key."""
    from sojourn.apps.sources.actions import create_source
    from sojourn.apps.workspace import actions, clock
    from sojourn.apps.workspace.models import Member, Role
    from sojourn.engine.defaults import default_rules

    now = clock.now()
    workspace = actions.create_workspace("My shop", default_rules(), SETUP, now)
    user = actions.make_user(OWNER)
    Member.objects.create(workspace=workspace, user_id=user.pk, role=Role.OWNER)
    _source, key = create_source(workspace.pk, "Website", SETUP, now)
    return workspace, key


def _sweep() -> None:
    """Forget sessions and links that are over."""
    from django.contrib.sessions.models import Session
    from django.utils import timezone

    from sojourn.apps.workspace.models import SignInLink

    Session.objects.filter(expire_date__lt=timezone.now()).delete()
    SignInLink.objects.filter(expires_at__lt=timezone.now()).delete()


def sign_in_link(email: str | None = None) -> str:
    """The path of a one-time address that signs this user in (the first owner where none is named), good for 15 minutes. Errors: NOT_FOUND.

    It stands behind SOJOURN_PUBLIC_URL; a new link ends the user's older ones.
    """
    setup_django()
    from sojourn.apps.workspace import clock
    from sojourn.apps.workspace.models import Member, Role
    from sojourn.apps.workspace.sign_in import make_link, user_by_email

    if email is None:
        owner = Member.objects.select_related("user").filter(role=Role.OWNER).order_by("pk").first()
        user = owner.user if owner else None
    else:
        user = user_by_email(email)
    if user is None or not user.is_active:
        raise Refusal(Code.NOT_FOUND, f"Nobody signs in as {email or 'owner'}; the first run makes {OWNER}.")
    return f"/sign-in/{make_link(user.pk, clock.now())}"
