"""Intents in memory, on the tables of a MemoryState."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from sojourn.adapters.memory.state import MemoryState, Waiting
from sojourn.ports.intents import Claim, Settlement, Verdict
from sojourn.ports.state import Taken
from sojourn.terms.addresses import suppression_key
from sojourn.terms.effects import Intent, IntentState
from sojourn.terms.facts import MESSAGE_SKIPPED, MESSAGE_UNKNOWN, Fact
from sojourn.terms.messages import BULK, RESEND_AFTER, RESENT, TRANSACTIONAL, holds, message_fact, outcome_fact
from sojourn.terms.time import Millis

_COUNTED: Final = (IntentState.ACCEPTED, IntentState.UNKNOWN, IntentState.HANDING_OVER)
_LEAST: Final = -(1 << 63)


class MemoryIntents:
    """A `ports.intents.Intents` beside a MemoryState. `paused` holds the workspaces that send nothing."""

    def __init__(self, state: MemoryState, salt: bytes = b"sojourn") -> None:
        self.paused: set[int] = set()
        self._state = state
        self._salt = salt
        self._epoch = 0
        self._suppressed: dict[tuple[int, str], dict[str, str]] = {}  # (workspace, key) -> level -> reason

    def start_epoch(self, now: Millis) -> int:
        """Become the courier."""
        with self._state.lock:
            self._epoch += 1
            for row in self._state.waiting.values():
                if row.epoch >= self._epoch:
                    continue
                if row.state == IntentState.CLAIMED:
                    row.state = IntentState.READY.value
                elif row.state == IntentState.HANDING_OVER:
                    row.state, row.detail, row.settled_at = IntentState.UNKNOWN.value, "the courier stopped during the hand-over", now
                    props = {"reason": "courier_stopped", "state": row.state}
                    self._state.leave(row.intent.workspace, message_fact(MESSAGE_UNKNOWN, row.intent.id, row.person, now, props, row.attempts))
            return self._epoch

    def next_ready(self) -> Millis | None:
        """When the next intent may be claimed."""
        with self._state.lock:
            return min((at for row in self._state.waiting.values() if (at := _claimable_at(row)) is not None), default=None)

    def claim(self, epoch: int, now: Millis, cap_window: Callable[[int], Millis], limit: int) -> list[Claim]:
        """Mark ready intents as claimed and return them. Errors: Taken."""
        with self._state.lock:
            if epoch != self._epoch:
                raise Taken(f"courier {epoch} has been succeeded by {self._epoch}")
            found = [(at, row.intent.id) for row in self._state.waiting.values() if (at := _claimable_at(row)) is not None and at <= now]
            claims: list[Claim] = []
            for row in sorted((self._state.waiting[number] for _, number in sorted(found)[:limit]), key=lambda row: (row.ready_at, row.intent.id)):
                if row.state == IntentState.UNKNOWN:
                    row.reason = RESENT
                row.state, row.epoch = IntentState.CLAIMED.value, epoch
                claims.append(self._look(row, now, cap_window(row.intent.workspace)))
            return claims

    def begin(self, epoch: int, claim: Claim, now: Millis, cap_window: Millis, judge: Callable[[Claim], Verdict]) -> Verdict:
        """Read the guard values again, judge, and set the state that follows."""
        with self._state.lock:
            row = self._state.waiting.get(claim.intent.id)
            if row is None or row.state != IntentState.CLAIMED or row.epoch != epoch or epoch != self._epoch:
                return Verdict(False, row.reason if row is not None and row.state == IntentState.CANCELLED else "taken")
            verdict = judge(self._look(row, now, cap_window))
            if verdict.go:
                row.state, row.handed_at, row.attempts = IntentState.HANDING_OVER.value, now, row.attempts + 1
            elif verdict.at is not None:
                row.state, row.ready_at, row.detail = IntentState.READY.value, verdict.at, verdict.reason
            elif row.reason == RESENT:
                row.state = IntentState.UNKNOWN.value  # it may have arrived the first time; a refusal now does not change that
            else:
                row.state, row.reason, row.settled_at = IntentState.REFUSED.value, verdict.reason, now
                props = {"reason": verdict.reason, "state": row.state}
                self._state.leave(row.intent.workspace, message_fact(MESSAGE_SKIPPED, row.intent.id, row.person, now, props))
            return verdict

    def settle(self, epoch: int, intent: str, now: Millis, settlement: Settlement, fact: dict[str, Any] | None) -> bool:
        """Write how it ended; whether this epoch still owned it."""
        with self._state.lock:
            row = self._state.waiting.get(intent)
            if row is None or row.state != IntentState.HANDING_OVER or row.epoch != epoch:
                return False
            row.state, row.detail, row.queue_id = str(settlement.state), settlement.detail, settlement.queue_id
            if row.state == IntentState.READY:
                row.ready_at = now if settlement.retry_at is None else settlement.retry_at
            else:
                row.settled_at = now
            if fact is not None:
                self._state.leave(row.intent.workspace, outcome_fact(fact, intent, row.person, now, row.attempts))
            return True

    def suppress(self, workspace: int, address: str, level: str, reason: str, now: Millis) -> None:
        """Put an address on the suppression list."""
        with self._state.lock:
            self._suppressed.setdefault((workspace, suppression_key(self._salt, address)), {}).setdefault(level, reason)

    def get(self, intent: str) -> tuple[Intent, str] | None:
        """An intent and its state."""
        row = self._state.waiting.get(intent)
        return None if row is None else (_current(row), row.state)

    def outbox(self, limit: int) -> Sequence[tuple[int, int, bytes]]:
        """Facts waiting to be put on the log."""
        with self._state.lock:
            return [(sequence, workspace, packed) for sequence, (workspace, packed) in sorted(self._state.outbox.items())[:limit]]

    def relayed(self, sequences: Sequence[int]) -> None:
        """Those are on the log now."""
        with self._state.lock:
            for sequence in sequences:
                self._state.outbox.pop(sequence, None)

    def leave(self, workspace: int, fact: Fact) -> None:
        """Put a fact into the outbox, as the apps' verbs do."""
        self._state.leave(workspace, fact)

    def _look(self, row: Waiting, now: Millis, cap_window: Millis) -> Claim:
        intent = row.intent
        listed = self._suppressed.get((intent.workspace, suppression_key(self._salt, intent.address)), {})
        sent = [other for other in self._state.intents_of(intent.workspace, row.person) if other.state in _COUNTED]
        return Claim(
            intent=_current(row),
            attempts=row.attempts,
            suppressed=next((reason or level for level, reason in sorted(listed.items()) if holds(level, intent.purpose, intent.kind)), ""),
            consent=self._consent(row),
            sent_in_window=sum(
                1 for other in sent if other.intent.kind == BULK and (_LEAST if other.handed_at is None else other.handed_at) > now - cap_window
            ),
            paused=intent.workspace in self.paused,
            sent_for_cart=sum(1 for other in sent if _same_cart(other.intent, intent)),
        )

    def _consent(self, row: Waiting) -> bool | None:
        about = (row.intent.channel, row.intent.purpose)
        said: bool | None = None
        newest = _LEAST
        for consent in self._state.consents_of(row.intent.workspace, row.person):
            if (consent.channel, consent.purpose) == about and consent.at >= newest:
                said, newest = consent.granted, consent.at
        return said


def _same_cart(one: Intent, other: Intent) -> bool:
    return one.id != other.id and (one.automation, one.episode) == (other.automation, other.episode)


def _claimable_at(row: Waiting) -> Millis | None:
    """When an intent may be claimed: a ready one at its time, a transactional one of unknown fate once more after a while, others never."""
    if row.state == IntentState.READY:
        return row.ready_at
    if row.state == IntentState.UNKNOWN and row.intent.kind == TRANSACTIONAL and row.reason != RESENT and row.settled_at is not None:
        return row.settled_at + RESEND_AFTER
    return None


def _current(row: Waiting) -> Intent:
    return msgspec.structs.replace(row.intent, person=row.person, state=row.state, ready_at=row.ready_at)
