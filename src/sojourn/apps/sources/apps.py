"""The Django app `sources`."""

from django.apps import AppConfig


class SourcesConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.sources"
    label = "sources"
    default_auto_field = "django.db.models.BigAutoField"
