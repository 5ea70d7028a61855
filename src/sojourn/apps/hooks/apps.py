"""The Django app `hooks`."""

from django.apps import AppConfig


class HooksConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.hooks"
    label = "hooks"
    default_auto_field = "django.db.models.BigAutoField"
