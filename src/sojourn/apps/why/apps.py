"""The Django app `why`."""

from django.apps import AppConfig


class WhyConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.why"
    label = "why"
    default_auto_field = "django.db.models.BigAutoField"
