"""The Django app `finder`."""

from django.apps import AppConfig


class FinderConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.finder"
    label = "finder"
    default_auto_field = "django.db.models.BigAutoField"
