"""The courier: takes intents that are due, looks at them a last time, hands them over at most once, and writes down how it ended."""

import time
from collections.abc import Callable
from typing import Any, Final

import msgspec

from sojourn.actions.compose import Composer
from sojourn.actions.failpoints import failpoint
from sojourn.actions.guard import judge
from sojourn.actions.mail_settings import MailSettings
from sojourn.actions.renderer import RenderFailed
from sojourn.ports.channel import Channel, Envelope, HandedOver
from sojourn.ports.clock import Clock
from sojourn.ports.intents import Claim, Intents, Settlement, Verdict
from sojourn.terms.effects import Intent, IntentState, Why
from sojourn.terms.facts import MESSAGE_FAILED, MESSAGE_SENT, MESSAGE_UNKNOWN
from sojourn.terms.ids import spread
from sojourn.terms.messages import GLOBAL, TRANSACTIONAL
from sojourn.terms.rules import RuleBook
from sojourn.terms.time import DAY, HOUR, MINUTE, SECOND, Millis

RETRY_AFTER: Final[tuple[Millis, ...]] = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR)
BULK_LIMIT: Final[Millis] = DAY
TRANSACTIONAL_LIMIT: Final[Millis] = HOUR
OVERRUNS: Final = 3
BATCH: Final = 20
BEHIND_SECONDS: Final = 1.0
LOOK_AGAIN: Final[Millis] = 5 * SECOND
BEHIND: Final = "behind"
NO_SUCH_MAILBOX: Final = ("5.1.1", "5.1.2", "5.1.6", "5.1.10")


class Watermark(msgspec.Struct, frozen=True):
    """How far the log reaches, and how far the engine has folded and committed it."""

    head: Callable[[], int]
    folded: Callable[[], int]


class Desk(msgspec.Struct, frozen=True):
    """What the courier asks about a workspace: its rules in force and its mail settings. Both raise where they cannot say; then nothing is sent."""

    rules: Callable[[int], RuleBook]
    mail: Callable[[int], MailSettings]


class Courier:
    """One courier at a time: making one raises the epoch, and what an older one had begun becomes unknown (see ports.intents)."""

    def __init__(
        self,
        intents: Intents,
        channel: Channel,
        composer: Composer,
        clock: Clock,
        desk: Desk,
        watermark: Watermark,
        rest: Callable[[float], None] = time.sleep,
        patience_seconds: float = BEHIND_SECONDS,
    ) -> None:
        self._intents = intents
        self._channel = channel
        self._composer = composer
        self._clock = clock
        self._desk = desk
        self._watermark = watermark
        self._rest = rest
        self._patience_seconds = patience_seconds
        self._overruns: dict[str, int] = {}
        self._epoch = intents.start_epoch(clock.now())

    def run_once(self) -> int:
        """Do what is due now; how many intents were looked at. Errors: Taken where another courier has begun; whatever the stores raise."""
        now = self._clock.now()
        due = self._intents.next_ready()
        if due is None or due > now or not self._caught_up():
            return 0
        claims = self._intents.claim(self._epoch, now, lambda workspace: self._desk.rules(workspace).cap_window, BATCH)
        for claim in claims:
            failpoint("courier.after_claim")
            self._carry(claim)
        return len(claims)

    def _carry(self, claim: Claim) -> None:
        intent = claim.intent
        rules, mail = self._desk.rules(intent.workspace), self._desk.mail(intent.workspace)
        try:
            envelope = self._composer.compose(intent, mail)  # before `begin`, so that nothing slow stands between the last look and the first byte
        except RenderFailed as failure:
            self._hold(claim, failure, rules)
            return
        if not self._caught_up():
            self._put_back(claim, BEHIND, LOOK_AGAIN, rules)
            return
        now = self._clock.now()
        verdict = self._intents.begin(self._epoch, claim, now, rules.cap_window, lambda seen: _last_look(seen, rules, mail, now))
        if verdict.go:
            self._hand_over(claim, envelope, now)

    def _hand_over(self, claim: Claim, envelope: Envelope, begun: Millis) -> None:
        failpoint("courier.after_begin")
        answer = self._channel.hand_over(envelope)
        failpoint("courier.after_hand_over")
        intent, attempts = claim.intent, claim.attempts + 1
        if answer.outcome == "failed" and answer.enhanced in NO_SUCH_MAILBOX:
            self._intents.suppress(intent.workspace, intent.address, GLOBAL, "hard_bounce", begun)
        settlement, fact = settle(intent, attempts, answer, begun, self._clock.now())
        self._intents.settle(self._epoch, intent.id, self._clock.now(), settlement, fact)
        failpoint("courier.after_settle")

    def _hold(self, claim: Claim, failure: RenderFailed, rules: RuleBook) -> None:
        """A message that cannot be made is not sent. An overrun may be the machine's fault, so it is tried again a few times."""
        number = claim.intent.id
        self._overruns[number] = self._overruns.get(number, 0) + 1
        if failure.overrun and self._overruns[number] < OVERRUNS:
            self._put_back(claim, Why.RENDER_ERROR, MINUTE, rules)
            return
        self._overruns.pop(number, None)
        self._intents.begin(self._epoch, claim, self._clock.now(), rules.cap_window, lambda _: Verdict(False, Why.RENDER_ERROR))

    def _put_back(self, claim: Claim, reason: str, wait: Millis, rules: RuleBook) -> None:
        at = self._clock.now() + wait
        later = Verdict(False, reason, at) if at < claim.intent.expires_at else Verdict(False, Why.EXPIRED)
        self._intents.begin(self._epoch, claim, self._clock.now(), rules.cap_window, lambda _: later)

    def _caught_up(self) -> bool:
        """Whether the engine has folded all that is on the log as of now; waits a little for it. An order that is queued but not folded must win."""
        head = self._watermark.head()
        until = time.monotonic() + self._patience_seconds
        while self._watermark.folded() < head:
            if time.monotonic() >= until:
                return False
            self._rest(0.01)
        return True


