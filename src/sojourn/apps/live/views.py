"""The view that lets a member listen."""

from typing import Final, cast

from django.http import HttpRequest, HttpResponse

from sojourn.apps.live.door import TICKET, Ticket
from sojourn.apps.live.topics import is_written, parse, person_of
from sojourn.apps.people import api as people
from sojourn.apps.workspace.api import Membership, member_page, now, seconds_left
from sojourn.terms.time import SECOND, Millis

JUST_NOW: Final[Millis] = 5 * SECOND
"""A page opens its stream this long after it was made, at the latest."""


@member_page()
def live(request: HttpRequest, member: Membership) -> HttpResponse:
    """A stream of hints (server-sent events): which of the topics asked for has changed. The page then fetches what it shows of it.

    Served by apps/live/door.py; without it, as in a test's client, the stream ends at once.
    """
    topics = parse(request.GET.get("topics", ""))
    missed = "Last-Event-ID" in request.headers or "again" in request.GET or now() - people.folded()[1] < JUST_NOW
    scope = getattr(request, "scope", None)
    if scope is not None:
        scope[TICKET] = Ticket(
            workspace=member.workspace,
            user=member.user,
            session=cast(str, request.session.session_key),
            topics=topics,
            seconds=seconds_left(request),
            # Between a page, or a stream that was cut, and this stream something may have changed. It is never risked for a person, nor for what
            # changes without the engine, such as how a broker or a bucket is: that may be written once and then rest.
            first=frozenset(topic for topic in topics if missed or person_of(topic) is not None or is_written(topic)),
        )
    return HttpResponse(": a stream needs the server `sojourn up` starts\n\n", content_type="text/event-stream")


live.passive = True  # type: ignore[attr-defined]  # listening is no click: it does not prolong the session
