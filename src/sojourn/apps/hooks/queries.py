"""Webhooks, the calls that came in, and what a mapping makes of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec

from sojourn.apps.hooks import reach
from sojourn.apps.hooks.models import Hook, Mapping
from sojourn.apps.hooks.vendors import LISTED, Vendor
from sojourn.apps.sources.api import list_sources, payload_text, quarantined
from sojourn.terms.hooks import Hook as HookTerms
from sojourn.terms.hooks import HookCall, Previewed, Rule
from sojourn.terms.outcomes import Reason
from sojourn.terms.time import Millis

SHOWN = 20
"""Calls of a webhook that are shown."""
BODY_CHARACTERS = 6_000
_OUTCOMES = {"kept": "Kept", "dropped": "Dropped", "quarantined": "Set aside", "refused": "Refused"}


@dataclass(frozen=True, slots=True)
class HookLine:
    """A webhook with its counts since it was made."""

    id: int
    name: str
    vendor: Vendor
    enabled: bool
    signed: bool
    kept: int
    aside: int
    forged: int


@dataclass(frozen=True, slots=True)
class Shown:
    """A call as a page shows it. `key` names it among the newest; `sample` where a mapping can be tried on it."""

    key: str
    at: Millis
    topic: str
    outcome: str
    verdict: tuple[str, ...]
    payload: str
    cut: bool
    sample: bool

    @property
    def title(self) -> str:
        """What to call the outcome."""
        return _OUTCOMES.get(self.outcome, self.outcome)


@dataclass(frozen=True, slots=True)
class Sample:
    """A call that a mapping is tried on. `at` is None for the vendor's example."""

    key: str
    topic: str
    body: bytes
    at: Millis | None = None


class _Record(msgspec.Struct):
    topic: str
    body: msgspec.Raw


def list_hooks(workspace: int) -> list[HookLine]:
    """All webhooks of a workspace, the oldest first."""
    lines = {line.id: line for line in list_sources(workspace)}
    found = []
    for hook in Hook.objects.filter(workspace_id=workspace).select_related("source").order_by("pk"):
        line = lines[hook.source_id]
        forged = line.dropped.get(Reason.FORGED.value, 0)
        found.append(HookLine(hook.pk, line.name, LISTED[hook.kind], line.enabled, bool(hook.sealed), line.kept, line.quarantined_total, forged))
    return found


def rules_of(hook: Hook) -> tuple[Rule, ...]:
    """The rules in effect."""
    return msgspec.json.decode(hook.mapping.rules, type=tuple[Rule, ...]) if hook.mapping is not None else ()


def versions(hook: Hook) -> list[Mapping]:
    """The newest ten versions of the mapping, the newest first."""
    return list(Mapping.objects.filter(hook=hook).order_by("-version")[:10])


def terms_of(hook: Hook, rules: tuple[Rule, ...] | None = None) -> HookTerms:
    """The webhook as capture knows it, with its own rules or others."""
    return HookTerms(hook.kind, hook.secret, hook.token, rules_of(hook) if rules is None else rules)


def calls(hook: Hook, now: Millis) -> list[Shown]:
    """The newest calls that this process remembers, the newest first."""
    return [_shown(call) for call in reach.heard(hook.workspace_id, hook.source_id, now)[:SHOWN]]


def _shown(call: HookCall) -> Shown:
    text, cut = payload_text(call.body, BODY_CHARACTERS)
    return Shown(f"h{call.number}", call.at, call.topic, call.outcome, call.verdict, text, cut or not call.whole, call.whole and call.outcome != "refused")


def without_meaning(hook: Hook) -> Sample | None:
    """The newest call set aside whose topic has no rule yet; None where all that wait can be read now."""
    mapped = {rule.topic for rule in rules_of(hook)}
    return next((one for one in _aside(hook) if not {one.topic, ""} & mapped), None)


def _aside(hook: Hook) -> Iterator[Sample]:
    for row in quarantined(hook.workspace_id, hook.source_id):
        if row.reason != Reason.UNMAPPED:
            continue
        try:
            record = msgspec.json.decode(bytes(row.payload), type=_Record)
        except (msgspec.DecodeError, RecursionError):
            continue  # cut off at 64 KiB, or nested by the hundred
        yield Sample(f"q{row.pk}", record.topic, bytes(record.body), row.at)


def samples(hook: Hook, now: Millis) -> list[Sample]:
    """Calls that a mapping can be tried on: what came in the last hour, then what is set aside; the vendor's example where there is neither."""
    found = [
        Sample(f"h{call.number}", call.topic, call.body, call.at)
        for call in reach.heard(hook.workspace_id, hook.source_id, now)[:SHOWN]
        if call.whole and call.outcome != "refused"
    ]
    known = {(one.topic, one.body.strip()) for one in found}
    found += [one for one in _aside(hook) if (one.topic, one.body) not in known][: max(SHOWN - len(found), 0)]
    vendor = LISTED[hook.kind]
    return found or [Sample("example", vendor.topic, msgspec.json.encode(vendor.example))]


def tried(hook: Hook, rule: Rule | None, sample: Sample, now: Millis) -> Previewed:
    """What a call becomes with this rule in the place of that of its topic; with the rules in effect where there is none."""
    rules = rules_of(hook)
    if rule is not None:
        rules = (*(one for one in rules if one.topic != rule.topic), rule)
    return reach.preview(terms_of(hook, rules), sample.topic, sample.body, now)
