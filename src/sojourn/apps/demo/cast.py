"""The people of the story as they are found in a workspace."""

from dataclasses import dataclass, replace

from sojourn.apps.demo.story import DOMAIN, ROLES, Role
from sojourn.apps.people.api import get_person, list_messages, look_up


@dataclass(frozen=True, slots=True)
class Seen:
    """Somebody of the story, with the person's id where they are known already, else 0. `intent` is the message decided about last, if any."""

    key: str
    name: str
    happened: str
    look: str
    person: int = 0
    intent: str = ""


HELD_BACK = "Would have got a mail, but belongs to the one in ten held back by chance: with them the effect of the others is measured."


def cast(workspace: int) -> list[Seen]:
    """The people of the story. Whoever chance has held back is told so: it is nobody's choice, and somebody is always among them."""
    found = [_seen(workspace, role) for role in ROLES]
    if all(one.look != HELD_BACK for one in found):
        held = [message for message in list_messages(workspace, "held_out", limit=20)[0] if message.address.endswith(f"@{DOMAIN}")]
        found[3:3] = [Seen("held", one.person_name, "Left a cart, as many do.", HELD_BACK, one.person, one.id) for one in held[:1]]
    return found


def _seen(workspace: int, role: Role) -> Seen:
    seen = Seen(role.key, role.name, role.happened, role.look)
    for identifier in (f"user_id:story-{role.key}", f"anonymous_id:story-{role.key}-a"):
        lines = look_up(workspace, identifier, 1)
        if lines:
            decided = get_person(workspace, str(lines[0].id)).person.decisions
            last = decided[-1] if decided else None
            held = last is not None and last.outcome == "hold_out"
            return replace(seen, person=lines[0].id, intent=last.id if last else "", look=HELD_BACK if held else role.look)
    return seen
