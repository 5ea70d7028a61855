"""Contracts: what the properties of an event must look like."""

from django.db import models


class Contract(models.Model):
    """A JSON Schema for the properties of one event name. Capture reads those in mode `quarantine`; see adapters/sqlite/directory.py."""

    workspace = models.ForeignKey("workspace.Workspace", on_delete=models.CASCADE)
    event = models.CharField(max_length=200)
    mode = models.CharField(max_length=12)  # report or quarantine
    body = models.TextField()  # the schema as JSON
    changed_at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=["workspace", "event"], name="tracking_one_contract"),)
