"""Webhooks: `POST /hooks/<token>`, verified by the vendor's signature, read by the vendor's reader or by a member's own rules."""

import hmac
import re
from collections.abc import Callable, Mapping
from hashlib import blake2b
from typing import Any, Final

import msgspec

from sojourn.capture.call import Candidate, Opened, Refused
from sojourn.capture.decode import from_object
from sojourn.capture.items import read_object
from sojourn.capture.limits import QUARANTINE_BYTES
from sojourn.capture.protocols import Protocol, Reply, Request, Results, Route
from sojourn.capture.protocols.hooks_expressions import BadExpression
from sojourn.capture.protocols.hooks_rules import applied
from sojourn.capture.protocols.hooks_shops import shopify, woocommerce
from sojourn.capture.protocols.hooks_signatures import trouble
from sojourn.capture.protocols.hooks_stripe import stripe
from sojourn.capture.protocols.hooks_talk import meta, typeform
from sojourn.capture.protocols.wording import Json, parameters
from sojourn.capture.streams.sentiment import felt
from sojourn.terms.hooks import GENERIC, META, SHOPIFY, STANDARD, STRIPE, TYPEFORM, WOOCOMMERCE, Hook, Rule, verify_token
from sojourn.terms.outcomes import Dropped, Quarantined, Reason
from sojourn.terms.streams import MENTION, MESSAGE_RECEIVED

_PREFIX: Final = "/hooks/"
_TOKEN: Final = re.compile(r"/hooks/([A-Za-z0-9_-]{16,100})")
_TOPIC: Final = re.compile(r"[A-Za-z0-9_./ -]{1,100}")
_PING: Final = re.compile(rb"webhook_id=\d{1,12}")
_READERS: Final[dict[str, Callable[[str, Any], list[Json] | None]]] = {
    SHOPIFY: shopify,
    STRIPE: stripe,
    WOOCOMMERCE: woocommerce,
    TYPEFORM: typeform,
    META: meta,
}
_TOPIC_HEADERS: Final = {SHOPIFY: b"x-shopify-topic", WOOCOMMERCE: b"x-wc-webhook-topic"}
_TOPIC_FIELDS: Final = {STRIPE: ("type",), TYPEFORM: ("event_type",), META: ("object",)}
_ANY_FIELDS: Final = ("type", "event", "event_type", "eventType", "topic", "action")
_ANY_HEADERS: Final = (b"x-github-event", b"x-event-type", b"x-webhook-topic")


def _open(request: Request) -> Opened:
    """A call. Errors: Refused(401) where it is not signed as it should be, Refused(405) for a GET that asks nothing."""
    hook = request.hook
    assert hook is not None
    if request.method == "GET":
        return Opened([], note=_challenge(hook, request.query))
    wrong = trouble(hook, request.headers, request.body, request.now)
    if wrong:
        if hook.kind == WOOCOMMERCE and _PING.fullmatch(request.body):
            return Opened([])  # sent unsigned when a webhook is saved; it says nothing but must be answered
        raise Refused(401, Reason.FORGED, wrong)
    body = _json(request)
    topic = topic_of(hook.kind, request.headers, body)
    return Opened(mapped(hook, topic, body, _number(request)), trusted=bool(hook.secret))


def _challenge(hook: Hook, query: bytes) -> bytes:
    """What Meta wants to hear when an address is entered there. Errors: Refused."""
    asked = parameters(query[:4096], 50)
    token = asked.get("hub.verify_token", "")
    if hook.kind != META or asked.get("hub.mode") != "subscribe":
        raise Refused(405, "method_not_allowed", "send webhooks by POST")
    if not hmac.compare_digest(token.encode(), verify_token(hook.token).encode()):
        raise Refused(401, Reason.FORGED, "the verify token is another one")
    return asked.get("hub.challenge", "").encode()


def _json(request: Request) -> bytes:
    """The body; a form as a JSON object of its fields."""
    if not request.headers.get(b"content-type", b"").lower().startswith(b"application/x-www-form-urlencoded"):
        return request.body
    return msgspec.json.encode(parameters(request.body, 1_000))


def _number(request: Request) -> str:
    """The call's own id where it is signed with the body, else a digest of the body: redeliveries and copies count once."""
    hook = request.hook
    said = request.headers.get(b"webhook-id") or request.headers.get(b"svix-id", b"") if hook is not None and hook.kind == STANDARD else b""
    return said.decode("latin-1").strip() or blake2b(request.body, digest_size=16).hexdigest()


