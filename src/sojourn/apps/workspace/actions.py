"""Verbs of the workspace: each changes something, adds an audit row and, where the engine must know, leaves a fact in the outbox, in one transaction."""

import secrets
from typing import Any, Final

import msgspec
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from sojourn.apps.people.api import control, put_on_log
from sojourn.apps.workspace import queries
from sojourn.apps.workspace.access import access_audit_rows, access_member, access_secret_key, access_workspace
from sojourn.apps.workspace.models import AuditRow, Member, Role, RuleVersion, SecretKey, Workspace
from sojourn.apps.workspace.preferences import BY_KEY, text_of
from sojourn.apps.workspace.sign_in import hash_of, make_link, user_by_email
from sojourn.terms.facts import RULES_PUBLISHED
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import MINUTE, Millis, from_datetime, to_datetime

UNDO: Final = 10 * MINUTE
"""How long after it somebody's removal can be undone."""


def audit(workspace: int, actor: str, verb: str, subject: str, now: Millis, detail: dict[str, Any] | None = None) -> None:
    """Add an audit row in the caller's transaction."""
    AuditRow.objects.create(workspace_id=workspace, at=to_datetime(now), actor=actor, verb=verb, subject=subject[:200], detail=detail or {})


@transaction.atomic
def create_workspace(name: str, rules: RuleBook, actor: str, now: Millis) -> Workspace:
    """A new workspace with its first RuleBook published."""
    made = Workspace.objects.create(name=name, created_at=to_datetime(now), settings={}, salt=secrets.token_bytes(32))
    audit(made.pk, actor, "create_workspace", name, now)
    publish_rules(made.pk, rules, "first rules", actor, now)
    return made


@transaction.atomic
def publish_rules(workspace: int, book: RuleBook, reason: str, actor: str, now: Millis) -> int:
    """Publish a RuleBook as the next version, for the engine by a fact on the log; the version."""
    last = RuleVersion.objects.filter(workspace_id=workspace).order_by("-version").values_list("version", flat=True).first() or 0
    book = msgspec.structs.replace(book, version=last + 1)
    body = msgspec.msgpack.encode(book)
    RuleVersion.objects.create(workspace_id=workspace, version=book.version, body=body, published_at=to_datetime(now), reason=reason[:200])
    audit(workspace, actor, "publish_rules", f"version {book.version}", now, {"reason": reason})
    put_on_log(workspace, control(workspace, RULES_PUBLISHED, now, {"version": book.version, "rules": msgspec.to_builtins(book)}, book.version))
    return book.version


@transaction.atomic
def set_setting(workspace: int, key: str, value: str, actor: str, now: Millis) -> str:
    """Set one setting from the text a person typed; the text now in force.

    A setting of the RuleBook publishes a new version; one that changes nothing does nothing. Errors: BAD_VALUE that names the forms it takes.
    """
    preference = BY_KEY.get(key)
    if preference is None:
        raise Refusal(Code.BAD_VALUE, f"There is no setting {key!r}; the settings are {', '.join(BY_KEY)}.")
    place = access_workspace(workspace)
    book = queries.rules(workspace)
    try:
        read = preference.read(value, book)
    except ValueError as error:
        raise Refusal(Code.BAD_VALUE, f"{key}: {error}. It takes {preference.forms}.") from None
    before = text_of(preference, book, place.settings)
    changed = preference.put(book, read) if preference.put else book
    after = text_of(preference, changed, {**place.settings, key: read})
    if after == before:
        return after
    place.settings = {**place.settings, key: after}
    place.save(update_fields=["settings"])
    audit(workspace, actor, "set_setting", key, now, {"before": before, "after": after})
    if preference.put:
        publish_rules(workspace, changed, f"{key} = {after}", actor, now)
    return after


@transaction.atomic
def undo_settings(workspace: int, rows: list[int], actor: str, now: Millis) -> tuple[list[str], list[str]]:
    """Give settings the value they had before these audit rows: which got it, and which somebody has changed again since. Errors: NOT_FOUND."""
    back: list[str] = []
    since: list[str] = []
    for row in access_audit_rows(workspace, "set_setting", rows):
        if queries.setting(workspace, row.subject) != row.detail["after"]:
            since.append(row.subject)
            continue
        set_setting(workspace, row.subject, row.detail["before"], actor, now)
        back.append(row.subject)
    return back, since


@transaction.atomic
def rename_workspace(workspace: int, name: str, actor: str, now: Millis) -> None:
    """Give the workspace another name. Errors: BAD_VALUE."""
    plain = name.strip()
    if not 1 <= len(plain) <= 100:
        raise Refusal(Code.BAD_VALUE, "A workspace's name has 1 to 100 characters.")
    place = access_workspace(workspace)
    place.name = plain
    place.save(update_fields=["name"])
    audit(workspace, actor, "rename_workspace", plain, now)


