from typing import Any

import msgspec
from django.conf import settings
from django.db import migrations

from sojourn.terms.streams import SETTINGS, with_secret


def seal(apps: Any, _editor: Any) -> None:
    """Seal what was kept as it is."""
    streams = apps.get_model("streams", "Stream").objects
    for stream in streams.filter(kind__in=SETTINGS):
        kept = msgspec.json.decode(stream.settings, type=SETTINGS[stream.kind])
        sealed = with_secret(kept, lambda text: settings.SEAL.close(settings.SEAL.open(text)))
        streams.filter(pk=stream.pk).update(settings=msgspec.json.encode(sealed).decode())


class Migration(migrations.Migration):
    dependencies = [("streams", "0002_objects")]
    operations = [migrations.RunPython(seal, migrations.RunPython.noop)]
