"""The Django app `messages`."""

from django.apps import AppConfig


class MessagesConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.messages"
    label = "mail"
    default_auto_field = "django.db.models.BigAutoField"
