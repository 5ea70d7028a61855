"""What a webhook's call would become under other rules: the same code as when it comes in, and nothing is kept."""

from typing import Any, Final

import msgspec

from sojourn.capture.call import Opened, Refused
from sojourn.capture.intake import Intake, Names
from sojourn.capture.protocols.hooks import mapped
from sojourn.capture.protocols.hooks_rules import problems
from sojourn.ports.directory import KeyHolder
from sojourn.terms.facts import Fact
from sojourn.terms.hooks import Hook, Previewed, Rule
from sojourn.terms.time import Millis, to_iso

_FACT: Final = msgspec.msgpack.Decoder(Fact)
_NOBODY: Final = KeyHolder(0, 0, "Preview")


def preview(hook: Hook, topic: str, body: bytes, now: Millis) -> Previewed:
    """The facts that a call with this body would become, or what is in the way."""
    calls = mapped(hook, topic, body)
    try:
        turned = Intake(_NOBODY, now).take(Opened(list(calls), trusted=bool(hook.secret)), Names())
    except Refused as refused:
        return Previewed(problems=(refused.message,))
    facts = tuple(_shown(_FACT.decode(item.packed)) for item in turned.arrival.items)
    return Previewed(facts, tuple(other.detail or other.reason.value for _, other in turned.others))


def expression_problems(rule: Rule) -> dict[str, str]:
    """What is wrong with a rule's expressions, by field."""
    return problems(rule)


def _shown(fact: Fact) -> dict[str, Any]:
    said = {"type": fact.kind, "event": fact.name, "timestamp": to_iso(fact.at), "userId": fact.user_id, "anonymousId": fact.anonymous_id}
    whole = {**said, "messageId": fact.message_id, "properties": fact.props, "traits": fact.traits, "context": fact.context}
    return {name: value for name, value in whole.items() if value}
