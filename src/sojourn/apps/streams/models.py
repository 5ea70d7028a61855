"""Streams and how they are."""

from django.db import models


class Stream(models.Model):
    """Something that is listened to. Its facts belong to a source of its own. `settings` is the JSON of one of `terms.streams.SETTINGS`."""

    workspace = models.ForeignKey("workspace.Workspace", on_delete=models.CASCADE)
    source = models.OneToOneField("sources.Source", on_delete=models.CASCADE)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)  # one of terms.streams.KINDS
    settings = models.TextField()
    enabled = models.BooleanField(default=True, db_default=True)
    changed_at = models.BigIntegerField()  # ms; another value makes the work process connect anew
    # Written by the work process (adapters/sqlite/streams.py).
    cursor = models.TextField(default="", db_default="")  # where the source goes on
    state = models.CharField(max_length=20, default="", db_default="")
    trouble = models.CharField(max_length=300, default="", db_default="")
    told_at = models.BigIntegerField(default=0, db_default=0)  # ms
    tally = models.TextField(default="{}", db_default="{}")  # terms.streams.Tally
    seen = models.TextField(default="[]", db_default="[]")  # list of terms.streams.Seen, the newest last

    class Meta:
        db_table = "streams_stream"


class StreamObject(models.Model):
    """An object of a bucket that was read. Another ETag is another object. Written by the work process (adapters/sqlite/streams.py)."""

    stream = models.ForeignKey(Stream, on_delete=models.CASCADE)
    key = models.TextField()
    etag = models.TextField()
    at = models.BigIntegerField()  # ms, when it was read
    verdict = models.CharField(max_length=300)  # what became of it

    class Meta:
        db_table = "streams_object"
        constraints = (models.UniqueConstraint(fields=("stream", "key"), name="streams_object_once"),)
