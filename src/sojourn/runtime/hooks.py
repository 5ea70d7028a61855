"""Webhooks: pages see what capture heard and try mappings by its own code; what was set aside is read by the mapping in effect now."""

from sojourn.apps.hooks import queries, reach
from sojourn.apps.hooks.models import Hook
from sojourn.capture.call import Opened
from sojourn.capture.hook_preview import expression_problems, preview
from sojourn.capture.protocols.hooks import again, is_record
from sojourn.capture.receiver import CaptureApp


def connect(capture: CaptureApp | None) -> None:
    """Let the pages of this process see webhooks' calls, where it captures."""
    reach.connect(capture.heard.of if capture is not None else None, preview, expression_problems)


def opened_again(workspace: int, source: int, payload: bytes) -> Opened | None:
    """The calls of a webhook's call that was set aside; None where the payload is none of a webhook's."""
    if not is_record(payload):
        return None
    hook = Hook.objects.select_related("mapping").filter(workspace_id=workspace, source_id=source).first()
    return Opened(again(queries.terms_of(hook), payload), trusted=bool(hook.sealed)) if hook is not None else None
