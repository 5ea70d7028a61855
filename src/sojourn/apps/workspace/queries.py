"""What can be read of a workspace."""

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from sojourn.apps.workspace.models import AuditRow, Member, RuleVersion, SecretKey, Workspace
from sojourn.apps.workspace.preferences import PREFERENCES, text_of
from sojourn.terms.rules import RuleBook


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting as it stands. `forms` says what it takes; `chosen` is whether somebody set it."""

    key: str
    value: str
    label: str
    meaning: str
    forms: str
    default: str
    group: str
    choices: tuple[str, ...]
    chosen: bool
    titles: tuple[str, ...] = ()

    @property
    def options(self) -> list[tuple[str, str]]:
        """Choices with what they are called."""
        return list(zip(self.choices, self.titles, strict=True))

    @property
    def changed(self) -> bool:
        """Whether it differs from what a new workspace has."""
        return self.chosen and self.value != self.default

    def fits(self, text: str) -> bool:
        """Whether somebody who looks for this text may mean this setting."""
        here = " ".join((self.key.replace("_", " "), self.label, self.meaning, self.group, *self.titles)).lower()
        return all(word in here for word in text.lower().split())


def rules(workspace: int) -> RuleBook:
    """The newest published RuleBook; the plain defaults before the first."""
    body = RuleVersion.objects.filter(workspace_id=workspace).order_by("-version").values_list("body", flat=True).first()
    return msgspec.msgpack.decode(body, type=RuleBook) if body else RuleBook()


def list_settings(workspace: int) -> list[Setting]:
    """All settings in the order of the list, each with the text in force."""
    book = rules(workspace)
    kept: dict[str, str] = Workspace.objects.values_list("settings", flat=True).get(pk=workspace)
    return [
        Setting(one.key, text_of(one, book, kept), one.label, one.meaning, one.forms, one.default, one.group, one.choices, one.key in kept, one.titles)
        for one in PREFERENCES
    ]


def setting(workspace: int, key: str) -> str:
    """The text in force of one setting. Errors: KeyError for one that does not exist."""
    return {one.key: one.value for one in list_settings(workspace)}[key]


def secret_keys(workspace: int) -> list[SecretKey]:
    """All keys, the newest first, revoked ones too."""
    return list(SecretKey.objects.filter(workspace_id=workspace).order_by("-id")[:200])


def members(workspace: int) -> list[Member]:
    """All members with their users, the oldest first."""
    return list(Member.objects.select_related("user").filter(workspace_id=workspace).order_by("id")[:500])


def memberships(users: Collection[int]) -> set[tuple[int, int]]:
    """(user, workspace) of each place these users have a seat in."""
    return set(Member.objects.filter(user_id__in=users).values_list("user_id", "workspace_id"))


def audit_rows(workspace: int, limit: int = 50, before: int = 0) -> list[AuditRow]:
    """The newest audit rows, with ids below `before` where given."""
    rows = AuditRow.objects.filter(workspace_id=workspace)
    return list((rows.filter(pk__lt=before) if before else rows).order_by("-id")[:limit])


def newest_audit(workspace: int) -> int:
    """The id of the newest audit row, 0 where there is none."""
    return AuditRow.objects.filter(workspace_id=workspace).order_by("-id").values_list("pk", flat=True).first() or 0


def settings_changed(workspace: int, actor: str, after: int) -> list[int]:
    """Ids of the audit rows of settings that somebody changed after that row, oldest first."""
    rows = AuditRow.objects.filter(workspace_id=workspace, actor=actor, verb="set_setting", pk__gt=after)
    return list(rows.order_by("pk").values_list("pk", flat=True))


def rule_versions(workspace: int, limit: int = 20) -> list[RuleVersion]:
    """The newest published rules, without their bodies."""
    return list(RuleVersion.objects.filter(workspace_id=workspace).defer("body").order_by("-version")[:limit])
