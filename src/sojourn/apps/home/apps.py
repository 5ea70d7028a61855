"""The Django app `home`."""

from django.apps import AppConfig


class HomeConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.home"
    label = "home"
    default_auto_field = "django.db.models.BigAutoField"
