"""Outcomes of taking something in: kept, dropped, quarantined, each with a reason from a closed list."""

from enum import StrEnum

import msgspec

from sojourn.terms.time import Millis


class Reason(StrEnum):
    """Why an event was dropped, quarantined, clamped or flagged. Counted per source, shown to the user, rendered into the docs."""

    # kept, counted for what it is
    KEPT = "kept"
    DUPLICATE = "duplicate"
    # refused for good
    NO_EVENT_NAME = "no_event_name"
    EVENT_NAME_TOO_LONG = "event_name_too_long"
    EVENT_NAME_RESERVED = "event_name_reserved"
    NO_IDENTIFIER = "no_identifier"
    BAD_IDENTIFIER = "bad_identifier"
    IDENTIFIER_TOO_LONG = "identifier_too_long"
    MESSAGE_ID_TOO_LONG = "message_id_too_long"
    BAD_TYPE = "bad_type"
    BAD_SHAPE = "bad_shape"
    BAD_NUMBER = "bad_number"
    EVENT_TOO_LARGE = "event_too_large"
    TRAITS_TOO_LARGE = "traits_too_large"
    BOT = "bot"
    CONSENT_REFUSED = "consent_refused"
    # set aside with their payload
    TOO_DEEP = "too_deep"
    FAR_TOO_DEEP = "far_too_deep"
    TOO_MANY_PROPERTIES = "too_many_properties"
    KEY_TOO_LONG = "key_too_long"
    TIME_OUT_OF_RANGE = "time_out_of_range"
    POISON = "poison"
    CONTRACT_BROKEN = "contract_broken"
    UNMAPPED = "unmapped"
    # kept, with a flag
    TIME_CLAMPED = "time_clamped"
    TIME_MALFORMED = "time_malformed"
    SKEW_CORRECTED = "skew_corrected"
    MESSAGE_ID_MINTED = "message_id_minted"
    MESSAGE_ID_CONFLICT = "message_id_conflict"
    SANITISED = "sanitised"
    RESERVED_TRAIT = "reserved_trait"
    SAMPLED_AWAY = "sampled_away"
    # kept, but identity did not follow it
    PLACEHOLDER_ID = "placeholder_id"
    IDENTIFIER_LIMIT = "identifier_limit"
    MERGE_REFUSED = "merge_refused"
    SHARED_DEVICE = "shared_device"
    BAD_EMAIL = "bad_email"
    ERASED = "erased"
    # whole requests
    BAD_JSON = "bad_json"
    BAD_ENCODING = "bad_encoding"
    BODY_TOO_LARGE = "body_too_large"
    TOO_MANY_EVENTS = "too_many_events"
    BODY_TOO_SLOW = "body_too_slow"
    UNSUPPORTED_MEDIA = "unsupported_media"
    TOO_MANY_EVENT_NAMES = "too_many_event_names"
    RATE_LIMITED = "rate_limited"
    FORGED = "forged"


