"""The Django app `demo`."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.demo"
    label = "demo"
    default_auto_field = "django.db.models.BigAutoField"
