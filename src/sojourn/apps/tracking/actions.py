"""Verbs of the tracking plan: give an event a contract, take it away."""

from typing import Final

from django.db import transaction

from sojourn.apps.tracking.access import access_contract, find_contract
from sojourn.apps.tracking.models import Contract
from sojourn.apps.workspace.api import audit
from sojourn.terms.contracts import flaw
from sojourn.terms.refusals import Code, Refusal
from sojourn.terms.time import Millis, to_datetime

REPORT, QUARANTINE = "report", "quarantine"
MODES: Final[dict[str, str]] = {REPORT: "Report only", QUARANTINE: "Set aside what breaks it"}
MOST: Final = 200
"""Contracts of one workspace: capture reads them all every ten seconds."""
NAME_CHARACTERS: Final = 200


@transaction.atomic
def set_contract(workspace: int, event: str, body: str, mode: str, actor: str, now: Millis) -> Contract:
    """Say what the properties of an event must look like; capture knows within 10 seconds. Errors: BAD_VALUE."""
    name = event.strip()
    if not 1 <= len(name) <= NAME_CHARACTERS:
        raise Refusal(Code.BAD_VALUE, f"An event has a name of 1 to {NAME_CHARACTERS} characters.")
    if mode not in MODES:
        raise Refusal(Code.BAD_VALUE, f"A contract is in one of the modes {', '.join(MODES)}.")
    wrong = flaw(body)
    if wrong:
        raise Refusal(Code.BAD_VALUE, wrong)
    found = find_contract(workspace, name)
    if found is None and Contract.objects.filter(workspace_id=workspace).count() >= MOST:
        raise Refusal(Code.BAD_VALUE, f"A workspace has at most {MOST} contracts; remove one that is not needed.")
    contract = found or Contract(workspace_id=workspace, event=name)
    before = contract.mode
    contract.body, contract.mode, contract.changed_at = body, mode, to_datetime(now)
    contract.save()
    audit(workspace, actor, "set_contract", name, now, {"mode": mode, "before": before})
    return contract


@transaction.atomic
def remove_contract(workspace: int, event: str, actor: str, now: Millis) -> None:
    """Let an event carry anything again. Errors: NOT_FOUND."""
    access_contract(workspace, event).delete()
    audit(workspace, actor, "remove_contract", event, now, {})
