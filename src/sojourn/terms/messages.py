"""Facts about what became of a message, and the rules of hand-over that every store of intents keeps."""

from typing import Any, Final

from msgspec import structs

from sojourn.terms.facts import Fact, Flag, Kind
from sojourn.terms.ids import PersonId, digest
from sojourn.terms.time import MINUTE, Millis

BULK: Final = "bulk"
TRANSACTIONAL: Final = "transactional"
GLOBAL: Final = "global"
MANUAL: Final = "manual"
COURIER: Final = "courier"
"""The name of the courier's lease."""

RESEND_AFTER: Final[Millis] = 10 * MINUTE
"""A transactional message whose fate is unknown is handed over once more, with the same Message-ID, this long after; bulk mail never is."""
RESENT: Final = "resent"
"""The reason an intent carries from its second hand-over on, so that there is no third."""


def stream(purpose: str) -> str:
    """The suppression level of somebody who unsubscribed from one purpose."""
    return f"stream:{purpose}"


def holds(level: str, purpose: str, kind: str) -> bool:
    """Whether an entry of that level stops a message: global and manual stop everything, a stream only its own bulk mail."""
    return level in (GLOBAL, MANUAL) or (kind != TRANSACTIONAL and level == stream(purpose))


def message_fact(name: str, intent: str, person: PersonId, at: Millis, props: dict[str, Any], attempt: int = 0) -> Fact:
    """The control fact of that name about an intent. Told twice for the same attempt it has the same message id, and so counts once."""
    told = {"intent": intent, "person": person, "at": at, **props}
    return Fact(kind=Kind.CONTROL, name=name, at=at, message_id=digest("message", intent, name, attempt), props=told, flags=Flag.TRUSTED)


def outcome_fact(told: dict[str, Any], intent: str, person: PersonId, now: Millis, attempt: int) -> Fact:
    """What the courier tells about a hand-over as a control fact.

    `told` has the Fact's `name` and `props`, and may have its `at` and `message_id`. The person is the one who has the intent now, whatever the props say.
    """
    at = told.get("at", now)
    props = {key: value for key, value in told.get("props", {}).items() if key not in ("intent", "person")}
    fact = message_fact(told["name"], intent, person, at, props, attempt)
    return structs.replace(fact, message_id=told["message_id"]) if told.get("message_id") else fact
