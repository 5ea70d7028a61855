"""Which sources are streams, for the pages of sources."""

from django.urls import reverse

from sojourn.apps.sources.api import Origin
from sojourn.apps.streams.models import Stream
from sojourn.apps.streams.queries import ICONS
from sojourn.terms.streams import KINDS

_FIRST = "How it listens, and what is wrong if nothing comes, is on its own page."


def origins(workspace: int) -> dict[int, Origin]:
    """Source id to its stream."""
    found = {}
    for pk, source, kind in Stream.objects.filter(workspace_id=workspace).values_list("pk", "source_id", "kind"):
        title, icon = KINDS.get(kind, kind), ICONS.get(kind, "antenna")
        found[source] = Origin(f"Stream, {title}", icon, reverse("stream", args=[pk]), _FIRST)
    return found
