"""Events that were set aside go through capture's own intake again, as their source and at the time they came first."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from sojourn.apps.sources import redrive
from sojourn.apps.sources.redrive import Again, Verdict
from sojourn.capture.call import Opened, Refused
from sojourn.capture.decode import read_item
from sojourn.capture.intake import Intake, Names
from sojourn.ports.directory import NO_POLICY, KeyHolder, Policy
from sojourn.ports.log import Full, Log
from sojourn.runtime.hooks import opened_again
from sojourn.terms.facts import Arrival
from sojourn.terms.refusals import Code, Refusal

if TYPE_CHECKING:
    from sojourn.runtime.wiring import House

PolicyOf = Callable[[int, int], Policy]
"""(workspace, source) -> what is kept away there now."""


def drive(log: Log, policy_of: PolicyOf, events: list[Again]) -> list[Verdict]:
    """Take in what can be taken in, in one durable append; a verdict for each. Errors: Refusal(NOT_READY)."""
    names = Names()
    verdicts: list[Verdict | None] = []
    arrivals: list[Arrival] = []
    policies: dict[tuple[int, int], Policy] = {}
    for event in events:
        key = (event.workspace, event.source)
        if key not in policies:
            policies[key] = policy_of(*key)
        made = _take(event, policies[key], names)
        if isinstance(made, Verdict):
            verdicts.append(made)
        else:
            arrivals.append(made)
            verdicts.append(None)
    try:
        appended = iter(log.append(arrivals) if arrivals else [])
    except Full as full:
        raise Refusal(Code.NOT_READY, f"The log takes nothing now: {full}. Nothing was changed; try again.") from None
    return [verdict if verdict is not None else Verdict(duplicate=bool(next(appended).duplicates)) for verdict in verdicts]


def _take(event: Again, policy: Policy, names: Names) -> Arrival | Verdict:
    # A member stands behind it, but what it says is still only what a write key may say.
    holder = KeyHolder(event.workspace, event.source, "", policy=Policy(contracts=policy.contracts) if policy.contracts else NO_POLICY)
    try:
        opened = opened_again(event.workspace, event.source, event.payload) or Opened([read_item(event.payload)])
        turned = Intake(holder, event.at, mint=lambda: event.message_id).take(opened, names)
    except Refused as refused:
        return Verdict(refused.reason, refused.message)
    for _index, other in turned.others:
        return Verdict(other.reason.value, other.detail)
    return turned.arrival


def connect(house: "House") -> None:
    """Let the pages of this process drive events again."""

    def policy_of(workspace: int, _source: int) -> Policy:
        return Policy(contracts=house.contracts(workspace))

    redrive.connect(lambda events: drive(house.log(), policy_of, events))
