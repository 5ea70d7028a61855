"""The Django app `tracking`."""

from django.apps import AppConfig


class TrackingConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.tracking"
    label = "tracking"
    default_auto_field = "django.db.models.BigAutoField"
