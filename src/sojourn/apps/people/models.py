"""The tables the engine owns. They are written only by the `state` and `intents` adapters with plain SQL; apps read them through the ORM.

All times are milliseconds since 1970, UTC.
"""

from django.db import models
from django.db.models.functions import Collate


class PersonRow(models.Model):
    """One person: the portrait as msgpack (terms.person.Person), and the columns that lists sort and search by."""

    id = models.BigAutoField(primary_key=True)  # always given; an auto field is SQLite's row id, which saves a second tree
    workspace_id = models.BigIntegerField()
    body = models.BinaryField()
    name = models.CharField(max_length=255, default="")
    email = models.CharField(max_length=255, default="")  # as given, lower-cased
    identified = models.BooleanField(default=False)
    first_seen = models.BigIntegerField()
    last_seen = models.BigIntegerField()
    due = models.BigIntegerField(null=True)
    # From here on what terms.listed.person_columns says; amounts in minor units of the currency beside them.
    facts = models.BigIntegerField(db_default=0)
    orders = models.IntegerField(db_default=0)
    revenue = models.BigIntegerField(db_default=0)
    revenue_currency = models.CharField(max_length=3, db_default="")
    cart_state = models.CharField(max_length=20, db_default="")  # of the newest cart; "" where there never was one
    cart_value = models.BigIntegerField(db_default=0)
    cart_currency = models.CharField(max_length=3, db_default="")
    cause = models.CharField(max_length=40, db_default="")  # why the newest cart that stays left was left
    mailing = models.CharField(max_length=12, db_default="")  # terms.listed.Mailing

    class Meta:
        db_table = "people_person"
        indexes = [
            models.Index(fields=["workspace_id", "last_seen", "id"], name="person_last_seen"),
            models.Index(fields=["workspace_id", "first_seen", "id"], name="person_first_seen"),
            # What most people lack costs those who lack it nothing.
            models.Index(fields=["workspace_id", "last_seen", "id"], name="person_known", condition=models.Q(identified=True)),
            models.Index(fields=["workspace_id", "orders", "id"], name="person_orders", condition=models.Q(orders__gt=0)),
            # Another condition than the one of orders, or SQLite would enter this question by that index and sort.
            models.Index(fields=["workspace_id", "revenue", "id"], name="person_revenue", condition=~models.Q(revenue_currency="")),
            models.Index(fields=["workspace_id", "cart_state", "last_seen", "id"], name="person_cart", condition=~models.Q(cart_state="")),
            models.Index(fields=["workspace_id", "cart_value", "id"], name="person_cart_value", condition=~models.Q(cart_state="")),
            models.Index(fields=["workspace_id", "cause", "last_seen", "id"], name="person_cause", condition=~models.Q(cause="")),
            models.Index(fields=["workspace_id", "due", "id"], name="person_due", condition=models.Q(due__isnull=False)),
            models.Index(fields=["workspace_id", "email"], name="person_email", condition=~models.Q(email="")),
            # Lists find names by their beginning, whatever the case; anonymous people, the many, are not in it.
            models.Index(models.F("workspace_id"), Collate("name", "NOCASE"), name="person_name", condition=~models.Q(name="")),
        ]


class EpisodeRow(models.Model):
    """One cart of a person, as terms.listed.episode_rows says of the portrait: what lists and totals of carts read. The cart itself is in the portrait.

    `at` is when it came into its state: its end, or its beginning while it is open. Amounts in minor units of `currency`.
    """

    id = models.BigAutoField(primary_key=True)  # the episode's id; always given
    workspace_id = models.BigIntegerField()
    person = models.BigIntegerField()
    kind = models.CharField(max_length=20)  # cart, or order where the cart of an order was never seen
    state = models.CharField(max_length=20)
    at = models.BigIntegerField()
    started_at = models.BigIntegerField()
    abandoned_at = models.BigIntegerField(null=True)  # the first time it was left, also where it was taken up again
    currency = models.CharField(max_length=3)
    value = models.BigIntegerField()
    revenue = models.BigIntegerField()
    shipping = models.BigIntegerField(null=True)
    reached = models.CharField(max_length=100)
    cause = models.CharField(max_length=40)  # the first of its causes; "" where it was never left
    probability = models.FloatField(null=True)
    outcome = models.CharField(max_length=10)  # of the decision that tells most: send, hold_out, skip; "" where nothing was decided
    reason = models.CharField(max_length=40)
    decided_at = models.BigIntegerField(null=True)
    decided_cause = models.CharField(max_length=40)
    intent = models.CharField(max_length=64)
    arm = models.CharField(max_length=10)  # send or hold_out for the first cart of a person that was drawn for, else ""
    historical = models.BooleanField()

    class Meta:
        db_table = "people_episode"
        indexes = [
            models.Index(fields=["workspace_id", "person"], name="episode_person"),
            # Lists read it from its end, and find in it what they filter by, so that they look only at rows they show.
            models.Index(
                fields=["workspace_id", "state", "at", "id", "kind", "cause", "outcome", "historical", "currency", "value", "revenue"],
                name="episode_state",
            ),
            # Totals add up along these two: what is alike stands together, so nothing is sorted, and the rows are not looked at.
            models.Index(
                fields=["workspace_id", "kind", "state", "cause", "outcome", "currency", "at", "value", "revenue"],
                name="episode_cell",
            ),
            models.Index(
                fields=["workspace_id", "arm", "decided_cause", "state", "decided_at", "at", "currency", "revenue"],
                name="episode_arm",
                condition=~models.Q(arm=""),
            ),
            # Who was not written to, by reason: the page of messages lists and counts them.
            models.Index(fields=["workspace_id", "decided_at", "id", "reason"], name="episode_skip", condition=models.Q(outcome="skip")),
            models.Index(fields=["workspace_id", "reason", "decided_cause", "decided_at"], name="episode_skip_tally", condition=models.Q(outcome="skip")),
        ]


