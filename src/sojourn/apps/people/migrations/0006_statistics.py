"""SQLite is told how large a workspace may become, so that it looks people up by their ids instead of going through all of a workspace.

Without figures it takes any condition that an index begins with for one that leaves ten rows; but `workspace_id = 1` leaves a million. Measured with a million
people: 50 of them by their ids in 320 ms without the figures, in 0.5 ms with them. They are those of ANALYZE on such a workspace, rounded, and are the same
everywhere, so that plans are the same everywhere. See docs/adr/0075-sqlite-is-told-how-large-a-workspace-may-become.md
"""

from typing import Any

from django.db import migrations

FIGURES = (
    ("people_person", "person_last_seen", "1000000 1000000 1 1"),
    ("people_person", "person_first_seen", "1000000 1000000 1 1"),
    ("people_person", "person_known", "200000 200000 1 1"),
    ("people_person", "person_orders", "124000 124000 20000 1"),
    ("people_person", "person_revenue", "124000 124000 14 1"),
    ("people_person", "person_cart", "308000 308000 61000 1 1"),
    ("people_person", "person_cart_value", "308000 308000 65 1"),
    ("people_person", "person_cause", "198000 198000 22000 1 1"),
    ("people_person", "person_due", "4000 4000 1 1"),
    ("people_person", "person_email", "200000 200000 1"),
    ("people_person", "person_name", "200000 200000 380"),
    ("people_episode", "episode_state", "386000 386000 77000 1 1 1 1 1 1 1 1 1"),
    ("people_episode", "episode_cell", "386000 386000 386000 77000 18000 6800 2300 1 1 1"),
    ("people_episode", "episode_person", "386000 386000 2"),
    ("people_episode", "episode_arm", "115000 115000 57000 6400 3200 1 1 1 1"),
    ("people_episode", "episode_skip", "114000 114000 1 1 1"),
    ("people_episode", "episode_skip_tally", "114000 114000 28000 3200 1"),
    ("people_intent", "intent_decided", "145000 145000 1 1"),
    ("people_intent", "intent_person", "145000 145000 2 1"),
    ("people_intent", "intent_ready", "145000 36000 1"),
    ("people_intent", "intent_tally", "145000 145000 36000 36000 36000 4000 1"),
    ("people_intent", "sqlite_autoindex_people_intent_1", "145000 1"),
    ("people_identifier", "sqlite_autoindex_people_identifier_1", "1400000 1400000 1"),
    ("people_consent", "consent_person", "145000 145000 1 1 1 1"),
)


def tell(apps: Any, schema: Any) -> None:
    """Put the figures where the planner of SQLite reads them; connections that are open already read them when they are opened again."""
    if schema.connection.vendor != "sqlite":
        return
    with schema.connection.cursor() as cursor:
        cursor.execute("ANALYZE people_progress")  # makes the table of figures
        for table, index, figures in FIGURES:
            cursor.execute("DELETE FROM sqlite_stat1 WHERE tbl = %s AND idx = %s", [table, index])
            cursor.execute("INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES (%s, %s, %s)", [table, index, figures])


class Migration(migrations.Migration):

    dependencies = [
        ('people', '0005_totals'),
    ]

    operations = [
        migrations.RunPython(tell, migrations.RunPython.noop),
    ]