def _last_look(claim: Claim, rules: RuleBook, mail: MailSettings, now: Millis) -> Verdict:
    return judge(msgspec.structs.replace(claim, paused=claim.paused or mail.paused), rules, now)


def settle(intent: Intent, attempts: int, answer: HandedOver, begun: Millis, now: Millis) -> tuple[Settlement, dict[str, Any] | None]:
    """How a hand-over ended, and the fact that tells it. Only an explicit `accepted` is taken as such; an answer nobody knows is `unknown`."""
    props = {
        "automation": intent.automation,
        "template": intent.template,
        "cause": intent.cause,
        "episode": intent.episode,
        "channel": intent.channel,
        "purpose": intent.purpose,
        "kind": intent.kind,
        "code": answer.code,
    }
    if answer.outcome == "accepted":
        return Settlement(IntentState.ACCEPTED, answer.detail, answer.queue_id), _told(MESSAGE_SENT, begun, props)
    if answer.outcome == "retry":
        again = retry_at(intent, attempts, now)
        if again is not None:
            return Settlement(IntentState.READY, _said(answer), retry_at=again), None
        return Settlement(IntentState.FAILED, f"given up after {attempts} attempts; last: {_said(answer)}"), _told(
            MESSAGE_FAILED, begun, {**props, "reason": "time_limit", "attempts": attempts}
        )
    if answer.outcome == "failed":
        hard = answer.enhanced in NO_SUCH_MAILBOX
        told = {**props, "reason": f"{answer.code} {answer.enhanced}".strip(), "enhanced": answer.enhanced, "hard": hard}
        return Settlement(IntentState.FAILED, _said(answer)), _told(MESSAGE_FAILED, begun, told)
    return Settlement(IntentState.UNKNOWN, _said(answer)), _told(MESSAGE_UNKNOWN, begun, {**props, "reason": "no_answer"})


def retry_at(intent: Intent, attempts: int, now: Millis) -> Millis | None:
    """When to try again after the attempt of that number: 1, 5, 15 minutes, 1, 2, then every 4 hours, each up to a fifth later; None past the time limit.

    The limit is 24 hours of waiting for bulk and 1 hour for transactional messages, and never beyond the intent's own end.
    """
    waits = [RETRY_AFTER[min(number, len(RETRY_AFTER) - 1)] for number in range(attempts)]
    if sum(waits) > (TRANSACTIONAL_LIMIT if intent.kind == TRANSACTIONAL else BULK_LIMIT):
        return None
    again = now + waits[-1] + spread((intent.id, attempts), waits[-1] // 5)
    return again if again < intent.expires_at else None


def _told(name: str, at: Millis, props: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "at": at, "props": props}


def _said(answer: HandedOver) -> str:
    return f"{answer.code or ''} {answer.detail}".strip()[:500]
