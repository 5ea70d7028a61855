"""What a fact claims: the identifiers it names, the usable ones, the strongest first."""

from typing import Any, Final

from sojourn.engine.placeholders import email_address, is_blocked, phone_number
from sojourn.engine.working import Moment, Working
from sojourn.terms.facts import Fact, Flag, Kind
from sojourn.terms.ids import ANONYMOUS_ID, EMAIL, PHONE, USER_ID, IdentifierKey
from sojourn.terms.outcomes import Reason

EXTERNAL_KEPT: Final = 20
"""How many `context.externalIds` of one fact are looked at."""

Claim = tuple[str, IdentifierKey]
"""A type and a key of that type, as one fact names them."""

_USER: Final = USER_ID + ":"
_ANONYMOUS: Final = ANONYMOUS_ID + ":"
_TRUSTED: Final = int(Flag.TRUSTED)
_IDENTIFY: Final = str(Kind.IDENTIFY)
_ALIAS: Final = str(Kind.ALIAS)
_CLAIMED_ONLY: Final = frozenset({EMAIL, PHONE})
_OWN_FIELDS: Final = frozenset({USER_ID, ANONYMOUS_ID})


def needs(fact: Fact) -> list[IdentifierKey]:
    """Every identifier that `resolve` may look at for this fact, so that a batch can fetch them all at once."""
    keys = []
    if fact.user_id:
        keys.append(_USER + fact.user_id)
    if fact.anonymous_id:
        keys.append(_ANONYMOUS + fact.anonymous_id)
    if fact.kind == _ALIAS:
        for value in (fact.user_id, fact.link):
            if value:
                keys += (_USER + value, _ANONYMOUS + value)
    if "externalIds" in fact.context or fact.flags & _TRUSTED:
        keys += (key for _, key in (*_addresses(fact), *_external(fact)))
    return keys


def claims_of(work: Working, fact: Fact, moment: Moment) -> list[Claim]:
    """The usable identifiers of a fact, the strongest first. An identify call whose user id is a placeholder names nobody at all."""
    blocked = work.rules.blocked_values
    claims: list[Claim] = []
    if fact.user_id is not None:
        if not is_blocked(fact.user_id, blocked):
            claims.append((USER_ID, _USER + fact.user_id))
        else:
            work.count(moment.source, Reason.PLACEHOLDER_ID)
            if fact.kind == _IDENTIFY:
                return []
    for kind, key in (*_addresses(fact), *_external(fact)):
        if is_blocked(key.partition(":")[2], blocked):
            work.count(moment.source, Reason.PLACEHOLDER_ID)
        elif (kind, key) not in claims:
            claims.append((kind, key))
    if fact.anonymous_id is not None:
        if is_blocked(fact.anonymous_id, blocked):
            work.count(moment.source, Reason.PLACEHOLDER_ID)
        else:
            claims.append((ANONYMOUS_ID, _ANONYMOUS + fact.anonymous_id))
    return claims


def _addresses(fact: Fact) -> list[Claim]:
    """Email and telephone, which are keys only where the sender may be believed. What a public key says is a claim, kept as a trait."""
    if not fact.flags & _TRUSTED:
        return []
    claims: list[Claim] = []
    for traits in (fact.traits, fact.context.get("traits")):
        if isinstance(traits, dict):
            email, phone = email_address(traits.get(EMAIL)), phone_number(traits.get(PHONE))
            claims += [(EMAIL, f"{EMAIL}:{email}")] if email else []
            claims += [(PHONE, f"{PHONE}:{phone}")] if phone else []
    return claims


def _external(fact: Fact) -> list[Claim]:
    """Custom ids, in Segment's form: context.externalIds = [{id, type, collection, encoding}]."""
    listed = fact.context.get("externalIds")
    if not isinstance(listed, list):
        return []
    claims: list[Claim] = []
    for item in listed[:EXTERNAL_KEPT]:
        if not isinstance(item, dict) or item.get("encoding", "none") not in ("none", None, ""):
            continue
        kind, value = _word(item.get("type")), item.get("id")
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not kind or kind in _OWN_FIELDS or not isinstance(value, str) or len(value) > 255:
            continue
        if kind in _CLAIMED_ONLY:
            value = (email_address(value) if kind == EMAIL else phone_number(value)) if fact.flags & _TRUSTED else None
            if value is None:
                continue
        claims.append((kind, f"{kind}:{value}"))
    return claims


def _word(kind: Any) -> str:
    """A type's name in the form of a key: no colon, at most 64 characters; empty where it is none."""
    return kind if isinstance(kind, str) and 0 < len(kind) <= 64 and ":" not in kind else ""
