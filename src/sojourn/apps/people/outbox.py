"""The outbox: facts on their way to the log, written in the transaction of what they tell."""

import msgspec

from sojourn.apps.people.models import OutboxRow
from sojourn.terms.facts import Fact, Flag, Kind
from sojourn.terms.ids import digest
from sojourn.terms.time import Millis


def put_on_log(workspace: int, fact: Fact) -> None:
    """Leave a fact in the outbox, in the caller's transaction; the relay puts it on the log."""
    OutboxRow.objects.create(workspace_id=workspace, fact=msgspec.msgpack.encode(fact))


def control(workspace: int, name: str, at: Millis, props: dict[str, object], *parts: str | int) -> Fact:
    """A control fact; `parts` and its name make its messageId, so the same parts count once."""
    return Fact(kind=Kind.CONTROL, name=name, at=at, message_id=digest(workspace, name, *parts), props=props, flags=int(Flag.TRUSTED))