class MinuteRow(models.Model):
    """How many events of sources the engine took in during a minute since 1970; the last 24 hours are kept."""

    pk = models.CompositePrimaryKey("workspace_id", "minute")
    workspace_id = models.BigIntegerField()
    minute = models.BigIntegerField()
    events = models.BigIntegerField()

    class Meta:
        db_table = "people_minute"


class IdentifierRow(models.Model):
    """Whom an identifier (`type:value`) leads to; `body` is msgpack of terms.person.IdentifierEntry where there is more to say than the person."""

    pk = models.CompositePrimaryKey("workspace_id", "key")
    workspace_id = models.BigIntegerField()
    key = models.CharField(max_length=400)
    person = models.BigIntegerField()
    body = models.BinaryField(null=True)

    class Meta:
        db_table = "people_identifier"


class MergedRow(models.Model):
    """A person that became another. `into` is always the end of the chain."""

    id = models.BigAutoField(primary_key=True)  # always given
    workspace_id = models.BigIntegerField()
    into = models.BigIntegerField(db_index=True)

    class Meta:
        db_table = "people_merged"


class ProgressRow(models.Model):
    """How far the engine is; one row, id 1."""

    id = models.IntegerField(primary_key=True)
    position = models.BigIntegerField()
    now = models.BigIntegerField()

    class Meta:
        db_table = "people_progress"


class RulesRow(models.Model):
    """The RuleBook in force, as the engine last read it from the log."""

    workspace_id = models.BigIntegerField(primary_key=True)
    body = models.BinaryField()

    class Meta:
        db_table = "people_rules"


class HandoverRow(models.Model):
    """What a batch left for the lake; removed when the lake has it."""

    sequence = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    payload = models.BinaryField()

    class Meta:
        db_table = "people_handover"


class IntentRow(models.Model):
    """A decision on its way to a channel (terms.effects.Intent as msgpack in `body`), and where it is."""

    id = models.CharField(max_length=64, primary_key=True)
    workspace_id = models.BigIntegerField()
    person = models.BigIntegerField()
    automation = models.CharField(max_length=100)
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=40)
    kind = models.CharField(max_length=20)
    template = models.CharField(max_length=100)
    cause = models.CharField(max_length=40)
    address = models.CharField(max_length=320)
    state = models.CharField(max_length=20)
    reason = models.CharField(max_length=40, default="")
    detail = models.TextField(default="")
    decided_at = models.BigIntegerField()
    ready_at = models.BigIntegerField()
    expires_at = models.BigIntegerField()
    epoch = models.BigIntegerField(default=0)
    attempts = models.IntegerField(default=0)
    handed_at = models.BigIntegerField(null=True)  # when `handing_over` was set; caps count from it
    settled_at = models.BigIntegerField(null=True)
    queue_id = models.CharField(max_length=200, default="")
    body = models.BinaryField()

    class Meta:
        db_table = "people_intent"
        indexes = [
            models.Index(fields=["state", "ready_at"], name="intent_ready"),
            models.Index(fields=["workspace_id", "person", "handed_at"], name="intent_person"),
            models.Index(fields=["workspace_id", "decided_at", "id"], name="intent_decided"),
            models.Index(fields=["workspace_id", "state", "reason", "automation", "cause", "decided_at"], name="intent_tally"),
        ]


class LeaseRow(models.Model):
    """Who may act as the courier: the newest epoch; one row per name."""

    name = models.CharField(max_length=40, primary_key=True)
    epoch = models.BigIntegerField()
    at = models.BigIntegerField()

    class Meta:
        db_table = "people_lease"


class ConsentRow(models.Model):
    """Consent, append-only: who, when, from where, which text."""

    workspace_id = models.BigIntegerField()
    person = models.BigIntegerField()
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=40)
    granted = models.BooleanField()
    at = models.BigIntegerField()
    source_id = models.BigIntegerField()
    text_version = models.CharField(max_length=100, default="")

    class Meta:
        db_table = "people_consent"
        indexes = [models.Index(fields=["workspace_id", "person", "channel", "purpose", "at"], name="consent_person")]


class SuppressionRow(models.Model):
    """An address that must not be written to, as HMAC (so that it survives erasure). level: global, manual, or stream:<purpose>."""

    workspace_id = models.BigIntegerField()
    address = models.CharField(max_length=64)
    level = models.CharField(max_length=60)
    reason = models.CharField(max_length=60)
    at = models.BigIntegerField()

    class Meta:
        db_table = "people_suppression"
        constraints = [models.UniqueConstraint(fields=["workspace_id", "address", "level"], name="suppression_once")]


class OutboxRow(models.Model):
    """A fact waiting to be put on the log by the relay; written in the transaction of what it tells."""

    sequence = models.BigAutoField(primary_key=True)
    workspace_id = models.BigIntegerField()
    fact = models.BinaryField()  # msgpack of terms.facts.Fact

    class Meta:
        db_table = "people_outbox"