def topic_of(kind: str, headers: Mapping[bytes, bytes], body: bytes) -> str:
    """What a call is about, in the vendor's words; empty where it does not say."""
    header = _TOPIC_HEADERS.get(kind)
    if header is not None:
        return _topic(headers.get(header, b"").decode("latin-1"))
    value = read_object(body)
    if isinstance(value, dict):
        found = next((value[name] for name in _TOPIC_FIELDS.get(kind, _ANY_FIELDS) if isinstance(value.get(name), str)), "")
        if _topic(found):
            return _topic(found)
    return next((_topic(headers[name].decode("latin-1")) for name in _ANY_HEADERS if name in headers), "") if kind in (GENERIC, STANDARD) else ""


def _topic(said: str) -> str:
    return said if _TOPIC.fullmatch(said) else ""


def mapped(hook: Hook, topic: str, body: bytes, number: str = "") -> list[Candidate]:
    """What a verified body becomes: by the rule of its topic, else by the vendor's reader, else by the rule for all others; set aside where none fits."""
    value = _value(body)
    if isinstance(value, Dropped | Quarantined):
        return [value]
    record = _record(hook.kind, topic, body)
    number = number or blake2b(body, digest_size=16).hexdigest()
    rule = _rule(hook, topic) if topic else None
    reader = _READERS.get(hook.kind)
    try:
        shapes = applied(rule, value, topic, hook.kind, number) if rule is not None else reader(topic, value) if reader is not None else None
        if shapes is None:
            rest = _rule(hook, "")
            shapes = applied(rest, value, topic, hook.kind, number) if rest is not None else None
    except BadExpression as bad:
        return [Quarantined(Reason.UNMAPPED, record, f"the mapping fails: {bad}")]
    if shapes is None:
        return [Quarantined(Reason.UNMAPPED, record, f"no mapping for {topic or 'a call without a topic'}")]
    return [from_object(_with_feeling(shape), record) for shape in shapes]


def _with_feeling(shape: Json) -> Json:
    """A mention or message says how its text sounds, as those of the streams do; one that says so itself is believed."""
    props = shape.get("properties")
    if shape.get("event") not in (MENTION, MESSAGE_RECEIVED) or not isinstance(props, dict) or "sentiment" in props:
        return shape
    said, language = props.get("text"), props.get("language")
    sentiment = felt(said, language if isinstance(language, str) else "") if isinstance(said, str) else None
    return shape if sentiment is None else {**shape, "properties": {**props, "sentiment": sentiment}}


def _rule(hook: Hook, topic: str) -> Rule | None:
    return next((rule for rule in hook.rules if rule.topic == topic), None)


def _value(body: bytes) -> Any:
    """A JSON object, or a list as some senders have it."""
    if body.lstrip(b" \t\r\n")[:1] == b"[":
        wrapped = read_object(b'{"list":' + body + b"}")
        return wrapped.get("list") if isinstance(wrapped, dict) else wrapped
    return read_object(body)


def _record(kind: str, topic: str, body: bytes) -> bytes:
    """What is kept of a call that is set aside: enough to map it again."""
    head = msgspec.json.encode({"hook": kind, "topic": topic})[:-1]
    return (head + b',"body":' + (body.strip() or b"null") + b"}")[:QUARANTINE_BYTES]


def again(hook: Hook, record: bytes) -> list[Candidate]:
    """The calls of a record that was set aside, by the hook's rules as they are now. Errors: ValueError where it was cut off or is none."""
    said = _decode_record(record)
    return mapped(hook, said.topic, bytes(said.body))


def is_record(payload: bytes) -> bool:
    """Whether something that was set aside is a whole call of a webhook."""
    if not payload.startswith(b'{"hook":') and b'"hook"' not in payload[:200]:
        return False
    try:
        _decode_record(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


class _Record(msgspec.Struct):
    hook: str
    topic: str
    body: msgspec.Raw


_decode_record = msgspec.json.Decoder(_Record).decode


def _reply(note: Any, results: Results) -> Reply:
    """Vendors count anything but 200 as a failure and stop sending after some, so whatever was verified is 200."""
    if isinstance(note, bytes):
        return Reply(note, b"text/plain; charset=utf-8", headers=((b"x-content-type-options", b"nosniff"),))
    return Reply({"success": True, "results": results} if results else {"success": True})


_METHODS: Final = frozenset(("POST", "GET"))


def _find(path: str) -> Route | None:
    if not path.startswith(_PREFIX):
        return None
    found = _TOKEN.fullmatch(path)
    if found is None:
        return None
    return Route(_open, methods=_METHODS, reply=_reply, any_media=True, all_headers=True, own_key=True, hook=found[1])


HOOKS: Final = Protocol("hooks", {}, find=_find)
