"""RudderStack: Segment's calls with differences of its own, the configuration of its browser SDK, beacons, pixels, and `merge`."""

from typing import Any, Final

from sojourn.capture.call import Opened
from sojourn.capture.decode import open_batch, open_single
from sojourn.capture.keys import key_in_headers
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route
from sojourn.capture.protocols.segment import pixel
from sojourn.terms.facts import Kind


def _batch(request: Request) -> Opened:
    return open_batch(request.body)


def _single(request: Request) -> Opened:
    return open_single(request.body)


def _ask(request: Request) -> Opened:
    """A browser asks for its source's configuration; whether the key is known is asked by the receiver."""
    return Opened([], note=key_in_headers(request.headers.get(b"authorization", b""), request.query))


def _source(note: Any, _results: Results) -> Reply:
    """The least that makes @rudderstack/analytics-js send: an enabled source without destinations of its own."""
    source = {
        "id": note,
        "name": "Sojourn",
        "writeKey": note,
        "enabled": True,
        "workspaceId": "sojourn",
        "config": {"statsCollection": {"errors": {"enabled": False}, "metrics": {"enabled": False}}},
        "connections": [],
        "destinations": [],
    }
    return Reply({"source": source, "updatedAt": "2026-01-01T00:00:00.000Z"}, headers=((b"cache-control", b"no-cache"),))


RUDDER: Final = Protocol(
    "rudder",
    {
        "/v1/merge": Route(_single),
        "/beacon/v1/batch": Route(_batch),
        "/pixel/v1/page": pixel(Kind.PAGE.value),
        "/pixel/v1/track": pixel(Kind.TRACK.value),
        "/sourceConfig": Route(_ask, methods=frozenset(("GET",)), reply=_source),
    },
)
