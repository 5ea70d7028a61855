"""The Django app `streams`."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.streams"
    label = "streams"
    default_auto_field = "django.db.models.BigAutoField"
