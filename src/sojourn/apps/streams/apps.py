"""The Django app `streams`."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    """Registers the app under its short label, and tells the pages of sources which of them are streams."""

    name = "sojourn.apps.streams"
    label = "streams"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Models can be imported only now."""
        from sojourn.apps.sources.api import register_origins
        from sojourn.apps.streams.origins import origins

        register_origins(origins)
