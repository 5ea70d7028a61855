"""Webhooks and the versions of their mappings."""

from django.db import models


class Hook(models.Model):
    """A source that a vendor calls at an address of its own.

    The secret is kept as it is: without it no signature can be checked. Whoever has the database has it.
    """

    workspace = models.ForeignKey("workspace.Workspace", on_delete=models.CASCADE)
    source = models.OneToOneField("sources.Source", on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)  # one of terms.hooks.VENDORS
    token = models.CharField(max_length=100, unique=True)
    secret = models.CharField(max_length=500, db_default="")
    mapping = models.ForeignKey("hooks.Mapping", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField()
    changed_secret_at = models.DateTimeField(null=True)


class Mapping(models.Model):
    """A version of what a webhook's calls mean: `rules` is a JSON list of terms.hooks.Rule. Versions are never changed."""

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="mappings")
    version = models.IntegerField()
    rules = models.TextField()
    actor = models.CharField(max_length=254)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["hook", "version"], name="hooks_mapping_version")]
