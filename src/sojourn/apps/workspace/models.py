"""Workspaces, members, secret keys, published rules, audit rows."""

from django.conf import settings
from django.db import models


class Workspace(models.Model):
    """A tenant. `settings` holds what is set apart from the defaults, by key of `sojourn settings list`."""

    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()
    settings = models.JSONField(default=dict)
    salt = models.BinaryField()  # 32 random bytes: signs links, keys suppression entries


class Role(models.TextChoices):
    """What a member may do."""

    OWNER = "owner", "Owner"
    MEMBER = "member", "Member"
    VIEWER = "viewer", "Viewer"


class Member(models.Model):
    """A user in a workspace."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    role = models.CharField(max_length=10, choices=Role.choices)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="member_once")]


class SecretKey(models.Model):
    """A secret key for reading and trusted writing (`sk_…`); only its SHA-256 is kept."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    hash = models.CharField(max_length=64, unique=True)
    hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)


class RuleVersion(models.Model):
    """A RuleBook as it was published."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    version = models.PositiveIntegerField()
    body = models.BinaryField()  # msgpack of terms.rules.RuleBook
    published_at = models.DateTimeField()
    reason = models.CharField(max_length=200)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "version"], name="rule_version_once")]


class SignInLink(models.Model):
    """A one-time sign-in link; only the hash of its token is kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)


class AuditRow(models.Model):
    """Who did what when. Rows are only ever added."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE)
    at = models.DateTimeField()
    actor = models.CharField(max_length=200)  # a member's email, "cli", or "setup"
    verb = models.CharField(max_length=60)
    subject = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
