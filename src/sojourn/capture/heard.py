"""The newest calls of each webhook as they came, kept in memory for a while, so that a mapping can be tried on what really comes."""

from collections import deque
from collections.abc import Sequence
from itertools import count
from typing import Final

from sojourn.capture.call import Call, Candidate, Refused
from sojourn.capture.intake import Turned
from sojourn.capture.protocols import Request
from sojourn.capture.protocols.hooks import topic_of
from sojourn.ports.directory import KeyHolder
from sojourn.terms.hooks import HookCall
from sojourn.terms.time import HOUR, Millis

EACH: Final = 20
"""Calls kept of one webhook."""
HOOKS: Final = 50
"""Webhooks remembered; the one that was quiet for longest is forgotten first."""
BODY_BYTES: Final = 32 * 1024
KEPT_FOR: Final = HOUR
"""Erasing somebody cannot find them in here, so nothing stays for longer."""


class Heard:
    """What came to each webhook. The event loop's thread writes, any thread may read."""

    def __init__(self) -> None:
        self._hooks: dict[tuple[int, int], deque[HookCall]] = {}
        self._numbers = count(1)

    def taken(self, holder: KeyHolder, request: Request, calls: Sequence[Candidate], turned: Turned) -> None:
        """A call that was believed, and what each of its events met."""
        others = dict(turned.others)
        verdict = tuple(other.detail or other.reason.value if (other := others.get(place)) else _said(call) for place, call in enumerate(calls))
        kept = len(turned.arrival.items)
        outcome = "kept" if kept or not calls else "quarantined" if turned.arrival.quarantined else "dropped"
        self._note(holder, request, outcome, verdict or ("Understood; it says nothing that is kept.",))

    def refused(self, holder: KeyHolder, request: Request, refused: Refused) -> None:
        """A call that was refused, such as one that is not signed."""
        self._note(holder, request, "refused", (refused.message,))

    def of(self, workspace: int, source: int, now: Millis) -> list[HookCall]:
        """What is remembered of a webhook, the newest first."""
        kept = self._hooks.get((workspace, source))
        return [call for call in reversed(kept.copy()) if call.at > now - KEPT_FOR] if kept is not None else []

    def _note(self, holder: KeyHolder, request: Request, outcome: str, verdict: tuple[str, ...]) -> None:
        key = (holder.workspace, holder.source)
        kept = self._hooks.pop(key, None)
        if kept is None:
            kept = deque(maxlen=EACH)
            while len(self._hooks) >= HOOKS:
                del self._hooks[next(iter(self._hooks))]
        body = request.body[:BODY_BYTES]
        # What was refused is not looked into: it may be anything.
        topic = topic_of(request.hook.kind, request.headers, request.body) if request.hook is not None and outcome != "refused" else ""
        kept.append(HookCall(next(self._numbers), request.now, topic, outcome, verdict, body, len(body) == len(request.body)))
        while kept[0].at <= request.now - KEPT_FOR:
            kept.popleft()
        self._hooks[key] = kept


def _said(call: Candidate) -> str:
    return str(call.event or call.type) if isinstance(call, Call) else ""
