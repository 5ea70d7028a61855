"""A pixel for mail and for pages without scripts: `/pixel.gif?key=…&event=…&user_id=…`, a picture of one transparent dot."""

from typing import Any, Final

from sojourn.capture.call import Opened
from sojourn.capture.decode import from_object
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route, visitor
from sojourn.capture.protocols.plausible import context_of
from sojourn.capture.protocols.wording import parameters
from sojourn.terms.catalogue import canonical

GIF: Final = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x01D\x00;"
_FIELDS: Final = frozenset(("key", "writeKey", "event", "user_id", "anonymous_id", "message_id", "timestamp", "url", "referrer"))


def _open(request: Request) -> Opened:
    """One event. Without `event` it is a page view of `url` or of the page that shows the pixel; other parameters are its properties."""
    said = parameters(request.query[:8192], 200)
    key = said.get("key") or said.get("writeKey") or ""
    referrer = request.headers.get(b"referer", b"").decode("utf-8", "replace")
    context = context_of(said.get("url") or referrer or None, said.get("referrer"), request)
    props: dict[str, Any] = {name: value for name, value in said.items() if name not in _FIELDS}
    who = said.get("anonymous_id") or (None if said.get("user_id") else visitor(request, key))
    shape: dict[str, Any] = {
        "userId": said.get("user_id"),
        "anonymousId": who,
        "messageId": said.get("message_id"),
        "timestamp": said.get("timestamp"),
        "context": context,
    }
    if said.get("event"):
        shape |= {"type": "track", "event": canonical(said["event"]), "properties": props}
    else:
        shape |= {"type": "page", "properties": {**props, **context["page"]}}
    return Opened([from_object(shape, request.query)], key)


def dot(_note: Any, _results: Results) -> Reply:
    """The picture of one transparent dot, not to be cached, for pages of any origin."""
    return Reply(GIF, b"image/gif", headers=((b"cache-control", b"no-store"), (b"cross-origin-resource-policy", b"cross-origin")))


PIXEL: Final = Protocol(
    "pixel", {"/pixel.gif": Route(_open, reply=dot, methods=frozenset(("GET", "POST")), any_media=True, visitors=True, own_key=True, all_headers=True)}
)
