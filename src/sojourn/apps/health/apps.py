"""The Django app `health`."""

from django.apps import AppConfig


class HealthConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.health"
    label = "health"
    default_auto_field = "django.db.models.BigAutoField"
