"""The only way to a person: by workspace and id."""

from sojourn.apps.people.models import EpisodeRow, IntentRow, PersonRow
from sojourn.apps.people.queries import by_id, number
from sojourn.terms.refusals import Code, Refusal


def access_person(workspace: int, person: str) -> PersonRow:
    """A person of this workspace by the text of their id; whoever was merged leads to whom they became. Errors: NOT_FOUND."""
    asked = number(person)
    found = by_id(workspace, asked) if asked is not None else None
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such person here.")
    return found


def access_intent(workspace: int, intent: str) -> IntentRow:
    """A message of this workspace. Errors: NOT_FOUND."""
    found = IntentRow.objects.filter(pk=intent, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such message here.")
    return found


def access_episode(workspace: int, episode: str) -> EpisodeRow:
    """A cart of this workspace by the text of its id. Errors: NOT_FOUND."""
    asked = number(episode)
    found = EpisodeRow.objects.filter(pk=asked, workspace_id=workspace).first() if asked is not None and asked < 1 << 63 else None
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such cart here.")
    return found
