"""A member's own rules for webhooks: JMESPath expressions that make calls of any JSON."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

from sojourn.capture.limits import MESSAGE_ID_CHARACTERS
from sojourn.capture.protocols.hooks_expressions import BadExpression, Budget, check, evaluate
from sojourn.capture.protocols.hooks_words import short, text
from sojourn.capture.protocols.wording import Json
from sojourn.terms.catalogue import canonical
from sojourn.terms.hooks import Rule

EVENTS: Final = 100
"""Events that one call becomes at most."""
_IDS: Final = ("user_id", "anonymous_id", "email")


def applied(rule: Rule, value: Any, topic: str, vendor: str, number: str) -> list[Json]:
    """The calls that a rule makes of a decoded body; `number` is the call's own id where it has one. Errors: BadExpression with the field it is in."""
    budget = Budget()
    elements = [value]
    if rule.each:
        found = _said("each", rule.each, value, budget)
        elements = found if isinstance(found, list) else [] if found is None else [found]
        if len(elements) > EVENTS:
            raise BadExpression(f"each: {len(elements)} elements; one call becomes at most {EVENTS} events")
    return [call for place, one in enumerate(elements) for call in _calls(rule, one, topic, vendor, f"{number}:{place}" if rule.each else number, budget)]


def _calls(rule: Rule, value: Any, topic: str, vendor: str, number: str, budget: Budget) -> list[Json]:
    name = _name(rule, value, topic, budget)
    said = {field: _said(field, getattr(rule, field), value, budget) if getattr(rule, field) else None for field in _IDS}
    own = text(_said("message_id", rule.message_id, value, budget)) if rule.message_id else ""
    at = _said("timestamp", rule.timestamp, value, budget) if rule.timestamp else None
    traits = _values("traits", rule.traits, value, budget)
    email = text(said["email"])
    if email:
        traits["email"] = email
    user, anonymous = said["user_id"], said["anonymous_id"]
    if not text(user) and not text(anonymous) and email:
        anonymous = f"{vendor}:guest:{blake2b(email.lower().encode('utf-8', 'replace'), digest_size=9).hexdigest()}"
    context: Json = {"webhook": {"vendor": vendor, "topic": topic}}
    base: Json = {"userId": user, "anonymousId": anonymous, "timestamp": at, "context": context}
    mark = f"{vendor}:{own or number}"
    calls: list[Json] = []
    if name:
        if email:
            context["traits"] = {"email": email}
        props = _values("properties", rule.properties, value, budget)
        calls.append({**base, "type": "track", "event": name, "properties": props, "messageId": short(f"{mark}:{name}", MESSAGE_ID_CHARACTERS)})
    if traits and (rule.traits or not name):
        calls.append({**base, "type": "identify", "traits": traits, "messageId": short(f"{mark}:identify", MESSAGE_ID_CHARACTERS)})
    return calls


def _name(rule: Rule, value: Any, topic: str, budget: Budget) -> str:
    """The event's name: as it stands, or found by an expression after `=`; what is found is put into the catalogue's words."""
    if not rule.event.startswith("="):
        return rule.event.strip() or ("" if rule.traits else canonical(topic))
    found = _said("event", rule.event[1:], value, budget)
    if not text(found):
        raise BadExpression("event: the expression finds no text")
    return canonical(text(found))


def _values(field: str, pairs: Sequence[tuple[str, str]], value: Any, budget: Budget) -> Json:
    found = {name: _said(f"{field} {name}", expression, value, budget) for name, expression in pairs}
    return {name: one for name, one in found.items() if one is not None}


def _said(field: str, expression: str, value: Any, budget: Budget) -> Any:
    try:
        return evaluate(expression, value, budget)
    except BadExpression as bad:
        raise BadExpression(f"{field}: {bad}") from None


def problems(rule: Rule) -> dict[str, str]:
    """What is wrong with a rule's expressions, by field; `properties.<n>` and `traits.<n>` for those of a list. Nothing where all can be read."""
    fields = {field: getattr(rule, field) for field in ("each", "user_id", "anonymous_id", "email", "message_id", "timestamp")}
    if rule.event.startswith("="):
        fields["event"] = rule.event[1:]
    for kind in ("properties", "traits"):
        fields |= {f"{kind}.{place}": expression for place, (_name_, expression) in enumerate(getattr(rule, kind))}
    found: dict[str, str] = {}
    for field, expression in fields.items():
        try:
            if expression:
                check(expression)
        except BadExpression as bad:
            found[field] = str(bad)
    return found
