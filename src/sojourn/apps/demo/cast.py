"""The people of the story as they are found in a workspace."""

from dataclasses import dataclass

from sojourn.apps.demo.story import DOMAIN, ROLES
from sojourn.apps.people.api import list_messages, look_up


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody of the story, with the person's id where they are known already, else 0."""

    name: str
    happened: str
    look: str
    person: int


def cast(workspace: int) -> list[Seen]:
    """The people of the story as they are found here, and whoever chance has held back, as that is nobody's choice."""
    found = [Seen(role.name, role.happened, role.look, _person(workspace, role.key)) for role in ROLES]
    held = [message for message in list_messages(workspace, "held_out", limit=20)[0] if message.address.endswith(f"@{DOMAIN}")]
    if held:
        words = "Left a cart and would have got a mail, but belongs to the one in ten held back by chance."
        found.insert(3, Seen(held[0].person_name, words, "Nothing was sent: with this arm the effect of the others is measured.", held[0].person))
    return found


def _person(workspace: int, key: str) -> int:
    for identifier in (f"user_id:story-{key}", f"anonymous_id:story-{key}-a"):
        lines = look_up(workspace, identifier, 1)
        if lines:
            return lines[0].id
    return 0
