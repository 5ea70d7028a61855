"""The Django app `live`."""

from django.apps import AppConfig


class LiveConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.live"
    label = "live"
    default_auto_field = "django.db.models.BigAutoField"
