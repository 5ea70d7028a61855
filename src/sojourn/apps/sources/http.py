"""Sources over HTTP."""

from typing import Any

import msgspec
from django.http import HttpRequest
from ninja import Router, Schema

from sojourn.apps.sources import queries
from sojourn.apps.workspace.api import workspace_of

router = Router(tags=["sources"])


class Sources(Schema):
    """All sources with their counts: kept, duplicate, and dropped, quarantined and flagged by reason."""

    items: list[dict[str, Any]]


@router.get("", response=Sources, summary="Sources and what came in from them")
def sources(request: HttpRequest) -> dict[str, Any]:
    """Counted by the engine as it takes events in."""
    return {"items": [msgspec.to_builtins(line) for line in queries.list_sources(workspace_of(request))]}
