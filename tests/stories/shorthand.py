"""The shorthand of stories: reads a story's markdown and turns its lines into calls and acts. Documented in docs/how-to/write-a-story.md."""

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from sojourn.terms.time import Millis, from_datetime, to_iso

FOLDER: Final = Path(__file__).parent
FIRST_DAY: Final = "2026-03-02"
CALLS: Final = frozenset({"page", "screen", "track", "identify", "group", "alias"})
_FENCE: Final = re.compile(r"^```(facts|effects)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TIME: Final = re.compile(r"\d{2}:\d{2}(:\d{2}(\.\d{3})?)?")
_NUMBER: Final = re.compile(r"-?\d+(\.\d+)?")


class Act(msgspec.Struct, frozen=True):
    """One line: at which instant (None: right after the line before), what to do, with what."""

    at: Millis | None
    verb: str
    words: tuple[str, ...]
    line: str
    day: str


class Story(msgspec.Struct, frozen=True):
    """A story as written. `facts` and `effects` are the texts of its two blocks."""

    name: str
    title: str
    facts: str
    effects: str


def stories() -> list[Path]:
    """All story files, by name."""
    return sorted(FOLDER.glob("*.md"))


def read(path: Path) -> Story:
    """Read a story. Errors: ValueError that says what it lacks."""
    text = path.read_text("utf-8")
    blocks = dict(_FENCE.findall(text))
    if "facts" not in blocks or "effects" not in blocks:
        raise ValueError(f"{path.name} needs a ```facts and an ```effects block")
    if not text.startswith("# "):
        raise ValueError(f"{path.name} must begin with a title")
    return Story(path.stem, text.partition("\n")[0].removeprefix("# "), blocks["facts"], blocks["effects"])


def with_effects(text: str, effects: str) -> str:
    """The story's text with another effects block."""
    return _FENCE.sub(lambda found: f"```effects\n{effects}```" if found[1] == "effects" else found[0], text)


def acts(facts: str) -> list[Act]:
    """The lines of a facts block. Errors: ValueError with the line."""
    day, found = FIRST_DAY, []
    for raw in facts.splitlines():
        line = raw.strip()
        words = shlex.split(line, comments=True)
        if not words:
            continue
        if words[0] == "day":
            day = words[1]
            continue
        at = None
        if _TIME.fullmatch(words[0]):
            at = instant(words.pop(0), day)
        elif words[0] == "tick":
            at = instant(words.pop(1), day)
        if not words:
            raise ValueError(f"nothing happens in the line {line!r}")
        found.append(Act(at, words[0], tuple(words[1:]), line, day))
    return found


def instant(text: str, day: str) -> Millis:
    """`09:05` of that day, or `2026-03-29 01:30`; UTC. Errors: ValueError."""
    date, _, time = text.rpartition(" ")
    return from_datetime(datetime.fromisoformat(f"{date or day}T{time}").replace(tzinfo=UTC))


def call(act: Act, sent_at: Millis, message_id: str) -> dict[str, Any]:
    """A line as the body of a Segment call, as an SDK with a right clock would send it at once.

    `at=` is the time the client says it happened, `sent=` the time it says it sent it; both default to the line's instant.
    """
    event: dict[str, Any] = {"type": act.verb, "messageId": message_id, "timestamp": to_iso(sent_at), "sentAt": to_iso(sent_at), "context": {}}
    values: dict[str, Any] = {}
    for word in act.words:
        key, equals, value = word.partition("=")
        if not equals:
            event["event" if act.verb == "track" else "name"] = word
        elif key in _FIELDS:
            event[_FIELDS[key]] = value
        elif key in ("at", "sent"):
            event["timestamp" if key == "at" else "sentAt"] = to_iso(instant(value, act.day))
        elif key == "zone":
            event["context"]["timezone"] = value
        elif key == "products":
            values[key] = [{"product_id": product} for product in value.split(",")]
        else:
            values[key] = _value(key, value)
    event["traits" if act.verb in ("identify", "group") else "properties"] = values
    return event


_FIELDS: Final = {"anon": "anonymousId", "user": "userId", "id": "messageId", "previous": "previousId", "group": "groupId"}


def _value(key: str, text: str) -> Any:
    if text in ("true", "false", "null") or text[:1] in ("[", "{"):
        return json.loads(text)
    if not key.endswith("_id") and _NUMBER.fullmatch(text):
        return float(text) if "." in text else int(text)
    return text
