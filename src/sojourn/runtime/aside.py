"""A fact that is set aside, in the words of a call, so that it can be read, mended and driven again when its trouble is over."""

from typing import Any, Final

import msgspec

from sojourn.terms.facts import Fact, Kind
from sojourn.terms.time import to_iso

KEPT_BYTES: Final = 64 * 1024
_ID_LETTERS: Final = 90
_LINK: Final[dict[str, str]] = {Kind.GROUP: "groupId", Kind.ALIAS: "previousId"}


def call_of(fact: Fact) -> bytes:
    """JSON of the call that makes this fact. It has a messageId of its own: under the old one it would be taken for a retry, and counted never."""
    said: dict[str, Any] = {
        "type": fact.kind,
        "event" if fact.kind == Kind.TRACK else "name": fact.name,
        "messageId": f"{fact.message_id[:_ID_LETTERS]}:aside",
        "timestamp": to_iso(fact.at),
        "anonymousId": fact.anonymous_id,
        "userId": fact.user_id,
        _LINK.get(fact.kind, "previousId"): fact.link,
        "properties": fact.props,
        "traits": fact.traits,
        "context": fact.context,
    }
    return msgspec.json.encode({key: value for key, value in said.items() if value})
