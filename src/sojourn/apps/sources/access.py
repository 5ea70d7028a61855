"""The only way to a source and what belongs to it: by workspace and id."""

from sojourn.apps.sources.models import Alias, QuarantinedEvent, Source
from sojourn.terms.refusals import Code, Refusal


def access_source(workspace: int, source: int) -> Source:
    """A source of this workspace. Errors: NOT_FOUND."""
    found = Source.objects.filter(pk=source, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such source here.")
    return found


def access_alias(workspace: int, source: int, alias: int) -> Alias:
    """Another key of this source. Errors: NOT_FOUND."""
    found = Alias.objects.filter(pk=alias, workspace_id=workspace, source_id=source).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such key here.")
    return found


def access_aside(workspace: int, source: int, event: int) -> QuarantinedEvent:
    """An event of this source that was set aside. Errors: NOT_FOUND."""
    found = QuarantinedEvent.objects.filter(pk=event, workspace_id=workspace, source_id=source).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such event here; it may have been taken in or thrown away meanwhile.")
    return found
