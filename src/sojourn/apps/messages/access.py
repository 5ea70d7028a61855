"""The only way to a mail of the built-in mailbox: by workspace and id."""

from sojourn.apps.messages.models import Mail
from sojourn.terms.refusals import Code, Refusal


def access_mail(workspace: int, mail: int) -> Mail:
    """A mail of this workspace. Errors: NOT_FOUND."""
    found = Mail.objects.filter(pk=mail, workspace_id=workspace).first()
    if found is None:
        raise Refusal(Code.NOT_FOUND, "There is no such mail here.")
    return found
