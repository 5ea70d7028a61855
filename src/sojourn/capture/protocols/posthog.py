"""PostHog's capture API, both generations: `/batch`, `/e`, `/capture`, `/i/v0/e`, `/i/v1/analytics/events`, flags and the browser SDK's configuration."""

import binascii
import json
import re
from base64 import b64decode
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from sojourn.capture.call import Call, Candidate, Opened, Refused
from sojourn.capture.items import open_items, read_object
from sojourn.capture.keys import key_in_headers
from sojourn.capture.protocols import Document, Protocol, Reply, Request, Results, Route
from sojourn.capture.protocols.lz_string import unpacked
from sojourn.capture.protocols.posthog_events import calls_of
from sojourn.capture.protocols.wording import parameters
from sojourn.terms.outcomes import Reason

Json = dict[str, Any]
_REMOTE: Final = re.compile(r"/api/projects/[^/]{1,200}/feature_flags/[^/]{1,400}/remote_config")
_CONFIG: Final = re.compile(r"/array/([^/]{1,200})/config(\.js)?")
# Ours lie in folders of their rooms (/static/ui/…), theirs in none or in that of a version.
_SCRIPTS: Final = re.compile(r"/static/(?:\d[\w.\-]{0,40}/)?[\w\-]{1,60}\.js(?:\.map)?")
# These take any object in `capturePerformance` for a wish to be told of every resource that a page loads.
_OLD: Final = re.compile(r"1\.(?:\d{1,2}|1[0-3]\d)\..*")
_FLAGS: Final[dict[str, Any]] = {
    "flags": {},
    "featureFlags": {},
    "featureFlagPayloads": {},
    "errorsWhileComputingFlags": False,
}
_SETTINGS: Final[dict[str, Any]] = {
    "supportedCompression": ["gzip", "gzip-js"],
    "analytics": {"endpoint": "/i/v0/e/"},
    "hasFeatureFlags": False,
    "captureDeadClicks": True,
    "capturePerformance": {"web_vitals": True, "network_timing": False},
    "autocapture_opt_out": False,
    "autocaptureExceptions": True,
    "elementsChainAsString": True,
    "sessionRecording": False,
    "surveys": False,
    "heatmaps": False,
    "conversations": False,
    "siteApps": [],
    "isAuthenticated": False,
    "toolbarParams": {},
    "config": {"enable_collect_everything": True},
}


def _open(request: Request) -> Opened:
    """Any of the envelopes: an object with `batch`, a bare array, a bare event; plain, base64 or in a form."""
    items, outer = open_items(_plain(request), "batch")
    calls: list[Candidate] = []
    events: list[tuple[str, int]] = []
    key = _token(outer)
    sdk = request.headers.get(b"posthog-sdk-info", b"").decode("latin-1")
    for item in items:
        event = read_object(item)
        if not isinstance(event, dict):
            events.append(("", len(calls)))
            calls.append(event)
            continue
        key = key or _token(event) or _text(_object(event.get("properties")).get("token"))
        events.append((_text(event.get("uuid")), len(calls)))
        calls += calls_of(event, item, sdk)
    _tell_apart(calls)
    sent_at = outer.get("sent_at", outer.get("sentAt"))
    if sent_at is None and b"posthog-request-timestamp" in request.headers:
        sent_at = request.headers[b"posthog-request-timestamp"].decode("latin-1")
    if sent_at is None and items and not outer:
        sent_at = parameters(request.query[:4096], 50).get("_")
    return Opened(calls, key, sent_at, note=events, historical=outer.get("historical_migration") is True)


def _token(fields: Mapping[str, Any]) -> str:
    return next((found for name in ("api_key", "token", "$token") if (found := _text(fields.get(name)))), "")


def _tell_apart(calls: list[Candidate]) -> None:
    """Events without an id are known by content and time; those that are the same in both get a number, which a resend gives them again."""
    seen: Counter[str] = Counter()
    for call in calls:
        if isinstance(call, Call) and isinstance(call.message_id, str) and call.message_id[:3] == "ph-":
            seen[call.message_id] += 1
            if seen[call.message_id] > 1:
                call.message_id = f"{call.message_id}.{seen[call.message_id]}"


def _plain(request: Request) -> bytes:
    """The JSON of a body, which some clients put as base64 or LZ-String into a form, and some into the query of a GET."""
    body = request.body if request.method == "POST" else request.query
    if body[:5] != b"data=" and b"&data=" not in body[:4096]:
        if request.method == "GET":
            raise Refused(400, Reason.BAD_JSON, "a GET needs the event in `data`")
        return body if body[:1] in b"{[ \t\r\n\xef" else _from_base64(body)
    fields = parameters(body, 50)
    found = fields.get("data", "")
    if (fields.get("compression") or parameters(request.query[:4096], 50).get("compression")) == "lz64":
        return unpacked(found.replace(" ", "+").encode("utf-8", "replace")).encode("utf-8", "replace")
    if found[:1] in ("{", "["):
        return found.encode("utf-8", "replace")
    return _from_base64(found.replace(" ", "+").encode("utf-8", "replace"))


def _from_base64(text: bytes) -> bytes:
    try:
        return b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_" if b"-" in text or b"_" in text else None, validate=True)
    except (binascii.Error, ValueError):
        raise Refused(400, Reason.BAD_ENCODING, "the body is neither JSON nor base64 of it") from None


