"""Sources, counts by reason, quarantined events."""

from django.db import models

from sojourn.apps.sources.kinds import WEBSITE


class Source(models.Model):
    """Something that sends events. Its write key may only append; only the key's SHA-256 is kept."""

    workspace = models.ForeignKey("workspace.Workspace", on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20, db_default=WEBSITE)  # one of kinds.KINDS
    key_hash = models.CharField(max_length=64, unique=True)
    key_hint = models.CharField(max_length=12)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)
    # The key before the present one, so that making another can be undone for a few minutes.
    old_key_hash = models.CharField(max_length=64, db_default="")
    old_key_hint = models.CharField(max_length=12, db_default="")
    rotated_at = models.DateTimeField(null=True)
    # What it may send: events a second in the long run, and at once. 0 is no limit.
    rate = models.IntegerField(db_default=0)
    burst = models.IntegerField(db_default=0)


class Alias(models.Model):
    """A key or site id that a client already has, under which it reaches a source here. Only the SHA-256 of the key's text is looked for."""

    workspace = models.ForeignKey("workspace.Workspace", on_delete=models.CASCADE)
    source = models.ForeignKey(Source, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20)  # one of kinds.CLIENTS
    hint = models.CharField(max_length=255)  # a site id as it is; of a key its ends
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()


class Count(models.Model):
    """How many events of a source met a reason on a UTC day. Written by the engine, in the transaction of the batch."""

    pk = models.CompositePrimaryKey("workspace_id", "source_id", "day", "reason")
    workspace_id = models.BigIntegerField()
    source_id = models.BigIntegerField()
    day = models.IntegerField()  # days since 1970-01-01, by record time
    reason = models.CharField(max_length=40)
    events = models.BigIntegerField()

    class Meta:
        db_table = "sources_count"


class QuarantinedEvent(models.Model):
    """An event set aside, with the first 64 KiB of what came. Written by the engine."""

    workspace_id = models.BigIntegerField(db_index=True)
    source_id = models.BigIntegerField()
    position = models.BigIntegerField()  # log record
    at = models.BigIntegerField()  # ms, record time
    reason = models.CharField(max_length=40)
    detail = models.TextField()
    payload = models.BinaryField()

    class Meta:
        db_table = "sources_quarantined"
