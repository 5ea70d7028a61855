"""Verbs that come from the people themselves: not to be written to any more, and following a link."""

from django.db import transaction

from sojourn.apps.people.models import SuppressionRow
from sojourn.apps.people.outbox import control, put_on_log
from sojourn.terms.addresses import suppression_key
from sojourn.terms.facts import MESSAGE_CLICKED, UNSUBSCRIBED
from sojourn.terms.ids import PersonId
from sojourn.terms.time import Millis


@transaction.atomic
def unsubscribe(workspace: int, salt: bytes, person: PersonId, address: str, purpose: str, intent: str, now: Millis) -> bool:
    """Put the address on the suppression list for this purpose and tell the engine; whether that was new. Doing it again changes nothing."""
    _row, created = SuppressionRow.objects.get_or_create(
        workspace_id=workspace,
        address=suppression_key(salt, address),
        level=f"stream:{purpose}",
        defaults={"reason": "unsubscribed", "at": now},
    )
    if created:
        props: dict[str, object] = {"person": person, "channel": "email", "purpose": purpose, "intent": intent, "at": now}
        put_on_log(workspace, control(workspace, UNSUBSCRIBED, now, props, person, purpose, now))
    return created


@transaction.atomic
def record_click(workspace: int, person: PersonId, intent: str, url: str, link: str, now: Millis) -> None:
    """Tell the engine that a link of a message was followed."""
    props: dict[str, object] = {"person": person, "channel": "email", "intent": intent, "url": url, "link": link, "at": now}
    put_on_log(workspace, control(workspace, MESSAGE_CLICKED, now, props, intent, url, now))
