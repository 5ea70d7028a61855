"""The only way to a demo: by its workspace."""

from sojourn.apps.demo.models import DemoRun


def access_run(workspace: int) -> DemoRun | None:
    """The demo of a workspace; None where there is none."""
    return DemoRun.objects.filter(workspace_id=workspace).first()
