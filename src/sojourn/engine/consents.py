"""Consent and engagement: what somebody allows on a channel, and what they do there."""

from typing import Any, Final

from sojourn.engine.working import Moment, Working
from sojourn.terms.effects import ConsentRow
from sojourn.terms.facts import Fact, Flag
from sojourn.terms.outcomes import Reason
from sojourn.terms.person import Consent, Engagement, Person

DEFAULT_CHANNEL: Final = "email"
DEFAULT_PURPOSE: Final = "marketing"
CONSENTS_KEPT: Final = 50
CHANNELS_KEPT: Final = 20
_WORD: Final = 40

TRAITS: Final = {
    "email_consent": ("email", "marketing"),
    "consent_email": ("email", "marketing"),
    "marketing_consent": ("email", "marketing"),
    "consent_marketing": ("email", "marketing"),
    "sms_consent": ("sms", "marketing"),
    "consent_sms": ("sms", "marketing"),
    "push_consent": ("push", "marketing"),
    "consent_push": ("push", "marketing"),
}
"""Traits that mean consent. A no counts from everybody, a yes only from a trusted sender; they are never kept as traits."""

ENGAGEMENT: Final = {
    "Email Sent": ("email", "sent"),
    "Email Delivered": ("email", "delivered"),
    "Email Opened": ("email", "opened"),
    "Email Link Clicked": ("email", "clicked"),
    "Email Bounced": ("email", "bounced"),
    "Email Marked as Spam": ("email", "complained"),
    "Push Notification Received": ("push", "delivered"),
    "Push Notification Opened": ("push", "opened"),
    "Push Notification Tapped": ("push", "clicked"),
    "Push Notification Bounced": ("push", "bounced"),
    "SMS Sent": ("sms", "sent"),
    "SMS Delivered": ("sms", "delivered"),
    "SMS Link Clicked": ("sms", "clicked"),
    "SMS Failed": ("sms", "bounced"),
    "Message Delivered": ("", "delivered"),
    "Message Opened": ("", "opened"),
    "Message Clicked": ("", "clicked"),
    "Message Bounced": ("", "bounced"),
    "Message Complained": ("", "complained"),
    "Unsubscribed": ("", "unsubscribed"),
}
"""Facts about messages -> (channel, what happened); an empty channel is the one the fact names, email where it names none."""

_COUNTERS: Final = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed")


def say(work: Working, person: Person, fact: Fact, moment: Moment, channel: str, purpose: str, *, granted: bool) -> None:
    """Take in a yes or no. The newest by (event time, message id) holds; of two at one instant from one message, the no. All go to the history."""
    key = f"{channel}:{purpose}"
    version = fact.props.get("text_version")
    text = version[:100] if isinstance(version, str) else ""
    held = person.consent.get(key)
    if held is None and len(person.consent) >= CONSENTS_KEPT:
        return
    work.consents.append(ConsentRow(person.id, channel, purpose, granted, fact.at, moment.source, text))
    if held is None or (fact.at, fact.message_id, not granted) > (held.at, held.message_id, not held.granted):
        person.consent[key] = Consent(granted, fact.at, moment.source, fact.message_id, text)


def changed(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """`Consent Changed {channel, purpose, granted, text_version}`."""
    granted = fact.props.get("granted")
    if isinstance(granted, bool):
        say(work, person, fact, moment, _word(fact, "channel", DEFAULT_CHANNEL), _word(fact, "purpose", DEFAULT_PURPOSE), granted=granted)


def engaged(work: Working, person: Person, fact: Fact, moment: Moment) -> None:
    """Count what became of a message. Unsubscribing and complaining are a no to that channel's marketing."""
    channel, what = ENGAGEMENT[fact.name]
    channel = channel or _word(fact, "channel", DEFAULT_CHANNEL)
    held = person.engagement.get(channel)
    if held is None:
        if len(person.engagement) >= CHANNELS_KEPT:
            return
        held = person.engagement[channel] = Engagement()
    setattr(held, what, getattr(held, what) + 1)
    held.last_at = max(held.last_at, fact.at)
    if what in ("unsubscribed", "complained"):
        say(work, person, fact, moment, channel, _word(fact, "purpose", DEFAULT_PURPOSE), granted=False)


def trait(work: Working, person: Person, fact: Fact, moment: Moment, name: str, value: Any) -> None:
    """A trait that means consent (`TRAITS`)."""
    channel, purpose = TRAITS[name]
    if value is False or (value is True and fact.flags & Flag.TRUSTED):
        say(work, person, fact, moment, channel, purpose, granted=bool(value))
    else:
        work.count(moment.source, Reason.RESERVED_TRAIT)


def join(into: Person, other: Person) -> None:
    """Put two people's consent together, most restrictive wins, and add what they did on each channel."""
    for key, theirs in other.consent.items():
        mine = into.consent.get(key)
        into.consent[key] = theirs if mine is None else _stricter(mine, theirs)
    for channel, reason in other.suppressed.items():
        into.suppressed.setdefault(channel, reason)
    for channel, theirs_done in other.engagement.items():
        done = into.engagement.get(channel)
        if done is None:
            into.engagement[channel] = theirs_done
            continue
        for counter in _COUNTERS:
            setattr(done, counter, getattr(done, counter) + getattr(theirs_done, counter))
        done.last_at = max(done.last_at, theirs_done.last_at)


def _stricter(one: Consent, two: Consent) -> Consent:
    """The no of the two, as fresh as the newer of them, so that only what is said later can change it."""
    newer, older = (one, two) if (one.at, one.message_id) >= (two.at, two.message_id) else (two, one)
    if not newer.granted or older.granted:
        return newer
    return Consent(granted=False, at=newer.at, source=older.source, message_id=newer.message_id, text_version=older.text_version)


def _word(fact: Fact, key: str, default: str) -> str:
    value = fact.props.get(key)
    return value[:_WORD].lower() if isinstance(value, str) and value and ":" not in value else default
