"""The only way to a stream: by workspace and id."""

from sojourn.apps.streams.models import Stream
from sojourn.terms.refusals import Code, Refusal


def access_stream(workspace: int, stream: int) -> Stream:
    """A stream of this workspace. Errors: NOT_FOUND."""
    found = Stream.objects.select_related("source").filter(pk=stream, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such stream here.")
    return found
