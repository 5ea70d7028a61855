"""Webhooks and the versions of their mappings."""

from django.conf import settings
from django.db import models

from sojourn.terms.seals import Unsealable


class Hook(models.Model):
    """A source that a vendor calls at an address of its own. Its secret is read again with each signature, so it is sealed and not hashed."""

    workspace = models.ForeignKey("workspace.Workspace", on_delete=models.CASCADE)
    source = models.OneToOneField("sources.Source", on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)  # one of terms.hooks.VENDORS
    token = models.CharField(max_length=100, unique=True)
    sealed = models.CharField(max_length=3000, db_default="", db_column="secret")
    mapping = models.ForeignKey("hooks.Mapping", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_secret_at = models.DateTimeField(null=True)

    @property
    def secret(self) -> str:
        """What calls are signed with; empty where there is none, or where it cannot be read."""
        try:
            return str(settings.SEAL.open(self.sealed))
        except Unsealable:
            return ""

    @secret.setter
    def secret(self, text: str) -> None:
        self.sealed = settings.SEAL.close(text)

    @property
    def unreadable(self) -> bool:
        """Whether there is a secret that this installation cannot open: its file `secret` is another one than when it was stored."""
        return bool(self.sealed) and not self.secret


class Mapping(models.Model):
    """A version of what a webhook's calls mean: `rules` is a JSON list of terms.hooks.Rule. Versions are never changed."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="mappings")
    version = models.IntegerField()
    rules = models.TextField()
    actor = models.CharField(max_length=254)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hook", "version"], name="hooks_mapping_version")]