def _stored(_note: Any, _results: Results) -> Reply:
    return Reply({"status": 1})


def _verdicts(note: Any, results: Results) -> Reply:
    """What became of each event, as the second generation's clients read it. One event can have become several calls: the first bad one counts."""
    starts = [start for _, start in note]
    bad: dict[int, Mapping[str, Any]] = {}
    for result in results:
        if result["outcome"] in ("dropped", "quarantined"):
            bad.setdefault(bisect_right(starts, result["index"]) - 1, result)
    told: dict[str, dict[str, Any]] = {}
    for place, (uuid, _) in enumerate(note):
        found = bad.get(place)
        if uuid:
            told[uuid] = {"result": "ok"} if found is None else {"result": "drop", "details": str(found.get("detail") or found["reason"])}
    return Reply({"results": told})


def _unhurried(refused: Refused) -> Refused:
    """Posthog-js throws events away on 429, and keeps them on 503."""
    return Refused(503, refused.reason, refused.message, refused.retry_after or 60) if refused.status == 429 else refused


def _ask_flags(request: Request) -> Opened:
    """A request for feature flags: nothing to keep, and nothing is switched by us."""
    asked: dict[str, Any] = {}
    if request.body:
        items, _ = open_items(_plain(request), "batch")
        first = read_object(items[0]) if items else {}
        asked = first if isinstance(first, dict) else {}
    said = parameters(request.query[:4096], 50)
    return Opened([], _token(asked) or said.get("token", ""), note=said.get("ver", ""))


def _no_flags(note: Any, _results: Results) -> Reply:
    settings = {**_SETTINGS, "capturePerformance": False} if _OLD.fullmatch(note) else _SETTINGS
    return Reply({**_FLAGS, **settings, "requestId": "00000000-0000-0000-0000-000000000000", "quotaLimited": []})


def _document(path: str) -> Document | None:
    match = _CONFIG.fullmatch(path)
    if match is None and _REMOTE.fullmatch(path):
        return Document("", lambda _: None)  # asked for with a personal key only; some clients take any answer for the payload
    if match is None:
        return Document("", _missing_script) if _SCRIPTS.fullmatch(path) else None
    return Document(match[1], _script(match[1]) if match[2] else _settings(match[1]))


def _missing_script(_request: Request) -> Reply:
    return Reply({"code": "not_found", "detail": "what records screens, asks surveys and guides tours is off here; nothing of it is served"}, status=404)


def _settings(token: str) -> Any:
    return lambda _request: {**_SETTINGS, "token": token}


def _script(token: str) -> Any:
    """The configuration as a script; the token stands in it as a JSON text, which cannot end the script."""
    name = json.dumps(token).replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    settings = json.dumps({**_SETTINGS, "token": token}).replace("<", "\\u003c")
    text = f"""(function () {{
  var all = (window._POSTHOG_REMOTE_CONFIG = window._POSTHOG_REMOTE_CONFIG || {{}});
  all[{name}] = {{ config: {settings}, siteApps: [] }};
}})();
"""
    return lambda _request: Reply(text.encode(), b"text/javascript; charset=utf-8", headers=((b"cache-control", b"public, max-age=60"),))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _ask(request: Request) -> Opened:
    """Something that a client asks for before it goes on; some send a personal key, which we do not know, beside the project's token."""
    key = parameters(request.query[:4096], 50).get("token", "")
    return Opened([], key or key_in_headers(request.headers.get(b"authorization", b""), request.query))


def _answers(content: Json) -> Route:
    """A route whose answer never changes."""
    return Route(_ask, reply=lambda _note, _results: Reply(content), refuse=_unhurried, methods=_BOTH, own_key=True)


def _ignore(request: Request) -> Opened:
    """Recordings of screens: switched off in every configuration, and not kept where one comes all the same."""
    opened = _open(request)
    return Opened([], opened.key)


_BOTH: Final = frozenset(("GET", "POST"))
_CAPTURE: Final = Route(_open, reply=_stored, refuse=_unhurried, methods=_BOTH)
_EVENTS: Final = Route(_open, reply=_verdicts, refuse=_unhurried)
_ASK: Final = Route(_ask_flags, reply=_no_flags, refuse=_unhurried, methods=_BOTH)
_DEFINITIONS: Final = _answers({"flags": [], "group_type_mapping": {}, "cohorts": {}})
POSTHOG: Final = Protocol(
    "posthog",
    {
        **dict.fromkeys(("/batch", "/e", "/capture", "/track", "/engage", "/i/v0/e", "/i/v0/ai/batch"), _CAPTURE),
        "/i/v1/analytics/events": _EVENTS,
        "/s": Route(_ignore, reply=_stored, refuse=_unhurried, methods=_BOTH),
        **dict.fromkeys(("/i/v1/logs", "/i/v1/metrics"), _answers({})),
        **dict.fromkeys(("/flags", "/decide"), _ASK),
        **dict.fromkeys(("/flags/definitions", "/api/feature_flag/local_evaluation"), _DEFINITIONS),
        "/api/feature_flag": _answers({"results": []}),
        "/api/surveys": _answers({"surveys": []}),
        "/api/early_access_features": _answers({"earlyAccessFeatures": []}),
        "/api/web_experiments": _answers({"experiments": []}),
        "/api/product_tours": _answers({"product_tours": []}),
    },
    _document,
)
