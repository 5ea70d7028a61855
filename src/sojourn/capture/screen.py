"""What a workspace keeps away from its portraits: crawlers, events that say their visitor refused, and events that break their contract."""

from collections.abc import Sequence
from typing import Any, Final

from sojourn.capture.as_json import as_json
from sojourn.capture.bots import is_bot
from sojourn.capture.call import Call, Candidate
from sojourn.capture.limits import QUARANTINE_BYTES
from sojourn.ports.directory import Policy
from sojourn.terms.contracts import breach
from sojourn.terms.outcomes import Dropped, Quarantined, Reason

_ANALYTICS: Final = frozenset(("analytics", "analytical", "statistics", "performance", "measurement", "c0002"))
"""What consent tools call the purpose that portraits need; C0002 is OneTrust's number for it."""
_BOT: Final = Dropped(Reason.BOT, "the user agent is a known crawler's; nothing of it is kept")
_REFUSED: Final = Dropped(Reason.CONSENT_REFUSED, "the event says that its visitor refused analytics; nothing of it is kept")
WISHES: Final[frozenset[str]] = frozenset((Reason.BOT, Reason.CONSENT_REFUSED))
"""Why a workspace keeps events away; their sender has done nothing wrong."""


def screen(calls: Sequence[Candidate], policy: Policy, around: Any, agent: str) -> list[Candidate] | None:
    """The calls with an outcome in place of each that is kept away; None where all may go on.

    `around` is the envelope's context, `agent` the browser's own user agent where a browser sends: both hold for calls that say nothing else.
    """
    outer = around if type(around) is dict else None
    if outer is not None:
        said = outer.get("userAgent")
        agent = said if type(said) is str else agent
    out: list[Candidate] | None = None
    for index, call in enumerate(calls):
        if type(call) is not Call:
            continue
        found = _outcome(call, policy, outer, agent)
        if found is not None:
            if out is None:
                out = list(calls)
            out[index] = found
    return out


def wished(outcomes: Sequence[tuple[int, Dropped | Quarantined]]) -> bool:
    """Whether all these were kept away as the workspace wished: then the sender has done nothing wrong."""
    return all(other.reason in WISHES for _, other in outcomes)


def _outcome(call: Call, policy: Policy, outer: dict[str, Any] | None, agent: str) -> Dropped | Quarantined | None:
    context = call.context
    own = context if type(context) is dict else None
    if policy.bots:
        said = own.get("userAgent") if own is not None else None
        said = said if type(said) is str else agent
        if said and is_bot(said):
            return _BOT
    if policy.refused and ((own is not None and refuses(own)) or (outer is not None and "consent" not in (own or ()) and refuses(outer))):
        name = call.event
        if not (type(name) is str and "consent" in name.lower()):  # what tells of a choice is kept, whatever the choice was
            return _REFUSED
    if policy.contracts:
        return _broken(call, policy.contracts)
    return None


def refuses(context: dict[str, Any]) -> bool:
    """Whether an event's context says that analytics was refused, in the words of Segment's or RudderStack's consent tools, or plainly."""
    consent = context.get("consent")
    if type(consent) is dict:
        chosen = consent.get("categoryPreferences", consent)
        if type(chosen) is dict and any(value is False and type(key) is str and key.lower() in _ANALYTICS for key, value in chosen.items()):
            return True
    managed = context.get("consentManagement")
    if type(managed) is dict:
        denied = managed.get("deniedConsentIds")
        return type(denied) is list and any(type(one) is str and one.lower() in _ANALYTICS for one in denied)
    return False


def _broken(call: Call, contracts: dict[str, str]) -> Quarantined | None:
    name = call.event
    body = contracts.get(name.strip()) if type(name) is str else None
    if body is None:
        return None
    why = breach(body, call.properties if call.properties is not None else {})
    if not why:
        return None
    return Quarantined(Reason.CONTRACT_BROKEN, as_json(call)[:QUARANTINE_BYTES], why)
