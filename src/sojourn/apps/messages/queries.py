"""What can be read of the built-in mailbox: its mails, sought and taken apart for looking at."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

from django.db.models import Q

from sojourn.apps.messages.models import Mail
from sojourn.terms.time import Millis

PAGE = 50


@dataclass(frozen=True, slots=True)
class Parts:
    """A mail taken apart: its headers in order, its HTML and its text (empty where it has none)."""

    headers: list[tuple[str, str]]
    html: str
    text: str


def mails(workspace: int, query: str = "", before: int = 0) -> tuple[list[Mail], int]:
    """The newest mails without their bodies, with ids below `before` where given; with the next `before`, 0 at the end.

    `query` is a part of a subject or an address, whatever the case.
    """
    rows = Mail.objects.filter(workspace_id=workspace).defer("raw")
    text = query.strip()
    if text:
        rows = rows.filter(Q(subject__icontains=text) | Q(recipient__icontains=text) | Q(sender__icontains=text))
    found = list((rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PAGE + 1])
    return found[:PAGE], found[PAGE - 1].pk if len(found) > PAGE else 0


def mail_of(workspace: int, intent: str) -> Mail | None:
    """The mail that an intent became, where the built-in mailbox took it in."""
    return Mail.objects.filter(workspace_id=workspace, intent=intent).defer("raw").first()


def kept_since(workspace: int, since: Millis) -> bool:
    """Whether the built-in mailbox took mail in at or after that time, so that nobody got it."""
    return Mail.objects.filter(workspace_id=workspace, at__gte=since).exists()


def take_apart(raw: bytes) -> Parts:
    """Read a whole message. A part that cannot be decoded is shown with replacement characters."""
    message = message_from_bytes(raw, _class=EmailMessage, policy=policy.default)
    return Parts([(name, str(value)) for name, value in message.items()], _body(message, "html"), _body(message, "plain"))


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    if part is None:
        return ""
    payload = part.get_payload(decode=True)
    charset = part.get_content_charset("utf-8")
    raw = payload if isinstance(payload, bytes) else b""
    try:
        return raw.decode(charset, "replace")
    except LookupError:
        return raw.decode("utf-8", "replace")


def source(raw: bytes, limit: int = 200_000) -> str:
    """The whole message as it travels, cut at `limit` bytes."""
    return raw[:limit].decode("utf-8", "replace")
