"""The Django app `ui`: templates, styles and small tags that every page shares."""

from django.apps import AppConfig


class UiConfig(AppConfig):
    """Registers the look."""

    name = "sojourn.ui"
    label = "ui"
