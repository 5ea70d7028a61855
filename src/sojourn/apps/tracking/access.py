"""The only way to a contract: by workspace and event."""

from sojourn.apps.tracking.models import Contract
from sojourn.terms.refusals import Code, Refusal


def find_contract(workspace: int, event: str) -> Contract | None:
    """The contract of an event in this workspace, None where it has none."""
    return Contract.objects.filter(workspace_id=workspace, event=event).first()


def access_contract(workspace: int, event: str) -> Contract:
    """The contract of an event in this workspace. Errors: NOT_FOUND."""
    found = find_contract(workspace, event)
    if found is None:
        raise Refusal(Code.NOT_FOUND, "This event has no contract.")
    return found
