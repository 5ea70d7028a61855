"""The demo of a workspace: where its shoppers are, and what it changed that must be changed back."""

from django.db import models


class State(models.TextChoices):
    """What the demo is doing."""

    SEEDING = "seeding", "filling in the past"
    LIVE = "live", "shoppers come and go"
    STOPPED = "stopped", "stopped"
    REMOVING = "removing", "being removed"


class DemoRun(models.Model):
    """One demo, at most one per workspace. Made and ended by `actions`, moved on by the `demo` loop of the work process with plain SQL."""

    workspace = models.OneToOneField("workspace.Workspace", on_delete=models.CASCADE)
    state = models.CharField(max_length=20, choices=State.choices)
    seed = models.BigIntegerField()
    rate = models.FloatField()  # events per second while live
    shoppers = models.IntegerField()  # of the past
    days = models.IntegerField()  # that the past is long
    live = models.BooleanField(default=True)  # whether shoppers come after the past is filled in
    started_at = models.BigIntegerField()  # ms
    source_id = models.BigIntegerField()
    write_key = models.CharField(max_length=64)
    visitors_id = models.BigIntegerField()
    visitors_key = models.CharField(max_length=64)
    before = models.JSONField(default=dict)  # setting -> [what it was, what the demo made it]
    day = models.IntegerField(default=0)  # days of the past that are sent
    people = models.IntegerField(default=0)  # simulated people sent so far
    events = models.BigIntegerField(default=0)  # sent so far
    number = models.IntegerField(default=0)  # live shoppers begun
    quick = models.BooleanField(default=False)  # whether carts count as left after seconds already
    story = models.BooleanField(default=False)  # whether the named people have been there
    mail_seen = models.BigIntegerField(default=0)  # the last mail of the built-in mailbox that the shoppers have looked at
    removing_at = models.BigIntegerField(default=0)  # ms
    swept = models.BooleanField(default=False)  # the second removal is on its way, for what came in while the keys still worked
    trouble = models.CharField(max_length=300, default="")  # why it does not go on, empty where it does

    class Meta:
        db_table = "demo_run"
