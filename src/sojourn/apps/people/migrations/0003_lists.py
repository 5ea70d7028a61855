"""Lists get columns to sort and filter by, carts a row each, and events a count for each minute."""

from typing import Any

import msgspec
from django.db import migrations, models

from sojourn.terms.listed import EPISODE_COLUMNS, PERSON_COLUMNS, episode_rows, person_columns
from sojourn.terms.person import Person

AT_ONCE = 1_000

ADD = 'ALTER TABLE people_person ADD COLUMN "{column}" {kind} DEFAULT {default} NOT NULL'
COLUMNS = (
    ("facts", "bigint", "0"),
    ("orders", "integer", "0"),
    ("revenue", "bigint", "0"),
    ("revenue_currency", "varchar(3)", "''"),
    ("cart_state", "varchar(20)", "''"),
    ("cart_value", "bigint", "0"),
    ("cart_currency", "varchar(3)", "''"),
    ("cause", "varchar(40)", "''"),
    ("mailing", "varchar(12)", "''"),
)


def fill(apps: Any, schema: Any) -> None:
    """Columns and carts of the people who are there already, from their portraits, some at a time: a million of them do not fit into memory."""
    people, episodes = apps.get_model("people", "PersonRow"), apps.get_model("people", "EpisodeRow")
    decode = msgspec.msgpack.Decoder(Person).decode
    after = 0
    while rows := list(people.objects.filter(pk__gt=after).order_by("pk").only("pk", "workspace_id", "body")[:AT_ONCE]):
        after = rows[-1].pk
        carts = []
        for row in rows:
            person = decode(bytes(row.body))
            row.facts = person.facts
            for column, value in zip(PERSON_COLUMNS, person_columns(person), strict=True):
                setattr(row, column, value)
            carts += [episodes(workspace_id=row.workspace_id, **dict(zip(EPISODE_COLUMNS, values, strict=True))) for values in episode_rows(person)]
        people.objects.bulk_update(rows, ["facts", *PERSON_COLUMNS], batch_size=100)
        episodes.objects.bulk_create(carts, batch_size=100)


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0002_person_name'),
    ]

    operations = [
        migrations.CreateModel(
            name='EpisodeRow',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('workspace_id', models.BigIntegerField()),
                ('person', models.BigIntegerField()),
                ('kind', models.CharField(max_length=20)),
                ('state', models.CharField(max_length=20)),
                ('at', models.BigIntegerField()),
                ('started_at', models.BigIntegerField()),
                ('abandoned_at', models.BigIntegerField(null=True)),
                ('currency', models.CharField(max_length=3)),
                ('value', models.BigIntegerField()),
                ('revenue', models.BigIntegerField()),
                ('shipping', models.BigIntegerField(null=True)),
                ('reached', models.CharField(max_length=100)),
                ('cause', models.CharField(max_length=40)),
                ('probability', models.FloatField(null=True)),
                ('outcome', models.CharField(max_length=10)),
                ('reason', models.CharField(max_length=40)),
                ('decided_at', models.BigIntegerField(null=True)),
                ('decided_cause', models.CharField(max_length=40)),
                ('intent', models.CharField(max_length=64)),
                ('arm', models.CharField(max_length=10)),
                ('historical', models.BooleanField()),
            ],
            options={
                'db_table': 'people_episode',
            },
        ),
        migrations.CreateModel(
            name='MinuteRow',
            fields=[
                ('pk', models.CompositePrimaryKey('workspace_id', 'minute', blank=True, editable=False, primary_key=True, serialize=False)),
                ('workspace_id', models.BigIntegerField()),
                ('minute', models.BigIntegerField()),
                ('events', models.BigIntegerField()),
            ],
            options={
                'db_table': 'people_minute',
            },
        ),
        # Adding a column with a default to a table of SQLite copies the whole table in Django's way, nine times for nine; SQL itself takes no time.
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(ADD.format(column=column, kind=kind, default=default)) for column, kind, default in COLUMNS],
            state_operations=[
                migrations.AddField(
                    model_name='personrow',
                    name='cart_currency',
                    field=models.CharField(db_default='', max_length=3),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='cart_state',
                    field=models.CharField(db_default='', max_length=20),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='cart_value',
                    field=models.BigIntegerField(db_default=0),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='cause',
                    field=models.CharField(db_default='', max_length=40),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='facts',
                    field=models.BigIntegerField(db_default=0),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='orders',
                    field=models.IntegerField(db_default=0),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='revenue',
                    field=models.BigIntegerField(db_default=0),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='revenue_currency',
                    field=models.CharField(db_default='', max_length=3),
                ),
                migrations.AddField(
                    model_name='personrow',
                    name='mailing',
                    field=models.CharField(db_default='', max_length=12),
                ),
            ],
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(fields=['workspace_id', 'first_seen', 'id'], name='person_first_seen'),
        ),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(condition=models.Q(('identified', True)), fields=['workspace_id', 'last_seen', 'id'], name='person_known'),
        ),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(condition=models.Q(('orders__gt', 0)), fields=['workspace_id', 'orders', 'id'], name='person_orders'),
        ),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(condition=models.Q(('orders__gt', 0)), fields=['workspace_id', 'revenue', 'id'], name='person_revenue'),
        ),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(condition=models.Q(('cart_state', ''), _negated=True), fields=['workspace_id', 'cart_state', 'last_seen', 'id'], name='person_cart'),
        ),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(condition=models.Q(('cart_state', ''), _negated=True), fields=['workspace_id', 'cart_value', 'id'], name='person_cart_value'),
        ),
        migrations.AddIndex(
            model_name='personrow',
            index=models.Index(condition=models.Q(('cause', ''), _negated=True), fields=['workspace_id', 'cause', 'last_seen', 'id'], name='person_cause'),
        ),
        migrations.AddIndex(
            model_name='episoderow',
            index=models.Index(fields=['workspace_id', 'person'], name='episode_person'),
        ),
        migrations.AddIndex(
            model_name='episoderow',
            index=models.Index(fields=['workspace_id', 'state', 'at', 'id', 'kind', 'cause', 'outcome', 'historical', 'currency', 'value', 'revenue'], name='episode_state'),
        ),
        migrations.AddIndex(
            model_name='episoderow',
            index=models.Index(condition=models.Q(('arm', ''), _negated=True), fields=['workspace_id', 'decided_at', 'arm', 'decided_cause', 'state', 'at', 'currency', 'revenue'], name='episode_arm'),
        ),
        migrations.AddIndex(
            model_name='episoderow',
            index=models.Index(condition=models.Q(('outcome', 'skip')), fields=['workspace_id', 'decided_at', 'id', 'reason'], name='episode_skip'),
        ),
    ]
