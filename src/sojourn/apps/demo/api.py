"""What other apps may ask of the demo."""

from sojourn.apps.demo.actions import remove, start, stop
from sojourn.apps.demo.queries import DemoStatus, status

__all__ = ["DemoStatus", "remove", "start", "status", "stop"]