MEANING: dict[Reason, str] = {
    Reason.KEPT: "Taken in.",
    Reason.DUPLICATE: "Same messageId from the same source within 28 days; counted once.",
    Reason.NO_EVENT_NAME: "A track call without an event name.",
    Reason.EVENT_NAME_TOO_LONG: "Event name longer than 200 characters.",
    Reason.EVENT_NAME_RESERVED: "Event names starting with $ that act on records are refused from a write key.",
    Reason.NO_IDENTIFIER: "Neither userId nor anonymousId.",
    Reason.BAD_IDENTIFIER: "An id that is not text or a whole number below 2**53, or that holds control characters.",
    Reason.IDENTIFIER_TOO_LONG: "An id longer than 255 characters.",
    Reason.MESSAGE_ID_TOO_LONG: "A messageId longer than 100 characters.",
    Reason.BAD_TYPE: "The call's type is none of identify, track, page, screen, group, alias.",
    Reason.BAD_SHAPE: "A field has the wrong shape, such as properties that are not an object.",
    Reason.BAD_NUMBER: "A number that JSON does not allow or a double cannot hold.",
    Reason.EVENT_TOO_LARGE: "One event larger than 1 MiB.",
    Reason.TRAITS_TOO_LARGE: "Traits larger than 64 KiB.",
    Reason.BOT: "A known crawler by its user agent; kept out of portraits by your setting.",
    Reason.CONSENT_REFUSED: "The event itself says that its visitor refused analytics; dropped by your setting, nothing of it is kept.",
    Reason.TOO_DEEP: "Nested deeper than 32 levels; set aside.",
    Reason.FAR_TOO_DEEP: "Nested deeper than 128 levels.",
    Reason.TOO_MANY_PROPERTIES: "More than 1,000 properties; set aside.",
    Reason.KEY_TOO_LONG: "A property key longer than 256 characters; set aside.",
    Reason.TIME_OUT_OF_RANGE: "A time before 1970 or after 9999; set aside.",
    Reason.POISON: "The engine failed on this event, or died of it again and again; set aside.",
    Reason.UNMAPPED: "A webhook's call that no mapping gives a meaning; set aside.",
    Reason.CONTRACT_BROKEN: "The properties break the contract of this event in the tracking plan; set aside.",
    Reason.TIME_CLAMPED: "More than a day in the future; kept with the time it arrived.",
    Reason.TIME_MALFORMED: "The time could not be read; kept with the time it arrived.",
    Reason.SKEW_CORRECTED: "The client's clock was off; its time was corrected by sentAt.",
    Reason.MESSAGE_ID_MINTED: "No messageId; one was made, so a retry would count again.",
    Reason.MESSAGE_ID_CONFLICT: "Same messageId, different content; kept and flagged.",
    Reason.SANITISED: "NUL or broken Unicode replaced.",
    Reason.RESERVED_TRAIT: "A trait name that only Sojourn may set; that trait was left out.",
    Reason.SAMPLED_AWAY: "A device's reading that said too little: too soon after the last one, or hardly another value. Not kept.",
    Reason.PLACEHOLDER_ID: "An id such as null, undefined or guest; kept, linked to nobody by it.",
    Reason.IDENTIFIER_LIMIT: "The person already has as many identifiers of that type as allowed; not linked.",
    Reason.MERGE_REFUSED: "Two people with different user ids; not merged.",
    Reason.SHARED_DEVICE: "A device used by several people; its anonymous events go to nobody in particular.",
    Reason.BAD_EMAIL: "An email trait that is no address; left out.",
    Reason.ERASED: "The person was erased; dropped.",
    Reason.BAD_JSON: "The body is not JSON, or not an object.",
    Reason.BAD_ENCODING: "The body could not be decompressed, or is not UTF-8.",
    Reason.BODY_TOO_LARGE: "The body is larger than 20 MiB inflated, or inflates more than 100 times.",
    Reason.TOO_MANY_EVENTS: "More than 10,000 events in a batch.",
    Reason.BODY_TOO_SLOW: "The body did not arrive within 10 seconds.",
    Reason.UNSUPPORTED_MEDIA: "A content type or encoding that is not read here.",
    Reason.RATE_LIMITED: "More than the source may send; the sender was asked to come back. Counted in requests.",
    Reason.TOO_MANY_EVENT_NAMES: "More than 5,000 different event names in one workspace; put what varies into properties.",
    Reason.FORGED: "A webhook's call whose signature is missing, wrong or too old.",
}


class Kept(msgspec.Struct, frozen=True):
    """Taken in; `flags` name what was noticed on the way."""

    flags: tuple[Reason, ...] = ()


class Dropped(msgspec.Struct, frozen=True):
    """Refused for good. `detail` says which field and what to do, in words for the sender."""

    reason: Reason
    detail: str = ""


class Quarantined(msgspec.Struct, frozen=True):
    """Set aside with its payload (the first 64 KiB), to be looked at and driven again."""

    reason: Reason
    record: bytes
    detail: str = ""


Outcome = Kept | Dropped | Quarantined


class Missed(msgspec.Struct, frozen=True):
    """A call that became no fact, as a debugger shows it. `payload` is the first 4 KiB of it, JSON where it could be read; `outcome` says what it met:

    duplicate, dropped, quarantined, or refused with the whole request it came in.
    """

    number: int  # of the process that took it in, ascending
    at: Millis
    outcome: str
    reason: str
    detail: str = ""
    payload: bytes = b""
