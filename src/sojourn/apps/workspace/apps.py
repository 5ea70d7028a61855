"""The Django app `workspace`."""

from django.apps import AppConfig


class WorkspaceConfig(AppConfig):
    """Registers the app under its short label."""

    name = "sojourn.apps.workspace"
    label = "workspace"
    default_auto_field = "django.db.models.BigAutoField"
