"""The newest events of one source as they came in, also those that became no fact; the runtime says where they are had."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from sojourn.ports.log import Damaged, Log
from sojourn.terms.facts import FACT_ERASED, Fact, Flag, Record
from sojourn.terms.ids import fact_id
from sojourn.terms.outcomes import MEANING, Missed, Reason
from sojourn.terms.time import Millis, to_iso

SHOWN: Final = 100
PAYLOAD_CHARACTERS: Final = 4_000
MASK: Final = "••••"
OUTCOMES: Final[dict[str, str]] = {
    "kept": "Kept",
    "duplicate": "Duplicate",
    "dropped": "Dropped",
    "quarantined": "Set aside",
    "refused": "Request refused",
}
"""What can become of an event, and what it is called."""

_SECRET = re.compile(
    r"pass(word|wd|phrase|code)|secret|token|authori[sz]ation|api_?key|write_?key|credential|cookie|card_?(number|no)|\bpan\b|cvc|cvv|iban|ssn", re.IGNORECASE
)
_FLAGS: Final = (
    (Flag.HISTORICAL, "history"),
    (Flag.CONFLICT, Reason.MESSAGE_ID_CONFLICT.value),
    (Flag.CLAMPED, Reason.TIME_CLAMPED.value),
    (Flag.TIME_GUESSED, Reason.TIME_MALFORMED.value),
    (Flag.SKEWED, Reason.SKEW_CORRECTED.value),
    (Flag.AT_LEAST_ONCE, Reason.MESSAGE_ID_MINTED.value),
    (Flag.SANITISED, Reason.SANITISED.value),
)

Remember = Callable[[int, int, Millis], list[Missed]]
"""(workspace, source, now) -> what became no fact, the newest first."""

_log: Callable[[], Log] | None = None
_remember: Remember | None = None


def connect(log: Callable[[], Log] | None, remember: Remember | None) -> None:
    """Say where the log is had, and what the capture of this process remembers; None where it captures nothing."""
    global _log, _remember
    _log, _remember = log, remember


@dataclass(frozen=True, slots=True)
class Seen:
    """One event as it came. `id` is stable while it is shown, `at` is when it arrived, `about` where it happened.

    `who` is `type:value`, empty where nobody was named.
    """

    id: str
    at: Millis
    outcome: str
    name: str
    who: str = ""
    about: str = ""
    reason: str = ""
    detail: str = ""
    flags: tuple[str, ...] = ()
    payload: str = ""
    cut: bool = False

    @property
    def title(self) -> str:
        """What to call the outcome."""
        return OUTCOMES[self.outcome]

    @property
    def meaning(self) -> str:
        """The reason in a sentence; empty for what was simply kept."""
        return _MEANING.get(self.reason, self.reason)

    @property
    def noticed(self) -> list[str]:
        """The flags, each in a sentence."""
        return [_MEANING.get(flag, flag) for flag in self.flags]


_MEANING: Final[dict[str, str]] = {reason.value: text for reason, text in MEANING.items()} | {"history": "Imported history: updates portraits, fires nothing."}


@dataclass(frozen=True, slots=True)
class Glance:
    """The newest events of a source, the newest first. `whole` is False where this process cannot know of dropped ones; `trouble` says what else is missing."""

    events: list[Seen] = field(default_factory=list)
    whole: bool = True
    trouble: str = ""

    def counts(self) -> dict[str, int]:
        """How many of the shown ones met each outcome."""
        return {outcome: sum(1 for one in self.events if one.outcome == outcome) for outcome in OUTCOMES}


def glance(workspace: int, source: int, now: Millis, limit: int = SHOWN) -> Glance:
    """The newest events of a source: those on the log among its last 20,000 records, and what capture remembers of the last hour."""
    seen: list[Seen] = []
    trouble = ""
    if _log is None:
        trouble = "This process has no log at hand; open the page on the main address of Sojourn."
    else:
        try:
            for record in _log().tail(workspace, source, limit):
                seen += _of_record(record, limit)
        except Damaged as damage:
            trouble = f"Kept events cannot be shown: {damage}"
    if _remember is not None:
        seen += [_of_missed(missed) for missed in _remember(workspace, source, now) if missed.outcome != "quarantined"]
    seen.sort(key=lambda one: one.at, reverse=True)
    return Glance(seen[:limit], _remember is not None, trouble)


def _newest(workspace: int, source: int) -> tuple[Millis, Fact] | None:
    if _log is None:
        return None
    try:
        found = _log().tail(workspace, source, SHOWN)
    except Damaged:
        return None
    facts = ((record.at, fact) for record in found for fact in reversed(record.facts) if fact.name != FACT_ERASED)
    return next(facts, None)


def newest(workspace: int, source: int) -> Fact | None:
    """The newest fact of a source, None where it has sent none lately."""
    found = _newest(workspace, source)
    return found[1] if found is not None else None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest event of a source: its name, when it came (it may tell of a day long past), and by which identifier it names somebody."""

    name: str
    at: Millis
    who: str


def newest_told(workspace: int, source: int) -> Newest | None:
    """The newest event of a source in words for a page, None where it has sent none lately."""
    found = _newest(workspace, source)
    return Newest(found[1].name or found[1].kind, found[0], who_of(found[1])) if found is not None else None


