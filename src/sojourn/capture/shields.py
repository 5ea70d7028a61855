"""Small steps that look at one thing each and say why an event is not taken in."""

import json
import re
from typing import Any, Final

import msgspec

from sojourn.capture.bounds import safe_text
from sojourn.capture.limits import EVENT_NAME_CHARACTERS, ID_CHARACTERS, SAFE_INTEGER, TRAITS_BYTES
from sojourn.terms.outcomes import Dropped, Reason

_CONTROL: Final = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# Event names that would act on records if anything listened to them; refused from a write key so that nobody believes they did.
_ACTING: Final = ("$erase", "$delete", "$forget", "$merge", "$unmerge", "$split", "$suppress", "$sojourn")
_RESERVED_TRAITS: Final = frozenset(
    ("tenant_id", "workspace", "workspace_id", "person_id", "suppressed", "is_staff", "is_superuser", "_version"),
)
_RESERVED_PREFIXES: Final = ("consent_", "sojourn_", "$sojourn")
_encode = msgspec.json.Encoder().encode


def identifier(value: Any, field: str, limit: int = ID_CHARACTERS, too_long: Reason = Reason.IDENTIFIER_TOO_LONG) -> str | Dropped | None:
    """An id as text; None for null, empty and blank; whole numbers below 2**53 become text. Dropped for anything else."""
    if type(value) is str:
        text = value.strip()
        if len(text) > limit:
            return Dropped(too_long, f"{field} has {len(text)} characters; at most {limit} are taken")
        if not text.isprintable() and _CONTROL.search(text):
            return Dropped(Reason.BAD_IDENTIFIER, f"{field} holds control characters or broken Unicode")
        return text or None
    if value is None:
        return None
    if type(value) is int:
        if -SAFE_INTEGER < value < SAFE_INTEGER:
            return str(value)
        return Dropped(Reason.BAD_IDENTIFIER, f"{field} is a number beyond 2**53, which clients confuse; send it as text")
    return Dropped(Reason.BAD_IDENTIFIER, f"{field} must be text")


def event_name(value: Any, trusted: bool) -> str | Dropped:
    """The name of a track call."""
    if type(value) is not str:
        if value is None:
            return Dropped(Reason.NO_EVENT_NAME, "a track call needs `event`")
        return Dropped(Reason.BAD_SHAPE, "event must be text")
    name = value.strip()
    if not name:
        return Dropped(Reason.NO_EVENT_NAME, "a track call needs `event`")
    if len(name) > EVENT_NAME_CHARACTERS:
        return Dropped(Reason.EVENT_NAME_TOO_LONG, f"the event name has {len(name)} characters; at most {EVENT_NAME_CHARACTERS} are taken")
    if name[0] == "$" and not trusted and name.lower().startswith(_ACTING):
        return Dropped(Reason.EVENT_NAME_RESERVED, f"{safe_text(name)[:40]} acts on records; a write key may only add events")
    return name if name.isprintable() else safe_text(name)


def page_name(value: Any) -> str | Dropped:
    """The name of a page or screen, which may be missing."""
    if value is None:
        return ""
    if type(value) is not str:
        return Dropped(Reason.BAD_SHAPE, "name must be text")
    name = value.strip()
    if len(name) > EVENT_NAME_CHARACTERS:
        return Dropped(Reason.EVENT_NAME_TOO_LONG, f"the name has {len(name)} characters; at most {EVENT_NAME_CHARACTERS} are taken")
    return safe_text(name)


def traits_size(traits: dict[str, Any]) -> Dropped | None:
    """Dropped where the traits are larger than 64 KiB of JSON."""
    try:
        size = len(_encode(traits))
    except (UnicodeEncodeError, OverflowError):  # what is made safe only later: lone surrogates, whole numbers beyond 64 bits
        size = len(json.dumps(traits, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
    return Dropped(Reason.TRAITS_TOO_LARGE, f"the traits have {size} bytes; at most {TRAITS_BYTES} are taken") if size > TRAITS_BYTES else None


def allowed_traits(traits: dict[str, Any]) -> dict[str, Any]:
    """The traits without those that only Sojourn may set; the same object where there are none."""
    bad = [key for key in traits if key in _RESERVED_TRAITS or key.startswith(_RESERVED_PREFIXES)]
    return {key: value for key, value in traits.items() if key not in bad} if bad else traits
