"""The Django app `hooks`."""

from django.apps import AppConfig


class HooksConfig(AppConfig):
    """Registers the app under its short label, and tells the pages of sources which of them are webhooks."""

    name = "sojourn.apps.hooks"
    label = "hooks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Models can be imported only now."""
        from sojourn.apps.hooks.origins import origins
        from sojourn.apps.sources.api import register_origins

        register_origins(origins)
