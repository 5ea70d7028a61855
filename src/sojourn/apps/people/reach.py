"""Whether somebody can be written to by email, and what speaks against it."""

from dataclasses import dataclass

from sojourn.apps.people.models import SuppressionRow
from sojourn.apps.workspace.api import salt_of
from sojourn.terms.addresses import suppression_key
from sojourn.terms.ids import EMAIL
from sojourn.terms.messages import GLOBAL, MANUAL
from sojourn.terms.person import Person
from sojourn.terms.rules import RuleBook

_WHY = {"hard_bounce": "a message came back for good", "complaint": "they marked a message as spam", "manual": "somebody of the team said so"}


@dataclass(frozen=True, slots=True)
class Reach:
    """`yes` where marketing mail may go out to `address`; `why` says what that rests on, or what stands against it."""

    yes: bool
    address: str
    why: str


def address_of(person: Person) -> str:
    """The address mail goes to: the trait, else the first email identifier; empty where there is none."""
    trait = person.traits.get(EMAIL)
    if trait is not None and isinstance(trait.value, str) and trait.value.strip():
        return trait.value.strip()
    return next((key.partition(":")[2] for key in person.identifiers if key.startswith(f"{EMAIL}:")), "")


def by_email(workspace: int, person: Person, rules: RuleBook) -> Reach:
    """Whether marketing mail may reach this person now. Frequency caps and quiet hours, which pass, do not count here."""
    address = address_of(person)
    if not address:
        return Reach(False, "", "No email address is known.")
    if person.suppressed.get(EMAIL):
        reason = person.suppressed[EMAIL]
        return Reach(False, address, f"Never: {_WHY.get(reason, reason.replace('_', ' '))}.")
    levels = _suppressed(workspace, address)
    if GLOBAL in levels or MANUAL in levels:
        return Reach(False, address, "Never: the address is on the suppression list.")
    consent = person.consent.get(f"{EMAIL}:marketing")
    if "stream:marketing" in levels or (consent is not None and not consent.granted):
        return Reach(False, address, "They said no to marketing.")
    if consent is not None:
        return Reach(True, address, "They said yes to marketing.")
    if rules.consent == "opt_in":
        return Reach(False, address, "They were not asked, and this workspace writes only to those who said yes.")
    return Reach(True, address, "They have not said no, which is enough by this workspace’s rule.")


def _suppressed(workspace: int, address: str) -> set[str]:
    salt = salt_of(workspace)
    if salt is None:
        return set()
    return set(SuppressionRow.objects.filter(workspace_id=workspace, address=suppression_key(salt, address)).values_list("level", flat=True))
