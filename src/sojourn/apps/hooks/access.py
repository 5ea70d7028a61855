"""The only way to a webhook: by workspace and id."""

from sojourn.apps.hooks.models import Hook, Mapping
from sojourn.terms.refusals import Code, Refusal


def access_hook(workspace: int, hook: int) -> Hook:
    """A webhook of this workspace. Errors: NOT_FOUND."""
    found = Hook.objects.select_related("source", "mapping").filter(pk=hook, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such webhook here.")
    return found


def access_mapping(workspace: int, hook: int, version: int) -> Mapping:
    """A version of the mapping of a webhook of this workspace. Errors: NOT_FOUND."""
    found = Mapping.objects.filter(hook_id=hook, hook__workspace_id=workspace, version=version).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such version here.")
    return found
