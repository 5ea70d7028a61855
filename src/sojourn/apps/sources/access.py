"""The only way to a source: by workspace and id."""

from sojourn.apps.sources.models import Source
from sojourn.terms.refusals import Code, Refusal


def access_source(workspace: int, source: int) -> Source:
    """A source of this workspace. Errors: NOT_FOUND."""
    found = Source.objects.filter(pk=source, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such source here.")
    return found