def newest_visitor(workspace: int, source: int) -> str:
    """By which identifier a source named somebody last, `type:value`; empty where it has named nobody lately."""
    fact = newest(workspace, source)
    return who_of(fact) if fact is not None else ""


def _of_record(record: Record, limit: int) -> list[Seen]:
    """Newest first, as everything here."""
    seen = []
    for place, aside in enumerate(record.quarantined[:limit]):
        text, cut, name, who = _read(aside.payload)
        seen.append(Seen(f"q{record.position}-{place}", record.at, "quarantined", name, who, reason=aside.reason, detail=aside.detail, payload=text, cut=cut))
    last = len(record.facts) - 1
    for index, fact in enumerate(reversed(record.facts[-limit:])):
        seen.append(_of_fact(str(fact_id(record.position, last - index)), record.at, fact))
    return seen


def _of_fact(number: str, at: Millis, fact: Fact) -> Seen:
    if fact.name == FACT_ERASED:
        return Seen(f"f{number}", at, "kept", "Erased", detail="The person was erased; nothing of it is left.")
    text, cut = _shown(as_sent(fact))
    flags = tuple(reason for flag, reason in _FLAGS if fact.flags & flag)
    return Seen(f"f{number}", at, "kept", fact.name or fact.kind, who_of(fact), _about(fact), flags=flags, payload=text, cut=cut)


def _about(fact: Fact) -> str:
    """The path of the page it happened on, or the product's name; empty where it says neither."""
    page = fact.context.get("page")
    path = page.get("path") if isinstance(page, dict) else None
    shown = fact.props.get("name") or fact.props.get("path") or path or ""
    return shown[:100] if isinstance(shown, str) else ""


def who_of(fact: Fact) -> str:
    """By which identifier the fact names somebody."""
    if fact.user_id:
        return f"user_id:{fact.user_id}"
    return f"anonymous_id:{fact.anonymous_id}" if fact.anonymous_id else ""


def as_sent(fact: Fact) -> dict[str, Any]:
    """A fact as the call it came by."""
    whole: dict[str, Any] = {"type": fact.kind, "event" if fact.kind == "track" else "name": fact.name, "timestamp": to_iso(fact.at)}
    whole |= {"userId": fact.user_id, "anonymousId": fact.anonymous_id, "messageId": fact.message_id}
    whole |= {"properties": fact.props, "traits": fact.traits, "context": fact.context}
    return {key: value for key, value in whole.items() if value}


def _of_missed(missed: Missed) -> Seen:
    text, cut, name, who = _read(missed.payload)
    return Seen(f"m{missed.number}", missed.at, missed.outcome, name, who, reason=missed.reason, detail=missed.detail, payload=text, cut=cut)


def _read(payload: bytes) -> tuple[str, bool, str, str]:
    """Text to show, whether it was cut, the event's name and whom it names, as far as they can be read."""
    try:
        value = msgspec.json.decode(payload)
        text, cut = _shown(value)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = _masked_text(payload.decode("utf-8", "replace"))
        return text[:PAYLOAD_CHARACTERS], len(payload) >= PAYLOAD_CHARACTERS, "", ""
    if not isinstance(value, dict):
        return text, cut, "", ""
    name = next((str(value[key]) for key in ("event", "name", "type", "topic") if value.get(key)), "")  # the topic is a webhook's
    ids = (("user_id", "userId"), ("anonymous_id", "anonymousId"))
    who = next((f"{kind}:{value[key]}" for kind, key in ids if isinstance(value.get(key), str | int) and value[key] != ""), "")
    return text, cut, name[:200], who[:300]


def payload_name(payload: bytes) -> str:
    """What a payload calls itself: the event's name, else its type; empty where it cannot be read."""
    return _read(payload)[2]


def payload_text(payload: bytes, limit: int) -> tuple[str, bool]:
    """A payload as text to show, with secrets masked, and whether it was cut."""
    _name, text, cut = payload_told(payload, limit)
    return text, cut


def payload_told(payload: bytes, limit: int) -> tuple[str, str, bool]:
    """What a payload calls itself, then as `payload_text`."""
    text, cut, name, _who = _read(payload)
    return name, text[:limit], cut or len(text) > limit


def _shown(value: Any) -> tuple[str, bool]:
    text = msgspec.json.format(msgspec.json.encode(masked(value)), indent=2).decode("utf-8", "replace")
    return text[:PAYLOAD_CHARACTERS], len(text) > PAYLOAD_CHARACTERS


def masked(value: Any) -> Any:
    """The same value with everything hidden whose name says that it is secret."""
    if isinstance(value, dict):
        return {key: MASK if _SECRET.search(str(key)) and not isinstance(part, bool) else masked(part) for key, part in value.items()}
    if isinstance(value, list):
        return [masked(part) for part in value]
    return value


_PAIR = re.compile(r"""(["']?)([\w-]+)\1(\s*[:=]\s*)("[^"]*"?|'[^']*'?|[^\s,;&}]+)""")


def _masked_text(text: str) -> str:
    """The same for a text that is no JSON, as far as names and values can be told apart in it."""

    def hide(match: re.Match[str]) -> str:
        quote, name, between, value = match.groups()
        return f"{quote}{name}{quote}{between}{MASK if _SECRET.search(name) else value}"

    return _PAIR.sub(hide, text)