@transaction.atomic
def create_secret_key(workspace: int, name: str, actor: str, now: Millis) -> str:
    """A new secret key, returned this once; its SHA-256 is kept. Errors: BAD_VALUE."""
    plain = name.strip()
    if not 1 <= len(plain) <= 200:
        raise Refusal(Code.BAD_VALUE, "A key needs a name of 1 to 200 characters, such as the program that will use it.")
    key = "sk_" + secrets.token_urlsafe(32)
    made = SecretKey.objects.create(workspace_id=workspace, name=plain, hash=hash_of(key), hint=f"{key[:7]}…{key[-4:]}", created_at=to_datetime(now))
    audit(workspace, actor, "create_secret_key", plain, now, {"key": made.pk})
    return key


@transaction.atomic
def revoke_secret_key(workspace: int, key: int, actor: str, now: Millis) -> None:
    """End a key for good; doing it again changes nothing. Errors: NOT_FOUND."""
    found = access_secret_key(workspace, key)
    if SecretKey.objects.filter(pk=found.pk, revoked_at=None).update(revoked_at=to_datetime(now)) == 1:
        audit(workspace, actor, "revoke_secret_key", found.name, now, {"key": found.pk})


@transaction.atomic
def invite_member(workspace: int, email: str, role: str, actor: str, now: Millis) -> tuple[Member, str]:
    """Take somebody into the workspace, as a user without a password; returns the token of their one-time sign-in link. Errors: BAD_VALUE, CONFLICT."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refusal(Code.BAD_VALUE, f"{email!r} is no email address.") from None
    if role not in Role.values:
        raise Refusal(Code.BAD_VALUE, f"{role!r} is no role; the roles are {', '.join(Role.values)}.")
    user = user_by_email(address) or make_user(address)
    member, created = Member.objects.get_or_create(workspace_id=workspace, user_id=user.pk, defaults={"role": role})
    if not created:
        raise Refusal(Code.CONFLICT, f"{address} is a member already.")
    audit(workspace, actor, "invite_member", address, now, {"role": role})
    return member, make_link(user.pk, now)


def make_user(email: str) -> User:
    """A user without a password, who comes in by a link."""
    user = User(username=email[:150], email=email)
    user.set_unusable_password()
    user.save()
    return user


@transaction.atomic
def link_for_member(workspace: int, member: int, actor: str, now: Millis) -> tuple[str, str]:
    """The address of a member who cannot get in, and the token of a fresh one-time sign-in link for them. Errors: NOT_FOUND."""
    found = access_member(workspace, member)
    audit(workspace, actor, "link_for_member", found.user.email, now)
    return found.user.email, make_link(found.user_id, now)


@transaction.atomic
def change_role(workspace: int, member: int, role: str, actor: str, now: Millis) -> None:
    """Give a member another role. Errors: NOT_FOUND, BAD_VALUE, CONFLICT where nobody would own the workspace."""
    found = access_member(workspace, member)
    if role not in Role.values:
        raise Refusal(Code.BAD_VALUE, f"{role!r} is no role; the roles are {', '.join(Role.values)}.")
    if found.role == Role.OWNER and role != Role.OWNER:
        _keep_an_owner(workspace, found)
    found.role = role
    found.save(update_fields=["role"])
    audit(workspace, actor, "change_role", found.user.email, now, {"role": role})


@transaction.atomic
def remove_member(workspace: int, member: int, actor: str, now: Millis) -> int:
    """Take a member out; their open sessions see nothing any more. Returns what `restore_member` takes to undo it.

    Errors: NOT_FOUND, CONFLICT where nobody would own the workspace.
    """
    found = access_member(workspace, member)
    if found.role == Role.OWNER:
        _keep_an_owner(workspace, found)
    audit(workspace, actor, "remove_member", found.user.email, now, {"user": found.user_id, "role": found.role})
    found.delete()
    return queries.newest_audit(workspace)


@transaction.atomic
def restore_member(workspace: int, removal: int, actor: str, now: Millis) -> str:
    """Take somebody in again whose removal is no older than 10 minutes, with the role they had; their address. Errors: NOT_FOUND, CONFLICT."""
    (row,) = access_audit_rows(workspace, "remove_member", [removal])
    if from_datetime(row.at) + UNDO < now or "user" not in row.detail:
        raise Refusal(Code.CONFLICT, "That was too long ago. Invite them again.")
    _member, made = Member.objects.get_or_create(workspace_id=workspace, user_id=row.detail["user"], defaults={"role": row.detail["role"]})
    if made:
        audit(workspace, actor, "restore_member", row.subject, now, {"role": row.detail["role"]})
    return row.subject


def _keep_an_owner(workspace: int, leaving: Member) -> None:
    if not Member.objects.filter(workspace_id=workspace, role=Role.OWNER).exclude(pk=leaving.pk).exists():
        raise Refusal(Code.CONFLICT, "A workspace needs an owner. Make somebody else an owner first.")


@transaction.atomic
def change_email(workspace: int, user: int, email: str, actor: str, now: Millis) -> str:
    """Give a user another address to sign in with. Errors: BAD_VALUE, CONFLICT."""
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise Refusal(Code.BAD_VALUE, f"{email!r} is no email address.") from None
    other = user_by_email(address)
    if other is not None and other.pk != user:
        raise Refusal(Code.CONFLICT, "That address cannot be used here.")
    User.objects.filter(pk=user).update(email=address, username=address[:150])
    audit(workspace, actor, "change_email", address, now)
    return address
