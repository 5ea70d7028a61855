from typing import Any

from django.conf import settings
from django.db import migrations, models


def seal(apps: Any, _editor: Any) -> None:
    """Seal what was kept as it is."""
    hooks = apps.get_model("hooks", "Hook").objects
    for hook in hooks.exclude(sealed=""):
        hooks.filter(pk=hook.pk).update(sealed=settings.SEAL.close(settings.SEAL.open(hook.sealed)))


class Migration(migrations.Migration):
    dependencies = [("hooks", "0001_initial")]
    operations = [
        migrations.RenameField("hook", "secret", "sealed"),
        migrations.AlterField("hook", "sealed", models.CharField(max_length=3000, db_default="", db_column="secret")),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
