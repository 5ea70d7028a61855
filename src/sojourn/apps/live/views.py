"""The view that lets a member listen."""

from typing import cast

from django.http import HttpRequest, HttpResponse

from sojourn.apps.live.door import TICKET, Ticket
from sojourn.apps.live.topics import parse, person_of
from sojourn.apps.workspace.api import Membership, member_page, seconds_left


@member_page()
def live(request: HttpRequest, member: Membership) -> HttpResponse:
    """A stream of hints (server-sent events): which of the topics asked for has changed. The page then fetches what it shows of it.

    Served by apps/live/door.py; without it, as in a test's client, the stream ends at once.
    """
    topics = parse(request.GET.get("topics", ""))
    again = "Last-Event-ID" in request.headers or "again" in request.GET
    scope = getattr(request, "scope", None)
    if scope is not None:
        scope[TICKET] = Ticket(
            workspace=member.workspace,
            user=member.user,
            session=cast(str, request.session.session_key),
            topics=topics,
            seconds=seconds_left(request),
            # Who comes back has missed everything meanwhile; who comes at first perhaps what a person did between the page and this stream.
            first=frozenset(topic for topic in topics if again or person_of(topic) is not None),
        )
    return HttpResponse(": a stream needs the server `sojourn up` starts\n\n", content_type="text/event-stream")


live.passive = True  # type: ignore[attr-defined]  # listening is no click: it does not prolong the session
