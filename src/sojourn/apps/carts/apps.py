"""The Django app `carts`."""

from django.apps import AppConfig


class CartsConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.carts"
    label = "carts"
    default_auto_field = "django.db.models.BigAutoField"
