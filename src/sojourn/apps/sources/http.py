"""Sources over HTTP."""

from typing import Annotated, Any, Literal

import msgspec
from django.http import HttpRequest
from ninja import Query, Router, Schema

from sojourn.apps.sources import debugger, queries
from sojourn.apps.sources.access import access_source
from sojourn.apps.sources.debugger import Seen
from sojourn.apps.workspace.api import now, workspace_of
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import to_iso

router = Router(tags=["sources"])
Json = dict[str, Any]


class Sources(Schema):
    """All sources with their counts: kept, duplicate, and dropped, quarantined and flagged by reason."""

    items: list[Json]


class RecentEvents(Schema):
    """The newest events of one source, newest first. `complete` is false where this process cannot know of dropped ones."""

    items: list[Json]
    complete: bool


class Trouble(Schema):
    """Why a request was not met: a code for programs, a sentence for people."""

    code: str
    message: str


TROUBLE = {400: Trouble, 401: Trouble, 403: Trouble, 404: Trouble, 503: Trouble}


@router.get("", response=Sources, summary="Sources and what came in from them")
def sources(request: HttpRequest) -> Json:
    """Counted by the engine as it takes events in."""
    return {"items": [msgspec.to_builtins(line) for line in queries.list_sources(workspace_of(request))]}


@router.get("/{source}/recent", response={200: RecentEvents, **TROUBLE}, summary="The last good and bad events of a source")
def recent(
    request: HttpRequest,
    source: int,
    outcome: Literal["good", "bad", "all"] = "all",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    name: Annotated[str, Query(max_length=200)] = "",
) -> Json:
    """For tests of whoever sends: `good` events were kept or are duplicates, `bad` ones dropped, set aside or refused, with the reason.

    Good ones among the house's last 20,000 requests, bad ones of the last hour; secrets are masked. `name` is the event's whole name.
    """
    found = access_source(workspace_of(request), source)
    seen = debugger.glance(found.workspace_id, found.pk, now())
    if seen.trouble:
        raise Refusal(Code.NOT_READY, seen.trouble)
    fitting = [one for one in seen.events if outcome in ("all", "good" if one.outcome in ("kept", "duplicate") else "bad") and name in ("", one.name)]
    return {"items": [_told(one) for one in fitting[:limit]], "complete": seen.whole}


def _told(one: Seen) -> Json:
    try:
        payload: Any = msgspec.json.decode(one.payload)
    except (msgspec.DecodeError, RecursionError):  # cut, or no JSON as it came
        payload = one.payload
    return {
        "at": to_iso(one.at),
        "outcome": one.outcome,
        "reason": one.reason or None,
        "meaning": one.meaning or None,
        "detail": one.detail or None,
        "event": one.name or None,
        "who": one.who or None,
        "flags": list(one.flags),
        "payload": payload,
    }
