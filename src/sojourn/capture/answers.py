"""Answers: status, headers and JSON bodies as client SDKs need them."""

from typing import Any, Final

from sojourn.capture.as_json import as_json
from sojourn.capture.call import Refused
from sojourn.capture.intake import Turned
from sojourn.capture.protocols import Reply
from sojourn.ports.log import Appended
from sojourn.terms.outcomes import Quarantined, Reason

Headers = list[tuple[bytes, bytes]]
_JSON: Final = (b"content-type", b"application/json")
_ALLOWED: Final = b"authorization, content-type, anonymousid, sentat, x-retry-count, x-umami-cache, sp-anonymous"
_METHODS: Final = b"GET, POST, OPTIONS"
STATUS: Final[dict[str, int]] = {Reason.EVENT_TOO_LARGE: 413, Reason.EVENT_NAME_RESERVED: 403, Reason.TOO_MANY_EVENT_NAMES: 429}
"""What a request is answered of which all events were dropped for this one reason; 400 for any other."""

SUCCESS: Final = b'{"success":true}'
SUCCESS_HEADERS: Final[Headers] = [_JSON, (b"content-length", b"16")]


def cors(origin: bytes) -> Headers:
    """What lets a page of any origin send and read the answer; no cookie is ever read, so credentials give nothing away."""
    return [
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"Retry-After"),
        (b"vary", b"Origin"),
    ]


def preflight(origin: bytes, asked: bytes, sender: bytes = b"") -> tuple[int, Headers, bytes]:
    """The answer to OPTIONS; it allows the headers that were asked for, and a broker of CloudEvents (`sender`) to deliver as many as it likes.

    Source: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/http-webhook.md, section 4
    """
    headers = cors(origin) if origin else []
    if sender:
        headers += [(b"webhook-allowed-origin", sender), (b"webhook-allowed-rate", b"*")]
    headers += [
        (b"access-control-allow-methods", _METHODS),
        (b"access-control-allow-headers", asked or _ALLOWED),
        (b"access-control-max-age", b"86400"),
        (b"allow", _METHODS),
        (b"content-length", b"0"),
    ]
    return 200, headers, b""


def answer(status: int, content: Any, origin: bytes, extra: Headers | None = None) -> tuple[int, Headers, bytes]:
    """A JSON answer."""
    body = content if type(content) is bytes else as_json(content)
    headers = [_JSON, (b"content-length", b"%d" % len(body)), *(extra or ())]
    return status, headers + cors(origin) if origin else headers, body


def reply(made: Reply, origin: bytes) -> tuple[int, Headers, bytes]:
    """An answer in a protocol's own form."""
    body = made.content if type(made.content) is bytes else as_json(made.content)
    headers = [(b"content-type", made.media), (b"content-length", b"%d" % len(body)), *made.headers]
    return made.status, headers + cors(origin) if origin else headers, body


def success(origin: bytes) -> tuple[int, Headers, bytes]:
    """The answer when everything was kept."""
    return 200, SUCCESS_HEADERS + cors(origin) if origin else SUCCESS_HEADERS, SUCCESS


def refusal(refused: Refused, origin: bytes, results: list[dict[str, Any]] | None = None) -> tuple[int, Headers, bytes]:
    """The answer to a request of which nothing was kept: `code` and `message`, which SDKs read, and the results of a batch."""
    content: dict[str, Any] = {"success": False, "code": refused.reason, "message": refused.message, "reason": refused.reason}
    if results:
        content["results"] = results
    extra: Headers = []
    if refused.retry_after:
        extra.append((b"retry-after", b"%d" % refused.retry_after))
    if refused.status in (408, 413) or refused.reason == Reason.BODY_TOO_SLOW:
        extra.append((b"connection", b"close"))
    if refused.status == 405:
        extra.append((b"allow", _METHODS))
    return answer(refused.status, content, origin, extra)


def results(turned: Turned, appended: Appended | None) -> list[dict[str, Any]]:
    """What became of the items that were not simply kept, by their place in the batch."""
    out: list[dict[str, Any]] = []
    for index, other in turned.others:
        outcome = "quarantined" if type(other) is Quarantined else "dropped"
        out.append({"index": index, "outcome": outcome, "reason": other.reason.value, "detail": other.detail})
    if appended is not None:
        for place in appended.duplicates:
            out.append({"index": turned.places[place], "outcome": "duplicate", "reason": Reason.DUPLICATE.value})
        for place in appended.conflicts:
            out.append({"index": turned.places[place], "outcome": "kept", "reason": Reason.MESSAGE_ID_CONFLICT.value})
        out.sort(key=lambda result: result["index"])
    return out


def nothing_kept(turned: Turned) -> Refused:
    """The refusal of a request of which every item was dropped: that of its items where they agree, else 400."""
    reasons = {other.reason for _, other in turned.others}
    first = turned.others[0][1]
    status = STATUS.get(first.reason, 400) if len(reasons) == 1 else 400
    message = first.detail if len(turned.others) == 1 else f"none of the {len(turned.others)} events could be kept; the first: {first.detail}"
    return Refused(status, first.reason.value, message, retry_after=60 if status == 429 else 0)
